"""A ledger's decisions decided again: from what was kept of them, from their records, and as they were confirmed."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from model.contracts import Action, Candidate, Context, Shares
from serving.analytics.occasions import Occasions
from serving.confirming import Confirmed
from serving.decide import decide
from serving.people.replayable import Replayable
from serving.policy.policy import Policy, make_policy
from serving.ports import Decided, Transaction
from serving.replay import replaying, rereading
from serving.replay.chances import chances
from serving.replay.effects import Chances
from serving.replay.judging import OTHERWISE, UNREADABLE, Proposal
from serving.replay.replaying import Period, replayed
from serving.replay.tallying import Replay
from tests.contracts.confirmed import confirmation
from tests.contracts.ledgers import NOW as THEN
from tests.occasions import ALL_MODEL, NOW, USER, FixedScorer, candidate, context, policy

SCORER = FixedScorer(shares=ALL_MODEL.shares)
LATER = NOW + timedelta(hours=1)
NOBODY = Proposal(policy=policy(), limits=policy({"switched_off": ["delivery_update"]}).limits)
SLOWER = Proposal(policy=policy(), limits=policy({"quiet_end": "12:30"}).limits)


def decided(known: Context, identity: str, at: datetime = NOW, user: str = USER) -> tuple[Candidate, Context, Decided]:
    """Decide the good occasion, for whomever, at noon in Paris or another time."""
    assert known.evidence is not None
    one = candidate(user_id=user)
    known = replace(known, evidence=replace(known.evidence, subject=user))
    [found] = decide([one], [known], ids=[identity], now=at, policy=policy(), scorer=SCORER, exploration=ALL_MODEL)
    return one, known, found


def made(tx: Transaction, count: int = 6) -> Replayable:
    """Decide an occasion a minute, of a customer each; every second one without a reading, as older programs do."""
    assert SCORER.watch is not None
    tx.watch(SCORER.watch)
    for number in range(count):
        at = NOW + timedelta(minutes=number)
        one, known, found = decided(context(), f"d-{number}", at, f"u-{number}")
        tx.add_decision(one, known, replace(found, read=None) if number % 2 else found)
    return tx  # type: ignore[return-value]  # every transaction reads as well


def again(ledger: Replayable, proposal: Proposal = NOBODY, period: Period = replaying.EVER) -> Replay:
    """Decide all of them again."""
    extent = ledger.extent(since=None, until=None)
    assert extent is not None
    found = replayed(ledger, *extent, proposal, shares=Shares(), period=period)
    found.named(ledger.records_of)
    return found


def told(found: Replay) -> Mapping[str, Any]:
    """Return how many were told otherwise, the examples' ids and how many were left out."""
    ids = [one.decision_id for flips in found.reasons.values() for one in flips.examples]
    return {"flipped": found.whole.flipped, "ids": ids, "left_out": dict(found.left_out)}


@pytest.mark.parametrize("records", [1, 2, 500])
def test_all_are_decided_again_with_a_reading_or_without(
    tx: Transaction, monkeypatch: pytest.MonkeyPatch, records: int
) -> None:
    """The newest five are examples, however many records are read at once."""
    monkeypatch.setattr(replaying, "RECORDS", records)
    found = again(made(tx))
    expected = ["d-5", "d-4", "d-3", "d-2", "d-1"]
    assert (told(found), found.oldest, found.newest) == (
        {"flipped": 6, "ids": expected, "left_out": {}},
        NOW,
        NOW + timedelta(minutes=5),
    )


