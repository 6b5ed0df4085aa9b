"""Migration 12: whether the file is still to be written anew after something was erased, or grew too old.

`rewriting` has one row or none. `asked` counts how often that was called for, `done` up to which of them it was done:
what is asked for while the file is being written anew is due again afterwards, whichever process did either.
"""

from typing import LiteralString

REWRITING: tuple[LiteralString, ...] = (
    """CREATE TABLE rewriting (
        id INTEGER PRIMARY KEY CHECK (id = 1), asked INTEGER NOT NULL, done INTEGER NOT NULL)""",
)
