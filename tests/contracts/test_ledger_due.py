"""Held decisions: when each is to be decided again, and what wakes or ends it."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from model.contracts import Action, Context, Outcome, OutcomeKind, Reason
from model.errors import InvalidInput
from serving.confirming import Confirmed
from serving.ports import Approval, Decided, Ledger, Transaction
from tests.contracts.confirmed import CANCELLED, confirm, confirmation
from tests.contracts.ledgers import NOW, ago, candidate, event, record, report, ruling, send

MINUTES = timedelta(minutes=1)
HOURS = timedelta(hours=1)
INSTANT = timedelta(microseconds=1)
FAR = 1000 * HOURS


def held(identity: str, *, at: datetime = NOW, until: datetime | None = None, **given: Any) -> Decided:
    """Describe a hold that ends at `until` (None: nobody knows when), of a candidate that expires in two days."""
    told = ruling(identity, at=at, action=Action.HOLD)
    why = tuple(Reason(code=code, outcome=Action.HOLD, detail="d", would_change="w") for code in given.get("codes", ()))
    expires_at = given.get("expires_at", at + 48 * HOURS)
    return replace(told, decision=replace(told.decision, not_before=until, expires_at=expires_at, reasons=why))


def hold(tx: Transaction, identity: str, *, user: str = "u", **given: Any) -> None:
    """Record a decision that is held."""
    tx.add_decision(candidate(user_id=user), Context(), held(identity, **given))


def hold_again(tx: Transaction, identity: str, *, at: datetime, user: str = "u", **given: Any) -> None:
    """Record that a decision was looked at, and is held still."""
    told = confirmation(identity, Confirmed.HOLD, at=at)
    tx.add_confirmation(told, (candidate(user_id=user), Context(), held(identity, at=at, **given)))


def due(tx: Transaction, now: datetime = NOW + FAR, limit: int = 99) -> list[str]:
    """Return what is due by then; by far later than all of it, unless told otherwise."""
    return tx.due(now=now, limit=limit)


def test_a_hold_is_due_when_it_ends(tx: Transaction) -> None:
    """Not an instant earlier, and until somebody looked."""
    ends = NOW + 3 * HOURS
    hold(tx, "d-1", until=ends)
    actual = (tx.next_due(), due(tx, ends - INSTANT), due(tx, ends), due(tx, ends + HOURS))
    assert actual == (ends, [], ["d-1"], ["d-1"])


def test_a_hold_without_a_known_end_is_due_after_five_minutes(tx: Transaction) -> None:
    """Then after twice as long each time, and after six hours at most."""
    hold(tx, "d-1", expires_at=NOW + FAR)
    waits, now = [], NOW
    for _ in range(10):
        next_due = tx.next_due()
        assert next_due is not None
        waits.append((next_due - now) / MINUTES)
        now = next_due
        hold_again(tx, "d-1", at=now, expires_at=NOW + FAR)
    assert waits == [5, 10, 20, 40, 80, 160, 320, 360, 360, 360]


@pytest.mark.parametrize("action", [Action.SEND, Action.DENY])
def test_what_is_not_held_is_never_due(tx: Transaction, action: Action) -> None:
    """A send was answered, a denial is the end."""
    tx.add_decision(candidate(), Context(), ruling("d-1", action=action))
    actual = (tx.next_due(), due(tx))
    assert actual == (None, [])


@pytest.mark.parametrize("until", [None, NOW + 20 * HOURS])
def test_the_last_look_is_at_the_expiry(tx: Transaction, until: datetime | None) -> None:
    """However long it would wait otherwise: then it is over, and on record as over."""
    hold(tx, "d-1", until=until, expires_at=NOW + 3 * MINUTES)
    actual = tx.next_due()
    assert actual == NOW + 3 * MINUTES


@pytest.mark.parametrize(
    ("until", "expires_at"), [(NOW, NOW + FAR), (ago(hours=1), NOW + FAR), (None, NOW), (None, ago(hours=1))]
)
def test_a_hold_is_never_due_at_the_instant_it_was_made(
    tx: Transaction, until: datetime | None, expires_at: datetime
) -> None:
    """Whatever a clock or a file said: nobody would ever be done with it."""
    hold(tx, "d-1", until=until, expires_at=expires_at)
    actual = tx.next_due()
    assert actual == NOW + 5 * MINUTES


def test_a_hold_without_an_expiry_is_looked_at(tx: Transaction) -> None:
    """As any other."""
    hold(tx, "d-1", until=NOW + 9 * HOURS, expires_at=None)
    actual = tx.next_due()
    assert actual == NOW + 9 * HOURS


def test_the_longest_due_come_first(tx: Transaction) -> None:
    """By their time, then in the order they were made; as many as are asked for."""
    for name, hours in (("d-1", 3), ("d-2", 1), ("d-3", 2), ("d-4", 1)):
        hold(tx, name, until=NOW + hours * HOURS)
    actual = (due(tx), due(tx, limit=2), due(tx, NOW + 2 * HOURS))
    assert actual == (["d-2", "d-4", "d-3", "d-1"], ["d-2", "d-4"], ["d-2", "d-4", "d-3"])


@pytest.mark.parametrize("action", [Action.SEND, Action.DENY])
def test_a_confirmation_ends_a_hold(tx: Transaction, action: Action) -> None:
    """Send or cancel: there is nothing to look at any more."""
    hold(tx, "d-1", until=NOW + HOURS)
    hold(tx, "d-2", until=NOW + HOURS)
    confirm(tx, "d-1", action)
    actual = due(tx)
    assert actual == ["d-2"]


def test_a_confirmation_that_holds_moves_it(tx: Transaction) -> None:
    """To its new end, earlier or later; and to a look after five minutes where none is known."""
    hold(tx, "d-1", until=NOW + 5 * HOURS)
    seen = []
    for until in (NOW + 9 * HOURS, NOW + 2 * HOURS, None):
        hold_again(tx, "d-1", at=NOW + MINUTES, until=until)
        seen.append(tx.next_due())
    assert seen == [NOW + 9 * HOURS, NOW + 2 * HOURS, NOW + 6 * MINUTES]


def test_a_send_that_is_held_at_last_is_due(tx: Transaction) -> None:
    """Whoever asked knows that it may go later; so do we."""
    send(tx, "d-1")
    hold_again(tx, "d-1", at=NOW + MINUTES, until=NOW + HOURS)
    actual = (tx.next_due(), due(tx))
    assert actual == (NOW + HOURS, ["d-1"])


def test_whoever_asks_often_does_not_make_the_next_look_later(tx: Transaction) -> None:
    """A platform that polls, and stops: the look that was planned still comes."""
    hold(tx, "d-1")
    for seconds in range(1, 30):
        hold_again(tx, "d-1", at=NOW + timedelta(seconds=seconds))
    actual = tx.next_due()
    assert actual == NOW + 5 * MINUTES


def test_a_clock_that_was_ahead_does_not_hide_a_hold(tx: Transaction) -> None:
    """The next look by the right clock brings its time back."""
    hold(tx, "d-1", at=NOW + 24 * HOURS)
    hold_again(tx, "d-1", at=NOW)
    actual = tx.next_due()
    assert actual == NOW + 5 * MINUTES


def ends(tx: Transaction, what: str, *, at: datetime = NOW, user: str = "u") -> None:
    """Let something end that may have held a customer's messages."""
    if what == "complaint_closed":
        tx.add_outcome(Outcome(kind=OutcomeKind.COMPLAINT_CLOSED, user_id=user, time=at), recorded_at=at)
    elif what == "approval":
        tx.approve(Approval(digest="sha256:new", what="text", by="ann", at=at))
    elif what == "release":
        tx.passing([candidate(user_id=f"x-{number}") for number in range(3)], now=at, most=2, times=1)
        assert tx.release_breaker("parcel_delayed", at=at, by="ann", why="a real strike")
    else:
        record(tx, event(what, f"end-of-{user}", subject=user, time=at, data={}), at=at)


