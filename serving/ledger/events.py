"""Events: recording each once.

An event concerns its `subject` and everyone in `data.affected`. That list is kept in `concerns`, one indexed row per
customer, and read back for one customer at a time: an incident may have a hundred thousand of them, and nobody's
decision record should name the others.
"""

import json
from dataclasses import replace
from datetime import datetime

from model.contracts import JSON, Event
from serving.events.catalogue import IDENTIFIED
from serving.ledger.due import wake
from serving.ledger.identifying import as_kept, identify
from serving.ledger.identities import customer, customers, is_id
from serving.ledger.instants import MINUTE, micros
from serving.ledger.lists import NUL, listed
from serving.ledger.outcomes import add_dismissal
from serving.ledger.pseudonyms import anybody_erased, erased_id, is_pseudonym, pseudonym_of
from serving.ledger.sessions import add_visit
from serving.ledger.store import Bound, Store
from serving.policy.facts import LISTED, entity, family, unlisted
from serving.record import to_json

AHEAD = 5 * MINUTE  # how fast a sender's clock may be (CONTRACT section 5)
WHOLE_FAMILY = ""  # the stored entity of an event that names none
ENDED = ("conversation.closed", "conversation.left_unresolved")  # what a conversation held may go on

_ADD = """INSERT INTO events (source, id, type, family, entity, subject, time, seen, recorded_at, listed, data)
    VALUES (:source, :id, :type, :family, :entity, :subject, :time, :seen, :recorded_at, :listed, :data)
    ON CONFLICT (source, id) DO NOTHING"""
_ADD_CONCERN = """INSERT INTO concerns (user_id, family, time, event, type, entity, seen, listed)
    VALUES (:user, :family, :time, :event, :type, :entity, :seen, 0) ON CONFLICT DO NOTHING"""
_ADD_LISTED = """INSERT INTO concerns (user_id, family, time, event, type, entity, seen, listed)
    SELECT coalesce(user_id, value), :family, :time, :event, :type, :entity, :seen, 1
    FROM json_each(:names) LEFT JOIN identities ON alias = value WHERE true
    ON CONFLICT DO NOTHING"""
_RECORDED = "SELECT 1 FROM events WHERE source = :source AND id = :id"


def add_event(store: Store, event: Event, *, recorded_at: datetime) -> int | None:
    """Record an event and whom it concerns; return its number, or None where `(source, id)` is already recorded.

    Its subject is the customer that the id stands for by now.
    """
    event = _without_erased(store, as_kept(event))
    if event.subject is not None:
        event = replace(event, subject=customer(store, event.subject))
        if _was_erased(store, event):
            return None
    time, recorded = micros(event.time), micros(recorded_at)
    seen = recorded if recorded < time <= recorded + AHEAD else time
    data = to_json(event.data)
    affected = data.get(LISTED) if family(event.type) == "incident" else None
    if isinstance(affected, list):
        data = unlisted(data)
    if not _is_their_own(store, event) or isinstance(affected, list):
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
        listed=isinstance(affected, list),
        data=json.dumps(data, separators=(",", ":")),
    )
    if number is not None:
        _add_concerned(store, event.subject, affected, {**place, "event": number})
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


def _without_erased(store: Store, event: Event) -> Event:
    """Return an identification by the pseudonym of an `anonymous_id` that was erased: what protects it goes along."""
    anonymous = event.data.get("anonymous_id")
    if event.type != IDENTIFIED or not is_id(anonymous):
        return event
    known = pseudonym_of(store, anonymous)
    return event if known == anonymous else replace(event, data={**event.data, "anonymous_id": known})


def _was_erased(store: Store, event: Event) -> bool:
    """Return whether this is an event of an erased customer that was recorded, and erased, before."""
    if event.subject is None or not is_pseudonym(event.subject):
        return False
    return store.holds(_RECORDED, source=event.source, id=erased_id(store, event.source, event.id))


def _entity(event: Event) -> str:
    """Return what the event is about as it is stored: the whole family under one short name."""
    about = entity(event)
    return WHOLE_FAMILY if about.startswith("family:") else about


def _add_concerned(store: Store, subject: str | None, affected: JSON, place: dict[str, Bound]) -> None:
    """Note each customer that an event is about once; an entry of the list that is no possible id names nobody.

    The list goes to SQLite whole and in its index's order: a hundred thousand names hold up the writer a fifth of the
    time that as many statements would.
    """
    names = (
        {name for name in affected if isinstance(name, str) and NUL not in name} if isinstance(affected, list) else ()
    )
    if names:
        known = set(customers(store, names).values()) if anybody_erased(store) else names
        store.change(_ADD_LISTED, **place, names=listed(sorted(known)))
    if subject is not None:
        store.change(_ADD_CONCERN, **place, user=subject)
