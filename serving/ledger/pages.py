"""Sends that wait for a page: what is to be shown in a session of one of our widgets (`serving.widgets`).

A send reserves its session's message, so what waits there is what that reservation counts for: no list beside it could
say otherwise. It waits until the customer has it, it is held, cancelled or not delivered; an offer is for others.
"""

from datetime import datetime

from serving.ledger.instants import micros
from serving.ledger.sessions import IDLE
from serving.ledger.store import Store

_WAITING = """SELECT r.decision_id FROM reservations AS r CROSS JOIN decisions AS d ON d.decision_id = r.decision_id
    WHERE r.session = :session AND r.channel = 'widget' AND r.released_at IS NULL AND r.holds_until IS NULL
        AND NOT EXISTS (SELECT 1 FROM outcomes AS o WHERE o.decision_id = r.decision_id AND o.kind <> 'not_delivered')
        AND NOT EXISTS (SELECT 1 FROM offers AS f WHERE f.decision = d.seq) ORDER BY r.at, r.decision_id"""
_OURS = """SELECT 1 FROM visits AS v CROSS JOIN events AS e ON e.seq = v.event
    WHERE v.session = :session AND v.at > :since AND substr(e.source, 1, 20) = 'urn:outreach:widget:' LIMIT 1"""


def waiting(store: Store, session: str) -> list[str]:
    """Return the ids of the sends that a session is to show, the oldest first; some may have expired."""
    return [decision for (decision,) in store.rows(_WAITING, session=session)]


def is_ours(store: Store, session: str, *, now: datetime) -> bool:
    """Return whether a page with our widget reported something in a session, as long as that can go on."""
    return store.holds(_OURS, session=session, since=micros(now) - IDLE)
