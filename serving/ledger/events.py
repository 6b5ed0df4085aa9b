"""Events: recording each once, finding evidence, and what later events say about it.

An event concerns its `subject` and everyone in `data.affected`. That list is kept in `concerns`, one indexed row per
customer, and read back for one customer at a time: an incident may have a hundred thousand of them, and nobody's
decision record should name the others.
"""

import json
from dataclasses import dataclass, replace
from datetime import datetime

from model.contracts import JSON, Event, EvidenceRef
from serving.ledger.due import wake
from serving.ledger.identifying import as_kept, identify
from serving.ledger.identities import customer, owner
from serving.ledger.instants import MINUTE, instant, micros
from serving.ledger.outcomes import add_dismissal
from serving.ledger.sessions import add_visit
from serving.ledger.store import Bound, Store
from serving.policy.facts import LISTED, entity, family, unlisted
from serving.record import to_json

AHEAD = 5 * MINUTE  # how fast a sender's clock may be (CONTRACT section 5)
WHOLE_FAMILY = ""  # the stored entity of an event that names none
ENDED = ("conversation.closed", "conversation.left_unresolved")  # what a conversation held may go on
NUL = "\0"  # ends a text within SQLite's JSON, so that the name would become another one
SHOWN = 2  # two events of one type and id are enough to know that a reference is not unique

_ADD = """INSERT INTO events (source, id, type, family, entity, subject, time, seen, recorded_at, listed, data)
    VALUES (:source, :id, :type, :family, :entity, :subject, :time, :seen, :recorded_at, :listed, :data)
    ON CONFLICT (source, id) DO NOTHING"""
_ADD_CONCERN = """INSERT INTO concerns (user_id, family, time, event, type, entity, seen, listed)
    VALUES (:user, :family, :time, :event, :type, :entity, :seen, 0) ON CONFLICT DO NOTHING"""
_ADD_LISTED = """INSERT INTO concerns (user_id, family, time, event, type, entity, seen, listed)
    SELECT coalesce(user_id, value), :family, :time, :event, :type, :entity, :seen, 1
    FROM json_each(:names) LEFT JOIN identities ON alias = value WHERE true
    ON CONFLICT DO NOTHING"""
_FIND = """SELECT seq, source, id, type, subject, time, seen, listed, data, family, entity FROM events
    WHERE type = :type AND id = :id AND (:source IS NULL OR source = :source) AND seen <= :now
    ORDER BY seq LIMIT :shown"""
_IS_LISTED = """SELECT 1 FROM concerns
    WHERE user_id = :user AND family = :family AND time = :time AND event = :event AND listed = 1"""
_NEWER_OF_CUSTOMER = """SELECT 1 FROM concerns
    WHERE user_id = :user AND family = :family AND (time, event) > (:time, :event) AND seen <= :now
        AND (entity = :entity OR entity = '' OR :entity = '') LIMIT 1"""
# One piece of news that came in parts, each with a list of its own, is no newer than itself.
_NEWER_OF_NOBODY = """SELECT 1 FROM events
    WHERE subject IS NULL AND entity <> '' AND family = :family AND entity = :entity
        AND (time, seq) > (:time, :event) AND seen <= :now
        AND NOT EXISTS (SELECT 1 FROM events AS told WHERE told.seq = :event AND told.listed = 1 AND events.listed = 1
            AND told.type = events.type AND told.time = events.time AND told.data = events.data) LIMIT 1"""
# Another family on the same entity. Left out is what a customer did or said: it changes nothing of the thing itself.
# A conversation speaks of itself alone. The families are found one by one through the index: nothing else is read.
_ELSEWHERE_OF_CUSTOMER = """SELECT 1 FROM concerns WHERE user_id = :user AND family IN (
        WITH RECURSIVE families (name) AS (
            SELECT min(family) FROM concerns WHERE user_id = :user
            UNION ALL SELECT (SELECT min(family) FROM concerns WHERE user_id = :user AND family > families.name)
            FROM families WHERE families.name IS NOT NULL)
        SELECT name FROM families
        WHERE name NOT IN (:family, 'page', 'exit', 'session', 'message', 'reminder')
            AND (name <> 'conversation' OR :entity LIKE 'conversation:%'))
    AND (time, event) > (:time, :event) AND entity = :entity AND seen <= :now LIMIT 1"""
_ELSEWHERE_OF_NOBODY = """SELECT 1 FROM events
    WHERE subject IS NULL AND entity <> '' AND entity = :entity AND family IN (
        WITH RECURSIVE families (name) AS (
            SELECT min(family) FROM events WHERE subject IS NULL AND entity <> ''
            UNION ALL SELECT (
                SELECT min(family) FROM events WHERE subject IS NULL AND entity <> '' AND family > families.name)
            FROM families WHERE families.name IS NOT NULL)
        SELECT name FROM families
        WHERE name NOT IN (:family, 'page', 'exit', 'session', 'message', 'reminder')
            AND (name <> 'conversation' OR :entity LIKE 'conversation:%'))
    AND (time, seq) > (:time, :event) AND seen <= :now LIMIT 1"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Evidence on record: the event as one customer may see it, and its place among the others of its family.

    `event.time` is from when it counts, `time` (microseconds) what its sender said: their order is the sender's.
    """

    event: Event
    seq: int
    time: int
    family: str
    entity: str


