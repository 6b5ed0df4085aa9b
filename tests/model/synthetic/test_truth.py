import dataclasses
import math

import numpy as np
import pandas as pd
import pytest

from model.history import DAY
from model.synthetic.customers import TYPES, type_odds
from model.synthetic.effects import (
    MEAN_DELAY_DAYS,
    complained_by,
    contact_odds,
    delays,
    tired_gain,
    tired_opt_out,
)
from model.synthetic.simulate import simulate
from model.synthetic.world import World

OUTCOMES = [("engaged", "tau_benefit"), ("complained", "tau_complaint"), ("opted_out", "tau_opt_out")]
LABELS = [label for label, _ in OUTCOMES]
ALPHA = 0.005


@pytest.mark.parametrize("response", TYPES)
@pytest.mark.parametrize(("label", "tau"), OUTCOMES)
def test_what_was_realised_agrees_with_the_truth(shipped: World, response: str, label: str, tau: str) -> None:
    """For each type and outcome the difference between the randomised arms is the true effect, within four errors."""
    table, truth = shipped.table(), shipped.truth
    mine, contacted = truth.response == response, table["contacted"].to_numpy()
    one, zero = (table[label].to_numpy()[mine & arm].astype(float) for arm in (contacted, ~contacted))
    se = np.sqrt(one.var() / len(one) + zero.var() / len(zero))

    assert abs((one.mean() - zero.mean()) - getattr(truth, tau)[mine].mean()) < 4 * se


@pytest.fixture(scope="session")
def changes(medium: World) -> pd.DataFrame:
    """What contact changed: a world twice more, each customer's first scored occasion contacted and not.

    All chances are the same in both; one line per such occasion in the table, with the change of each label.
    """
    scored = np.flatnonzero(~medium.script.plan.essential)
    _, first = np.unique(medium.script.plan.customer[scored], return_index=True)
    turned = scored[first]
    tables = []
    for arm in (True, False):
        run = simulate(medium.script, forced=dict.fromkeys(turned.tolist(), arm))
        world = dataclasses.replace(medium, run=run)
        tables.append(world.table()[LABELS].astype(float).set_axis(world.rows))
    here = medium.rows[np.isin(medium.rows, turned)]
    return tables[0].loc[here] - tables[1].loc[here]


@pytest.mark.parametrize("response", TYPES)
@pytest.mark.parametrize(("label", "tau"), OUTCOMES)
def test_changing_one_contact_changes_what_the_truth_says(
    medium: World, changes: pd.DataFrame, response: str, label: str, tau: str
) -> None:
    """Played twice with the same chances, once contacted and once not, the outcomes differ by τ on average.

    With shared chances a label changes with probability |τ| and only one way, hence the standard error.
    """
    of_type = medium.rows[medium.truth.response == response]
    change = changes.loc[changes.index.isin(of_type), label]
    effects = getattr(medium.truth, tau)[np.isin(medium.rows, change.index)]
    se = np.sqrt(np.abs(effects).mean() / len(change))

    assert abs(change.mean() - effects.mean()) < 4 * se


def other_complaint_odds(world: World, row: int) -> float:
    """P(a complaint other than its own in the 14 days from an occasion | known at its decision), one by one.

    An earlier occasion's complaint has not come yet; a later occasion is not yet drawn.
    """
    plan, rates, run = world.script.plan, world.script.rates, world.run
    none = math.exp(-2e-5 * 14.0)
    for other in np.flatnonzero((plan.customer == plan.customer[row]) & ~plan.essential):
        days = (plan.time[other] - plan.time[row]) / DAY
        with_contact, without = rates.complain_contacted[other], rates.complain[other]
        if days > 0:
            e = 0.5
            none *= 1 - (e * with_contact + (1 - e) * without) * float(complained_by(np.array(14.0 - days)))
        elif days < 0 and run.kept[other]:
            p, so_far = with_contact if run.contacted[other] else without, float(complained_by(np.array(-days)))
            none *= 1 - p * (1 - so_far) / (1 - p * so_far)
    return 1 - none


def test_a_complaint_that_comes_anyway_cannot_be_caused(small: World) -> None:
    """τ_complaint is the own effect times the odds that no other complaint falls into the window."""
    rates = small.script.rates
    own = (rates.complain_contacted - rates.complain)[small.rows]
    expected = [effect * (1 - other_complaint_odds(small, row)) for effect, row in zip(own, small.rows, strict=True)]

    assert small.truth.tau_complaint == pytest.approx(np.array(expected))


def test_the_path_that_the_truth_leaves_out_is_narrow(shipped: World) -> None:
    """At most half of τ_opt_out of the complaint effect is left out: below 5 % on every row."""
    assert 0.5 * shipped.truth.tau_opt_out.max() < 0.05


def test_the_three_types_differ_as_intended(shipped: World) -> None:
    """The helped gain 8 to 13 points, the indifferent next to nothing, the annoyed lose and complain."""
    truth = shipped.truth
    benefit, complaint, opt_out = (
        {name: getattr(truth, tau)[truth.response == name].mean() for name in TYPES} for _, tau in OUTCOMES
    )

    assert 0.08 < benefit["helped"] < 0.13
    assert 0.0 <= benefit["indifferent"] < 0.01
    assert -0.06 < benefit["annoyed"] < -0.02
    assert complaint["helped"] < 0.0 < 4 * ALPHA < complaint["annoyed"]
    assert max(opt_out["helped"], opt_out["indifferent"]) < ALPHA / 5 < 4 * ALPHA < opt_out["annoyed"]


