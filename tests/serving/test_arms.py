"""The arms: an exact, repeatable draw per occasion."""

from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import Any

import numpy as np
import pytest

from model.contracts import Arm, Shares
from model.errors import InvalidInput
from serving.arms import (
    EXPERIMENT_LAYER,
    LAYER,
    Draws,
    Exploration,
    arm,
    by_certificate,
    logged,
    logging_propensity,
    uniform,
)
from serving.standing import Assignment, Experiment, Standing
from tests.occasions import NOW, mostly, standing, trial

DEFAULT = Shares()


@pytest.mark.parametrize(
    ("sent", "above", "expected"), [(True, True, 0.95), (True, False, 0.02), (False, True, 0.05), (False, False, 0.98)]
)
def test_the_propensities_are_the_method_s_to_the_last_digit(*, sent: bool, above: bool, expected: float) -> None:
    """Marginal over the arms: .95/.05 at or above the cut-off, .02/.98 below."""
    assert logging_propensity(sent=sent, above=above, shares=DEFAULT) == expected


@pytest.mark.parametrize("above", [True, False])
def test_the_propensities_of_the_two_actions_sum_to_one(*, above: bool) -> None:
    """For any shares."""
    shares = Shares(model=0.8, policy_only=0.07, holdout=0.13)
    both = [logging_propensity(sent=sent, above=above, shares=shares) for sent in (True, False)]
    assert sum(both) == pytest.approx(1, abs=1e-12)


def test_the_edges_of_the_arms() -> None:
    """The model's share first, then policy_only, the rest is held out."""
    draws = [0.0, 0.9299999, 0.93, 0.9499999, 0.9500001, 0.9999999]
    expected = [Arm.MODEL, Arm.MODEL, Arm.POLICY_ONLY, Arm.POLICY_ONLY, Arm.HOLDOUT, Arm.HOLDOUT]
    assert [arm(u, DEFAULT) for u in draws] == expected


def test_the_draw_is_the_same_for_the_same_occasion_and_fresh_for_another() -> None:
    """Salt, layer, cluster and fact key each make another draw."""
    base = (b"salt", LAYER, "u-17", "fact")
    others = [(b"tlas", *base[1:]), (b"salt", "x", *base[2:]), (b"salt", LAYER, "u-18", "fact"), (*base[:3], "fact2")]
    draws = [uniform(*base), uniform(*base), *(uniform(*other) for other in others)]
    assert draws[0] == draws[1]
    assert len(set(draws)) == 5


def test_the_parts_cannot_be_shifted_into_each_other() -> None:
    """`a|bc` and `ab|c` are two occasions."""
    assert uniform(b"s", "l", "a", "bc") != uniform(b"s", "l", "ab", "c")


def test_a_known_draw_stays_what_it_was() -> None:
    """A change of this number would re-assign every occasion of every ledger."""
    assert uniform(b"salt", "arm", "u-17", "fact") == 0.4364416831048433


def test_the_draws_are_uniform() -> None:
    """20,000 draws: the shares come out within four standard errors."""
    draws = np.array([uniform(b"s", LAYER, f"u-{number}", "f") for number in range(20_000)])
    shares = [np.mean(draws < 0.93), np.mean((draws >= 0.93) & (draws < 0.95)), np.mean(draws >= 0.95)]
    for share, expected in zip(shares, (0.93, 0.02, 0.05), strict=True):
        assert abs(share - expected) < 4 * np.sqrt(expected * (1 - expected) / 20_000)


@pytest.mark.parametrize(
    "shares",
    [
        {"model": 0.9},
        {"model": -0.1, "policy_only": 0.1, "holdout": 1.0},
        {"model": 1.5, "policy_only": -0.5, "holdout": 0.0},
        {"model": float("nan")},
    ],
)
def test_impossible_shares_are_refused(shares: dict[str, Any]) -> None:
    """Rates that sum to one."""
    with pytest.raises(ValueError, match="`shares`"):
        Shares(**shares)


def test_arms_without_a_salt_are_refused() -> None:
    """Anybody could foresee the draws."""
    with pytest.raises(InvalidInput, match="salt"):
        Exploration(salt=b"")


def test_the_salt_is_not_shown() -> None:
    """It would let a reader predict every draw."""
    assert "top-secret" not in repr(Exploration(salt=b"top-secret"))


def draws(experiment: Experiment | None, **stands: Any) -> Draws:
    """Return the draws of a call under this experiment."""
    under = Standing(experiment=experiment, **stands)
    return Draws(Exploration(salt=b"s", standing=under), NOW)


def taken(experiment: Experiment | None, occasions: int = 40, **stands: Any) -> list[Assignment | None]:
    """Draw so many occasions of an experiment."""
    made = draws(experiment, **stands)
    return [made.by_experiment(f"u-{number}", "fact") for number in range(occasions)]


@pytest.mark.parametrize(
    "shares",
    [DEFAULT, Shares(model=0.8, policy_only=0.07, holdout=0.13), Shares(model=0.1, policy_only=0.3, holdout=0.6)],
)
def test_the_treatment_propensity_is_recovered_from_what_is_logged(shares: Shares) -> None:
    """METHOD section 2, over arm × above × action: e = p if contacted, else 1 − p, is the assignment's own."""
    cells = [by_certificate(one, above, "w", shares=shares) for one, above in product(list(Arm)[:3], (True, False))]
    logged_as = [logged(cell.contact_probability, sent=cell.contacted) for cell in cells]

    actual = [p if cell.contacted else 1 - p for cell, p in zip(cells, logged_as, strict=True)]

    assert actual == pytest.approx([shares.above if cell.above else shares.below for cell in cells], abs=1e-12)


