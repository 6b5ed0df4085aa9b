"""Looking a decision up in a ledger that others write: over a connection that can only read, and upgrades nothing."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString

from model.contracts import JSON
from model.errors import InvalidInput, Unavailable
from serving.ledger.decisions import decision
from serving.ledger.files import OpenedFile
from serving.ledger.holders import refuse_second_index
from serving.ledger.instants import instant_or_none
from serving.ledger.opening import MEMORY, PATIENCE, file_of, path_of, version_of
from serving.ledger.postgres.opening import is_postgres, open_store, version_in
from serving.ledger.schema.migrations import MIGRATIONS
from serving.ledger.soundness import check_sound
from serving.ledger.sqlite.store import SqliteStore
from serving.ledger.store import Store
from serving.ledger.tightenings import tightenings
from serving.policy.tightening import Tightening

_NEWEST: LiteralString = "SELECT max(decided_at) FROM decisions"


def look_up(url: str, decision_id: str) -> dict[str, JSON] | None:
    """Return the whole record of a decision, with what followed, or None.

    Raises:
        InvalidInput: the address is wrong, or the file is no ledger of this version.
        Unavailable: it is not there, or cannot be read now.
    """
    with looking(url) as store:
        return decision(store, decision_id)


@dataclass(frozen=True, slots=True)
class TighteningsIn:
    """The tightenings that are on record in the ledger at an address; read anew, and only read."""

    url: str

    def tightenings(self, *, limit: int) -> list[Tightening]:
        """Return the newest ones, the newest first; raises as `look_up` does."""
        with looking(self.url) as store:
            return tightenings(store, limit=limit)


@contextmanager
def looking(url: str) -> Iterator[Store]:
    """Read a ledger as it stands when the look begins."""
    if is_postgres(url):
        with _looking_at_server(url) as server:
            yield server
        return
    path = path_of(url)
    if path == MEMORY:
        raise InvalidInput("`ledger`: one in memory ends with its process; name a file: `sqlite:///outreach.db`")
    connection, file = _opened_to_read(path)
    with closing(connection):
        store = SqliteStore(connection, path, file)
        with store.look():
            version = version_of(store, path)
            if version < len(MIGRATIONS):
                raise _older(path, version)
            yield store


@contextmanager
def _looking_at_server(url: str) -> Iterator[Store]:
    """Read a ledger on a server as it stands when the look begins."""
    store = open_store(url, patience=PATIENCE)
    with closing(store), store.look():
        version = version_in(store)
        if version < len(MIGRATIONS):
            raise _older(store.name, version)
        yield store


def is_there(url: str) -> bool:
    """Return whether there is a ledger at an address of a server; nothing is made.

    Raises:
        InvalidInput: the address is wrong, or names another program's database.
        Unavailable: the server cannot be asked now.
    """
    store = open_store(url, patience=PATIENCE)
    with closing(store), store.look():
        return version_in(store) > 0


def age(url: str) -> tuple[int, datetime | None]:
    """Return the version of a ledger's tables, and when its newest decision was made; reads only, and upgrades nothing.

    A file is looked through for damage before, for a few seconds.

    Raises:
        InvalidInput, Unavailable: as `look_up`; of older tables only the version is told.
    """
    if is_postgres(url):
        server = open_store(url, patience=PATIENCE)
        with closing(server), server.look():
            return _age(server, version_in(server))
    path = path_of(url)
    connection, file = _opened_to_read(path)
    with closing(connection):
        check_sound(connection, path)
        store = SqliteStore(connection, path, file)
        with store.look():
            return _age(store, version_of(store, path))


def _age(store: Store, version: int) -> tuple[int, datetime | None]:
    row = store.row(_NEWEST) if version >= len(MIGRATIONS) else None
    return version, None if row is None else instant_or_none(row[0])


def _older(name: str, version: int) -> InvalidInput:
    return InvalidInput(
        f"ledger `{name}` has schema version `{version}`, older than {len(MIGRATIONS)}; "
        "a command that writes upgrades it, for example `outreach serve`"
    )


def _opened_to_read(path: str) -> tuple[sqlite3.Connection, OpenedFile]:
    """Open the file that is there, to read it and nothing else."""
    try:
        file = file_of(path, create=False)
        refuse_second_index(file)
        return sqlite3.connect(file.reading_uri, isolation_level=None, uri=True), file
    except (sqlite3.Error, OSError) as error:
        raise Unavailable(f"ledger `{path}`: {error}; check that folder and file can be read") from error
