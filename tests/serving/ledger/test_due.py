"""What an older version held is due once this one has opened its file; waking one reason's holds among many."""

import json
import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import LiteralString

from model.contracts import Action, Context
from serving.ledger import open_ledger
from serving.ledger.due import _WAKE_HELD_BY, wake_held_by
from serving.ledger.instants import micros
from serving.record.record import record_of, timestamp
from tests.contracts.ledgers import NOW, ago, candidate, ruling
from tests.serving.ledger.test_upgrading import made

HOURS = timedelta(hours=1)
MANY = 20_000
MANY_HELD: tuple[LiteralString, ...] = (
    """INSERT INTO decisions (decision_id, user_id, action, purpose, channel, decided_at, record, drawn, counted)
        WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :many)
        SELECT 'd-' || i, 'u', 'hold', 'delivery_update', 'chat', 0, '{}', 0, 1 FROM n""",
    """INSERT INTO due (decision, user_id, at, known, tries)
        SELECT seq, user_id, 9000000000000000, 0, 0 FROM decisions WHERE seq BETWEEN 2 AND :many + 1""",
    """INSERT INTO refusals (code, decision)
        SELECT iif(seq % 4, 'awaiting_approval', 'breaker_open'), seq FROM decisions
        WHERE seq BETWEEN 2 AND :many + 1""",
)


def ends(record: dict[str, object], until: datetime | None, expires_at: datetime | None) -> str:
    """Write a record with these times."""
    decided = record["decided"]
    assert isinstance(decided, dict)
    decided["decision"] |= {
        "not_before": None if until is None else timestamp(until),
        "expires_at": None if expires_at is None else timestamp(expires_at),
    }
    return json.dumps(record, separators=(",", ":"))


def decided(
    old: sqlite3.Connection,
    identity: str,
    action: Action = Action.HOLD,
    *,
    at: datetime = NOW - HOURS,
    until: datetime | None = None,
    expires_at: datetime | None = NOW + 9 * HOURS,
) -> None:
    """Write a decision as the version before did."""
    record = record_of(candidate(), Context(), ruling(identity, at=at, action=action))
    old.execute(
        """INSERT INTO decisions (decision_id, user_id, action, purpose, channel, decided_at, record, drawn, counted)
        VALUES (?, 'u', ?, 'delivery_update', 'chat', ?, ?, 0, 1)""",
        (identity, action.value, micros(at), ends(record, until, expires_at)),
    )


def confirmed(old: sqlite3.Connection, identity: str, word: str, *, until: datetime | None = None) -> None:
    """Write a confirmation as the version before did."""
    action = {"send": Action.SEND, "hold": Action.HOLD, "cancel": Action.DENY}[word]
    record = record_of(candidate(), Context(), ruling(identity, action=action))
    old.execute(
        """INSERT INTO confirmations (decision, action, at, expires_at, drawn, record, answer)
        SELECT seq, ?, ?, NULL, 0, ?, x'7b7d' FROM decisions WHERE decision_id = ?""",
        (word, micros(NOW), ends(record, until, NOW + 9 * HOURS), identity),
    )


def seen(old: sqlite3.Connection, identity: str, kind: str) -> None:
    """Write an outcome as the version before did."""
    old.execute(
        """INSERT INTO outcomes (decision_id, user_id, kind, stated, channel, time, recorded_at)
        VALUES (?, 'u', ?, '', NULL, ?, ?)""",
        (identity, kind, micros(NOW), micros(NOW)),
    )


def test_what_an_older_version_held_is_due(tmp_path: Path) -> None:
    """By its last word, at its end or at once; not what went, is over, or has reached the customer."""
    with closing(made(tmp_path / "l.db", version=7)) as old:
        decided(old, "known", until=NOW + 2 * HOURS)
        decided(old, "unknown")
        decided(old, "without an expiry", until=NOW + 3 * HOURS, expires_at=None)
        decided(old, "held again", until=NOW + HOURS)
        confirmed(old, "held again", "hold", until=NOW + 4 * HOURS)
        decided(old, "a send that is held", Action.SEND)
        confirmed(old, "a send that is held", "hold", until=NOW + 5 * HOURS)
        decided(old, "not delivered", until=NOW + 6 * HOURS)
        seen(old, "not delivered", "not_delivered")
        decided(old, "sent", Action.SEND)
        decided(old, "denied", Action.DENY)
        decided(old, "went", until=NOW + HOURS)
        confirmed(old, "went", "hold", until=NOW + HOURS)
        confirmed(old, "went", "send")
        decided(old, "cancelled")
        confirmed(old, "cancelled", "cancel")
        decided(old, "reached", until=NOW + HOURS)
        seen(old, "reached", "delivered")
        decided(old, "expired", at=ago(days=3), until=ago(days=2), expires_at=ago(days=1))
    ledger = open_ledger(f"sqlite:///{tmp_path}/l.db", now=NOW, salt=b"new", create=False)
    with ledger.transaction() as tx:
        rows = ledger._store.rows("SELECT user_id, at, known, tries FROM due ORDER BY at, decision")
        names = tx.due(now=NOW + 99 * HOURS, limit=99)
    ledger.close()
    after = {"unknown": -1, "known": 2, "without an expiry": 3, "held again": 4, "a send that is held": 5}
    after["not delivered"] = 6
    expected = [("u", micros(NOW + hours * HOURS), int(hours > 0), 0) for hours in after.values()]
    assert (names, rows) == (list(after), expected)


def test_waking_by_reason_touches_what_it_held(tmp_path: Path) -> None:
    """Of twenty thousand holds, those of one reason; each is found through its index."""
    ledger = open_ledger(f"sqlite:///{tmp_path}/l.db", now=NOW, salt=b"s")
    with ledger.transaction() as tx:
        tx.add_decision(candidate(), Context(), ruling("first", action=Action.HOLD))
        for statement in MANY_HELD:
            ledger._store.change(statement, many=MANY)
        wake_held_by(ledger._store, "breaker_open", at=NOW)
        woken = tx.due(now=NOW, limit=MANY)
        plan = ledger._store.rows("EXPLAIN QUERY PLAN " + _WAKE_HELD_BY, code="breaker_open", now=0)
    ledger.close()
    actual = (len(woken), [step for *_, step in plan if step.startswith("SCAN")])
    assert actual == (MANY // 4, [])
