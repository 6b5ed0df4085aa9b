"""Migration 15: what was read of each decision, kept for deciding it again (`serving.record.readings`).

`about` are its purpose, channel, template and zones, as JSON; `cells` a row of fixed width; `version` is what read it.
It is written with the decision and never changed. A decision of an older process has none, nor has one that was made
before: its record is read instead.

It is as personal as the record, and goes before it: a process of an older version that still has the ledger open knows
no readings, so it cannot erase, nor empty what is old, until it is restarted.
"""

from typing import LiteralString

REPLAYING: tuple[LiteralString, ...] = (
    """CREATE TABLE readings (
        decision INTEGER PRIMARY KEY REFERENCES decisions (seq), user_id TEXT NOT NULL, about TEXT NOT NULL,
        version INTEGER NOT NULL, cells BLOB NOT NULL)""",
    """CREATE TRIGGER readings_stay BEFORE UPDATE ON readings
        BEGIN SELECT RAISE(ABORT, 'readings are append-only'); END""",
    """CREATE TRIGGER readings_remain BEFORE DELETE ON readings WHEN NOT EXISTS (SELECT 1 FROM erasing)
        BEGIN SELECT RAISE(ABORT, 'readings are append-only'); END""",
    """CREATE TRIGGER decisions_are_unread BEFORE UPDATE ON decisions
        WHEN EXISTS (SELECT 1 FROM readings WHERE decision = NEW.seq)
        BEGIN SELECT RAISE(ABORT, 'outreach was upgraded; restart this process'); END""",
)
