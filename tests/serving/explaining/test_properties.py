"""Over many random occasions: the named change flips the answer, nothing less does, and a send is really turned."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from functools import cache
from itertools import combinations

import pytest

from model.contracts import Action, Decision, Message
from serving.explaining.case import Case
from serving.explaining.flipping import TIME, Change, Flip, NoFlip, Plan, flip_of
from serving.explaining.turning import turns
from serving.policy.policy import Policy
from tests.occasions import GOOD_SCORER, NOW, about, decided, event, policy, session
from tests.scenarios import INSTANTS, Draw, occasion
from tests.serving.explaining.applying import World, can, carried_out

SEEDS = range(6)
OCCASIONS = 60
RULES = policy()
Found = tuple[Case, Flip | NoFlip]


def decide(world: World) -> Decision:
    """Decide again, with a model that likes everybody."""
    scorer = replace(GOOD_SCORER, seen=[])
    return decided(world.candidate, world.context, now=world.at, rules=world.policy, scorer=scorer).decision


@cache
def sampled(seed: int) -> list[Case]:
    """Draw occasions, mostly with something wrong."""
    draw = Draw(seed)
    cases = []
    for _ in range(OCCASIONS):
        now = draw.pick(INSTANTS)
        candidate, context = occasion(draw, now, trouble=draw.pick([0.01, 0.03, 0.06]))
        cases.append(Case(candidate=candidate, context=context, at=now, policy=RULES))
    return cases


@cache
def refused(seed: int) -> list[Found]:
    """Return the refused occasions with what would have flipped each."""
    cases = [case for case in sampled(seed) if not case.decision().agent_would_send.answer]
    return [(case, flip_of(case)) for case in cases]


def flips(seed: int) -> Iterator[tuple[Case, Flip]]:
    """Yield the refused occasions for which a change is named."""
    yield from ((case, found) for case, found in refused(seed) if isinstance(found, Flip))


def world_of(case: Case, rules: Policy = RULES) -> World:
    """Return the recorded inputs to change by hand."""
    return World(case.candidate, case.context, case.at, rules)


def subset_refused(case: Case, flip: Flip, part: tuple[Change, ...]) -> tuple[str, ...]:
    """Rule once more with only these of the named changes."""
    words = {change.input: change.change.rsplit("`", 2)[1] for change in part if "for example `" in change.change}
    candidate = replace(case.candidate, **words)
    unknown = case.context.unknown | ({"consent"} if "channel" in words else set())
    waits = next((change.codes for change in part if change.input == TIME), ())
    given = {change.input: change.codes for change in part if change.input != TIME and change.input not in words}
    plan = Plan(
        replace(case, candidate=candidate, context=replace(case.context, unknown=unknown)),
        given,
        at=flip.until if waits else None,
        waits=waits,
    )
    return plan.refused()


@pytest.mark.parametrize("seed", SEEDS)
def test_all_the_named_changes_together_flip_it(seed: int) -> None:
    """Every filter passes once they are made."""
    actual = [subset_refused(case, flip, flip.changes) for case, flip in flips(seed)]
    assert actual == [()] * len(actual)


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_less_than_the_named_changes_flips_it(seed: int) -> None:
    """Whichever is left out, and however many: something still refuses."""
    actual = [
        (case, part)
        for case, flip in flips(seed)
        for size in range(len(flip.changes))
        for part in combinations(flip.changes, size)
        if not subset_refused(case, flip, part)
    ]
    assert actual == []


@pytest.mark.parametrize("seed", SEEDS)
def test_carried_out_by_hand_they_flip_it_too(seed: int) -> None:
    """Not on the columns but on what is on record, and with a model that likes everybody: it is sent."""
    actual = []
    for case, flip in flips(seed):
        world = world_of(case)
        if all(can(change, world) for change in flip.changes):
            again = decide(carried_out(world, flip.changes, flip.until))
            actual.append((again.action, again.customer_would_thank.asked, flip.leads_to))
    assert len(actual) > 5
    assert {(action, asked == (leads == "second_question")) for action, asked, leads in actual} == {(Action.SEND, True)}


@pytest.mark.parametrize("seed", SEEDS)
def test_by_hand_nothing_less_flips_it(seed: int) -> None:
    """Leaving out any one of the changes that can be carried out leaves it refused."""
    actual = []
    for case, flip in flips(seed):
        world = world_of(case)
        if all(can(change, world) for change in flip.changes):
            for left_out in flip.changes:
                rest = tuple(change for change in flip.changes if change is not left_out)
                actual.append(decide(carried_out(world, rest, flip.until)).agent_would_send.answer)
    assert (len(actual) > 5, any(actual)) == (True, False)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_only_time_holds_is_told_to_wait_until_its_not_before(seed: int) -> None:
    """The end of the wait is the answer's own `not_before`; only a visit that is over by then has to come again."""
    actual, expected, besides = [], [], set()
    for case, flip in flips(seed):
        not_before = case.decision().not_before
        if not_before is not None:
            actual.append(seconds(flip.until))
            expected.append(seconds(not_before))
            besides |= {change.codes for change in flip.changes if change.input != TIME}
    assert (len(actual) > 0, actual) == (True, expected)
    assert besides <= {("session_missing",)}


