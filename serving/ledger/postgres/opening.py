"""Open or create the ledger that `postgresql://…` names: a database, or a schema of one, that is the ledger's alone.

What libpq understands in such an address is understood here (`?options=-csearch_path%3D…` names a schema). psycopg is
imported when such an address is opened, and not before.
"""

from collections.abc import Mapping
from datetime import datetime
from types import ModuleType
from typing import TYPE_CHECKING, LiteralString

from model.errors import InvalidInput, Unavailable
from serving.ledger.instants import micros
from serving.ledger.postgres.schema import FIRST, later, tables
from serving.ledger.schema.migrations import MIGRATIONS
from serving.ledger.store import Row
from serving.masked import masked_address, said_of

if TYPE_CHECKING:
    from serving.ledger.postgres.store import PostgresStore

SCHEMES = ("postgresql://", "postgres://")
LEAST = 140000  # the version of the server

# Plans are made once and go through indexes, as SQLite's do: no table is small enough to stay so, and planning anew
# costs more than what most statements do.
SETTINGS: LiteralString = """SET client_encoding = 'UTF8'; SET standard_conforming_strings = on; SET jit = off;
    SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET enable_hashjoin = off;
    SET enable_mergejoin = off;
    SET statement_timeout = '30s'; SET idle_in_transaction_session_timeout = '60s';
    SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"""
STATEMENT_SECONDS = 31.0  # how long an answer may take: a second more than the server gives a statement
UPGRADE_SECONDS = 3600.0  # and how long each statement that brings older tables up to date
GRACE = 0.5  # seconds more than the server waits for a lock, so that its own words arrive
_NO_LIMIT: LiteralString = "SET LOCAL statement_timeout = 0"
_PATIENCE: LiteralString = "SELECT set_config('lock_timeout', :wait, false)"
_SERVER: LiteralString = """SELECT current_setting('server_version_num')::int, current_setting('server_encoding'),
    current_setting('fsync'), current_setting('full_page_writes'), current_schema()"""
_THERE: LiteralString = "SELECT to_regclass('outreach_ledger')::text"
_OTHERS: LiteralString = "SELECT 1 FROM pg_tables WHERE schemaname = current_schema() LIMIT 1"
_VERSION: LiteralString = "SELECT version FROM outreach_ledger"
_MAKE_VERSION: LiteralString = (
    "CREATE TABLE outreach_ledger (id bigint PRIMARY KEY CHECK (id = 1), version bigint NOT NULL)"
)
_SET_VERSION: LiteralString = """INSERT INTO outreach_ledger (id, version) VALUES (1, :version)
    ON CONFLICT (id) DO UPDATE SET version = excluded.version"""
_ADD_SALT: LiteralString = "INSERT INTO secrets (name, value) VALUES ('salt', :salt)"
_SALT: LiteralString = "SELECT value FROM secrets WHERE name = 'salt'"
_SHIPPED: LiteralString = "INSERT INTO approvals (digest, what, approver, at) VALUES (:digest, :what, 'shipped', :at)"


def is_postgres(url: str) -> bool:
    """Return whether an address names a ledger on PostgreSQL."""
    return url.startswith(SCHEMES)


def open_store(url: str, *, patience: float) -> "PostgresStore":
    """Connect, and see that the server keeps what it says it has kept.

    Raises:
        InvalidInput: the address is wrong, psycopg is not installed, or the server is none for a ledger.
        Unavailable: the server cannot be reached, or refuses.
    """
    psycopg = _psycopg()
    from serving.ledger.postgres.link import Link, Refused  # noqa: PLC0415  (needs psycopg)
    from serving.ledger.postgres.store import PostgresStore  # noqa: PLC0415

    name = masked_address(url)
    try:
        connection = psycopg.connect(url, autocommit=True, **_waiting(patience))
    except psycopg.ProgrammingError:
        raise InvalidInput(f"ledger `{name}`: that is no address; write `postgresql://USER@HOST/DATABASE`") from None
    except psycopg.Error as error:
        said = said_of(url, str(error)) or "it cannot be reached, or refuses this user"
        raise Unavailable(f"ledger `{name}`: {said}; check address, server and permissions") from None
    link = Link(connection, limit=patience + GRACE)
    try:
        link.say(SETTINGS)
        link.ask(_PATIENCE, wait=f"{max(1, round(patience * 1000))}ms")
        _fit(name, link.ask(_SERVER)[0])
    except Refused as refused:
        link.close()
        raise Unavailable(f"ledger `{name}`: {refused}; check the server and its permissions") from refused
    except InvalidInput:
        link.close()
        raise
    return PostgresStore(link, name)


