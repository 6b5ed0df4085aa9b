"""What a proposal would have done: differences with intervals, or why there are none."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from model.contracts import Arm, Outcome, OutcomeKind, Shares
from serving.policy.limits import tighten
from serving.policy_files import load_policy
from serving.replayed_effects import DELAYED, FEW, NONE, NOTHING, Effects, effects
from serving.replaying import Proposal, Replay
from serving.standing import Assignment, Occasion
from tests.occasions import NOW as NOON
from tests.occasions import policy
from tests.serving.explaining.recorded import record

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
THEN = NOW - timedelta(days=20)
POLICY = load_policy()


def occasion(
    number: int, *, contacted: bool, engaged: bool, harmed: bool = False, e: float = 0.5, **more: Any
) -> Occasion:
    """Describe one occasion of a customer of its own, a day before it is known what came of it."""
    at = more.get("at", THEN)
    kinds = [(OutcomeKind.ENGAGED, engaged), (OutcomeKind.COMPLAINED, harmed)]
    return Occasion(
        record={
            "decision_id": f"d-{number}",
            "candidate": {"user_id": f"u-{number}", "purpose": more.get("purpose", "onboarding"), "channel": "chat"},
            "decided": {"decision": {"decision_id": f"d-{number}", "decided_at": at.isoformat()}},
        },
        assignment=Assignment(arm=Arm.MODEL, contacted=contacted, contact_probability=e, above=True, watch="w"),
        outcomes=tuple(
            Outcome(kind=kind, time=at + timedelta(days=1), user_id=f"u-{number}") for kind, said in kinds if said
        ),
    )


def weighed(occasions: list[Occasion], contact: dict[int, float], delayed: Iterable[int] = ()) -> Effects:
    """Weigh a proposal that contacts some with another probability, and some later."""
    replay = Replay(Proposal(policy=POLICY, limits=POLICY.limits), Shares())
    own = {one.record["decision_id"]: one.assignment.contact_probability for one in occasions}
    replay.contacts = own | {f"d-{number}": rate for number, rate in contact.items()}
    replay.delayed = {f"d-{number}" for number in delayed}
    return effects(occasions, replay, as_of=NOW)


def drawn(rows: int, *, lift: float, seed: int, e: float = 0.5, base: float = 0.3) -> list[Occasion]:
    """Draw occasions of which the first half is helped by contact so much, and the others not at all."""
    rng = np.random.default_rng(seed)
    contacted, luck = rng.random(rows) < e, rng.random(rows)
    return [
        occasion(
            number,
            contacted=bool(contacted[number]),
            engaged=bool(luck[number] < base + lift * contacted[number] * (number < rows // 2)),
            harmed=bool(luck[number] > 0.96),
            e=e,
        )
        for number in range(rows)
    ]


def test_the_interval_holds_what_is_true() -> None:
    """Half are contacted no more: of 100 occasions, 50 × .5 × .2 = 5 customers fewer are helped, in 95 of 100 logs."""
    truth = -0.5 * 0.5 * 0.2
    held = 0
    for seed in range(100):
        found = weighed(drawn(800, lift=0.2, seed=seed), dict.fromkeys(range(400), 0.0)).differences["benefit"]
        held += found is not None and found.low <= truth <= found.high
    actual = held >= 88
    assert actual is True, held


@pytest.mark.parametrize("base", [0.02, 0.1], ids=["hardly any event", "a few events"])
def test_few_events_among_those_held_out_do_not_make_the_interval_narrow(base: float) -> None:
    """One in twenty is held out, 40 of those who change: where none or one of them was helped there is no figure."""
    shown, held = 0, 0
    for seed in range(30):
        rows = drawn(2400, lift=0.0, seed=seed, e=0.95, base=base)
        found = weighed(rows, dict.fromkeys(range(800), 0.0)).differences.get("benefit")
        shown += found is not None
        held += found is not None and found.low <= 0.0 <= found.high
    actual = held >= 0.9 * shown
    assert actual is True, (held, shown)


def test_the_difference_is_that_of_weighing_by_hand() -> None:
    """With one purpose the doubly robust difference is the mean of (π − e) times the pseudo-outcome."""
    rows = drawn(1000, lift=0.2, seed=1)
    found = weighed(rows, dict.fromkeys(range(500), 0.0))
    y = np.array([any(each.kind is OutcomeKind.ENGAGED for each in one.outcomes) for one in rows], dtype=float)
    t = np.array([one.assignment.contacted for one in rows], dtype=float)
    change = np.where(np.arange(1000) < 500, -0.5, 0.0)
    by_hand = float(np.mean(change * (t * y - (1 - t) * y) / 0.5))
    benefit = found.differences["benefit"]
    actual = benefit is not None and abs(benefit.estimate - by_hand) < 3 * benefit.se
    assert (actual, found.rows, found.changed, found.customers) == (True, 1000, 500, 1000)


def test_fewer_than_five_events_are_no_figure() -> None:
    """No opt-out at all would be a difference of exactly zero: it is none."""
    found = weighed(drawn(800, lift=0.1, seed=2), dict.fromkeys(range(400), 0.0))
    actual = [name for name, each in found.differences.items() if each is None]
    assert actual == ["opt_out"]


@pytest.mark.parametrize(("contacted", "held_out"), [(5, 5), (4, 9), (9, 4)])
def test_both_arms_have_five_events_or_there_is_no_figure(contacted: int, held_out: int) -> None:
    """Of those that change; no arm stands in for the other."""
    rows = [
        occasion(number, contacted=number % 2 == 0, engaged=number // 2 < (held_out if number % 2 else contacted))
        for number in range(800)
    ]
    found = weighed(rows, dict.fromkeys(range(400), 0.0)).differences["benefit"]
    assert (found is not None) == (contacted == held_out)


def test_an_opt_out_needs_no_other_arm() -> None:
    """Nobody who was not written to can opt out of the message: five of the contacted are enough."""
    rows = [occasion(number, contacted=number % 2 == 0, engaged=False) for number in range(800)]
    rows = [_opted_out(one) if number in range(0, 10, 2) else one for number, one in enumerate(rows)]
    found = weighed(rows, dict.fromkeys(range(400), 0.0)).differences["opt_out"]
    assert found is not None


def _opted_out(one: Occasion) -> Occasion:
    """Let its customer opt out because of the message."""
    decision_id = one.record["decision_id"]
    said = Outcome(kind=OutcomeKind.OPTED_OUT, time=THEN + timedelta(days=1), decision_id=decision_id)
    return replace(one, outcomes=(said,))


@pytest.mark.parametrize(
    ("occasions", "contact", "missing"),
    [
        ([], {}, NONE),
        (drawn(30, lift=0.0, seed=3), {}, NOTHING),
        (drawn(30, lift=0.0, seed=3), {1: 0.0}, FEW),
        ([occasion(1, contacted=True, engaged=True, at=NOW - timedelta(days=13))], {1: 0.0}, NONE),
    ],
    ids=["nothing was drawn", "nothing changes", "too few", "its window is open"],
)
def test_where_there_is_no_figure_it_says_why(
    occasions: list[Occasion], contact: dict[int, float], missing: str
) -> None:
    """In one word, and for the log's own refusal with its sentence."""
    found = weighed(occasions, contact)
    actual = (found.missing, bool(found.said), found.differences)
    assert actual == (missing, missing == FEW, {})


