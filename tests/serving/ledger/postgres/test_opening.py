"""Opening a ledger on PostgreSQL: made once, never over another's tables, never with a password in what is said."""

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from model.errors import OutreachError, Unavailable
from serving.ledger import LedgerFile, open_ledger
from serving.ledger.looking import is_there, look_up
from serving.ledger.postgres.schema import FIRST, later, tables
from serving.ledger.schema.migrations import MIGRATIONS
from serving.ports import Ledger
from serving.settings import load_settings
from tests.contracts.ledgers import NOW, SALT, send
from tests.postgres import connect, empty_database, needed, wiped


@pytest.fixture(scope="module")
def empty() -> str:
    """Name a database without tables; tests put them back as they were."""
    return empty_database()


@pytest.fixture
def url(tmp_path: Path) -> str:
    """Name a ledger that is there."""
    return wiped(tmp_path, salt=SALT, at=NOW)


def named(url: str) -> str:
    """Return the name of the database of an address."""
    return url.partition("?")[0].rpartition("/")[2]


@pytest.fixture
def admin(url: str) -> Iterator[Any]:
    """Look into the database beside the ledger."""
    with connect(named(url)) as link:
        yield link


def opened(url: str, **given: Any) -> Ledger:
    """Open a ledger with a salt of its own."""
    return open_ledger(url, **{"now": NOW, "salt": b"mine", **given})


def refusal(work: Callable[[], object]) -> str:
    """Return what is said instead of doing it."""
    with pytest.raises(OutreachError) as caught:
        work()
    return f"{type(caught.value).__name__}: {caught.value}"


def test_a_ledger_is_made_once(empty: str) -> None:
    """Several that open it at once make one, with one secret; what only looks finds it afterwards."""
    before, none = is_there(empty), refusal(lambda: opened(empty, create=False))
    with ThreadPoolExecutor(4) as pool:
        ledgers = list(pool.map(lambda number: opened(empty, salt=b"salt %d" % number), range(4)))
    salts = {ledger.salt for ledger in ledgers}
    for ledger in ledgers:
        ledger.close()
    assert (before, "is not there, and none is made" in none, len(salts), is_there(empty)) == (False, True, 1, True)


def test_its_tables_are_those_of_sqlite(admin: Any) -> None:
    """Every table, column, index and trigger: nothing is written down a second time."""
    made = tables()
    rows = admin.execute("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'")
    actual = {row[0] for row in rows} - {"outreach_ledger"}
    assert actual == {sql.split()[2].strip('"') for sql in made if sql.startswith("CREATE TABLE")}


def test_texts_sort_by_their_bytes(admin: Any) -> None:
    """No language decides which name comes first: hosts in two countries lock in one order."""
    rows = admin.execute(
        "SELECT count(*) FROM information_schema.columns JOIN information_schema.tables USING (table_name) "
        "WHERE columns.table_schema = 'public' AND data_type = 'text' AND table_type = 'BASE TABLE' "
        "AND collation_name IS DISTINCT FROM 'C'"
    )
    assert rows.fetchone() == (0,)


def test_it_is_the_same_ledger_again(url: str) -> None:
    """What was recorded is there, under the secret that it was made with."""
    first = opened(url)
    with first.transaction() as tx:
        send(tx, "d-1")
    first.close()
    again = opened(url, create=False)
    with again.transaction() as tx:
        found = (tx.decision("d-1") or {}).get("decision_id")
    again.close()
    assert (found, again.salt, (look_up(url, "d-1") or {})["decision_id"], look_up(url, "d-2")) == (
        "d-1",
        SALT,
        "d-1",
        None,
    )


