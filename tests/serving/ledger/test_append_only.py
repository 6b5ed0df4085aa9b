import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from model.contracts import OutcomeKind
from serving.ledger import open_ledger
from serving.ledger.sqlite.ledger import SqliteLedger
from tests.contracts.confirmed import confirm
from tests.contracts.drawn import TRIAL, decide, tried
from tests.contracts.ledgers import NOW, candidate, event, record, report, send
from tests.contracts.test_ledger_reviews import review

TABLES = (
    *("events", "decisions", "outcomes", "approvals", "assignments", "watches", "experiments", "trips", "breakers"),
    *("confirmations", "reviews", "tightenings", "readings"),
)
WRITTEN_TO = {  # what may still be written, by us, to a row of the record
    "assignments": "complained = 1, harmed = 1",
    "watches": "looked = 1",
    "experiments": "contacts = 1, stopped_at = 9, stopper = 'ann', why = 'enough'",
    "trips": "released_at = 9, releaser = 'ann', why = 'looked into it'",
    "breakers": "released_at = 9, releaser = 'ann', why = 'looked into it'",
}
FIXED = [  # each may not
    ("assignments", "e = 0.4"),
    ("assignments", "first = 0"),
    ("assignments", "contacted = 1"),
    ("assignments", "epoch = NULL"),
    ("assignments", "at = at - 1"),
    ("assignments", "arm = 'holdout'"),
    ("assignments", "watch = 'v'"),
    ("assignments", "above = 1"),
    ("assignments", "fact_key = 'g'"),
    ("assignments", "user_id = 'v'"),
    ("watches", "complaint_at_most = 0.9"),
    ("watches", "opt_out_at_most = 0.9"),
    ("watches", "control_rate = 0.9"),
    ("watches", "contact_above = 0.9"),
    ("watches", "contact_below = 0.01"),
    ("watches", "key = 'v'"),
    ("experiments", "share = 0.9"),
    ("experiments", "max_contacts = 99"),
    ("experiments", "until = until + 1"),
    ("experiments", "starter = 'eve'"),
    ("experiments", "started_at = 0"),
    ("experiments", "complaint_at_most = 0.9"),
    ("experiments", "opt_out_at_most = 0.9"),
    ("experiments", "contacts = -1"),
    ("experiments", "id = 'x-9'"),
    ("trips", "watch = 'v'"),
    ("trips", "harm = 'complaint'"),
    ("trips", "detail = ''"),
    ("trips", "at = 0"),
    ("breakers", "key = 'b'"),
    ("breakers", "at = 0"),
    ("breakers", "volume = 9"),
    ("breakers", "median = 9.5"),
]
UNDONE = [  # what was written once stays written
    ("assignments", "complained = 0"),
    ("assignments", "harmed = 0"),
    ("experiments", "stopped_at = NULL"),
    ("experiments", "stopped_at = 10"),
    ("experiments", "contacts = 2"),
    ("trips", "released_at = NULL"),
    ("trips", "why = 'no reason'"),
    ("breakers", "released_at = NULL"),
    ("breakers", "why = 'no reason'"),
]


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
        tx.start_experiment(TRIAL)
        decide(tx, "d-2", tried(contacted=False))
        tx.passing([candidate()], now=NOW, most=0, times=0)
        confirm(tx, "d-1")
        tx.review(review())
        ledger._store.insert(
            "INSERT INTO readings (decision, user_id, about, version, cells) SELECT seq, user_id, '[]', 1, 'c' "
            "FROM decisions LIMIT 1"
        )
        ledger._store.insert("INSERT INTO tightenings (at, approver, why, limits) VALUES (1, 'ann', 'w', '{}')")
        ledger._store.insert("INSERT INTO trips (watch, harm, detail, at) VALUES ('x-1', 'opt_out', 'd', 1)")
    return ledger


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize(
    "change", ["DELETE FROM {0}", "UPDATE {0} SET rowid = rowid + 1", "UPDATE OR REPLACE {0} SET rowid = 9"]
)
def test_nobody_changes_the_record(stranger: sqlite3.Connection, table: str, change: str) -> None:
    """The file itself refuses, whichever program asks."""
    with pytest.raises(sqlite3.IntegrityError) as caught:
        stranger.execute(change.format(table))
    actual = (str(caught.value), stranger.execute(f"SELECT count(*) FROM {table}").fetchone()[0] > 0)
    assert actual == (f"{table} are append-only", True)


def changed(connection: sqlite3.Connection, table: str, change: str) -> str:
    """Try to change a table's rows; return what the file says to it."""
    try:
        connection.execute(f"UPDATE {table} SET {change}")
    except sqlite3.IntegrityError as error:
        return str(error)
    return "done"


@pytest.mark.parametrize(("table", "change"), FIXED)
def test_what_was_fixed_beforehand_stays(stranger: sqlite3.Connection, table: str, change: str) -> None:
    """Propensities, limits, bounds, who and when: nobody makes them fit later."""
    actual = changed(stranger, table, change)
    assert actual == f"{table} are append-only"


@pytest.mark.parametrize(("table", "change"), UNDONE)
def test_what_is_written_once_stays_written(stranger: sqlite3.Connection, table: str, change: str) -> None:
    """A label, a stop and a release are added, and never taken back."""
    actual = (changed(stranger, table, WRITTEN_TO[table]), changed(stranger, table, change))
    assert actual == ("done", f"{table} are append-only")


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
    """Two triggers for each, no change and no removal; and those that refuse what older versions decide and confirm."""
    triggers = stranger.execute(
        "SELECT tbl_name, count(*) FROM sqlite_master WHERE type = 'trigger' GROUP BY 1"
    ).fetchall()
    actual = dict(triggers)
    assert actual == dict.fromkeys(TABLES, 2) | {"decisions": 6, "confirmations": 3}
