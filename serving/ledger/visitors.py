"""What triggers may know of a customer and of the session that an event belongs to."""

from datetime import datetime

from model.contracts import Event
from serving.ledger.store import Store
from serving.timetable import Visitor


def visitor(store: Store, event: Event, *, user_id: str, now: datetime) -> Visitor:  # noqa: ARG001
    """Return what triggers on this event may know of this customer as of `now`."""
    return Visitor()
