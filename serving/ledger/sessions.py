"""Sessions: the visit that a session id stands for at a moment, folded from its recorded events.

A session ends with `session.ended` or after 30 minutes without an event (CONTRACT section 7). If its id is used again
after that (or starts anew), that is another session: only the last stretch counts. What the customer writes or closes
in it, and a conversation that begins or ends in it, keep it alive as much as a page does. A stretch of more events than
are looked at is over: nothing is said in it, for what was said, closed or written before could lie beyond.

It is the customer's whom its events name. Where they name two, of whom nobody said that they are one, it is nobody's:
what is meant for one of them could be read by the other.
"""

from collections.abc import Iterable, Sequence
from itertools import takewhile
from typing import NamedTuple

from model.contracts import Event, Session
from serving.ledger.instants import EVER, MINUTE, SECOND, instant
from serving.ledger.lists import listed, placed
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
_OF_SESSIONS = """WITH asked AS MATERIALIZED (SELECT value, (
        SELECT at FROM visits WHERE session = value AND at <= :now ORDER BY at DESC LIMIT 1 OFFSET :skipped) AS edge
        FROM json_each(:sessions))
    SELECT v.session, v.at, v.type, v.user_id, v.page, v.dwelled FROM asked CROSS JOIN visits AS v
    ON v.session = asked.value WHERE v.at <= :now AND v.at >= coalesce(asked.edge, :ever)
    ORDER BY v.at DESC, v.event DESC"""
_WIDGET_SENDS = """SELECT substr(asked.value, 21), count(*) FROM json_each(:since) AS asked CROSS JOIN reservations
    ON session = substr(asked.value, 21) WHERE channel = 'widget' AND at >= CAST(substr(asked.value, 1, 20) AS BIGINT)
        AND released_at IS NULL AND (holds_until IS NULL OR holds_until > :now) GROUP BY asked.value"""


class Visit(NamedTuple):
    """One event of a session; `at` in microseconds, `dwelled` likewise (time already spent on the page)."""

    at: int
    type: str
    user_id: str | None
    page: str | None
    dwelled: int | None


def add_visit(store: Store, event: Event, *, number: int, at: int) -> None:
    """Note an event of a session under its session id; other events are left alone.

    Where nobody can say that a visit is the first, one before all others is noted besides, of which nothing is known.
    """
    session, page = event.data.get("session"), event.data.get("page")
    if event.type not in TYPES or not isinstance(session, str):
        return
    times = (EVER, at) if event.data.get("may_be_returning") is True and event.type == "session.started" else (at,)
    for time in times:
        store.insert(
            _ADD,
            session=session,
            at=time,
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


def sessions_at(store: Store, session_ids: Iterable[str], *, now: int) -> dict[str, Session]:
    """Return the session of each id as of `now` (microseconds); one of which no event is on record is left out."""
    visits = visits_of(store, session_ids, now=now)
    if not visits:
        return {}
    since = listed(placed(seen[0].at, session) for session, seen in visits.items())
    sends: dict[str, int] = dict(store.rows(_WIDGET_SENDS, since=since, now=now))
    return {
        session: session_of(session, seen, now=now, widget_messages=sends.get(session, 0))
        for session, seen in visits.items()
    }


def visits_of(store: Store, session_ids: Iterable[str], *, now: int) -> dict[str, list[Visit]]:
    """Return the events of the session that each id stands for as of `now`, in order of time; left out without any."""
    sessions = listed(session_ids)
    newest_first: dict[str, list[Visit]] = {}
    for row in store.rows(_OF_SESSIONS, sessions=sessions, now=now, skipped=LONGEST - 1, ever=EVER + 1):
        newest_first.setdefault(row[0], []).append(Visit._make(row[1:]))
    return {session: _last_stretch(visits[:LONGEST]) for session, visits in newest_first.items()}


def session_of(session_id: str, visits: Sequence[Visit], *, now: int, widget_messages: int) -> Session:
    """Return the session that these events, one at least, make as of `now` (microseconds)."""
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


def _is_over(visits: Sequence[Visit], now: int) -> bool:
    """Return whether nothing can be said in a session: it ended, nothing happened, or it is too long to look at."""
    if len(visits) >= LONGEST or now - visits[-1].at >= IDLE:
        return True
    return any(visit.type == "session.ended" for visit in visits)


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