@pytest.mark.parametrize("version", [FIRST - 1, len(MIGRATIONS) + 1])
def test_a_version_that_is_not_known_is_refused(url: str, admin: Any, version: int) -> None:
    """A newer program's ledger is left alone."""
    admin.execute("UPDATE outreach_ledger SET version = %s", (version,))
    said = {refusal(lambda: opened(url)), refusal(lambda: look_up(url, "d")), refusal(lambda: is_there(url))}
    admin.execute("UPDATE outreach_ledger SET version = %s", (len(MIGRATIONS),))
    assert (len(said), f"schema version `{version}`" in said.pop()) == (1, True)


def test_another_program_s_tables_are_left_alone() -> None:
    """A database that is in use for something else is refused, and nothing is made in it."""
    url = empty_database()
    with connect(named(url)) as link:
        link.execute("CREATE TABLE customers (id bigint)")
    said = refusal(lambda: opened(url))
    assert "has tables of another program" in said


def test_a_ledger_may_have_a_schema_of_its_own() -> None:
    """Beside whatever else is in the database."""
    url = empty_database()
    with connect(named(url)) as link:
        link.execute("CREATE TABLE customers (id bigint); CREATE SCHEMA ours")
    own = f"{url}&options=-csearch_path%3Dours"
    opened(own).close()
    assert (is_there(own), "another program" in refusal(lambda: is_there(url))) == (True, True)


@pytest.mark.parametrize(
    "name", ["events", "decisions", "outcomes", "approvals", "assignments", "watches", "trips", "readings"]
)
def test_what_is_append_only_stays(url: str, name: str) -> None:
    """Neither changed nor deleted, whoever asks."""
    ledger = opened(url)
    store = ledger._store  # type: ignore[attr-defined]
    with ledger.transaction() as tx:
        send(tx, "d-1")
        store.insert("INSERT INTO trips (watch, harm, detail, at) VALUES ('w', 'complaint', 'd', 1)")
    triggers = (
        "SELECT count(*) FROM pg_trigger WHERE tgrelid = CAST(CAST(:name AS text) AS regclass) AND NOT tgisinternal"
    )
    with store.look():
        guards = store.rows(triggers, name=name)
    refused = (
        refusal(lambda: _changed(ledger, "DELETE FROM decisions")),
        refusal(lambda: _changed(ledger, "UPDATE trips SET harm = 'none'")),
    )
    ledger.close()
    expected = 2 + 2 * (name == "decisions")  # which older versions may neither write nor erase any more
    assert (guards, ["append-only" in said for said in refused]) == ([(expected,)], [True, True])


def _changed(ledger: Ledger, sql: Any) -> None:
    with ledger.transaction():
        ledger._store.change(sql)  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ["fsync", "full_page_writes"])
