"""Open or create the ledger that a setting names.

`sqlite:///path` is relative (four slashes: absolute), `sqlite://` in memory, `postgresql://…` on a server.
"""

import re
import sqlite3
import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import LiteralString

from model.contracts import NOTHING
from model.errors import InvalidInput, Unavailable
from serving.ledger.files import OpenedFile, left_without
from serving.ledger.holders import refuse_second_index
from serving.ledger.instants import micros
from serving.ledger.postgres.opening import STATEMENT_SECONDS, is_postgres, open_store, prepare
from serving.ledger.schema.migrations import APPLICATION_ID, MIGRATIONS
from serving.ledger.sqlite.ledger import SqliteLedger
from serving.ledger.sqlite.store import HELD, SqliteStore, is_held
from serving.ledger.store import Store
from serving.masked import masked_address

MEMORY = ":memory:"
STATEMENTS = 512  # that stay prepared; there are some two hundred
PATIENCE = 5.0  # seconds that a writer waits for another one
_PREFIX = "sqlite://"
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,19}")
_WAL_TRIES = 50
_WAL_PAUSE = 0.05  # seconds; SQLite does not wait by itself for the lock that changing the journal needs

_CONNECTION: tuple[LiteralString, ...] = (
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA recursive_triggers = ON",  # so that INSERT OR REPLACE meets the append-only triggers as well
    "PRAGMA trusted_schema = OFF",
    "PRAGMA secure_delete = ON",  # what is erased is overwritten, not only unlinked
)
_ADD_SALT = "INSERT INTO secrets (name, value) VALUES ('salt', :salt)"
_SALT = "SELECT value FROM secrets WHERE name = 'salt'"
# changes nothing, and fails where the file could only be opened for reading: a transaction begins there all the same
_SAME_SALT = "UPDATE secrets SET value = value WHERE name = 'salt'"
_SHIPPED = "INSERT INTO approvals (digest, what, approver, at) VALUES (:digest, :what, 'shipped', :at)"
_ANY_TABLE = "SELECT name FROM sqlite_master WHERE type = 'table' LIMIT 1"


def open_ledger(  # noqa: PLR0913  (all but the address are named)
    url: str,
    *,
    now: datetime,
    salt: bytes,
    shipped: Mapping[str, str] = NOTHING,
    patience: float = PATIENCE,
    create: bool = True,
    serving: bool = False,
) -> SqliteLedger:
    """Open the ledger at `url`, upgrading it where needed, and creating it where `create` permits.

    `salt` (the secret of the arms), `shipped` (template digests that come approved, with what each is) and `now` are
    used only when the ledger is created. `patience` is in seconds; where somebody waits for an answer (`serving`), a
    server that says nothing for that long is away (pages of a training table take longer), and a file must prove that
    it can be written. A ledger in memory is always a new one.

    Raises:
        InvalidInput: the address, the folder or the file is wrong, or a newer version made it.
        Unavailable: the file cannot be read, written or locked now, or it is not there and must not be created.
    """
    if is_postgres(url):
        return _on_postgres(url, now=now, salt=salt, shipped=shipped, patience=patience, create=create, serving=serving)
    path = path_of(url)
    connection, file = _connect(path, patience, create=create)
    try:
        _configure(connection, path)
        store = SqliteStore(connection, path, file, patience=patience)
        with store.transaction():
            if _upgrade(store, path, create=create or file is None):
                store.insert(_ADD_SALT, salt=salt)
                store.insert_all(_SHIPPED, [{"digest": d, "what": w, "at": micros(now)} for d, w in shipped.items()])
            row = store.row(_SALT)
            if serving:
                store.change(_SAME_SALT)
        if serving:
            store.flush()
    except BaseException:
        connection.close()
        raise
    if row is None:
        connection.close()
        raise InvalidInput(f"ledger `{path}`: its secret is gone; restore the file from a backup")
    return SqliteLedger(store, salt=bytes(row[0]), patience=patience)


def _on_postgres(  # noqa: PLR0913  (all but the address are named)
    url: str,
    *,
    now: datetime,
    salt: bytes,
    shipped: Mapping[str, str],
    patience: float,
    create: bool,
    serving: bool,
) -> SqliteLedger:
    """Open the ledger of a server."""
    store = open_store(url, patience=patience)
    try:
        kept = prepare(store, now=now, salt=salt, shipped=shipped, create=create)
    except BaseException:
        store.close()
        raise
    if not serving:
        store.limit = STATEMENT_SECONDS
    return SqliteLedger(store, salt=kept, patience=patience)


