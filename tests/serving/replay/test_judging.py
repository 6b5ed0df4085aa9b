"""What if: recorded decisions, decided again under other limits or at another cut-off."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from model.contracts import Action, Shares
from serving.arms import Exploration
from serving.policy.limits import tighten
from serving.replay.judging import NEVER_ASKED, OTHERWISE, UNREADABLE, Proposal
from serving.replay.replaying import reread
from serving.replay.rereading import read_back
from serving.replay.tallying import Replay
from tests.occasions import ALL_MODEL, about, context, event, mostly, policy, sent_at
from tests.serving.explaining.recorded import record

SHARES = Shares()


def replayed(
    *records: Mapping[str, Any],
    limits: Mapping[str, Any] | None = None,
    cutoff: float | None = None,
    at_hand: Mapping[str, Any] | None = None,
) -> Replay:
    """Decide records again under what is proposed; `at_hand` are the limits now."""
    rules = policy(dict(at_hand or {}))
    proposed = tighten(policy().limits, limits or {}) if limits is not None else rules.limits
    made = Replay()
    texts = {number: json.dumps(one) for number, one in enumerate(records)}
    rows, unreadable = read_back(texts.items())
    made.left_out[UNREADABLE] += unreadable
    reread(made, rows, Proposal(policy=rules, limits=proposed, cutoff=cutoff), shares=SHARES)
    made.left_out = +made.left_out
    made.named(lambda numbers: [(number, texts[number]) for number in numbers])
    return made


def funnel(made: Replay) -> tuple[dict[str, int], dict[str, int], int]:
    """Return how many were answered how, before and after, and how many otherwise."""
    before, after = ({str(key): n for key, n in each.items()} for each in (made.whole.before, made.whole.after))
    return before, after, made.whole.flipped


def named(number: int, **more: Any) -> dict[str, Any]:
    """Return a record with an id of its own."""
    made = record(**more)
    made["decision_id"] = made["decided"]["decision"]["decision_id"] = f"d-{number}"
    return made


def test_without_a_change_nobody_is_answered_otherwise() -> None:
    """The same limits give the recorded answers, whatever they were."""
    held = record(known=context(**sent_at(timedelta(minutes=30))))
    denied = record(known=context(consent=False))
    actual = funnel(replayed(record(), held, denied, limits={}))
    assert actual == ({"send": 1, "hold": 1, "deny": 1}, {"send": 1, "hold": 1, "deny": 1}, 0)


def test_a_tighter_cap_holds_what_went_out() -> None:
    """One that had been told yesterday evening is held, and the reason and the customer are named."""
    told = record(known=context(**sent_at(timedelta(hours=20))))
    made = replayed(record(), told, limits={"contacts_24h": 1})
    flips = made.reasons["frequency_cap", Action.HOLD]
    actual = (funnel(made), flips.count, [(one.user_id, one.before, one.after) for one in flips.examples])
    assert actual == (({"send": 2}, {"send": 1, "hold": 1}, 1), 1, [("u-17", Action.SEND, Action.HOLD)])


def test_a_purpose_that_is_switched_off_is_denied_for_each_purpose_alone() -> None:
    """The funnel of the purpose says so, the others' stay."""
    made = replayed(record(), limits={"switched_off": ["delivery_update"]})
    [(purpose, one)] = made.purposes.items()
    actual = (purpose, dict(one.before), dict(one.after), list(made.reasons))
    assert actual == ("delivery_update", {"send": 1}, {"deny": 1}, [("purpose_switched_off", Action.DENY)])


def test_a_decision_that_would_be_answered_otherwise_today_is_left_out() -> None:
    """It was made under other limits than those at hand: what a change would do to it nobody can say."""
    told = record(known=context(**sent_at(timedelta(hours=20))))
    made = replayed(told, record(), limits={"contacts_24h": 0}, at_hand={"contacts_24h": 1})
    actual = (dict(made.left_out), funnel(made))
    assert actual == ({OTHERWISE: 1}, ({"send": 1}, {"hold": 1}, 1))


