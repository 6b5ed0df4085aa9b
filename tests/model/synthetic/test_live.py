"""The live world: what it asks, what follows, and that its stated truth is what happens."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from model.contracts import BY_DECISION, BY_USER, Outcome, OutcomeKind
from model.errors import InvalidInput
from model.synthetic.customers import ATTRIBUTES
from model.synthetic.effects import ANNOYED
from model.synthetic.live import CLOCK, Effect, LiveWorld
from model.synthetic.messages import TOLD, told
from model.synthetic.purposes import KINDS
from serving.candidates.columns import kind_of
from serving.policy_files.templates import load_policy

DAYS = 20
ELSEWHEN = datetime(2031, 7, 1, 15, 10, tzinfo=UTC)
KNOBS: tuple[dict[str, Any], ...] = ({}, {"harm": 0.1}, {"gain": 2.0})

Choice = Callable[[str], bool]


def world(customers: int = 400, **options: Any) -> LiveWorld:
    """A small population of twenty days."""
    return LiveWorld.generate(**{"customers": customers, "days": DAYS, "seed": 3, **options})


def essential(row: dict[str, object]) -> bool:
    """Whether a row's evidence makes it essential."""
    return next(kind.essential for kind in KINDS if kind.event == row["evidence.type"])


def play(made: LiveWorld, choose: Choice, *, days: int = DAYS) -> list[Outcome]:
    """Let the days pass, sending to whom `choose` says by candidate; decisions are named `d-<candidate>`."""
    for day in range(days):
        names = [row["candidate_id"] for row in made.rows(day)]
        made.decided(day, {name: f"d-{name}" for name in names if choose(name)})
    return made.outcomes(made.at(days + 30))


def everyone(_: str) -> bool:
    """Send everything."""
    return True


def nobody(_: str) -> bool:
    """Send nothing."""
    return False


def even(name: str) -> bool:
    """Send every second occasion: a draw, since numbers say nothing about customers."""
    return int(name[1:]) % 2 == 0


def test_a_row_has_the_columns_of_a_candidates_file() -> None:
    """Every name is one of the contract's, the customer's attributes are the record's, nothing is numpy's."""
    rows = [row for day in range(DAYS) for row in world().rows(day)]
    unknown = {name for row in rows for name in row if kind_of(name) is None}
    types = {type(value) for row in rows for value in row.values()}
    attributes = {name.removeprefix("user.attributes.") for name in rows[0] if name.startswith("user.attributes.")}
    assert (unknown, attributes) == (set(), set(ATTRIBUTES))
    assert types == {str, bool, float, datetime, type(None)}


def test_the_words_are_those_of_the_shipped_templates() -> None:
    """Each template exists, is for the purpose, and gets exactly the facts that it declares."""
    templates = load_policy().templates
    said = {kind.event: told(number, 7) for number, kind in enumerate(KINDS) if kind.event in TOLD}
    purposes = {kind.event: kind.purpose for kind in KINDS}
    actual = {
        event: (templates[template].purpose == purposes[event], set(facts) == set(templates[template].facts))
        for event, (template, facts) in said.items()
    }
    assert actual == dict.fromkeys(TOLD, (True, True))


def test_every_occasion_is_asked_about_once_and_essential_ones_are_among_them() -> None:
    """Over all days no candidate repeats, and about a fifth as many essential ones come as scored ones."""
    made = world(2000)
    rows = [row for day in range(DAYS) for row in made.rows(day)]
    names = [row["candidate_id"] for row in rows]
    share = sum(essential(row) for row in rows) / len(rows)
    assert (len(set(names)), 0.03 < share < 0.25) == (len(names), True)


def test_evidence_is_fresh_and_never_from_the_future() -> None:
    """Older than nothing and younger than the day's limit of twenty-four hours."""
    made = world()
    ages = [made.at(day) - row["evidence.time"] for day in range(DAYS) for row in made.rows(day)]
    assert timedelta(0) <= min(ages) <= max(ages) < timedelta(hours=24)


def test_the_same_seed_is_the_same_world_at_any_date() -> None:
    """All that moves with the start is the calendar."""
    here, there = world(), world(start=ELSEWHEN)
    shift = ELSEWHEN - CLOCK
    first, second = play(here, even), play(there, even)
    assert [outcome.time + shift for outcome in first] == [outcome.time for outcome in second]
    assert here.truth == there.truth
    assert [{**row, "evidence.time": None} for row in here.rows(3)] == [
        {**row, "evidence.time": None} for row in there.rows(3)
    ]


def test_another_seed_is_another_world() -> None:
    """No chance but the seed."""
    first, again, other = (play(world(seed=seed), even) for seed in (3, 3, 4))
    assert (first == again, first == other) == (True, False)


