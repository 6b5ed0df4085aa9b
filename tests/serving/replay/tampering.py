"""Changing what a ledger file says, past every guard: as somebody with the file could."""

import sqlite3
from contextlib import closing
from pathlib import Path

DENIED = """UPDATE decisions SET record = replace(record, '"action":"deny"', '"action":"send"') WHERE seq = 3"""
EMPTIED = "UPDATE decisions SET record = '' WHERE seq = 4"


def tampered(path: Path, *statements: str) -> None:
    """Change rows of decisions: 3 says another action, 4 nothing at all."""
    with closing(sqlite3.connect(path)) as store:
        for (name,) in store.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            store.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            store.execute(statement)
        store.commit()
