"""The tables of confirmations (version 5): what was said when a decision was about to be acted on.

`confirmations` is append-only. `record` is everything that was decided from, null where nothing was decided again (a
denial is confirmed with the reasons on record); `drawn` marks the one that made the decision's assignment: that
occasion was decided then, and not when it was held. `answer` are the bytes that were given.

`holds_until` is the candidate's expiry where a send was held at its confirmation: until then its reservation counts. A
process of an older version does not know it, and lets the reservation count for longer: that sends less.
"""

from typing import LiteralString

_CONFIRMATIONS: tuple[LiteralString, ...] = (
    """CREATE TABLE confirmations (
        seq INTEGER PRIMARY KEY, decision INTEGER NOT NULL REFERENCES decisions (seq), action TEXT NOT NULL,
        at INTEGER NOT NULL, expires_at INTEGER, drawn INTEGER NOT NULL, record TEXT, answer BLOB NOT NULL)""",
    "CREATE INDEX confirmations_of_decision ON confirmations (decision, seq)",
    "CREATE UNIQUE INDEX confirmations_that_drew ON confirmations (decision) WHERE drawn = 1",
)

_GUARDS: tuple[LiteralString, ...] = (
    """CREATE TRIGGER confirmations_stay BEFORE UPDATE ON confirmations
        BEGIN SELECT RAISE(ABORT, 'confirmations are append-only'); END""",
    """CREATE TRIGGER confirmations_remain BEFORE DELETE ON confirmations
        BEGIN SELECT RAISE(ABORT, 'confirmations are append-only'); END""",
)

CONFIRMING: tuple[LiteralString, ...] = (
    *_CONFIRMATIONS,
    "ALTER TABLE reservations ADD COLUMN holds_until INTEGER",
    *_GUARDS,
)
