"""Matches that wait for their turn: customers of one incident, too many for one request.

The list goes to SQLite whole and in its index's order, as that of `concerns` does: there may be 200,000 of them. Each
id is replaced by its customer there; one that turns out to be somebody later is moved (`serving.ledger.identities`).
"""

from collections.abc import Sequence
from datetime import datetime

from model.contracts import EvidenceRef
from model.errors import InvalidInput
from serving.ledger.instants import micros
from serving.ledger.lists import NUL, listed
from serving.ledger.store import Store
from serving.timetable import Match

_EVENT = "SELECT seq FROM events WHERE type = :type AND id = :id AND (:source IS NULL OR source = :source) LIMIT 2"
_ADD = """INSERT INTO matches (at, event, user_id)
    SELECT :at, :event, coalesce((SELECT user_id FROM identities WHERE alias = value), value)
    FROM json_each(:names) WHERE true ON CONFLICT DO NOTHING"""
_TAKE = """SELECT m.at, m.event, m.user_id, e.type, e.id, e.source
    FROM matches AS m JOIN events AS e ON e.seq = m.event
    WHERE m.at <= :now ORDER BY m.at, m.event, m.user_id LIMIT :count"""
_REMOVE = "DELETE FROM matches WHERE (at, event, user_id) <= (:at, :event, :user)"


def add_matches(store: Store, event: EvidenceRef, users: Sequence[str], *, at: datetime) -> int:
    """Let these customers of one event wait for their turn, from `at` on; return how many did not wait already.

    Raises:
        InvalidInput: no event, or more than one, is on record under this reference.
    """
    found = store.rows(_EVENT, type=event.type, id=event.id, source=event.source)
    if len(found) != 1:
        raise InvalidInput(f"event `{event.id}`: {len(found)} are on record; name `type`, `id` and `source` of one")
    names = listed(sorted({name for name in users if NUL not in name}))
    return store.change(_ADD, at=micros(at), event=found[0][0], names=names)


def take_matches(store: Store, *, now: datetime, limit: int) -> list[Match]:
    """Take the longest waiting matches off the list."""
    rows = store.rows(_TAKE, now=micros(now), count=limit)
    if rows:
        at, event, user, *_ = rows[-1]
        store.change(_REMOVE, at=at, event=event, user=user)
    return [
        Match(event=EvidenceRef(type=kind, id=identity, source=source), user_id=user)
        for _, _, user, kind, identity, source in rows
    ]