def test_outcomes_are_told_once_and_when_they_are_due() -> None:
    """In order of time, each by exactly one id and by one that may report it."""
    made = world()
    made.decided(0, {row["candidate_id"]: "d" + row["candidate_id"] for row in made.rows(0)})
    early, late = made.outcomes(made.at(1)), made.outcomes(made.at(40))
    times = [outcome.time for outcome in early + late]
    fits = [
        outcome.kind in (BY_USER if outcome.decision_id is None else BY_DECISION)
        and (outcome.decision_id is None) != (outcome.user_id is None)
        for outcome in early + late
    ]
    assert (times == sorted(times), all(fits), made.outcomes(made.at(40))) == (True, True, [])
    assert max(outcome.time for outcome in early) <= made.at(1) < min(outcome.time for outcome in late)


def test_what_is_not_sent_brings_no_outcome_by_decision() -> None:
    """Customers live on without contact: they engage, complain and opt out by themselves."""
    outcomes = play(world(3000), nobody)
    kinds = Counter(outcome.kind for outcome in outcomes)
    assert {outcome.decision_id for outcome in outcomes} == {None}
    assert set(kinds) == {
        OutcomeKind.ENGAGED,
        OutcomeKind.COMPLAINED,
        OutcomeKind.COMPLAINT_CLOSED,
        OutcomeKind.OPTED_OUT,
    }


def test_every_complaint_is_closed_after_two_days() -> None:
    """Else nobody who ever complained would be considered again."""
    outcomes = play(world(1500), even)
    opened = sorted((o.user_id, o.time + timedelta(days=2)) for o in outcomes if o.kind == OutcomeKind.COMPLAINED)
    closed = sorted((o.user_id, o.time) for o in outcomes if o.kind == OutcomeKind.COMPLAINT_CLOSED)
    assert (opened, len(opened) > 0) == (closed, True)


def test_every_send_is_delivered_and_some_are_replied_to() -> None:
    """A reply is an engagement by decision: a trap for whoever counts it as benefit."""
    made = world(1500)
    outcomes = play(made, everyone)
    sent = sum(len(made.rows(day)) for day in range(DAYS))
    kinds = Counter(o.kind for o in outcomes if o.decision_id is not None)
    replies = kinds[OutcomeKind.ENGAGED] / len(made.truth)
    assert (kinds[OutcomeKind.DELIVERED], abs(replies - 0.2) < 0.04) == (sent, True)


def happened(made: LiveWorld, outcomes: list[Outcome], kind: OutcomeKind, days: int) -> dict[str, bool]:
    """Whether each scored occasion's customer did this within so many days of its decision, by any report."""
    times: dict[str, list[datetime]] = {}
    for outcome in outcomes:
        if outcome.kind == kind and outcome.user_id is not None:
            times.setdefault(outcome.user_id, []).append(outcome.time)
    found = {}
    for day in range(DAYS):
        now = made.at(day)
        for row in made.rows(day):
            if row["candidate_id"] in made.truth:
                mine = times.get(row["user.id"], ())
                found[row["candidate_id"]] = any(now <= time < now + timedelta(days=days) for time in mine)
    return found


@pytest.fixture(scope="module")
def drawn() -> tuple[LiveWorld, list[Outcome]]:
    """Sixteen thousand customers of whom every second occasion is sent, in a world where contact does much."""
    made = world(16_000, gain=2.0, harm=0.05)
    return made, play(made, even)


@pytest.mark.parametrize(
    ("kind", "days", "effect"),
    [
        (OutcomeKind.ENGAGED, 3, "benefit"),
        (OutcomeKind.COMPLAINED, 14, "complaint"),
    ],
)
def test_the_stated_truth_is_what_happens(
    drawn: tuple[LiveWorld, list[Outcome]], kind: OutcomeKind, days: int, effect: str
) -> None:
    """The difference between sent and not sent is the mean of the stated effects, within four standard errors."""
    made, outcomes = drawn
    seen = happened(made, outcomes, kind, days)
    arms = [np.array([seen[name] for name in made.truth if even(name) == arm], dtype=float) for arm in (True, False)]
    difference = arms[0].mean() - arms[1].mean()
    error = np.sqrt(sum(arm.var() / len(arm) for arm in arms))
    stated = np.mean([getattr(each, effect) for each in made.truth.values()])
    assert abs(difference - stated) <= 4.0 * error, (difference, stated, error)