def path_of(url: str) -> str:
    """Read the address; what it may hold besides the scheme is not repeated where it could be a password."""
    if not url.startswith(_PREFIX):
        scheme = url.split("://", 1)[0]
        shown = scheme if _SCHEME.fullmatch(scheme) else masked_address(url)
        raise InvalidInput(
            f"`ledger`: scheme `{shown}` is not known; write `sqlite:///outreach.db`, or `postgresql://…`"
        )
    rest = url.removeprefix(_PREFIX)
    if is_in_memory(url):
        return MEMORY
    shown = masked_address(url)
    if not rest.startswith("/"):
        more = f": `sqlite:///{rest}`" if shown == url else ""
        raise InvalidInput(f"`ledger`: `{shown}` names a host; write a file with three slashes{more}")
    path = Path(rest[1:])
    if not path.parent.is_dir():
        folder = path.parent if shown == url else shown
        raise InvalidInput(f"`ledger`: folder `{folder}` does not exist; create it, or name another file")
    if path.is_dir():
        raise InvalidInput(f"`ledger`: `{path}` is a folder; name a file in it: `sqlite:///{path}/outreach.db`")
    return str(path)


def is_in_memory(url: str) -> bool:
    """Return whether a ledger at this address ends with its connection; an address that is wrong is no such thing."""
    return url in (_PREFIX, f"{_PREFIX}/", f"{_PREFIX}/{MEMORY}")


def _connect(path: str, patience: float, *, create: bool) -> tuple[sqlite3.Connection, OpenedFile | None]:
    """Connect; statements stand alone until `BEGIN`. One thread at a time uses it, by the ledger's own lock.

    A new file is its owner's alone: it holds customers and the secret of the arms. Only here is one made.
    """
    try:
        file = None if path == MEMORY else file_of(path, create=create)
        name = MEMORY if file is None else file.uri
        if file is not None:
            refuse_second_index(file)
        connection = sqlite3.connect(
            name,
            timeout=patience,
            isolation_level=None,
            check_same_thread=False,
            uri=file is not None,
            cached_statements=STATEMENTS,
        )
    except (sqlite3.Error, OSError) as error:
        raise Unavailable(f"ledger `{path}`: {error}; check that folder and file can be written") from error
    return connection, file


def file_of(path: str, *, create: bool) -> OpenedFile:
    """Return the file, made where `create` permits; an empty one is none that could be opened again.

    Where a log without its file lies there none is made: SQLite would delete that log.
    """
    left = left_without(path) if create else None
    if left is not None:
        raise Unavailable(left)
    if create and not Path(path).exists():
        Path(path).touch(mode=0o600)
    if not create and not Path(path).exists():
        raise _not_there(path)
    if not create and not Path(path).stat().st_size:
        raise Unavailable(f"ledger `{path}` is empty, and none is made in its place; put the file back")
    return OpenedFile.of(path)


def _not_there(path: str) -> Unavailable:
    return Unavailable(f"ledger `{path}` is not there, and none is made in its place; put the file back")


def _configure(connection: sqlite3.Connection, path: str) -> None:
    """Set durability and safety of this connection; a file that is not a database shows itself here."""
    try:
        for statement in _CONNECTION:
            connection.execute(statement)
        _write_ahead(connection, path)
    except sqlite3.OperationalError as error:
        if is_held(error):
            raise Unavailable(f"ledger `{path}`: {HELD}") from error
        raise Unavailable(f"ledger `{path}`: {error}; check that folder and file can be written") from error
    except sqlite3.DatabaseError as error:
        raise InvalidInput(f"ledger `{path}`: {error}; name another file, or restore it from a backup") from error


def _write_ahead(connection: sqlite3.Connection, path: str) -> None:
    """Keep a write-ahead log; several processes may ask for it at once on a new file."""
    for remaining in reversed(range(_WAL_TRIES)):
        try:
            mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
        except sqlite3.OperationalError:
            if not remaining:
                raise
            time.sleep(_WAL_PAUSE)
            continue
        if mode == "wal" or path == MEMORY:
            return
        raise Unavailable(f"ledger `{path}`: no write-ahead log is possible there; put it on a local disk")


def _upgrade(store: Store, path: str, *, create: bool) -> bool:
    """Bring the tables to this version, inside the write transaction; return whether the ledger is new."""
    version = version_of(store, path)
    if not version and not create:
        raise _not_there(path)
    for migration in MIGRATIONS[version:]:
        for statement in migration:
            store.change(statement)
    return not version


def version_of(store: Store, path: str) -> int:
    """Return the version of the tables, 0 where there are none yet; another program's file is refused."""
    version, application = _pragma(store, "PRAGMA user_version"), _pragma(store, "PRAGMA application_id")
    new = version == 0 and application == 0
    if (new and store.holds(_ANY_TABLE)) or (not new and application != APPLICATION_ID):
        raise InvalidInput(f"ledger `{path}` is a database of another program; name another file")
    if version > len(MIGRATIONS):
        raise InvalidInput(
            f"ledger `{path}` has schema version `{version}`, newer than {len(MIGRATIONS)}; upgrade this program"
        )
    return version


def _pragma(store: Store, statement: LiteralString) -> int:
    """Read one number from the file's header."""
    row = store.row(statement)
    return int(row[0]) if row else 0
