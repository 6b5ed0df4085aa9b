"""What an embargo is counted from: a customer's last message, complaint and incident, each through its index.

As for a decision: sends and complaints count as soon as they are recorded, whatever their stated time, since leaving
one out could only send more; an event of the future does not count.
"""

from datetime import datetime

from serving.embargo import Recent
from serving.ledger.identities import customer, names
from serving.ledger.instants import instant_or_none, micros
from serving.ledger.store import Store

_MESSAGE = """SELECT max(at) FROM reservations WHERE user_id = :user AND released_at IS NULL
    AND (holds_until IS NULL OR holds_until > :now)"""
_COMPLAINT = "SELECT max(min(time, recorded_at)) FROM outcomes WHERE user_id = :user AND kind = 'complained'"
_INCIDENT = "SELECT max(seen) FROM concerns WHERE user_id = :user AND family = 'incident' AND seen <= :now"


def recent(store: Store, user_id: str, *, now: datetime) -> Recent:
    """Read when this customer was last told anything, complained, and was part of an incident."""
    user = customer(store, user_id)
    message = store.row(_MESSAGE, user=user, now=micros(now))
    incident = store.row(_INCIDENT, user=user, now=micros(now))
    complaints = [row[0] for name in names(store, user) for row in store.rows(_COMPLAINT, user=name)]
    return Recent(
        message_at=instant_or_none(message[0] if message else None),
        complaint_at=instant_or_none(max((at for at in complaints if at is not None), default=None)),
        incident_at=instant_or_none(incident[0] if incident else None),
    )
