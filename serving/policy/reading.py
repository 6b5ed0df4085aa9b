"""Reading one event and one session into plain answers (the rest of a row is `serving.policy.rows`)."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from model.contracts import JSON, Candidate, Context, Event, Session
from serving.policy.columns import NAN, NEVER, NO, UNKNOWN, YES
from serving.policy.facts import LISTED, fact_of, family, key_of
from serving.policy.purposes import NEEDS_EARLIER_REQUEST, Service
from serving.policy.zones import FIRST, LAST, local_second, zone

IDLE = 1800.0  # seconds without an event after which a session is over
INCIDENT = "incident"
IN_SESSION = frozenset({"widget", "chat"})
FIELDS = frozenset(Context.__slots__)
MAPPINGS = (dict, MappingProxyType)  # the usual ones, told in no time
AHEAD = 300.0  # seconds that an event may lie in the future


@dataclass(frozen=True, slots=True)
class Clocks:
    """The zones that exist, whether every given one does (and one is given), and the local minutes (NaN: none)."""

    known: tuple[str, ...]
    all_known: bool
    minutes: tuple[float, float]


class Moment:
    """One instant, with what the rows of one call share: the local minute per zone, an incident's customers."""

    def __init__(self, now: datetime) -> None:
        self.now = epoch(now)
        self._clocks: dict[tuple[str | None, str | None], Clocks] = {}
        self._incidents: dict[int, tuple[Event, bytes, frozenset[str]]] = {}

    def clocks(self, first: str | None, second: str | None) -> "Clocks":
        """Read the local clocks in the zones that two sources give (None: it gives none)."""
        pair = (first, second)
        if pair not in self._clocks:
            self._clocks[pair] = self._read(tuple(dict.fromkeys(name for name in pair if name is not None)))
        return self._clocks[pair]

    def _read(self, names: tuple[str, ...]) -> "Clocks":
        zones = [zone(name) for name in names]
        minutes = [NAN if where is None else local_second(self.now, where) // 60 for where in zones]
        first, second = (*minutes, NAN, NAN)[:2]
        known = tuple(name for name, where in zip(names, zones, strict=True) if where is not None)
        return Clocks(known, len(known) == len(names) > 0, (first, second))

    def fact_key(self, user_id: str, event: Event) -> str:
        """Return the fact key; an incident's long list of customers is read once."""
        return key_of(user_id, self._incident(event)[1] if family(event.type) == INCIDENT else fact_of(event))

    def concerns(self, user_id: str, event: Event) -> bool:
        """Whether the event is about this customer: its subject, or among an incident's affected."""
        if event.subject == user_id:
            return True
        return family(event.type) == INCIDENT and user_id in self._incident(event)[2]

    def _incident(self, event: Event) -> tuple[Event, bytes, frozenset[str]]:
        known = self._incidents.get(id(event))  # the event is kept beside it, so that its id stays its own
        if known is None:
            listed = event.data.get(LISTED)
            names = listed if isinstance(listed, list | tuple) else ()
            affected = frozenset(name for name in names if isinstance(name, str))
            known = self._incidents[id(event)] = (event, fact_of(event), affected)
        return known


def epoch(at: datetime) -> float:
    """Return epoch seconds; raises ValueError for a time without offset, which could mean anything."""
    if at.tzinfo is None:
        raise ValueError("a time without offset")
    return at.timestamp()


def dated(value: JSON) -> float:
    """Return the epoch seconds of an RFC 3339 text with offset, NaN for anything else (years 1 and 9999 too)."""
    try:
        at = epoch(datetime.fromisoformat(value))
    except (TypeError, ValueError, OverflowError):
        return NAN
    return at if FIRST <= at <= LAST else NAN


def shaped(candidate: Candidate, context: Context) -> None:
    """Raise TypeError where an open part has another shape than promised: a text has members, too, by its letters."""
    for part in (candidate.attributes, candidate.message.facts, context.history):
        if type(part) not in MAPPINGS and not isinstance(part, Mapping):
            raise TypeError("attributes, facts and history map names to values")
    for names in (context.unknown, context.requested_channels):
        if type(names) is not frozenset and not isinstance(names, frozenset):
            raise TypeError("`unknown` and `requested_channels` are sets of names")
    if context.unknown and not context.unknown <= FIELDS:
        raise TypeError("`unknown` names what is no field of a context: nobody would read it")


def recorded(candidate: Candidate, context: Context) -> Event | None:
    """Return the event that the candidate points to, or None where it is not on record."""
    ref, event = candidate.evidence, context.evidence
    if ref is None or event is None or "evidence" in context.unknown:
        return None
    same = ref.id == event.id and ref.type == event.type
    return event if same and (ref.source is None or ref.source == event.source) else None


def complete(event: Event, service: Service | None, context: Context, now: float, told: float) -> bool:
    """Whether the event, of the instant `told`, is all that its purpose needs: past; two dates; an earlier request."""
    if told > now + AHEAD:
        return False
    if service is None or event.type not in service.evidence:
        return True
    if service.until_due and math.isnan(dated(event.data.get("remind_at")) + dated(event.data.get("due_at"))):
        return False
    asked = context.earlier_request is True and "earlier_request" not in context.unknown
    return asked or event.type not in NEEDS_EARLIER_REQUEST


@dataclass(frozen=True, slots=True)
class Visit:
    """The named session: `live` and `own` (tri-state), `since` when they are on the page or in it."""

    live: int = NO
    own: int = UNKNOWN
    since: float = NEVER
    left_page: bool = False
    widget_messages: float = 0.0


NO_VISIT = Visit()
NOT_FOUND_OUT = Visit(live=UNKNOWN)


def visit(candidate: Candidate, context: Context, service: Service | None, event: Event | None, now: float) -> Visit:
    """Read the session that the candidate names; for help on a page, the evidence must have happened in it."""
    session = context.session
    on_page = service is not None and service.on_page
    if (candidate.channel not in IN_SESSION and not on_page) or candidate.session_id is None:
        return NO_VISIT
    if "session" in context.unknown:
        return NOT_FOUND_OUT
    if session is None or session.id != candidate.session_id:
        return NO_VISIT
    own = session.user_id == candidate.user_id and not (on_page and event is not None and not _within(event, session))
    from_page = event is not None and on_page and event.type != "session.started"
    page: Mapping[str, JSON] = event.data if event is not None and from_page else {}
    since = session.page_since if from_page and session.page_since is not None else session.started_at
    return Visit(
        live=YES if session.ended is False and -AHEAD <= now - epoch(session.last_event_at) < IDLE else NO,
        own=YES if own else NO,
        since=epoch(since),
        left_page=bool(session.page is not None and page.get("page") and session.page != page.get("page")),
        widget_messages=float(session.widget_messages) if session.widget_messages >= 0 else NAN,
    )


def _within(event: Event, session: Session) -> bool:
    named = event.data.get("session")
    return named == session.id if named is not None else event.time >= session.started_at