@pytest.mark.parametrize("share", [0.5, 0.1, 1 / 3, 0.999999])
def test_the_treatment_propensity_of_an_experiment_is_its_share(share: float) -> None:
    """Either way the coin falls."""
    cells = [one for one in taken(trial(share=share, max_contacts=10**6), 200) if one is not None]
    logged_as = [(one.contacted, logged(one.contact_probability, sent=one.contacted)) for one in cells]

    actual = {round(p if contacted else 1 - p, 12) for contacted, p in logged_as}

    assert (actual, {one.contact_probability for one in cells}) == ({round(share, 12)}, {share})


@pytest.mark.parametrize(
    ("drawn", "above", "contacted"),
    [
        (Arm.MODEL, True, True),
        (Arm.MODEL, False, False),
        (Arm.POLICY_ONLY, True, True),
        (Arm.POLICY_ONLY, False, True),
        (Arm.HOLDOUT, True, False),
        (Arm.HOLDOUT, False, False),
    ],
)
def test_what_an_arm_does(drawn: Arm, *, above: bool, contacted: bool) -> None:
    """The probability is that of the side, whatever the arm; the arm says what is done."""
    actual = by_certificate(drawn, above, "w", shares=DEFAULT)

    assert actual == Assignment(
        arm=drawn, contacted=contacted, contact_probability=0.95 if above else 0.02, above=above, watch="w"
    )


def test_an_experiment_draws_by_its_own_layer_and_share() -> None:
    """Contacted where the hash lies below the share; no side of a cut-off, and its own watch."""
    actual = taken(trial(share=0.3))

    expected = [
        Assignment(
            arm=Arm.EXPERIMENT,
            contacted=uniform(b"s", EXPERIMENT_LAYER, f"u-{number}", "fact") < 0.3,
            contact_probability=0.3,
            above=None,
            watch="x-1",
        )
        for number in range(40)
    ]
    assert actual == expected


def test_a_fact_keeps_its_draw_between_experiments() -> None:
    """A second experiment with another name, size and end draws the same facts the same way."""
    first, second = trial(), trial(id="x-2", max_contacts=77, until=NOW + timedelta(days=3), by="bob")

    actual = [one and one.contacted for one in taken(first)]

    assert actual == [one and one.contacted for one in taken(second)]


def test_the_layers_are_independent_enough() -> None:
    """Who is held out by the arms is not who is held out by an experiment."""
    both = [
        (uniform(b"s", LAYER, f"u-{n}", "f"), uniform(b"s", EXPERIMENT_LAYER, f"u-{n}", "f")) for n in range(20_000)
    ]

    actual = abs(float(np.corrcoef(np.array(both).T)[0, 1]))

    assert actual < 4 / np.sqrt(20_000)


@pytest.mark.parametrize(("max_contacts", "contacts"), [(1, 0), (5, 0), (5, 3), (1000, 999)])
def test_each_contact_uses_up_a_place_and_the_last_one_ends_it(max_contacts: int, contacts: int) -> None:
    """In the order of the rows; held-out occasions use none; from the last contact on nothing is drawn."""
    made = taken(trial(max_contacts=max_contacts, contacts=contacts), 60)
    places = max_contacts - contacts
    last = [number for number, one in enumerate(made) if one is not None and one.contacted][places - 1]

    actual = ([one is None for one in made], sum(one.contacted for one in made if one is not None))

    assert actual == ([number > last for number in range(60)], places)


@pytest.mark.parametrize(
    "changes",
    [
        {"contacts": 1000},
        {"contacts": 1001},
        {"stopped_at": NOW},
        {"until": NOW},
        {"until": NOW - timedelta(days=9)},
        {"started_at": NOW + timedelta(seconds=1)},
    ],
    ids=["full", "over-full", "stopped", "at its end", "past its end", "not begun"],
)
def test_an_experiment_out_of_its_bounds_draws_nothing(changes: dict[str, Any]) -> None:
    """Whatever the ledger says of it: size, end and start are looked at again."""
    actual = taken(trial(**changes), 5)

    assert actual == [None] * 5


@pytest.mark.parametrize("stopped", ["tripped", "silent"])
def test_nothing_is_drawn_for_an_experiment_while_everything_is_stopped(stopped: str) -> None:
    """A trip or silence comes first."""
    under = replace(standing(stopped), experiment=trial())
    made = Draws(Exploration(salt=b"s", standing=under), NOW)

    actual = [made.by_experiment(f"u-{number}", "f") for number in range(5)]

    assert actual == [None] * 5


def test_no_experiment_takes_nothing() -> None:
    """The usual case."""
    assert taken(None, 3) == [None] * 3


def test_a_draw_under_a_certificate_names_what_watches_it() -> None:
    """And has the side's probability, in each arm."""
    for name in ("model", "policy_only", "holdout"):
        shares = mostly(name)
        made = Draws(Exploration(shares=shares, salt=b"s"), NOW)
        actual = made.by_arm("u", "f", above=True, watch="certificate")
        assert actual == by_certificate(Arm(name), above=True, watch="certificate", shares=shares)