def test_what_was_read_by_another_program_is_read_again(tx: Transaction, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its reading says nothing here: the records are read, and give the same."""
    ledger = made(tx)
    expected = told(again(ledger))
    asked: list[int] = []
    read = rereading.read_back
    monkeypatch.setattr(replaying, "version_of", lambda *_: 7)
    monkeypatch.setattr(replaying, "read_back", lambda texts: read([(asked.append(one[0]), one)[1] for one in texts]))
    assert (told(again(ledger)), len(asked)) == (expected, 6)


def other() -> Policy:
    """Return a policy whose template asks for a fact that no message has."""
    mine = policy()
    changed = [
        replace(each, text=f"{each.text} {{truck}}", facts={**each.facts, "truck": "string"})
        if each.id == "parcel_delayed"
        else each
        for each in mine.templates.values()
    ]
    return make_policy(mine.limits, changed, mine.wording)


def test_other_templates_are_tried(tx: Transaction) -> None:
    """What they concern is read again under them, and refused: a fact is missing."""
    proposal = Proposal(policy=policy(), limits=policy().limits, templates=other())
    actual = told(again(made(tx), proposal))
    assert actual["flipped"] == 6


def test_other_templates_are_tried_on_what_was_read_without_reading_the_answer(
    tx: Transaction, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was answered stands in the reading: it comes to the same as if everything is read from records."""
    ledger, proposal = made(tx), Proposal(policy=policy(), limits=policy().limits, templates=other())
    with monkeypatch.context() as patch:
        patch.setattr(replaying, "version_of", lambda *_: 7)
        whole = again(ledger, proposal)
    asked: list[int] = []
    read = rereading.read_back
    monkeypatch.setattr(replaying, "read_back", lambda texts: read([(asked.append(one[0]), one)[1] for one in texts]))
    found = again(ledger, proposal)
    actual = told(found), found.reasons, found.whole, found.answers().contact.tolist()
    assert actual == (told(whole), whole.reasons, whole.whole, whole.answers().contact.tolist())
    assert len(asked) == 3  # of six, those without a reading


def test_what_can_be_read_no_more_is_left_out_of_a_try_of_other_templates(
    tx: Transaction, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the same nor another answer: the reading alone does not have the message."""
    monkeypatch.setattr(replaying, "inputs_of", lambda _: {})
    proposal = Proposal(policy=policy(), limits=policy().limits, templates=other())
    assert told(again(made(tx), proposal))["left_out"] == {UNREADABLE: 3}  # the others have no reading


def test_a_period_ends_before_its_end(tx: Transaction) -> None:
    """Of what lies between its numbers, only what was decided in it."""
    period = Period(since=NOW + timedelta(minutes=1), until=NOW + timedelta(minutes=4))
    actual = again(made(tx), period=period)
    assert (actual.whole.flipped, actual.oldest) == (3, NOW + timedelta(minutes=1))


def test_what_is_gone_is_counted(tx: Transaction) -> None:
    """Somebody was erased: nothing says what was decided about them."""
    ledger = made(tx)
    tx.erase("u-2", at=LATER)
    tx.erase("u-3", at=LATER)
    assert told(again(ledger))["left_out"] == {UNREADABLE: 2}


def test_parts_add_up_to_the_whole(tx: Transaction) -> None:
    """Whatever numbers a process was given, and in which order they come."""
    ledger = made(tx, 9)
    extent = ledger.extent(since=None, until=None)
    assert extent is not None
    first, last = extent
    parts = [replayed(ledger, *part, NOBODY, shares=Shares()) for part in ((first + 4, last), (first, first + 3))]
    found = Replay()
    for part in parts:
        found.add(part)
    found.named(ledger.records_of)
    whole = again(ledger)
    actual = found.answers().number.tolist(), told(found), found.purposes, found.newest
    assert actual == (whole.answers().number.tolist(), told(whole), whole.purposes, whole.newest)


def weighed(ledger: Replayable, proposal: Proposal) -> tuple[Occasions, Chances]:
    """Return the occasions of these decisions, and what the proposal makes of their draws."""
    occasions = ledger.effect_rows(start=THEN - timedelta(days=9), end=NOW + timedelta(days=9), as_of=LATER)
    return occasions, chances(ledger, again(ledger, proposal), occasions, proposal, shares=Shares())


@pytest.mark.parametrize(
    ("proposal", "contact", "delayed"),
    [(NOBODY, 0.0, False), (SLOWER, ALL_MODEL.shares.above, True)],
    ids=["never", "later"],
)
def test_a_draw_that_came_with_a_confirmation_is_decided_again_as_it_was_confirmed(
    tx: Transaction, proposal: Proposal, contact: float, *, delayed: bool
) -> None:
    """Held by a cap at first, then drawn: its chance is that of the second look, beside one that was drawn at once."""
    ledger = made(tx, 1)
    sent = (NOW - timedelta(minutes=59, seconds=30),)
    asked, known, held = decided(
        context(contacts=sent, contacts_60m=1, contacts_24h=1, contacts_7d=1), "held", NOW, "v"
    )
    tx.add_decision(asked, known, held)
    at = NOW + timedelta(minutes=1)
    _, then, drew = decided(context(), "held", at, "v")
    told = confirmation("held", Confirmed.of(drew.decision.action), at=at)
    tx.add_confirmation(told, (asked, then, drew))
    occasions, found = weighed(ledger, proposal)
    actual = (held.decision.action, len(occasions), found.contact.tolist(), found.delayed.tolist())
    assert actual == (Action.HOLD, 2, [contact] * 2, [delayed] * 2)
    assert found.confirmed.tolist() == [False, True]


def test_what_is_answered_otherwise_by_now_has_no_chance(tx: Transaction) -> None:
    """It is left out, and no row of what the proposal would have done."""
    ledger = made(tx, 2)
    strict = replace(NOBODY, policy=policy({"switched_off": ["delivery_update"]}))
    occasions, found = weighed(ledger, strict)
    actual = (len(occasions), len(found.number), told(again(ledger, strict))["left_out"])
    assert actual == (2, 0, {OTHERWISE: 2})


def test_nothing_is_drawn_later_that_was_drawn_at_once(tx: Transaction) -> None:
    """Of what was never confirmed there is no second record."""
    ledger = made(tx, 2)
    numbers = [number for page in ledger.readings(0, 2**40) for number in page.number.tolist()]
    records = [json.loads(text) for _, text in ledger.drawn_later(numbers)]
    assert records == []
