"""Retention: content that is old goes, whoever it is about, in the order in which it was recorded.

    goes    the records of decisions and confirmations, what was read of them, offers, what events said, visits
    stays   ids, times, actions and reasons; contacts, harms, dismissals, preferences, identities; the monitor's labels

A record without content is `''`: it is shown to nobody, teaches nothing and cannot be confirmed. The place of an event
stays, without type or data: sent again it is still a duplicate, and proves nothing.
"""

import json
from datetime import datetime
from functools import partial
from typing import LiteralString

from serving.ledger.instants import DAY, micros
from serving.ledger.rewriting import mark, rewrite
from serving.ledger.store import Row, Store

BEGIN = "INSERT INTO erasing (id) VALUES (1)"  # from here to `END` the append-only tables let content go
END = "DELETE FROM erasing"
NO_BYTES = b""

_RETAINED = "SELECT decision, event FROM retained"
_RETAIN = """INSERT INTO retained (id, decision, event) VALUES (1, :decision, :event)
    ON CONFLICT (id) DO UPDATE SET decision = excluded.decision, event = excluded.event"""
_DECISIONS = "SELECT seq, decided_at FROM decisions WHERE seq > :after ORDER BY seq LIMIT :most"
_EVENTS = "SELECT seq, recorded_at FROM events WHERE seq > :after ORDER BY seq LIMIT :most"
_VISITS = """SELECT data FROM events
    WHERE seq > :after AND seq <= :last AND family IN ('page', 'exit', 'session')"""
_FORGET_VISITS = """DELETE FROM visits WHERE session IN (SELECT value FROM json_each(:sessions))
    AND event > :after AND event <= :last"""
_FORGET_SESSIONS: tuple[LiteralString, ...] = (  # of those who were erased: a day later nothing is left to protect
    "DELETE FROM visits WHERE user_id >= 'erased:' AND user_id < 'erased;' AND at <= :lately",
    """UPDATE reservations SET session = NULL WHERE user_id >= 'erased:' AND user_id < 'erased;' AND at <= :lately
        AND session IS NOT NULL""",
)
_FORGET_MATCHES = "DELETE FROM matches WHERE at < :limit"
_EMPTY_CONFIRMATIONS = """UPDATE confirmations SET record = NULL, answer = :nothing WHERE decision IN
    (SELECT seq FROM decisions WHERE seq > :after AND seq <= :last AND decided_at < :limit)"""
_EMPTY_DECISIONS: tuple[LiteralString, ...] = (
    """DELETE FROM offers WHERE seq < (SELECT max(seq) FROM offers) AND decision IN
    (SELECT seq FROM decisions WHERE seq > :after AND seq <= :last AND decided_at < :limit)""",
    """UPDATE offers SET state = 'withdrawn', body = :nothing WHERE decision IN
    (SELECT seq FROM decisions WHERE seq > :after AND seq <= :last AND decided_at < :limit)""",
    """DELETE FROM held_texts WHERE decision IN
    (SELECT seq FROM decisions WHERE seq > :after AND seq <= :last AND decided_at < :limit)""",
    """DELETE FROM due WHERE decision IN
    (SELECT seq FROM decisions WHERE seq > :after AND seq <= :last AND decided_at < :limit)""",
    """DELETE FROM readings WHERE decision IN
    (SELECT seq FROM decisions WHERE seq > :after AND seq <= :last AND decided_at < :limit)""",
    "UPDATE decisions SET record = '' WHERE seq > :after AND seq <= :last AND decided_at < :limit",
)
_EMPTY_EVENTS = """UPDATE events SET type = 'erased', family = 'erased', entity = '', data = '{}'
    WHERE seq > :after AND seq <= :last AND recorded_at < :limit"""


def retain(store: Store, *, before: datetime, now: datetime, most: int) -> int:
    """Empty at most so many decisions and events each that are older than `before`; return how many there were.

    It goes on where it stopped, whichever process that was. What is dated after `now` is passed over, once for all,
    with what belongs to it.
    """
    limit, present = micros(before), micros(now)
    row = store.row(_RETAINED)
    after = (0, 0) if row is None else (int(row[0]), int(row[1]))
    decision, decisions = _old(store.rows(_DECISIONS, after=after[0], most=most), after[0], (limit, present))
    event, events = _old(store.rows(_EVENTS, after=after[1], most=most), after[1], (limit, present))
    if not decisions + events:
        return 0
    store.alone()
    store.change(BEGIN)
    store.change(_EMPTY_CONFIRMATIONS, after=after[0], last=decision, limit=limit, nothing=NO_BYTES)
    for statement in _EMPTY_DECISIONS:
        store.change(statement, after=after[0], last=decision, limit=limit, nothing=NO_BYTES)
    _empty_events(store, after[1], event, limit)
    store.change(_RETAIN, decision=decision, event=event)
    store.change(END)
    mark(store)
    return decisions + events


def tidy(store: Store, *, now: datetime) -> None:
    """Drop the old sessions of those who were erased, and have what was emptied leave the disk; asked every hour."""
    for statement in _FORGET_SESSIONS:
        store.change(statement, lately=micros(now) - DAY)
    store.after_commit(partial(rewrite, store))


def _empty_events(store: Store, after: int, last: int, limit: int) -> None:
    """Empty these events, and what was kept of them for fast reading."""
    visited = [json.loads(data).get("session") for (data,) in store.rows(_VISITS, after=after, last=last)]
    sessions = json.dumps([name for name in visited if isinstance(name, str)])
    store.change(_FORGET_VISITS, sessions=sessions, after=after, last=last)
    store.change(_FORGET_MATCHES, limit=limit)
    store.change(_EMPTY_EVENTS, after=after, last=last, limit=limit)


def _old(rows: list[Row], after: int, times: tuple[int, int]) -> tuple[int, int]:
    """Return the last of the rows before the first one that is not old yet, and how many there are."""
    limit, present = times
    passed = 0
    for number, at in rows:
        if limit <= at <= present:
            break
        after, passed = number, passed + 1
    return after, passed
