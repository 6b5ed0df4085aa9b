"""Migration 13: which clock was believed, so that a process that takes another's place compares its own with it.

One row for each start of a machine: `believed` is the wall clock's distance from the time that has passed since then,
`calm_at` when, by that time, what is old may be forgotten again, and `settled` whether somebody ended the API in order.
"""

from typing import LiteralString

CLOCKS: tuple[LiteralString, ...] = (
    """CREATE TABLE clocks (
        boot TEXT PRIMARY KEY, believed REAL NOT NULL, calm_at REAL NOT NULL, settled INTEGER NOT NULL)
        WITHOUT ROWID""",
)
