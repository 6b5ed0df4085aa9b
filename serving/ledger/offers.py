"""Offers: sends that no request was answered with, and what became of each."""

from datetime import datetime

from serving.ledger.store import Store
from serving.timetable import Offer, OfferState


def add_offer(store: Store, decision_id: str, body: bytes, *, at: datetime, expires_at: datetime | None) -> int:  # noqa: ARG001
    """Record an offer, due for delivery at once; return its number."""
    return 0


def offers(store: Store, *, state: OfferState | None, after: int, limit: int) -> list[Offer]:  # noqa: ARG001
    """Return offers in the order they were made."""
    return []


def claim_offers(store: Store, *, now: datetime, until: datetime, limit: int) -> list[Offer]:  # noqa: ARG001
    """Return offers that are due for delivery and let nobody else have them before `until`."""
    return []


def settle_offer(  # noqa: PLR0913
    store: Store,
    number: int,
    *,
    state: OfferState,
    next_at: datetime,
    status: int | None,
    error: str | None,
) -> None:
    """Record what became of one try to deliver an offer."""
