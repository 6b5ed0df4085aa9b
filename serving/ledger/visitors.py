"""What triggers may know of a customer and of the session that an event belongs to (`serving.events.variables`).

All of it is as of `now`, after every event on record. A session that is over, or is somebody else's, is none. What the
customer closed or wrote since the session began is of the session, also where the platform names none with it: counting
that in can only say less.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from model.contracts import JSON, Event, Session
from serving.ledger.conversations import MOST_TALKS, any_open, conversations
from serving.ledger.events import WHOLE_FAMILY
from serving.ledger.identities import customer, names
from serving.ledger.instants import DAY, MICROSECOND, micros
from serving.ledger.pages import on_page
from serving.ledger.sessions import IDLE, Visit, session_of, visits_of
from serving.ledger.store import Row, Store
from serving.ledger.traces import traces
from serving.timetable import Visitor

VISITED, TALKED = 30 * DAY, 90 * DAY
MOST = 5000  # events of a customer's visits that are looked at; of one who has as many, none is counted
WROTE = ("conversation.opened", "message.received")

_VISITED = """SELECT session, at, type, page FROM visits
    WHERE user_id = :user AND at > :since AND at <= :now ORDER BY at DESC LIMIT :most"""
_MESSAGES = """SELECT count(*) FROM reservations
    WHERE session = :session AND channel IN ('widget', 'chat') AND at >= :since AND released_at IS NULL
        AND (holds_until IS NULL OR holds_until > :now)"""
_DISMISSED = "SELECT 1 FROM dismissals WHERE user_id = :user AND at >= :since AND at <= :now LIMIT 1"
_WROTE = """SELECT 1 FROM concerns
    WHERE user_id = :user AND family IN ('conversation', 'message') AND time >= :since AND seen >= :since
        AND seen <= :now AND type IN ('conversation.opened', 'message.received') LIMIT 1"""
_CONTACTED = "SELECT 1 FROM outcomes WHERE user_id = :user AND kind = 'contacted_us' LIMIT 1"


def visitor(store: Store, event: Event, *, user_id: str, now: datetime) -> Visitor:
    """Return what triggers on this event may know of this customer as of `now`."""
    user, session_id, moment = customer(store, user_id), event.data.get("session"), micros(now)
    visits = visits_of(store, [session_id], now=moment).get(session_id, []) if isinstance(session_id, str) else []
    session = session_of(str(session_id), visits, now=moment, widget_messages=0) if visits else None
    talks = conversations(store, [user], now=moment).get(user, [])
    before = event.time if session is None else session.started_at
    trace = traces(store, [user], now=moment)[user]
    back = bool(talks) or trace.returning(micros(before)) or _contacted_us(store, user)
    own = session is not None and not session.ended and {visit.user_id for visit in visits} <= {None, user}
    return Visitor(
        session={**_session(store, session, visits, user, now), "returning": back} if session and own else None,
        customer={
            "id": user,
            "returning": back,
            "on_page": on_page(store, user, now=now),
            **_customer(store, event, user, talks, now),
        },
    )


def _contacted_us(store: Store, user: str) -> bool:
    """Return whether it was reported that this customer wrote, under any of their names."""
    return any(store.holds(_CONTACTED, user=name) for name in names(store, user))


def _session(store: Store, session: Session, visits: Sequence[Visit], user: str, now: datetime) -> dict[str, JSON]:
    """Return what is known of a session that goes on; a page that nobody named is left out."""
    started, moment = visits[0].at, micros(now)
    types = {visit.type for visit in visits}
    sends = store.row(_MESSAGES, session=session.id, since=started, now=moment)
    dismissed = "message.dismissed" in types or store.holds(_DISMISSED, user=user, since=started, now=moment)
    wrote = not types.isdisjoint(WROTE) or store.holds(_WROTE, user=user, since=started, now=moment)
    found: dict[str, JSON] = {
        "id": session.id,
        "started_at": session.started_at,
        "seconds": _seconds(session.started_at, now),
        "pages_viewed": sum(visit.type == "page.viewed" for visit in visits),
        "messages": int(sends[0]) if sends else 0,
        "dismissed": dismissed,
        "conversation_started": wrote,
    }
    if session.page is not None and session.page_since is not None:
        found |= {"page": session.page, "page_seconds": _seconds(session.page_since, now)}
    return found


def _seconds(since: datetime, now: datetime) -> float:
    return (now - since) / MICROSECOND / 1e6


def _customer(store: Store, event: Event, user: str, talks: Sequence[Row], now: datetime) -> dict[str, JSON]:
    """Return what is known of a customer beside the session; the page counts only where the event names one.

    What cannot be counted to its end is left out: too small a number could match.
    """
    moment = micros(now)
    since = moment - VISITED
    visited = store.rows(_VISITED, user=user, since=since - IDLE, now=moment, most=MOST)[::-1]
    found = _talks(talks, since=moment - TALKED)
    if len(visited) >= MOST:
        return found
    found["visits"] = sum(at > since for at in _begun(visited))
    page = event.data.get("page")
    if isinstance(page, str):
        views = (at for _, at, kind, seen in visited if kind == "page.viewed" and seen == page)
        found["page_views"] = sum(at > since for at in views)
    return found


def _talks(talks: Sequence[Row], *, since: int) -> dict[str, JSON]:
    """Return what can be said of a customer's conversations, counted after `since` (microseconds)."""
    found: dict[str, JSON] = {}
    known, counted = any_open(talks), [row for row in talks if row[2] > since]
    if len(counted) < MOST_TALKS:
        found["conversations"] = _talked(counted)
    if known is not None:
        found["conversation_open"] = known
    return found


def _begun(visited: Iterable[Row]) -> list[int]:
    """Return when each session began (microseconds) of which these are the events, in order of time."""
    began: list[int] = []
    last: dict[str, int] = {}
    ended: set[str] = set()
    for session, at, kind, _ in visited:
        anew = kind == "session.started" and session in ended
        if anew or session not in last or at - last[session] >= IDLE:
            began.append(at)
            ended.discard(session)
        last[session] = at
        if kind == "session.ended":
            ended.add(session)
    return began


def _talked(talks: Iterable[Row]) -> int:
    """Return how many conversations these events are of: each name is one, and each that opened without a name."""
    named: set[str] = set()
    unnamed = opened = 0
    for kind, entity, _ in talks:
        if entity == WHOLE_FAMILY:
            unnamed += 1
            opened += kind == "conversation.opened"
        else:
            named.add(entity)
    return len(named) + opened or min(unnamed, 1)
