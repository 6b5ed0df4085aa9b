"""Sends that wait for a page: what is to be shown in a session of one of our widgets (`serving.access.widgets`).

A send reserves its session's message, so what waits there is what that reservation counts for: no list beside it could
say otherwise. It waits until the customer has it, it is held, cancelled or not delivered; an offer is for others.

What happens elsewhere is for the page that its customer has open, where that is one and no more. Only there it can be
heard: a session that was drawn is a visitor's, whom nobody knows, and once they are known it hears of nothing.
"""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from model.contracts import EvidenceRef, Session
from serving.access.widgets import VISITOR
from serving.ledger.instants import DAY, instant, micros
from serving.ledger.sessions import IDLE, sessions_at
from serving.ledger.store import Store
from serving.timetable import OnPage

LATELY = timedelta(minutes=2)  # a page that is looked at reports every minute, and a little may come late
OLDEST = 3 * DAY  # what is older is told to nobody any more

_WAITING = """SELECT r.decision_id FROM reservations AS r CROSS JOIN decisions AS d ON d.decision_id = r.decision_id
    WHERE r.session = :session AND r.channel = 'widget' AND r.released_at IS NULL AND r.holds_until IS NULL
        AND NOT EXISTS (SELECT 1 FROM outcomes AS o WHERE o.decision_id = r.decision_id AND o.kind <> 'not_delivered')
        AND NOT EXISTS (SELECT 1 FROM offers AS f WHERE f.decision = d.seq) ORDER BY r.at, r.decision_id"""
_TOLD = """SELECT r.decision_id, r.session, r.at, r.released_at, d.record,
        EXISTS (SELECT 1 FROM outcomes AS o WHERE o.decision_id = r.decision_id AND o.kind <> 'not_delivered')
        OR EXISTS (SELECT 1 FROM confirmations AS c WHERE c.decision = d.seq AND c.asked = 1)
    FROM reservations AS r CROSS JOIN decisions AS d ON d.decision_id = r.decision_id
    WHERE r.user_id = :user AND r.at >= :since AND r.channel = 'widget' AND r.session IS NOT NULL AND d.record <> ''
        AND NOT EXISTS (SELECT 1 FROM offers AS f WHERE f.decision = d.seq)"""
_OF_CUSTOMER = """SELECT DISTINCT v.session FROM visits AS v CROSS JOIN events AS e ON e.seq = v.event
    WHERE v.user_id = :user AND v.at > :since AND v.at <= :now
        AND substr(e.source, 1, 20) = 'urn:outreach:widget:'"""
_OURS = """SELECT 1 FROM visits AS v CROSS JOIN events AS e ON e.seq = v.event
    WHERE v.session = :session AND v.at > :since AND substr(e.source, 1, 20) = 'urn:outreach:widget:' LIMIT 1"""


def waiting(store: Store, session: str) -> list[str]:
    """Return the ids of the sends that a session is to show, the oldest first; some may have expired."""
    return [decision for (decision,) in store.rows(_WAITING, session=session)]


def is_ours(store: Store, session: str, *, now: datetime) -> bool:
    """Return whether a page with our widget reported something in a session, as long as that can go on."""
    return store.holds(_OURS, session=session, since=micros(now) - IDLE)


def open_page(store: Store, user: str, *, now: datetime) -> Session | None:
    """Return the session of a page that this customer, by the id that they have now, has open; None: none, or several.

    Open: its page reported something within its idle time, and it has not ended.
    """
    moment = micros(now)
    names = [name for (name,) in store.rows(_OF_CUSTOMER, user=user, since=moment - IDLE, now=moment)]
    heard = [name for name in names if VISITOR.fullmatch(user) or not name.startswith("drawn:")]
    found = [each for each in sessions_at(store, heard, now=moment).values() if each.user_id == user and not each.ended]
    return found[0] if len(found) == 1 else None


def on_page(store: Store, user: str, *, now: datetime) -> bool:
    """Return whether this customer looks at a page of ours now, and had no message of ours in its session yet."""
    page = open_page(store, user, now=now)
    return page is not None and not page.widget_messages and now - page.last_event_at < LATELY


def told_on_page(store: Store, event: EvidenceRef, user: str, *, now: datetime) -> dict[str, OnPage]:
    """Return what triggers sent to this customer's pages about an event, by decision, and what became of each.

    What was asked about without a trigger was answered to whoever asked: that may be shown without another question.
    """
    rows = store.rows(_TOLD, user=user, since=micros(now) - OLDEST)
    return {
        decision: OnPage.OVER if released is not None else OnPage.TAKEN if taken else OnPage.WAITING
        for decision, session, at, released, record, taken in rows
        if _is_about(json.loads(record), event) and is_ours(store, session, now=instant(at))
    }


def _is_about(record: Mapping[str, Any], event: EvidenceRef) -> bool:
    """Return whether a trigger matched this event there."""
    asked = record["candidate"]
    evidence = asked["evidence"] or {}
    about = (evidence.get("type"), evidence.get("id"), evidence.get("source"))
    return asked["matched"] is not None and about == (event.type, event.id, event.source)