ENDINGS = ("conversation.closed", "conversation.left_unresolved", "complaint_closed")
HOLDERS = {"approval": "awaiting_approval", "release": "breaker_open"}


@pytest.mark.parametrize("what", ENDINGS)
def test_what_ends_for_a_customer_wakes_what_it_may_have_held(tx: Transaction, what: str) -> None:
    """Theirs at once; neither what ends at a known time, nor what is another's."""
    hold(tx, "theirs")
    hold(tx, "at its time", until=NOW + HOURS)
    hold(tx, "another's", user="v")
    ends(tx, what, at=NOW + MINUTES)
    actual = (due(tx, NOW + MINUTES), due(tx, NOW + MINUTES - INSTANT))
    assert actual == (["theirs"], [])


@pytest.mark.parametrize("what", ENDINGS)
def test_the_same_end_again_wakes_nothing(tx: Transaction, what: str) -> None:
    """A duplicate changes nothing."""
    ends(tx, what)
    hold(tx, "d-1", at=NOW + MINUTES)
    ends(tx, what)
    actual = tx.next_due()
    assert actual == NOW + 6 * MINUTES


@pytest.mark.parametrize("what", HOLDERS)
def test_what_a_person_lets_go_wakes_all_that_it_held(tx: Transaction, what: str) -> None:
    """Whosever it is; what other reasons hold sleeps on."""
    hold(tx, "d-1", codes=[HOLDERS[what]])
    hold(tx, "d-2", user="v", codes=["conversation_open", HOLDERS[what]])
    hold(tx, "d-3", codes=["conversation_open"])
    hold_again(tx, "d-3", at=NOW, codes=["complaint_open"])
    hold(tx, "d-4", until=NOW + HOURS, codes=[HOLDERS[what]])
    ends(tx, what, at=NOW + MINUTES)
    actual = due(tx, NOW + MINUTES)
    assert actual == ["d-1", "d-2"]