def add_event(store: Store, event: Event, *, recorded_at: datetime) -> int | None:
    """Record an event and whom it concerns; return its number, or None where `(source, id)` is already recorded.

    Its subject is the customer that the id stands for by now.
    """
    event = as_kept(event)
    if event.subject is not None:
        event = replace(event, subject=customer(store, event.subject))
    time, recorded = micros(event.time), micros(recorded_at)
    seen = recorded if recorded < time <= recorded + AHEAD else time
    data = to_json(event.data)
    listed = data.get(LISTED) if family(event.type) == "incident" else None
    if isinstance(listed, list):
        data = unlisted(data)
    if not _is_their_own(store, event) or isinstance(listed, list):
        store.alone()
    place: dict[str, Bound] = {
        "type": event.type,
        "family": family(event.type),
        "entity": _entity(event),
        "time": time,
        "seen": seen,
    }
    number = store.insert(
        _ADD,
        **place,
        source=event.source,
        id=event.id,
        subject=event.subject,
        recorded_at=recorded,
        listed=isinstance(listed, list),
        data=json.dumps(data, separators=(",", ":")),
    )
    if number is not None:
        _add_concerned(store, event.subject, listed, {**place, "event": number})
        add_visit(store, event, number=number, at=seen)
        add_dismissal(store, event, at=seen)
        identify(store, event, at=seen)
        if event.type in ENDED and event.subject is not None:
            wake(store, event.subject, at=recorded_at)
    return number


def _is_their_own(store: Store, event: Event) -> bool:
    """Return whether an event, with its session, is of those alone whom the transaction is about."""
    session = event.data.get("session")
    names = [event.subject, session if isinstance(session, str) else event.subject]
    return all(name is not None and store.is_about(name) for name in names)


def _entity(event: Event) -> str:
    """Return what the event is about as it is stored: the whole family under one short name."""
    about = entity(event)
    return WHOLE_FAMILY if about.startswith("family:") else about


def _add_concerned(store: Store, subject: str | None, listed: JSON, place: dict[str, Bound]) -> None:
    """Note each customer that an event is about once; an entry of the list that is no possible id names nobody.

    The list goes to SQLite whole and in its index's order: a hundred thousand names hold up the writer a fifth of the
    time that as many statements would.
    """
    names = {name for name in listed if isinstance(name, str) and NUL not in name} if isinstance(listed, list) else ()
    if names:
        store.change(_ADD_LISTED, **place, names=json.dumps(sorted(names), ensure_ascii=False))
    if subject is not None:
        store.change(_ADD_CONCERN, **place, user=subject)


def find(store: Store, reference: EvidenceRef | None, *, user_id: str, now: datetime) -> Found | None:
    """Find the one event that a reference names, as this customer may see it; None where none or several match."""
    if reference is None:
        return None
    rows = store.rows(
        _FIND, type=reference.type, id=reference.id, source=reference.source, now=micros(now), shown=SHOWN
    )
    if len(rows) != 1:
        return None
    seq, source, identity, kind, subject, time, seen, listed, text, its_family, its_entity = rows[0]
    if subject is not None and subject != user_id:
        subject = owner(store, subject)
    data = json.loads(text)
    if listed:
        among = store.holds(_IS_LISTED, user=user_id, family=its_family, time=time, event=seq)
        data[LISTED] = [user_id] if among else []
    event = Event(source=source, id=identity, type=kind, time=instant(seen), subject=subject, data=data)
    return Found(event=event, seq=seq, time=time, family=its_family, entity=its_entity)


def superseded(store: Store, found: Found, *, user_id: str, now: datetime) -> bool:
    """Return whether a newer event, by its own time and then by order of recording, speaks about the same thing.

    "The same" is one entity, of the evidence's own customer or of this one; where the evidence is nobody's, what is
    nobody's counts too. An event that names no entity speaks about its whole family, and about no other.
    """
    place: dict[str, Bound] = {"family": found.family, "entity": found.entity, "time": found.time}
    place |= {"event": found.seq, "now": micros(now)}
    subject = found.event.subject
    customers = {user_id, subject or user_id}
    if any(store.holds(_NEWER_OF_CUSTOMER, user=user, **place) for user in customers):
        return True
    if subject is None and store.holds(_NEWER_OF_NOBODY, **place):
        return True
    if found.entity == WHOLE_FAMILY:
        return False
    if any(store.holds(_ELSEWHERE_OF_CUSTOMER, user=user, **place) for user in customers):
        return True
    return subject is None and store.holds(_ELSEWHERE_OF_NOBODY, **place)