def prepare(store: "PostgresStore", *, now: datetime, salt: bytes, shipped: Mapping[str, str], create: bool) -> bytes:
    """Make or upgrade the tables in one transaction; return the secret of the arms."""
    name, limit = store.name, store.limit
    with store.transaction():
        version = version_in(store)
        if not version and not create:
            raise _not_there(name)
        store.limit = UPGRADE_SECONDS  # what is recorded already may take its time
        store.make(_NO_LIMIT)
        for statement in later(version) if version else tables():
            store.make(statement)
        if not version:
            store.make(_MAKE_VERSION)
            store.insert(_ADD_SALT, salt=salt)
            store.insert_all(_SHIPPED, [{"digest": d, "what": w, "at": micros(now)} for d, w in shipped.items()])
        if version < len(MIGRATIONS):
            store.change(_SET_VERSION, version=len(MIGRATIONS))
        row = store.row(_SALT)
    store.limit = limit
    if row is None:
        raise InvalidInput(f"ledger `{name}`: its secret is gone; restore the database from a backup")
    return bytes(row[0])


def version_in(store: "PostgresStore") -> int:
    """Return the version of the tables, 0 where there are none yet; another program's are refused."""
    name = store.name
    there = store.row(_THERE)
    if there is None or there[0] is None:
        if store.holds(_OTHERS):
            raise InvalidInput(f"ledger `{name}` has tables of another program; name an empty database or schema")
        return 0
    row = store.row(_VERSION)
    version = 0 if row is None else int(row[0])
    if not FIRST <= version <= len(MIGRATIONS):
        raise InvalidInput(
            f"ledger `{name}` has schema version `{version}`, and this program knows {FIRST} to {len(MIGRATIONS)}; "
            "upgrade this program"
        )
    return version


def _not_there(name: str) -> Unavailable:
    return Unavailable(f"ledger `{name}` is not there, and none is made in its place; name its database, or restore it")


def _psycopg() -> ModuleType:
    try:
        import psycopg  # noqa: PLC0415  (an extra: most ledgers are files)
    except ImportError as error:
        raise InvalidInput("`ledger`: PostgreSQL needs psycopg; install the extra: `outreach[postgres]`") from error
    return psycopg


def _waiting(patience: float) -> dict[str, int | str]:
    """Return how long to wait for a server that does not answer: a host that is gone says nothing."""
    seconds = max(2, round(patience))  # libpq waits two at the least
    return {
        "connect_timeout": seconds,
        "keepalives_idle": seconds,
        "keepalives_interval": seconds,
        "keepalives_count": 2,
        "tcp_user_timeout": 6000 * seconds,
        "application_name": "outreach",
    }


def _fit(name: str, server: Row) -> None:
    """Refuse a server on which an answer could be lost, or told wrongly."""
    version, encoding, fsync, pages, schema = server
    lacks = {
        f"is version {version // 10000}; use {LEAST // 10000} or later": version < LEAST,
        f"keeps text as `{encoding}`; make the database with `ENCODING 'UTF8'`": encoding != "UTF8",
        "runs with `fsync = off`: what it says it has kept could be lost; set it to on": fsync != "on",
        "runs with `full_page_writes = off`: a power cut could ruin it; set it to on": pages != "on",
        "has no schema that this user may see; create one, or correct `search_path`": schema is None,
    }
    for lack, so in lacks.items():
        if so:
            raise InvalidInput(f"ledger `{name}`: the server {lack}")
