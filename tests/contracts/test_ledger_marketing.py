"""Refused marketing of late, and the texts that wait: as people look at them, on every ledger."""

from dataclasses import replace
from datetime import timedelta

import pytest

from model.contracts import Action, Candidate, Context, Message
from serving.ledger.sqlite.ledger import SqliteTransaction
from serving.people.refused import MARKETING
from serving.ports import Transaction
from tests.contracts.ledgers import NOW, ago, candidate, ruling
from tests.contracts.test_ledger_refusals import CAP, confirm_refused, refuse
from tests.contracts.test_ledger_reviews import confirm_text, hold_text

BY_WORD, BY_WORDING = MARKETING
LATE, GONE = Message(text="It is late.", next_step="Reply."), Message(text="It is gone.")


def read(tx: Transaction) -> SqliteTransaction:
    """Return the transaction as whoever shows it reads it."""
    assert isinstance(tx, SqliteTransaction)
    return tx


def refused(tx: Transaction, *, days: int = 30, most: int = 100) -> dict[str, tuple[str, ...]]:
    """Return the ids of refused marketing with their reasons."""
    found = read(tx).marketing(since=ago(days=days), most=most)
    return {one.decision_id: one.said.reasons for one in found}


def test_marketing_is_what_either_reason_refused(tx: Transaction) -> None:
    """Whatever else it was refused for; what was refused for something else alone is none."""
    for number, codes in enumerate([[BY_WORD, CAP], [BY_WORDING], [CAP], [BY_WORD, BY_WORDING]]):
        refuse(tx, f"d-{number}", codes)
    actual = refused(tx)
    assert actual == {"d-0": (BY_WORD,), "d-1": (BY_WORDING,), "d-3": MARKETING}


def test_what_only_a_confirmation_refused_counts(tx: Transaction) -> None:
    """The record as it was made says nothing of it."""
    tx.add_decision(candidate(), Context(), ruling("d-0"))
    confirm_refused(tx, "d-0", BY_WORDING)
    assert refused(tx) == {"d-0": (BY_WORDING,)}


def test_the_newest_are_read_and_nothing_from_before(tx: Transaction) -> None:
    """So many, and only those of the period."""
    for number in range(5):
        refuse(tx, f"d-{number}", [BY_WORD], at=ago(days=5 - number))
    actual = (sorted(refused(tx, most=2)), sorted(refused(tx, days=3)), refused(tx, days=0))
    assert actual == (["d-3", "d-4"], ["d-2", "d-3", "d-4"], {})


def test_what_is_read_of_it(tx: Transaction) -> None:
    """Words, facts, customer, instant, and the trigger that asked for it."""
    facts = {"parcel": "A-7"}
    asked = replace(candidate(message=Message(template="parcel_delayed", facts=facts)), matched="late")
    refuse(tx, "d-0", [BY_WORDING], to=asked)
    (found,) = read(tx).marketing(since=ago(days=1), most=9)
    actual = (found.user_id, found.at, found.said.template, found.facts, found.matched)
    assert actual == ("u", NOW, "parcel_delayed", facts, "late")


def hold(tx: Transaction, identity: str, message: Message, *, days: float, user: str = "u") -> None:
    """Record that a decision about a text was held for a person."""
    told = replace(ruling(identity, at=ago(days=days), action=Action.HOLD), verdicts={"awaiting_approval": "refuse"})
    tx.add_decision(asked(message, user), Context(), told)


def asked(message: Message, user: str) -> Candidate:
    """Describe a message to a customer."""
    return candidate(message=message, user_id=user)


def test_a_text_that_waits_says_for_whom(tx: Transaction) -> None:
    """How often, for how many people, when first and last, and the latest decision; those asked for last come first."""
    for number, (message, days, user) in enumerate([(LATE, 3, "u"), (GONE, 2, "u"), (LATE, 1, "v"), (LATE, 0, "u")]):
        hold(tx, f"d-{number}", message, days=days, user=user)
    found = read(tx).held_for(since=ago(days=7), most=9)
    actual = [(one.message, one.times, one.customers, one.last - one.first, one.decision_id) for one in found]
    assert actual == [(LATE, 3, 2, timedelta(days=3), "d-3"), (GONE, 1, 1, timedelta(0), "d-1")]


def test_a_text_is_held_since_it_was_decided(tx: Transaction) -> None:
    """Not since it was looked at last: that is done often, and the time would move on."""
    hold_text(tx, at=ago(days=3), verdict="refuse")
    confirm_text(tx, at=NOW, action=Action.HOLD, verdict="refuse")
    found = read(tx).held_for(since=ago(days=7), most=9)
    assert [(one.first, one.last) for one in found] == [(ago(days=3), ago(days=3))]


@pytest.mark.parametrize(("days", "most", "ids"), [(7, 1, ["d-1"]), (1, 9, ["d-1"]), (0, 9, [])])
def test_old_texts_and_more_than_asked_for_are_left_out(tx: Transaction, days: int, most: int, ids: list[str]) -> None:
    """A text counts from when it was held last."""
    hold(tx, "d-0", LATE, days=3)
    hold(tx, "d-1", GONE, days=0.5)
    actual = [one.decision_id for one in read(tx).held_for(since=ago(days=days), most=most)]
    assert actual == ids


def test_a_period_is_read_in_order_of_time(tx: Transaction) -> None:
    """Page by page, each decision once, whatever the order in which they were recorded; its end is not in it."""
    for number, hours in enumerate([1, 3, 3, 3, 2, 9, 0]):
        tx.add_decision(candidate(), Context(), ruling(f"d-{number}", at=ago(hours=hours)))
    pages, after = [], None
    while True:
        page, after = read(tx).between(ago(hours=3), NOW, after=after, limit=2)
        pages.append([each["decision_id"] for each in page])
        if after is None:
            break
    assert pages == [["d-1", "d-2"], ["d-3", "d-4"], ["d-0"]]