def test_a_reminder_in_a_visit_that_is_over_by_then_needs_another_visit() -> None:
    """Three hours from now nobody can be promised to sit before the widget still."""
    asked = {"what": "your passport", "due": "1 May", "remind_at": "2026-11-20T14:00:00Z"}
    one, known = about(
        event("reminder.requested", data={**asked, "due_at": "2026-11-21T14:00:00Z"}),
        purpose="requested_reminder",
        channel="widget",
        message=Message(template="requested_reminder", facts={"what": "your passport", "due": "1 May"}),
        session_id="s-1",
    )
    known = replace(known, session=session(), requested_channels=frozenset({"widget"}))
    flip = flip_of(Case(candidate=one, context=known, at=NOW, policy=RULES))
    assert isinstance(flip, Flip)
    assert [(change.input, change.codes) for change in flip.changes] == [
        ("session", ("session_missing",)),
        (TIME, ("too_soon",)),
    ]


def seconds(at: datetime | None) -> float | None:
    """Return epoch seconds to the hundredth of a millisecond: an end may lie between two microseconds."""
    return None if at is None else round(at.timestamp(), 5)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_refusal_is_flipped_or_says_why_not(seed: int) -> None:
    """Marketing, what cannot be read, and what no change of the inputs would help."""
    actual = {found.why for _, found in refused(seed) if isinstance(found, NoFlip)}
    assert actual <= {
        "nothing here: it belongs to the people who own marketing",
        "the recorded inputs cannot be read",
        "no change of these inputs would do under this policy",
    }


def test_hardly_any_refusal_is_left_without_a_change() -> None:
    """Of what can be read and is no marketing."""
    found = Counter(found.why if isinstance(found, NoFlip) else "flip" for seed in SEEDS for _, found in refused(seed))
    actual = found["no change of these inputs would do under this policy"] / found["flip"]
    assert actual < 0.02


@pytest.mark.parametrize("seed", SEEDS)
def test_the_named_change_turns_a_send_into_a_no(seed: int) -> None:
    """Each of them alone, the nearest first; time is carried out by hand."""
    actual = []
    for case in sampled(seed):
        ruling = decided(case.candidate, case.context, now=case.at, rules=RULES)
        if ruling.decision.action is not Action.SEND:
            continue
        found = turns(case, ruling)
        assert isinstance(found, Flip)
        assert found.changes[0].codes
        if found.until is not None:
            before = carried_out(world_of(case), found.changes, case.at)
            after = carried_out(world_of(case), found.changes, found.until)
            actual.append((decide(before).action, str(decide(after).action) == found.leads_to))
    assert (len(actual) > 3, set(actual)) == (True, {(Action.SEND, True)})