def test_response_is_not_uplift(shipped: World) -> None:
    """When contacted the indifferent engage most, for they would have anyway: a model of the response is misled."""
    table, response = shipped.table(), shipped.truth.response
    engaged = table.loc[table["contacted"], "engaged"].groupby(response[table["contacted"]]).mean()

    assert engaged["indifferent"] > engaged["helped"] + 0.05


def test_a_minority_is_annoyed(shipped: World) -> None:
    """12 to 18 % of the rows belong to customers whom contact annoys."""
    share = float((shipped.truth.response == "annoyed").mean())

    assert 0.12 < share < 0.18


def test_contacting_everyone_breaks_the_bound_and_leaving_the_annoyed_out_keeps_it(shipped: World) -> None:
    """Harm per contact: above α for everyone, below a quarter of α where the attributes promise a net benefit."""
    truth = shipped.truth
    mean = np.array([[getattr(truth, tau)[truth.response == r].mean() for _, tau in OUTCOMES] for r in TYPES])
    expected = truth.odds @ mean
    chosen = expected[:, 0] - expected[:, 1] - expected[:, 2] >= 0

    assert truth.tau_opt_out.mean() > 1.2 * ALPHA
    assert truth.tau_complaint[chosen].mean() < ALPHA / 4
    assert truth.tau_opt_out[chosen].mean() < ALPHA / 4
    assert chosen.mean() > 0.75


def test_the_attributes_tell_the_odds_of_the_type(shipped: World) -> None:
    """Where P(annoyed | attributes) is said to be p, a share p is annoyed, within four standard errors."""
    p, annoyed = shipped.script.people.odds[:, 2], shipped.script.people.response == 2
    for low, high in ((0.0, 0.02), (0.02, 0.5), (0.5, 0.9), (0.9, 1.0)):
        here = (p >= low) & (p < high)
        se = np.sqrt(np.mean(p[here] * (1 - p[here])) / here.sum())
        assert abs(annoyed[here].mean() - p[here].mean()) < 4 * se


def test_the_customers_of_the_dictionary_are_as_described() -> None:
    """data/README.md's two profiles are helped and annoyed with at least 95 % odds."""
    odds = type_odds(
        tenure_days=np.array([40.0, 900.0]),
        plan=np.array(["plus", "basic"]),
        app_user=np.array([True, False]),
        notifications_muted=np.array([False, True]),
        chats_per_month=np.array([4.0, 0.0]),
    )

    assert odds[0, 0] > 0.95
    assert odds[1, 2] > 0.95
    assert odds.sum(axis=1) == pytest.approx(1.0)


def test_net_benefit_weighs_the_harms(small: World) -> None:
    """U = v·τ_B − λ_C·τ_C − λ_A·τ_A."""
    truth = small.truth
    expected = 2.0 * truth.tau_benefit - 3.0 * truth.tau_complaint - 5.0 * truth.tau_opt_out

    assert truth.net_benefit(benefit=2.0, complaint=3.0, opt_out=5.0) == pytest.approx(expected)


@pytest.mark.parametrize(("contacts", "expected"), [(0, 0.1), (1, 0.085), (6, 0.01), (7, 0.0), (20, 0.0)])
def test_a_gain_tires_and_never_turns(contacts: int, expected: float) -> None:
    """A good message loses 15 % per recent contact, down to nothing."""
    assert tired_gain(0.1, contacts) == pytest.approx(expected)


def test_a_loss_does_not_tire() -> None:
    """What drives people away does so however often they were contacted."""
    assert tired_gain(-0.04, 3) == -0.04


@pytest.mark.parametrize(("contacts", "expected"), [(0, 0.04), (1, 0.052), (2, 0.064), (1000, 1.0)])
def test_opt_outs_grow_with_recent_contacts(contacts: int, expected: float) -> None:
    """30 % more per contact in the last seven days, and never above one."""
    assert tired_opt_out(0.04, contacts) == pytest.approx(expected)


def test_outcomes_come_within_their_windows() -> None:
    """Delays are at least a second, below the window, and follow the stated distribution."""
    after = delays(40_000, np.random.default_rng(0))

    for seconds, window in zip(after, (3.0, 14.0, 14.0), strict=True):
        assert 1 <= seconds.min() <= seconds.max() <= window * DAY
    for days in (1.0, 4.0, 10.0):
        assert np.mean(after[1] <= days * DAY) == pytest.approx(float(complained_by(np.array([days]))[0]), abs=0.01)
    assert after[0].mean() / DAY == pytest.approx(MEAN_DELAY_DAYS[0], rel=0.15)


def test_complaints_are_certain_by_the_end_of_the_window() -> None:
    """The delay's distribution runs from 0 at the decision to 1 at 14 days, and stays there."""
    actual = complained_by(np.array([-1.0, 0.0, 14.0, 30.0]))

    assert actual.tolist() == [0.0, 0.0, 1.0, 1.0]


@pytest.mark.parametrize("linear", [-1e6, -3.0, 0.0, 3.0, 1e6])
def test_the_old_rule_leaves_room_for_both_arms(linear: float) -> None:
    """However lively a customer, both arms keep at least 8 %."""
    assert 0.08 <= contact_odds(linear) <= 0.92
