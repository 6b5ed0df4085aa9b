"""Reservations: what a send counts for until it is released. Contacts, the fact it tells, its session's message.

A send reserves when it is decided. A confirmation moves that to its own time (never back: a host's clock may be slow),
or keeps it until the candidate's expiry (`holds_until`), or releases it; `serving.ledger.outcomes` releases what was
not delivered. What reached the customer counts for good, whatever was said of it before or is said later.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import NamedTuple

from model.contracts import Candidate
from model.history import LONGEST_DAYS
from serving.ledger.identities import customers, owner
from serving.ledger.instants import DAY, micros
from serving.ledger.lists import listed
from serving.ledger.store import Bound, Store
from serving.ports import Decided

_RESERVE = """INSERT INTO reservations (decision_id, user_id, at, channel, outbound, fact_key, session, counted_at)
    VALUES (:decision_id, :user_id, :at, :channel, :outbound, :fact_key, :session, :counted_at)
    ON CONFLICT (decision_id) DO UPDATE SET at = CASE WHEN reservations.released_at IS NULL
            THEN max(reservations.at, excluded.at) ELSE excluded.at END, outbound = excluded.outbound,
        fact_key = excluded.fact_key, released_at = NULL, holds_until = NULL, counted_at = excluded.counted_at"""
_HOLD = """UPDATE reservations SET holds_until = :until WHERE decision_id = :decision_id AND released_at IS NULL
    AND NOT EXISTS (SELECT 1 FROM outcomes WHERE decision_id = :decision_id AND kind <> 'not_delivered')"""
_RELEASE = """UPDATE reservations SET released_at = :at WHERE decision_id = :decision_id AND released_at IS NULL
    AND NOT EXISTS (SELECT 1 FROM outcomes WHERE decision_id = :decision_id AND kind <> 'not_delivered')"""
_KEEP = "UPDATE reservations SET released_at = NULL, holds_until = NULL WHERE decision_id = :decision_id"
_HELD = """SELECT user_id, channel, decided_at, record FROM decisions
    WHERE decision_id = :decision_id AND action <> 'deny' AND record <> ''"""
_ONE = "SELECT 1 FROM reservations WHERE decision_id = :decision_id AND released_at IS NULL"
_SET_ASIDE = "UPDATE reservations SET released_at = at WHERE decision_id = :decision_id"
_PUT_BACK = "UPDATE reservations SET released_at = NULL WHERE decision_id = :decision_id"
_SENDS = """SELECT user_id, at, outbound FROM json_each(:users) AS asked CROSS JOIN reservations
    ON user_id = asked.value WHERE released_at IS NULL AND (holds_until IS NULL OR holds_until > :now)
        AND at >= min(:since, coalesce((SELECT max(r.at) FROM reservations AS r
            WHERE r.user_id = asked.value AND r.released_at IS NULL
                AND (r.holds_until IS NULL OR r.holds_until > :now) AND r.at < :now), :since))
    UNION ALL SELECT user_id, at, outbound FROM json_each(:users) AS asked CROSS JOIN reservations
    ON user_id = asked.value WHERE released_at IS NULL AND (holds_until IS NULL OR holds_until > :now)
        AND at < :since AND at = (SELECT min(r.at) FROM reservations AS r
            WHERE r.user_id = asked.value AND r.released_at IS NULL AND (r.holds_until IS NULL OR r.holds_until > :now))
    ORDER BY at DESC"""
_TOLD = """SELECT asked.value FROM json_each(:facts) AS asked WHERE EXISTS (SELECT 1 FROM reservations
    WHERE user_id = substr(asked.value, 65) AND fact_key = substr(asked.value, 1, 64) AND released_at IS NULL
        AND (holds_until IS NULL OR holds_until > :now))"""


class Send(NamedTuple):
    """A send that counts; `at` in microseconds."""

    at: int
    outbound: bool


def reserve(store: Store, sends: Sequence[tuple[Candidate, Decided]], *, counted_at: Sequence[int]) -> None:
    """Let sends count from when they were decided, whatever their reservations said before.

    `counted_at` (microseconds) is when the breaker of each counted it last.
    """
    users = customers(store, {candidate.user_id for candidate, _ in sends})
    rows: list[dict[str, Bound]] = [
        {
            "decision_id": decided.decision.decision_id,
            "user_id": users[candidate.user_id],
            "at": micros(decided.decision.decided_at),
            "channel": candidate.channel,
            "outbound": decided.outbound,
            "fact_key": decided.fact_key,
            "session": candidate.session_id,
            "counted_at": counted,
        }
        for (candidate, decided), counted in zip(sends, counted_at, strict=True)
    ]
    store.insert_all(_RESERVE, rows)


def keep_until(store: Store, decision_id: str, until: datetime | None) -> None:
    """Let a reservation, where there is one, count until then (None: for ever); for ever where the customer saw it."""
    store.change(_HOLD, decision_id=decision_id, until=None if until is None else micros(until))


def release(store: Store, decision_id: str, *, at: datetime) -> None:
    """Let a reservation count no more, unless an outcome says that the customer saw the message."""
    store.change(_RELEASE, decision_id=decision_id, at=micros(at))


def reached(store: Store, decision_id: str, *, at: int) -> None:
    """Let a message that reached the customer count for good: from `at` (microseconds) where nothing was reserved.

    Nothing reaches anybody before it was decided, and what was denied was no message.
    """
    if store.change(_KEEP, decision_id=decision_id):
        return
    held = store.row(_HELD, decision_id=decision_id)
    if held is not None:
        user_id, channel, decided_at, record = held
        known = json.loads(record)
        store.insert(
            _RESERVE,
            decision_id=decision_id,
            user_id=owner(store, user_id),
            at=max(at, decided_at),
            channel=channel,
            outbound=known["decided"]["outbound"],
            fact_key=known["decided"]["fact_key"],
            session=known["candidate"]["session_id"],
            counted_at=None,
        )


@contextmanager
def set_aside(store: Store, decision_id: str | None) -> Iterator[None]:
    """Let a decision's reservation count for nothing inside: whatever reads reservations leaves it out.

    It is one transaction, so that nobody else sees it.
    """
    if decision_id is None or not store.holds(_ONE, decision_id=decision_id):
        yield
        return
    store.change(_SET_ASIDE, decision_id=decision_id)
    try:
        yield
    finally:
        store.change(_PUT_BACK, decision_id=decision_id)


def sends(store: Store, users: Iterable[str], *, now: int) -> dict[str, list[Send]]:
    """Return customers' sends that count, newest first: as far back as features count, and the last and first ever.

    Who has none is left out; `now` is in microseconds. What is too old to be counted may be in it twice: as the last
    and as the first.
    """
    found: dict[str, list[Send]] = {}
    rows = store.rows(_SENDS, users=listed(users), now=now, since=now - int(LONGEST_DAYS * DAY))
    for user, at, outbound in rows:
        found.setdefault(user, []).append(Send(at, bool(outbound)))
    return found


def told(store: Store, facts: Iterable[tuple[str, str]], *, now: int) -> set[tuple[str, str]]:
    """Return of which of these facts, by key and customer, a send that counts told that customer."""
    asked = {key + user: (key, user) for key, user in facts}  # a key is 64 digits
    return {asked[fact] for (fact,) in store.rows(_TOLD, facts=listed(asked), now=now)} if asked else set()