def test_what_was_never_asked_is_left_out() -> None:
    """Held under tightened limits, it would pass under the configuration's, and its score was never asked."""
    strict = policy({"contacts_24h": 1})
    told = record(known=context(**sent_at(timedelta(hours=20))), rules=strict)
    made = replayed(told, limits={}, at_hand={"contacts_24h": 1})
    actual = (dict(made.left_out), made.whole.flipped)
    assert actual == ({NEVER_ASKED: 1}, 0)


def test_essential_service_needs_no_score() -> None:
    """What a cap held goes out where the cap is the configuration's again."""
    moved = event("shipment.failed", data={"parcel": "A-7", "new_eta": "Friday"})
    strict = {"essential_24h": 1}
    one, known = about(moved)
    essential = record(one, replace(known, **sent_at(timedelta(hours=20))), rules=policy(strict))
    made = replayed(essential, limits={}, at_hand=strict)
    actual = (essential["decided"]["essential"], funnel(made))
    assert actual == (True, ({"hold": 1}, {"send": 1}, 1))


@pytest.mark.parametrize("damaged", [{}, {"decision_id": "d"}, {"decided": None}], ids=["deleted", "empty", "null"])
def test_a_record_that_cannot_be_read_is_counted(damaged: dict[str, Any]) -> None:
    """And nothing else of it."""
    made = replayed(damaged, limits={"contacts_24h": 1})
    actual = (dict(made.left_out), made.whole.flipped)
    assert actual == ({UNREADABLE: 1}, 0)


@pytest.mark.parametrize(
    ("arm", "cutoff", "after", "contact"),
    [
        ("model", 0.02, "send", 0.95),
        ("model", 0.05, "deny", 0.02),
        ("policy_only", 0.05, "send", 0.02),
        ("holdout", 0.05, "deny", 0.02),
        ("holdout", 0.02, "deny", 0.95),
    ],
)
def test_another_cutoff_settles_the_same_score_with_the_same_draw(
    arm: str, cutoff: float, after: str, contact: float
) -> None:
    """A net benefit of 0.03: the model's arm sends from its cut-off on, the others as they were drawn."""
    exploration = Exploration(shares=mostly(arm), salt=b"s")
    made = replayed(record(exploration=exploration), cutoff=cutoff)
    [probability] = made.answers().contact.tolist()
    actual = ({str(key) for key in made.whole.after}, probability)
    assert actual == ({after}, contact)


@pytest.mark.parametrize(
    ("limits", "contact", "later"),
    [
        ({}, ALL_MODEL.shares.above, 0),
        ({"switched_off": ["delivery_update"]}, 0.0, 0),
        ({"contacts_24h": 0}, 0.0, 0),
        ({"quiet_end": "12:30"}, ALL_MODEL.shares.above, 1),
        ({"quiet_end": "12:30", "evidence_hours": 1}, 0.0, 0),
        ({"quiet_end": "12:30", "switched_off": ["delivery_update"]}, 0.0, 0),
    ],
    ids=["nothing changes", "denied", "no end is known", "half an hour later", "too old by then", "denied as well"],
)
def test_what_is_refused_is_contacted_no_more_and_what_is_held_a_while_goes_out_later(
    limits: Mapping[str, Any], contact: float, later: int
) -> None:
    """At noon in Paris: a hold with an end keeps the draw that it had (METHOD section 2), anything else leaves none."""
    made = replayed(record(), limits=limits)
    answers = made.answers()
    actual = (answers.contact.tolist(), int(answers.delayed.sum()))
    assert actual == ([contact], later)


def test_examples_are_few_and_all_are_counted() -> None:
    """The newest: of one instant, those that were decided last."""
    made = replayed(*[named(number) for number in range(9)], limits={"contacts_24h": 0})
    flips = made.reasons["frequency_cap", Action.HOLD]
    actual = (flips.count, [one.decision_id for one in flips.examples])
    assert actual == (9, ["d-8", "d-7", "d-6", "d-5", "d-4"])


def test_an_example_whose_record_holds_half_a_sign_is_named() -> None:
    """One half of a surrogate pair, as some apps cut names: the standard library reads it, orjson does not."""
    half = named(7)
    half["candidate"]["attributes"] = {"name": "\ud800"}
    made = replayed(half, limits={"contacts_24h": 0})
    actual = [one.decision_id for one in made.reasons["frequency_cap", Action.HOLD].examples]
    assert actual == ["d-7"]
