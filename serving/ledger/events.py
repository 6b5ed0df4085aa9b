"""Events: recording each once.

An event concerns its `subject` and everyone in `data.affected`. That list is kept in `concerns`, one indexed row per
customer, and read back for one customer at a time: an incident may have a hundred thousand of them, and nobody's
decision record should name the others.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby

from model.contracts import JSON, Event
from serving.events.catalogue import IDENTIFIED
from serving.ledger.due import wake
from serving.ledger.identifying import as_kept, identify
from serving.ledger.identities import customer, customers, is_id
from serving.ledger.instants import MINUTE, micros
from serving.ledger.lists import NUL, listed
from serving.ledger.outcomes import DISMISSED, add_dismissal
from serving.ledger.pseudonyms import anybody_erased, erased_id, is_pseudonym, pseudonym_of
from serving.ledger.sessions import add_visit
from serving.ledger.store import Bound, Store
from serving.policy.facts import LISTED, entity, family, unlisted
from serving.record.record import to_json

AHEAD = 5 * MINUTE  # how fast a sender's clock may be (CONTRACT section 5)
WHOLE_FAMILY = ""  # the stored entity of an event that names none
ENDED = ("conversation.closed", "conversation.left_unresolved")  # what a conversation held may go on
DOES_MORE = frozenset({IDENTIFIED, DISMISSED, *ENDED})

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
_KNOWN = """SELECT asked.value FROM json_each(:ids) AS asked CROSS JOIN events AS e
    ON e.source = :source AND e.id = asked.value"""
_WRITTEN = json.JSONEncoder(separators=(",", ":")).encode


def add_event(store: Store, event: Event, *, recorded_at: datetime) -> int | None:
    """Record an event and whom it concerns; return its number, or None where `(source, id)` is already recorded.

    Its subject is the customer that the id stands for by now.
    """
    event = _without_erased(store, as_kept(event))
    if event.subject is not None:
        event = replace(event, subject=customer(store, event.subject))
        if _was_erased(store, event):
            return None
    data = to_json(event.data)
    affected = data.get(LISTED) if family(event.type) == "incident" else None
    if isinstance(affected, list):
        data = unlisted(data)
    if not _is_their_own(store, event) or isinstance(affected, list):
        store.alone()
    recorded = micros(recorded_at)
    place, seen = _place(event, recorded), _seen(event, recorded)
    number = store.insert(_ADD, **_row(event, place, data, recorded=recorded, listed=isinstance(affected, list)))
    if number is not None:
        _add_concerned(store, event.subject, affected, {**place, "event": number})
        add_visit(store, event, number=number, at=seen)
        add_dismissal(store, event, at=seen)
        identify(store, event, at=seen)
        if event.type in ENDED and event.subject is not None:
            wake(store, event.subject, at=recorded_at)
    return number


def add_events(store: Store, events: Iterable[Event], *, recorded_at: datetime) -> None:
    """Record events in order as `add_event` does each: runs of those that are of one customer alone all at once."""
    for together, run in groupby(events, key=of_one):
        some = list(run)
        own = _of_customers(store, some) if together else []
        if own and all(map(of_one, own)):
            _add_together(store, own, micros(recorded_at))
        else:
            for event in some:
                add_event(store, event, recorded_at=recorded_at)


def of_one(event: Event) -> bool:
    """Return whether an event is about its subject alone, and says no more than what stands in it.

    It names no session and no list of customers, identifies nobody, dismisses nothing and ends nothing.
    """
    if event.subject is None or is_pseudonym(event.subject) or event.type in DOES_MORE:
        return False
    return "session" not in event.data and LISTED not in event.data


def _of_customers(store: Store, events: Iterable[Event]) -> list[Event]:
    """Return events of one customer each with the customer that its subject stands for by now."""
    pairs = [(event, event.subject) for event in events if event.subject is not None]
    stands_for = customers(store, [subject for _, subject in pairs])
    return [
        event if stands_for[subject] == subject else replace(event, subject=stands_for[subject])
        for event, subject in pairs
    ]


def _add_together(store: Store, events: Sequence[Event], recorded: int) -> None:
    """Append those events that are new, and whom each concerns."""
    known = _known(store, events)
    rows: list[dict[str, Bound]] = []
    for event in events:
        if (event.source, event.id) not in known:
            known.add((event.source, event.id))
            rows.append(_row(event, _place(event, recorded), to_json(event.data), recorded=recorded, listed=False))
    if not all(_is_their_own(store, event) for event in events):
        store.alone()
    if rows:
        numbered = zip(rows, store.insert_numbered(_ADD, rows), strict=True)
        store.insert_all(_ADD_CONCERN, [{**row, "user": row["subject"], "event": number} for row, number in numbered])


def _known(store: Store, events: Iterable[Event]) -> set[tuple[str, str]]:
    """Return which events, by source and id, are recorded already."""
    ids: dict[str, list[str]] = {}
    for event in events:
        ids.setdefault(event.source, []).append(event.id)
    return {
        (source, row[0]) for source, some in ids.items() for row in store.rows(_KNOWN, source=source, ids=listed(some))
    }


def _place(event: Event, recorded: int) -> dict[str, Bound]:
    """Return what an event and those that it concerns are found by; times in microseconds."""
    return {
        "type": event.type,
        "family": family(event.type),
        "entity": _entity(event),
        "time": micros(event.time),
        "seen": _seen(event, recorded),
    }


def _seen(event: Event, recorded: int) -> int:
    """Return from when an event counts, where it was recorded then: a clock may be a little fast."""
    time = micros(event.time)
    return recorded if recorded < time <= recorded + AHEAD else time


def _row(event: Event, place: Mapping[str, Bound], data: JSON, *, recorded: int, listed: bool) -> dict[str, Bound]:
    return {
        **place,
        "source": event.source,
        "id": event.id,
        "subject": event.subject,
        "recorded_at": recorded,
        "listed": listed,
        "data": _WRITTEN(data),
    }


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
