"""Sends that are offered, and what becomes of each."""

from datetime import datetime, timedelta

from serving.ports import Transaction
from serving.timetable import Offer, OfferState
from tests.contracts.ledgers import NOW, send

WAITING, DELIVERED, EXPIRED, DEAD, WITHDRAWN = OfferState
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
END = NOW + 2 * HOUR


def offer(tx: Transaction, identity: str, *, at: datetime = NOW, expires_at: datetime | None = END) -> int:
    """Record a send and offer it; return the offer's number."""
    send(tx, identity, at=at)
    return tx.add_offer(identity, f'{{"for":"{identity}"}}'.encode(), at=at, expires_at=expires_at)


def states(tx: Transaction) -> dict[str, str]:
    """Return what became of each offer, by its decision."""
    return {one.decision_id: one.state.value for one in tx.offers(state=None, after=0, limit=99)}


def claimed(tx: Transaction, *, now: datetime = NOW, limit: int = 9) -> list[str]:
    """Claim for a minute; return whose turn it is."""
    return [one.decision_id for one in tx.claim_offers(now=now, until=now + MINUTE, limit=limit)]


def settle(
    tx: Transaction, number: int, state: OfferState, *, status: int | None = None, error: str | None = None
) -> None:
    """Record what became of the try that has the lease by now; the next one in an hour."""
    settle_late(tx, one(tx, number), state, status=status, error=error)


def settle_late(
    tx: Transaction, tried: Offer, state: OfferState, *, status: int | None = None, error: str | None = None
) -> None:
    """Record what became of the try that this offer was claimed for."""
    tx.settle_offer(tried.number, lease=tried.next_at, state=state, next_at=NOW + HOUR, status=status, error=error)


def one(tx: Transaction, number: int) -> Offer:
    """Read one offer, which must be there."""
    (found,) = tx.offers(state=None, after=number - 1, limit=1)
    return found
