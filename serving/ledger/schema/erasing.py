"""Migration 10: what erasure and retention need.

`erased` maps the keyed hash of an id to the pseudonym that its customer has since; nobody can read the id out of it.
`erasing` has a row while a transaction erases, and none that is ever committed: only then do the append-only tables
with personal data let themselves be changed. `retained` has the last decision and event that retention emptied, in one
row or none. Processes of an older version know no pseudonyms: restart them.
"""

from typing import LiteralString

_TABLES: tuple[LiteralString, ...] = (
    "CREATE TABLE erased (digest TEXT PRIMARY KEY, user_id TEXT NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE erasing (id INTEGER PRIMARY KEY CHECK (id = 1))",
    """CREATE TABLE retained (
        id INTEGER PRIMARY KEY CHECK (id = 1), decision INTEGER NOT NULL, event INTEGER NOT NULL)""",
)

_GUARDS: tuple[LiteralString, ...] = (
    "DROP TRIGGER events_stay",
    """CREATE TRIGGER events_stay BEFORE UPDATE ON events WHEN NOT EXISTS (SELECT 1 FROM erasing)
        BEGIN SELECT RAISE(ABORT, 'events are append-only'); END""",
    "DROP TRIGGER decisions_stay",
    """CREATE TRIGGER decisions_stay BEFORE UPDATE ON decisions WHEN NOT EXISTS (SELECT 1 FROM erasing)
        BEGIN SELECT RAISE(ABORT, 'decisions are append-only'); END""",
    "DROP TRIGGER outcomes_stay",
    """CREATE TRIGGER outcomes_stay BEFORE UPDATE ON outcomes WHEN NOT EXISTS (SELECT 1 FROM erasing)
        BEGIN SELECT RAISE(ABORT, 'outcomes are append-only'); END""",
    "DROP TRIGGER outcomes_remain",
    """CREATE TRIGGER outcomes_remain BEFORE DELETE ON outcomes WHEN NOT EXISTS (SELECT 1 FROM erasing)
        BEGIN SELECT RAISE(ABORT, 'outcomes are append-only'); END""",
    "DROP TRIGGER confirmations_stay",
    """CREATE TRIGGER confirmations_stay BEFORE UPDATE ON confirmations WHEN NOT EXISTS (SELECT 1 FROM erasing)
        BEGIN SELECT RAISE(ABORT, 'confirmations are append-only'); END""",
    "DROP TRIGGER assignments_stay",
    """CREATE TRIGGER assignments_stay BEFORE UPDATE ON assignments
        WHEN OLD.decision IS NOT NEW.decision OR OLD.at IS NOT NEW.at OR OLD.watch IS NOT NEW.watch
            OR OLD.arm IS NOT NEW.arm OR OLD.above IS NOT NEW.above OR OLD.contacted IS NOT NEW.contacted
            OR OLD.e IS NOT NEW.e OR OLD.first IS NOT NEW.first OR OLD.epoch IS NOT NEW.epoch
            OR OLD.complained > NEW.complained OR OLD.harmed > NEW.harmed
            OR ((OLD.user_id IS NOT NEW.user_id OR OLD.fact_key IS NOT NEW.fact_key)
                AND NOT EXISTS (SELECT 1 FROM erasing))
        BEGIN SELECT RAISE(ABORT, 'assignments are append-only'); END""",
)

ERASING: tuple[LiteralString, ...] = (*_TABLES, *_GUARDS)