def test_an_approval_that_is_on_record_wakes_nothing(tx: Transaction) -> None:
    """It was approved before: nothing has ended."""
    ends(tx, "approval")
    hold(tx, "d-1", codes=["awaiting_approval"])
    ends(tx, "approval", at=NOW + MINUTES)
    actual = tx.next_due()
    assert actual == NOW + 5 * MINUTES


def test_what_was_woken_and_is_held_again_waits_longer(tx: Transaction) -> None:
    """That something ended does not make it new: the count of looks goes on."""
    hold(tx, "d-1")
    hold_again(tx, "d-1", at=NOW + 5 * MINUTES)
    ends(tx, "conversation.closed", at=NOW + 6 * MINUTES)
    hold_again(tx, "d-1", at=NOW + 6 * MINUTES)
    actual = tx.next_due()
    assert actual == NOW + 26 * MINUTES


def test_what_is_due_already_is_not_put_behind_by_waking(tx: Transaction) -> None:
    """The longest due comes first."""
    hold(tx, "d-1")
    hold(tx, "d-2", at=NOW + MINUTES, user="v")
    ends(tx, "conversation.closed", at=NOW + 9 * MINUTES)
    actual = due(tx, NOW + 9 * MINUTES)
    assert actual == ["d-1", "d-2"]


@pytest.mark.parametrize("kind", [OutcomeKind.DELIVERED, OutcomeKind.DISMISSED, OutcomeKind.OPTED_OUT])
def test_what_has_reached_the_customer_is_due_no_more(tx: Transaction, kind: OutcomeKind) -> None:
    """Somebody sent it all the same: it is told."""
    hold(tx, "d-1", until=NOW + HOURS)
    hold(tx, "d-2", until=NOW + HOURS)
    report(tx, kind, decision_id="d-1")
    actual = due(tx)
    assert actual == ["d-2"]


def test_what_was_not_delivered_stays_due(tx: Transaction) -> None:
    """It did not reach them."""
    hold(tx, "d-1", until=NOW + HOURS)
    report(tx, OutcomeKind.NOT_DELIVERED, decision_id="d-1")
    actual = due(tx)
    assert actual == ["d-1"]


def test_what_cannot_be_decided_is_put_off(tx: Transaction) -> None:
    """Twice as long each time, whenever its end was known to be; the others are due as before."""
    hold(tx, "d-1", until=NOW + HOURS)
    hold(tx, "d-2", until=NOW + 1.5 * HOURS)
    now, waits = NOW + HOURS, []
    for _ in range(9):
        assert tx.put_off("d-1", now=now) is True
        assert "d-1" not in due(tx, now)
        waits.append(next(minutes for minutes in range(999) if "d-1" in due(tx, now + minutes * MINUTES)))
    actual = (waits, "d-2" in due(tx, NOW + 1.5 * HOURS))
    assert actual == ([5, 10, 20, 40, 80, 160, 320, 360, 360], True)


def test_what_cannot_be_decided_is_put_off_until_it_expires(tx: Transaction) -> None:
    """A last time then; after that it is due no more."""
    hold(tx, "d-1", expires_at=NOW + 6 * MINUTES)
    stays = [tx.put_off("d-1", now=NOW + 5 * MINUTES), tx.next_due(), tx.put_off("d-1", now=NOW + 6 * MINUTES)]
    actual = (*stays, tx.next_due())
    assert actual == (True, NOW + 6 * MINUTES, False, None)


def test_what_is_not_held_cannot_be_put_off(tx: Transaction) -> None:
    """A send, a cancelled hold, and what nobody knows."""
    send(tx, "sent")
    hold(tx, "cancelled")
    confirm(tx, "cancelled", CANCELLED)
    actual = [tx.put_off(name, now=NOW) for name in ("sent", "cancelled", "nobody")]
    assert actual == [False, False, False]


def test_a_dry_run_makes_nothing_due(tx: Transaction) -> None:
    """Nothing of it stays."""
    with tx.savepoint(keep=False):
        hold(tx, "d-1")
        inside = due(tx)
    actual = (inside, due(tx))
    assert actual == (["d-1"], [])


def test_what_is_due_outlives_a_failure(ledger: Ledger) -> None:
    """A transaction that is undone leaves it as it was."""
    with ledger.transaction() as tx:
        hold(tx, "d-1", until=NOW + HOURS)

    def fails() -> None:
        with ledger.transaction() as tx:
            confirm(tx, "d-1")
            confirm(tx, "nobody")

    with pytest.raises(InvalidInput):
        fails()
    with ledger.transaction() as tx:
        actual = due(tx)
    assert actual == ["d-1"]