def test_a_server_that_could_lose_an_answer_is_refused(url: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A decision that was answered is on disk, or it is not answered."""
    fsync, pages = ("off", "on") if name == "fsync" else ("on", "off")
    asked = f"SELECT 180000, 'UTF8', '{fsync}', '{pages}', 'public'"
    monkeypatch.setattr("serving.ledger.postgres.opening._SERVER", asked)
    assert f"`{name} = off`" in refusal(lambda: opened(url))


def test_a_session_waits_for_the_disk(url: str) -> None:
    """Also where the server, or the database, says that it need not."""
    with connect("postgres") as link:
        link.execute(f"ALTER DATABASE {named(url)} SET synchronous_commit = off")
    ledger = opened(url)
    with ledger.transaction():
        actual = ledger._store.rows("SELECT current_setting('synchronous_commit')")  # type: ignore[attr-defined]
    ledger.close()
    with connect("postgres") as link:
        link.execute(f"ALTER DATABASE {named(url)} RESET synchronous_commit")
    assert actual == [("on",)]


END_OTHERS = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name = 'outreach'"""
ADDRESSES = (
    "postgresql://outreach:s3cret@127.0.0.1:1/ledger",
    "postgresql://outreach:s3cret@/ledger?host=/nowhere",
    "postgresql://127.0.0.1:1/ledger?user=outreach&password=s3cret",
    "postgresql://outreach:s3cret@127.0.0.1:1/ledger?nonsense=1",
    "postgresql://outreach:s3cret@[::1/ledger",
    "postgresql://outreach:a@s3cret@127.0.0.1:1/ledger",
    "postgresql://outreach:s3%63ret@127.0.0.1:port/ledger",
)


@pytest.mark.parametrize("address", ADDRESSES, ids=range(len(ADDRESSES)))
def test_no_password_is_ever_said(address: str) -> None:
    """Not where the server is away, not where the address is wrong, not in the settings."""
    needed()
    settings = load_settings(flags={"ledger": address}, environ={})
    said = refusal(lambda: opened(address)) + refusal(lambda: look_up(address, "d")) + repr(settings)
    assert ("s3cret" in said, "s3%63ret" in said, "***" in said) == (False, False, True)


def test_a_file_needs_no_psycopg(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without the extra the embedded ledger works, and an address of a server says what to install."""
    monkeypatch.setitem(sys.modules, "psycopg", None)
    opened(f"sqlite:///{tmp_path}/ledger.db").close()
    said = refusal(lambda: opened("postgresql://127.0.0.1/ledger"))
    assert said.endswith("install the extra: `outreach[postgres]`")


def test_a_lost_connection_is_opened_anew(url: str, admin: Any) -> None:
    """What was under way never happened; the next transaction goes to the same ledger, known by its secret."""
    opening = LedgerFile(url, now=NOW, new_salt=lambda: b"other", shipped={}, create=False)
    ledger = opening()

    def interrupted() -> None:
        with ledger.transaction() as tx:
            send(tx, "d-1")
            admin.execute(END_OTHERS)
            send(tx, "d-2")

    assert "nothing was half-done" in refusal(interrupted)
    refused = refusal(lambda: _changed(ledger, "DELETE FROM dismissals"))
    again = opening()
    with again.transaction() as tx:
        send(tx, "d-3")
        found = [
            record["decision_id"] for record in tx.decisions(action=None, user=None, since=None, after=None, limit=9)
        ]
    again.close()
    assert (found, refused.startswith("Unavailable")) == (["d-3"], True)


def test_another_ledger_in_its_place_is_refused(url: str, admin: Any) -> None:
    """A database that was restored from nothing would have forgotten every opt-out."""
    opening = LedgerFile(url, now=NOW, new_salt=lambda: b"other", shipped={}, create=False)
    opening()
    admin.execute("UPDATE secrets SET value = 'another'")
    assert "another ledger is in the place" in refusal(opening)


def test_a_transaction_that_the_server_gave_up_is_not_committed(url: str) -> None:
    """PostgreSQL answers COMMIT with ROLLBACK there, and calls it well."""
    ledger = opened(url)
    store = ledger._store  # type: ignore[attr-defined]

    def swallowed() -> None:
        with ledger.transaction() as tx:
            send(tx, "d-1")
            with pytest.raises(Unavailable, match="duplicate key"):
                store.change("INSERT INTO silence (id, sent, found) VALUES (1, 0, 0)")

    said = refusal(swallowed)
    with ledger.transaction() as tx:
        found = tx.decision("d-1")
    ledger.close()
    assert (found, "the transaction is over" in said) == (None, True)


def test_waiting_ends(url: str) -> None:
    """Who cannot have the ledger within their patience say so, and leave nothing open."""
    first, second = opened(url), opened(url, patience=0.05)
    with first.transaction():
        said = refusal(lambda: _changed(second, "DELETE FROM dismissals"))
    with second.transaction() as tx:
        send(tx, "d-1")
    for ledger in (first, second):
        ledger.close()
    assert said.endswith("other writers hold it; nothing was half-done; try again")


def test_a_later_migration_is_translated() -> None:
    """What brings a SQLite ledger to the newest version brings one on PostgreSQL there too."""
    assert later(len(MIGRATIONS)) == []
