"""New ledgers for the tests, each a copy: their tables are made once in a process, and 190 statements take long.

What comes of it is what `open_ledger` makes of the same words; how that makes one, and brings up an old one, is proven
in `tests/serving/ledger`.
"""

import atexit
import sqlite3
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from types import MappingProxyType

from serving.ledger import open_ledger
from serving.ledger.instants import micros
from serving.ledger.opening import _ADD_SALT, _SHIPPED, MEMORY, PATIENCE, _configure, _connect
from serving.ledger.sqlite.ledger import SqliteLedger
from serving.ledger.sqlite.store import SqliteStore

NOTHING: Mapping[str, str] = MappingProxyType({})
SOME_DAY = datetime(2026, 1, 1, tzinfo=UTC)


def in_memory(*, now: datetime, salt: bytes, shipped: Mapping[str, str] = NOTHING) -> SqliteLedger:
    """Return a new ledger in memory, nobody else's."""
    connection, _ = _connect(MEMORY, PATIENCE, create=True)
    _tables().backup(connection)
    _configure(connection, MEMORY)
    store = SqliteStore(connection, MEMORY, None, patience=PATIENCE)
    with store.transaction():
        store.insert(_ADD_SALT, salt=salt)
        store.insert_all(_SHIPPED, [{"digest": d, "what": w, "at": micros(now)} for d, w in shipped.items()])
    return SqliteLedger(store, salt=salt, patience=PATIENCE)


def in_file(path: Path, *, now: datetime, salt: bytes, shipped: Mapping[str, str] = NOTHING) -> SqliteLedger:
    """Open the ledger in this file, which is a new one where there is none."""
    if not path.exists():
        path.touch(mode=0o600)
        path.write_bytes(_file(now, salt, tuple(shipped.items())))
    return open_ledger(f"sqlite:///{path}", now=now, salt=salt, shipped=shipped)


@cache
def _tables() -> sqlite3.Connection:
    """Return a ledger in memory that nothing was written to: no secret, no approvals."""
    made: SqliteLedger = open_ledger("sqlite://", now=SOME_DAY, salt=b"of none of the copies")
    connection = made._store._connection
    connection.execute("DELETE FROM secrets")
    atexit.register(connection.close)
    return connection


@cache
def _file(now: datetime, salt: bytes, shipped: tuple[tuple[str, str], ...]) -> bytes:
    """Return a new ledger's file, closed."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.db"
        open_ledger(f"sqlite:///{path}", now=now, salt=salt, shipped=dict(shipped)).close()
        assert [each.name for each in path.parent.iterdir() if each.stat().st_size] == [path.name]
        return path.read_bytes()
