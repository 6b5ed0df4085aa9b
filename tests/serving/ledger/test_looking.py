"""Looking a decision up beside others who write: nothing is locked, changed, upgraded or made."""

import hashlib
import shutil
import sqlite3
from pathlib import Path

import pytest

from model.contracts import OutcomeKind
from model.errors import InvalidInput, Unavailable
from serving.ledger import open_ledger
from serving.ledger.looking import look_up
from serving.ledger.schema.migrations import MIGRATIONS
from serving.ledger.sqlite.store import SqliteStore
from tests.contracts.ledgers import NOW, report, send, sqlite_file


@pytest.fixture
def url(tmp_path: Path) -> str:
    """The address of a ledger that holds one decision, with an outcome."""
    opened = sqlite_file(tmp_path)
    with opened.transaction() as tx:
        send(tx, "d-1")
        report(tx, OutcomeKind.ENGAGED, decision_id="d-1")
    opened.close()
    return f"sqlite:///{tmp_path}/ledger.db"


def digest(folder: Path) -> str:
    """Return the hash of the ledger file."""
    return hashlib.sha256((folder / "ledger.db").read_bytes()).hexdigest()


def test_it_finds_what_the_ledger_itself_finds(url: str, tmp_path: Path) -> None:
    """The whole record, with what followed."""
    seen = look_up(url, "d-1")
    opened = sqlite_file(tmp_path)
    with opened.transaction() as tx:
        expected = tx.decision("d-1")
    opened.close()
    assert seen == expected
    assert seen is not None
    assert [outcome["kind"] for outcome in seen["outcomes"]] == ["engaged"]


def test_an_id_that_is_not_there_is_none(url: str) -> None:
    """Whoever asked says so."""
    assert [look_up(url, identity) for identity in ("d-2", "", "' OR 1=1 --")] == [None, None, None]


def test_the_file_is_left_as_it_was(url: str, tmp_path: Path) -> None:
    """To the last byte."""
    before = digest(tmp_path)
    look_up(url, "d-1")
    assert digest(tmp_path) == before


def test_it_reads_while_another_holds_the_write_lock(url: str, tmp_path: Path) -> None:
    """And sees what was durable when it looked, not what is still open."""
    opened = sqlite_file(tmp_path)
    with opened.transaction() as tx:
        send(tx, "d-2")
        during = [look_up(url, identity) is not None for identity in ("d-1", "d-2")]
    after = look_up(url, "d-2") is not None
    opened.close()
    assert (during, after) == ([True, False], True)


def test_a_writer_does_not_wait_for_a_look(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the middle of one, another connection writes and commits."""
    real = SqliteStore.row
    written: list[int] = []

    def meanwhile(store: SqliteStore, sql: str, **bound: str) -> object:
        if "FROM decisions" in sql and not written:
            with sqlite3.connect(tmp_path / "ledger.db", timeout=0) as other:
                written.append(other.execute("UPDATE secrets SET value = value").rowcount)
            other.close()
        return real(store, sql, **bound)  # the same constant statement

    monkeypatch.setattr(SqliteStore, "row", meanwhile)
    found = look_up(url, "d-1")
    assert (found is not None, written) == (True, [1])


def test_what_a_killed_writer_left_in_its_log_is_read(tmp_path: Path) -> None:
    """A copy of file and log as they lay on the disk: what was acknowledged stands in the log alone."""
    opened = sqlite_file(tmp_path)
    with opened.transaction() as tx:
        send(tx, "d-2")
    killed = tmp_path / "killed"
    killed.mkdir()
    for name in ("ledger.db", "ledger.db-wal"):
        shutil.copy(tmp_path / name, killed / name)
    opened.close()
    assert look_up(f"sqlite:///{killed}/ledger.db", "d-2") is not None


def test_a_statement_that_writes_is_refused(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection itself cannot, whatever the code would do."""

    def writes(store: SqliteStore, decision_id: str) -> None:
        store.change("DELETE FROM decisions WHERE decision_id = :decision_id", decision_id=decision_id)

    monkeypatch.setattr("serving.ledger.looking.decision", writes)
    with pytest.raises(Unavailable) as caught:
        look_up(url, "d-1")
    assert "readonly" in str(caught.value)


def test_a_ledger_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    """Nor one in place of an empty file."""
    (tmp_path / "empty.db").touch()
    said = []
    for name, lack in (("typo.db", "is not there"), ("empty.db", "is empty")):
        with pytest.raises(Unavailable) as caught:
            look_up(f"sqlite:///{tmp_path}/{name}", "d-1")
        said.append(f"{lack}, and none is made in its place" in str(caught.value))
    assert (said, [path.name for path in tmp_path.iterdir()]) == ([True, True], ["empty.db"])


@pytest.mark.parametrize("address", ["sqlite://", "sqlite:///:memory:", "mysql://x", "sqlite://host/x.db"])
def test_an_address_that_names_no_file_is_refused(address: str) -> None:
    """One in memory would always be a new one."""
    with pytest.raises(InvalidInput):
        look_up(address, "d-1")


def test_another_programs_file_is_refused(tmp_path: Path) -> None:
    """A database, and what is none."""
    with sqlite3.connect(tmp_path / "other.db") as other:
        other.execute("CREATE TABLE decisions (decision_id)")
    other.close()
    (tmp_path / "text.db").write_text("no database at all, but long enough to be read as one" * 20)
    errors = []
    for name in ("other.db", "text.db"):
        with pytest.raises((InvalidInput, Unavailable)) as caught:
            look_up(f"sqlite:///{tmp_path}/{name}", "d-1")
        errors.append(str(caught.value))
    assert "is a database of another program" in errors[0]
    assert "not a database" in errors[1]


def test_an_older_ledger_is_not_upgraded_by_a_look(tmp_path: Path) -> None:
    """It says what upgrades it, and stays as it was."""
    with sqlite3.connect(tmp_path / "ledger.db", isolation_level=None) as old:
        old.execute("PRAGMA journal_mode = WAL")
        for migration in MIGRATIONS[:1]:
            for statement in migration:
                old.execute(statement)
    old.close()
    before = digest(tmp_path)
    with pytest.raises(InvalidInput) as caught:
        look_up(f"sqlite:///{tmp_path}/ledger.db", "d-1")
    assert f"schema version `1`, older than {len(MIGRATIONS)}" in str(caught.value)
    assert digest(tmp_path) == before


def test_a_newer_ledger_is_refused(url: str, tmp_path: Path) -> None:
    """As when it is opened."""
    with sqlite3.connect(tmp_path / "ledger.db") as newer:
        newer.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    newer.close()
    said = []
    for attempt in (lambda: look_up(url, "d-1"), lambda: open_ledger(url, now=NOW, salt=b"s")):
        with pytest.raises(InvalidInput) as caught:
            attempt()
        said.append(str(caught.value).partition("newer than")[1])
    assert said == ["newer than", "newer than"]