def test_opt_outs_because_of_a_message_come_as_often_as_stated(drawn: tuple[LiveWorld, list[Outcome]]) -> None:
    """Those that name a decision, against the mean of what contact truly does to those that were sent."""
    made, outcomes = drawn
    sent = [each.opt_out for name, each in made.truth.items() if even(name)]
    named = {o.decision_id for o in outcomes if o.kind == OutcomeKind.OPTED_OUT and o.decision_id is not None}
    error = np.sqrt(sum(p * (1 - p) for p in sent))
    assert abs(len(named) - sum(sent)) <= 4.0 * error


def test_more_harm_and_more_gain_are_what_they_say() -> None:
    """`harm` is added to both harms, `gain` multiplies the benefit; without contact nothing is different."""
    plain, worse, better = (world(**options) for options in KNOBS)
    without = [play(each, nobody) for each in (plain, worse, better)]
    added = {
        (round(b.complaint - a.complaint, 9), round(b.opt_out - a.opt_out, 9))
        for a, b in zip(plain.truth.values(), worse.truth.values(), strict=True)
    }
    ratio = {round(b.benefit / a.benefit, 9) for a, b in zip(plain.truth.values(), better.truth.values(), strict=True)}
    assert (added, ratio, without[0] == without[1] == without[2]) == ({(0.1, 0.1)}, {2.0}, True)


def test_annoyance_is_harm_to_the_annoyed_alone() -> None:
    """Both their harms are multiplied; their benefit, everybody else's truth and life without contact stay."""
    plain, worse = world(), world(annoyance=3.0)
    assert play(plain, nobody) == play(worse, nobody)
    names = {f"o{i}": plain.people.response[who] == ANNOYED for i, who in enumerate(plain.plan.customer.tolist())}
    pairs = [(names[name], plain.truth[name], worse.truth[name]) for name in plain.truth]
    others = {a == b for annoyed, a, b in pairs if not annoyed}
    times = {(round(b.complaint / a.complaint, 6), round(b.opt_out / a.opt_out, 6)) for own, a, b in pairs if own}
    assert (others, times) == ({True}, {(3.0, 3.0)})
    assert [a.benefit for _, a, _ in pairs] == [b.benefit for _, _, b in pairs]


def test_recent_contacts_tire() -> None:
    """The same occasion helps less, and annoys more, after a message in the last seven days."""
    fresh, tired = world(3000, seed=5), world(3000, seed=5)
    play(fresh, nobody)
    play(tired, everyone)
    pairs = [(fresh.truth[name], tired.truth[name]) for name in fresh.truth]
    changed = [(a, b) for a, b in pairs if a != b]
    worse = [b.opt_out > a.opt_out and b.benefit <= max(a.benefit, 0.0) for a, b in changed]
    assert (len(changed) > 20, all(worse)) == (True, True)


def test_the_net_benefit_is_the_weighted_sum() -> None:
    """All weights one, no cost of contact."""
    assert Effect(benefit=0.1, complaint=0.02, opt_out=0.01).net_benefit == pytest.approx(0.07)


def test_a_day_is_played_once_with_its_own_candidates() -> None:
    """Nothing happens twice, and nothing to an occasion of another day."""
    made = world()
    another = made.rows(1)[0]["candidate_id"]
    with pytest.raises(InvalidInput, match=f"`{another}` is not of it"):
        made.decided(0, {another: "d"})
    made.decided(0, {})
    with pytest.raises(InvalidInput, match="it was played before"):
        made.decided(0, {})
    assert made.outcomes(made.at(0)) is not None


def test_customers_agreed_to_be_told() -> None:
    """Everybody with an occasion has a zone and consents to every outbound channel."""
    made = world()
    users = {row["user.id"] for day in range(DAYS) for row in made.rows(day)}
    consents = made.consents()
    assert {each.user_id for each in consents} >= users
    assert {each.channels for each in consents} == {("chat", "email", "push", "sms", "whatsapp")}


def test_spread_over_the_day_each_occasion_has_its_own_moment() -> None:
    """Within its day, and by day where the customer lives; what follows is counted from there."""
    made = world(spread=True, start=datetime(2026, 6, 1, tzinfo=UTC))
    rows = made.rows(4)
    moments = [made.moment(int(row["candidate_id"][1:])) for row in rows]
    hours = {each.astimezone(ZoneInfo(row["user.timezone"])).hour for each, row in zip(moments, rows, strict=True)}
    made.decided(4, {rows[0]["candidate_id"]: "d-0"})
    (delivered,) = [each for each in made.outcomes(made.at(9)) if each.kind is OutcomeKind.DELIVERED]
    assert {made.at(4) <= each < made.at(5) for each in moments} == {True}
    assert hours <= set(range(8, 21))
    assert len(set(moments)) > 5
    assert delivered.time == moments[0] + timedelta(minutes=1)
