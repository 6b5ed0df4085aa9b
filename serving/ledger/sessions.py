"""Sessions: the visit that a session id stands for at a moment, folded from its recorded events.

A session ends with `session.ended` or after 30 minutes without an event (CONTRACT section 7). If its id is used again
after that (or starts anew), that is another session: only the last stretch counts. What the customer writes or closes
in it, and a conversation that begins or ends in it, keep it alive as much as a page does. A stretch of more events than
are looked at is over: nothing is said in it, for what was said, closed or written before could lie beyond.

It is the customer's whom its events name. Where they name two, of whom nobody said that they are one, it is nobody's:
what is meant for one of them could be read by the other.
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import takewhile
from typing import NamedTuple

from model.contracts import Event, Session
from serving.ledger.instants import MINUTE, SECOND, instant, micros
from serving.ledger.store import Store

IDLE = 30 * MINUTE
TYPES = frozenset(
    {
        *("session.started", "session.ended", "page.viewed", "page.dwelled", "exit.intended"),
        *("conversation.opened", "conversation.closed", "message.received", "message.dismissed"),
    }
)
LONGEST = 5000  # events of one session that are looked at; one that has as many is over

_ADD = """INSERT INTO visits (session, at, event, type, user_id, page, dwelled)
    VALUES (:session, :at, :event, :type, :user_id, :page, :dwelled)"""
_OF_SESSION = """SELECT at, type, user_id, page, dwelled FROM visits
    WHERE session = :session AND at <= :now ORDER BY at DESC, event DESC LIMIT :longest"""
_WIDGET_SENDS = """SELECT count(*) FROM reservations
    WHERE session = :session AND channel = 'widget' AND at >= :since AND released_at IS NULL
        AND (holds_until IS NULL OR holds_until > :now)"""
_OTHER_VISIT = """SELECT 1 FROM visits
    WHERE user_id = :user AND at < :before AND session IS NOT :session LIMIT 1"""
_SAME_ID_BEFORE = "SELECT 1 FROM visits WHERE session = :session AND at < :before AND user_id = :user LIMIT 1"


class Visit(NamedTuple):
    """One event of a session; `at` in microseconds, `dwelled` likewise (time already spent on the page)."""

    at: int
    type: str
    user_id: str | None
    page: str | None
    dwelled: int | None


def add_visit(store: Store, event: Event, *, number: int, at: int) -> None:
    """Note an event of a session under its session id; other events are left alone."""
    session = event.data.get("session")
    if event.type not in TYPES or not isinstance(session, str):
        return
    page = event.data.get("page")
    store.insert(
        _ADD,
        session=session,
        at=at,
        event=number,
        type=event.type,
        user_id=event.subject,
        page=page if isinstance(page, str) else None,
        dwelled=_dwelled(event),
    )


def _dwelled(event: Event) -> int | None:
    """Return how long, in microseconds, an event says that the customer had been on its page."""
    seconds = event.data.get("seconds")
    if event.type != "page.dwelled" or isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return None
    return int(seconds * SECOND) if 0 <= seconds <= IDLE / SECOND else None


def session_at(store: Store, session_id: str | None, now: datetime) -> Session | None:
    """Return the session of this id as of `now`, or None where no event of it is on record."""
    visits = [] if session_id is None else visits_of(store, session_id, now)
    if session_id is None or not visits:
        return None
    sends = store.row(_WIDGET_SENDS, session=session_id, since=visits[0].at, now=micros(now))
    return session_of(session_id, visits, now, widget_messages=int(sends[0]) if sends else 0)


def visits_of(store: Store, session_id: str, now: datetime) -> list[Visit]:
    """Return the events of the session that has this id as of `now`, in order of time."""
    rows = store.rows(_OF_SESSION, session=session_id, now=micros(now), longest=LONGEST)
    return _last_stretch([Visit._make(row) for row in rows])


def session_of(session_id: str, visits: Sequence[Visit], now: datetime, *, widget_messages: int) -> Session:
    """Return the session that these events, one at least, make as of `now`."""
    started = visits[0].at
    named = {visit.user_id for visit in visits} - {None}
    page, since = _page(visits)
    return Session(
        id=session_id,
        user_id=named.pop() if len(named) == 1 else None,
        started_at=instant(started),
        last_event_at=instant(visits[-1].at),
        ended=_is_over(visits, now),
        page=page,
        page_since=None if since is None else instant(since),
        widget_messages=widget_messages,
    )


def _is_over(visits: Sequence[Visit], now: datetime) -> bool:
    """Return whether nothing can be said in a session: it ended, nothing happened, or it is too long to look at."""
    if len(visits) >= LONGEST or micros(now) - visits[-1].at >= IDLE:
        return True
    return any(visit.type == "session.ended" for visit in visits)


def earlier_visit(store: Store, user_id: str, *, session: Session | None, before: datetime) -> bool:
    """Return whether this customer visited before: under another session id, or this one before it began anew."""
    bound = micros(before)
    if store.holds(_OTHER_VISIT, user=user_id, before=bound, session=session.id if session else None):
        return True
    return session is not None and store.holds(_SAME_ID_BEFORE, session=session.id, before=bound, user=user_id)


def _last_stretch(newest_first: Sequence[Visit]) -> list[Visit]:
    """Keep, in order of time, the events since the session last began."""
    kept: list[Visit] = []
    started = False
    for visit in newest_first:
        idle = kept and kept[-1].at - visit.at >= IDLE
        if idle or (started and visit.type == "session.ended"):
            break
        started = started or visit.type == "session.started"
        kept.append(visit)
    return kept[::-1]


def _page(visits: Sequence[Visit]) -> tuple[str | None, int | None]:
    """Return the page the customer is on and since when: since it was seen, else by the time reported on it."""
    pages = [visit for visit in visits if visit.page is not None]
    if not pages:
        return None, None
    stay = list(takewhile(lambda visit: visit.page == pages[-1].page, reversed(pages)))
    return stay[-1].page, stay[-1].at - (stay[-1].dwelled or 0)
