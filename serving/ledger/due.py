"""Held decisions and when each is to be decided again.

    it ends at a known time     then: at its `not_before`
    nobody knows when it ends   after 5 minutes, then after twice as long, at most 6 hours; at once when something ends
                                that may have held it (`wake`, `wake_held_by`)
    it expires before           at its expiry: the last look

A row is there as long as the last word about a decision is hold. Who looks at it is `serving.loop.timekeeper`, or
whoever confirms it; that somebody asks early does not make the next look later.
"""

from collections.abc import Sequence
from datetime import datetime

from model.contracts import Candidate, Decision
from serving.ledger.identities import customer
from serving.ledger.instants import HOUR, MINUTE, instant_or_none, micros
from serving.ledger.store import Bound, Row, Store
from serving.ports import Decided

FIRST, LONGEST = 5 * MINUTE, 6 * HOUR
DOUBLINGS = 7  # after as many it is more than the longest

_DUE = """SELECT d.decision_id FROM due JOIN decisions AS d ON d.seq = due.decision
    WHERE due.at <= :now ORDER BY due.at, due.decision LIMIT :count"""
_NEXT = """SELECT min(at) FROM
    (SELECT min(at) AS at FROM due UNION ALL SELECT min(at) FROM matches) AS waiting"""
_ROW = "SELECT at, known, tries FROM due WHERE decision = :decision"
_HOLD = """INSERT INTO due (decision, user_id, at, known, tries, expires_at)
    VALUES (:decision, :user, :at, :known, :tries, :expires_at)
    ON CONFLICT (decision) DO UPDATE SET user_id = excluded.user_id, at = excluded.at, known = excluded.known,
        tries = excluded.tries, expires_at = excluded.expires_at"""
_END = "DELETE FROM due WHERE decision = (SELECT seq FROM decisions WHERE decision_id = :decision_id)"
_STANDS = """SELECT due.decision, due.tries, due.expires_at FROM decisions AS d JOIN due ON due.decision = d.seq
    WHERE d.decision_id = :decision_id AND 'hold' = coalesce(
        (SELECT action FROM confirmations WHERE decision = d.seq ORDER BY seq DESC LIMIT 1), d.action)"""
_PUT_OFF = "UPDATE due SET at = :at, tries = :tries WHERE decision = :decision"
_WAKE = "UPDATE due SET at = :now WHERE user_id = :user AND known = 0 AND at > :now"
_WAKE_HELD_BY = """UPDATE due SET at = :now WHERE known = 0 AND at > :now
    AND EXISTS (SELECT 1 FROM refusals WHERE code = :code AND decision = due.decision)"""


def due(store: Store, *, now: datetime, limit: int) -> list[str]:
    """Return the ids of held decisions that are to be decided again by now, the longest due first."""
    return [identity for (identity,) in store.rows(_DUE, now=micros(now), count=limit)]


def next_due(store: Store) -> datetime | None:
    """Return when the next held decision is due, or the next customer's turn comes; None where nobody waits."""
    row = store.row(_NEXT)
    return None if row is None else instant_or_none(row[0])


def hold_first(store: Store, held: Sequence[tuple[int, Candidate, Decided]]) -> None:
    """Let decisions with their numbers be looked at again, which were held as they were made."""
    rows = [_bound(told.decision, None, number=number, user_id=one.user_id) for number, one, told in held]
    if rows:
        store.insert_all(_HOLD, rows)


def hold(store: Store, told: Decision, *, number: int, user_id: str) -> None:
    """Let the decision with this number be looked at again, after `told` said hold once more."""
    row = store.row(_ROW, decision=number)
    store.insert(_HOLD, **_bound(told, row, number=number, user_id=user_id))


def _bound(told: Decision, row: Row | None, *, number: int, user_id: str) -> dict[str, Bound]:
    """Say when to look at what `told` held; `row` is what was known of it before, None where it is new.

    An end that is not after the present is no end: then it is looked at as if none were known.
    """
    now = micros(told.decided_at)
    before, was_known, tries = (now, True, 0) if row is None else row
    end = None if told.not_before is None else micros(told.not_before)
    known = end is not None and end > now
    if not (known or was_known) and before <= now:  # a look that was due, and found nothing new
        tries += 1
    at = end if known and end is not None else now + _wait(tries)
    if not (known or was_known) and before > now:
        at = min(at, before)
    expiry = None if told.expires_at is None else micros(told.expires_at)
    return {
        "decision": number,
        "user": user_id,
        "at": _no_later(at, expiry, now=now),
        "known": known,
        "tries": tries,
        "expires_at": expiry,
    }


def _wait(tries: int) -> int:
    """Return how long to wait after so many looks (microseconds)."""
    return min(FIRST << min(tries, DOUBLINGS), LONGEST)


def _no_later(at: int, expiry: int | None, *, now: int) -> int:
    """Return `at`, or the expiry where that comes first."""
    return expiry if expiry is not None and now < expiry < at else at


def end(store: Store, decision_id: str) -> None:
    """Look at a decision no more: it was sent, it is over, or its message has reached the customer."""
    store.change(_END, decision_id=decision_id)


def put_off(store: Store, decision_id: str, *, now: datetime) -> bool:
    """Look later at what cannot be decided now, as if nobody knew its end.

    Returns False where it has expired, or is not held: then it is looked at no more.
    """
    row, present = store.row(_STANDS, decision_id=decision_id), micros(now)
    number, tries, expiry = (0, 0, present) if row is None else row
    if expiry is not None and expiry <= present:
        end(store, decision_id)
        return False
    at = _no_later(present + _wait(tries), expiry, now=present)
    store.change(_PUT_OFF, decision=number, at=at, tries=tries + 1)
    return True


def wake(store: Store, name: str, *, at: datetime) -> None:
    """Look now at what holds without a known end for a customer, by any of their names: something ended."""
    for user in sorted({name, customer(store, name)}):
        store.change(_WAKE, user=user, now=micros(at))


def wake_held_by(store: Store, code: str, *, at: datetime) -> None:
    """Look now at everything without a known end that was ever held by this reason: it may have ended."""
    store.change(_WAKE_HELD_BY, code=code, now=micros(at))
