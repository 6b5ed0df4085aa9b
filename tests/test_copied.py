"""A copied ledger holds what a new one holds: the same tables, triggers and rows, and nothing of another copy."""

import sqlite3
from pathlib import Path

from serving.ledger import open_ledger
from serving.ledger.sqlite.ledger import SqliteLedger
from tests.contracts.ledgers import NOW, SALT, SHIPPED, candidate, send
from tests.copied import in_file, in_memory


def whole(ledger: SqliteLedger) -> list[str]:
    """Return all that makes up this ledger, as statements, with what its header says; it is closed then."""
    connection: sqlite3.Connection = ledger._store._connection
    header = [
        f"{name} {connection.execute(f'PRAGMA {name}').fetchone()[0]}"
        for name in ("user_version", "application_id", "journal_mode", "secure_delete", "foreign_keys", "synchronous")
    ]
    found = [*header, *connection.iterdump()]
    ledger.close()
    return found


def test_in_memory() -> None:
    """Two copies, one after the other, of which the first was written to."""
    expected = whole(open_ledger("sqlite://", now=NOW, salt=SALT, shipped=SHIPPED))
    first = in_memory(now=NOW, salt=SALT, shipped=SHIPPED)
    with first.transaction() as tx:
        send(tx, "d-1", to=candidate())
    actual = whole(in_memory(now=NOW, salt=SALT, shipped=SHIPPED))
    assert actual == expected
    assert whole(first) != expected


def test_in_a_file(tmp_path: Path) -> None:
    """The same of files; one that is there already is opened as it is."""
    expected = whole(open_ledger(f"sqlite:///{tmp_path}/new.db", now=NOW, salt=SALT, shipped=SHIPPED))
    first = in_file(tmp_path / "first.db", now=NOW, salt=SALT, shipped=SHIPPED)
    with first.transaction() as tx:
        send(tx, "d-1", to=candidate())
    first.close()
    assert whole(in_file(tmp_path / "second.db", now=NOW, salt=SALT, shipped=SHIPPED)) == expected
    assert whole(in_file(tmp_path / "first.db", now=NOW, salt=SALT, shipped=SHIPPED)) != expected
    assert (tmp_path / "second.db").stat().st_mode == (tmp_path / "new.db").stat().st_mode
