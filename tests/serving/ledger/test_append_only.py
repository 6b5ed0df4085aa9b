import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from model.contracts import OutcomeKind
from serving.ledger import open_ledger
from serving.ledger.sqlite import SqliteLedger
from tests.contracts.ledgers import NOW, event, record, report, send

TABLES = ("events", "decisions", "outcomes", "approvals")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Make a ledger file with one row in every append-only table."""
    path = tmp_path / "l.db"
    ledger = filled(path)
    ledger.close()
    return path


@pytest.fixture
def stranger(path: Path) -> Iterator[sqlite3.Connection]:
    """Connect to the file as any other program would."""
    connection = sqlite3.connect(path)
    yield connection
    connection.close()


def filled(path: Path) -> SqliteLedger:
    """Open a ledger and record one thing of each kind."""
    ledger = open_ledger(f"sqlite:///{path}", now=NOW, salt=b"s", shipped={"sha256:a": "template:a"})
    with ledger.transaction() as tx:
        record(tx, event())
        send(tx, "d-1")
        report(tx, OutcomeKind.DELIVERED, decision_id="d-1")
    return ledger


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize(
    "change", ["DELETE FROM {0}", "UPDATE {0} SET rowid = rowid + 1", "UPDATE OR REPLACE {0} SET rowid = 9"]
)
def test_nobody_changes_the_record(stranger: sqlite3.Connection, table: str, change: str) -> None:
    """The file itself refuses, whichever program asks."""
    with pytest.raises(sqlite3.IntegrityError) as caught:
        stranger.execute(change.format(table))
    actual = (str(caught.value), stranger.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
    assert actual == (f"{table} are append-only", 1)


@pytest.mark.parametrize("table", TABLES)
def test_nothing_is_replaced_by_inserting(tmp_path: Path, table: str) -> None:
    """On our own connection, INSERT OR REPLACE meets the same refusal."""
    ledger = filled(tmp_path / "l.db")
    with pytest.raises(sqlite3.IntegrityError) as caught:
        ledger._store._connection.execute(f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}")
    ledger.close()
    actual = str(caught.value)
    assert actual == f"{table} are append-only"


def test_every_table_of_the_record_is_guarded(stranger: sqlite3.Connection) -> None:
    """Two triggers for each: no change, no removal."""
    triggers = stranger.execute(
        "SELECT tbl_name, count(*) FROM sqlite_master WHERE type = 'trigger' GROUP BY 1"
    ).fetchall()
    actual = dict(triggers)
    assert actual == dict.fromkeys(TABLES, 2)
