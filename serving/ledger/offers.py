"""Offers: sends that no request was answered with, and what became of each.

An offer waits until it is delivered, expires, or is given up. What happens to its decision happens to it, in the same
transaction: an outcome says that the customer has the message, a confirmation that it is no send any more.

Its number is a cursor, so none is given twice. SQLite gives the next one after the newest: where that is erased or
grew too old, its row stays without a body, shown to nobody (`serving.ledger.erasure`, `serving.ledger.retention`).
"""

from collections.abc import Mapping
from datetime import datetime

from model.errors import InvalidInput
from serving.ledger.instants import instant, instant_or_none, micros
from serving.ledger.store import Row, Store
from serving.timetable import Offer, OfferState

_ADD = """INSERT INTO offers (decision, at, expires_at, body, state, attempts, next_at)
    SELECT seq, :at, :expires_at, :body, 'waiting', 0, :at FROM decisions WHERE decision_id = :decision_id"""
_PAGE = """SELECT o.seq, d.decision_id, o.at, o.expires_at, o.body, o.state, o.attempts, o.next_at, o.status,
        o.error
    FROM offers AS o JOIN decisions AS d ON d.seq = o.decision WHERE o.seq > :after AND length(o.body) > 0
    ORDER BY o.seq LIMIT :count"""
_PAGE_OF_STATE = """SELECT o.seq, d.decision_id, o.at, o.expires_at, o.body, o.state, o.attempts, o.next_at, o.status,
        o.error
    FROM offers AS o JOIN decisions AS d ON d.seq = o.decision
    WHERE o.state = :state AND o.seq > :after AND length(o.body) > 0 ORDER BY o.seq LIMIT :count"""
_EXPIRE = """UPDATE offers INDEXED BY offers_ending SET state = 'expired'
    WHERE state = 'waiting' AND coalesce(expires_at, at) <= :now"""
_DUE = """SELECT seq FROM offers INDEXED BY offers_waiting WHERE state = 'waiting' AND next_at <= :now
    ORDER BY next_at, seq LIMIT :count"""
_LEASE = "UPDATE offers SET attempts = attempts + 1, next_at = :until WHERE seq = :number"
_SETTLE = """UPDATE offers SET state = :state, next_at = :next_at, status = :status, error = :error
    WHERE seq = :number AND (state = 'waiting' AND next_at = :lease OR :state = 'delivered')"""
_REVIVE = """UPDATE offers SET state = 'waiting', attempts = 0, next_at = :now
    WHERE seq = :number AND state = 'dead' AND coalesce(expires_at, at) > :now"""
_COUNT = "SELECT state, count(*) FROM offers WHERE state IN ('waiting', 'dead', 'expired') GROUP BY state"
_REACHED = """UPDATE offers SET state = 'delivered' WHERE state <> 'delivered'
    AND decision = (SELECT seq FROM decisions WHERE decision_id = :decision_id)"""
_WITHDRAW = "UPDATE offers SET state = 'withdrawn' WHERE decision = :decision AND state IN ('waiting', 'dead')"


def add_offer(store: Store, decision_id: str, body: bytes, *, at: datetime, expires_at: datetime | None) -> int:
    """Record an offer, due for delivery at once; return its number.

    Raises:
        InvalidInput: there is no such decision.
    """
    ends = None if expires_at is None else micros(expires_at)
    number = store.insert(_ADD, decision_id=decision_id, at=micros(at), expires_at=ends, body=body)
    if number is None:
        raise InvalidInput(f"decision `{decision_id}` is not recorded; offer one that is")
    return number


def offers(store: Store, *, state: OfferState | None, after: int, limit: int) -> list[Offer]:
    """Return offers in the order they were made."""
    if state is None:
        return [_offer(row) for row in store.rows(_PAGE, after=after, count=limit)]
    return [_offer(row) for row in store.rows(_PAGE_OF_STATE, state=state.value, after=after, count=limit)]


def claim_offers(store: Store, *, now: datetime, until: datetime, limit: int) -> list[Offer]:
    """Return offers that are due for delivery and let nobody else have them before `until`; it counts as a try."""
    expire_offers(store, now)
    claimed: list[Offer] = []
    for (number,) in store.rows(_DUE, now=micros(now), count=limit):
        store.change(_LEASE, number=number, until=micros(until))
        claimed += _one(store, number)
    return claimed


def expire_offers(store: Store, now: datetime) -> None:
    """Mark what waits and has expired by now, or has no end."""
    store.change(_EXPIRE, now=micros(now))


def settle_offer(  # noqa: PLR0913  (what became of one try, all named)
    store: Store,
    number: int,
    *,
    lease: datetime,
    state: OfferState,
    next_at: datetime,
    status: int | None,
    error: str | None,
) -> None:
    """Record what became of one try to deliver an offer, unless another has the lease by now, which ended at `lease`.

    That it was delivered counts whatever it is by now.
    """
    store.change(
        _SETTLE,
        number=number,
        lease=micros(lease),
        state=state.value,
        next_at=micros(next_at),
        status=status,
        error=error,
    )


def revive_offer(store: Store, number: int, *, now: datetime) -> Offer | None:
    """Let a dead offer that has not expired be delivered anew, from now on; None where there is none such."""
    return _one(store, number)[0] if store.change(_REVIVE, number=number, now=micros(now)) else None


def count_offers(store: Store) -> Mapping[OfferState, int]:
    """Return how many offers wait, are dead, and have expired."""
    found: dict[str, int] = dict(store.rows(_COUNT))
    return {state: found.get(state.value, 0) for state in (OfferState.WAITING, OfferState.DEAD, OfferState.EXPIRED)}


def has_it(store: Store, decision_id: str) -> None:
    """Note that the customer has the message: its offer needs no delivery any more."""
    store.change(_REACHED, decision_id=decision_id)


def withdraw(store: Store, decision: int) -> None:
    """Take back what was offered of a decision, by its number, that is no send any more."""
    store.change(_WITHDRAW, decision=decision)


def _one(store: Store, number: int) -> list[Offer]:
    return offers(store, state=None, after=number - 1, limit=1)


def _offer(row: Row) -> Offer:
    number, decision_id, at, expires_at, body, state, attempts, next_at, status, error = row
    return Offer(
        number=number,
        decision_id=decision_id,
        at=instant(at),
        expires_at=instant_or_none(expires_at),
        body=bytes(body),
        state=OfferState(state),
        attempts=attempts,
        next_at=instant(next_at),
        status=status,
        error=error,
    )