def test_what_was_never_withheld_cannot_be_answered() -> None:
    """A row that was always contacted says nothing about not contacting it; the part is named."""
    rows, later = drawn(800, lift=0.1, seed=4), range(800, 900)
    always = [occasion(number, contacted=True, engaged=True, e=1.0, purpose="remediation") for number in later]
    found = weighed(rows + always, dict.fromkeys(later, 0.0))
    actual = (found.missing, "remediation by chat" in found.said)
    assert actual == (FEW, True)


def test_a_few_rows_that_were_hardly_tried_are_refused_among_many_that_stay() -> None:
    """Thirty at .95 that would not be contacted any more: one or two were held out, and carry no interval."""
    rows = drawn(2000, lift=0.1, seed=5)
    few = [occasion(number, contacted=number % 20 > 0, engaged=number % 2 == 0, e=0.95) for number in range(3000, 3030)]
    found = weighed(rows + few, dict.fromkeys(range(3000, 3030), 0.0))
    actual = (found.missing, "onboarding by chat, where something would change" in found.said)
    assert actual == (FEW, True)


def test_what_would_only_go_out_later_is_no_loss() -> None:
    """No figure where that is all there is; among messages that would be lost it is counted, and changes nothing."""
    rows, lost = drawn(1000, lift=0.2, seed=1), dict.fromkeys(range(500), 0.0)
    later = range(600, 650)
    alone, among, without = weighed(rows, {}, later), weighed(rows, lost, later), weighed(rows, lost)
    assert (alone.missing, alone.changed, alone.delayed, alone.differences) == (DELAYED, 0, 50, {})
    assert (among.changed, among.delayed, among.differences) == (500, 50, without.differences)


@pytest.mark.parametrize(
    ("limits", "expected"),
    [({"quiet_end": "12:30"}, (0, 1, 1)), ({"switched_off": ["delivery_update"]}, (1, 0, 1)), ({}, (0, 0, 0))],
    ids=["later", "never", "no change"],
)
def test_a_draw_that_came_with_a_confirmation_is_decided_again_as_it_was_confirmed(
    limits: Mapping[str, Any], expected: tuple[int, int, int]
) -> None:
    """It is a row that the table of first answers does not count as changed: it says how many of them there are."""
    rules = policy()
    replay = Replay(Proposal(policy=rules, limits=tighten(rules.limits, limits)), Shares())
    confirmed = record()
    drew = Assignment(**{**confirmed["decided"]["assignment"], "arm": Arm.MODEL})
    once = Occasion(record=confirmed, assignment=drew, outcomes=())
    found = effects([once], replay, as_of=NOON + timedelta(days=20))
    assert (found.changed, found.delayed, found.confirmed) == expected


def test_what_cannot_be_decided_again_is_no_row() -> None:
    """An occasion that was drawn when it was confirmed, and whose record cannot be read, is left out."""
    replay = Replay(Proposal(policy=POLICY, limits=POLICY.limits), Shares())
    actual = effects([occasion(1, contacted=True, engaged=True)], replay, as_of=NOW).rows
    assert actual == 0
