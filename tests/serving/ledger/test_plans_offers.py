"""What happens to an offer finds it through an index: there may be a million, and it happens with every outcome."""

import re
from collections.abc import Iterator

import pytest

from serving.ledger import offers, open_ledger
from serving.ledger.sqlite.ledger import SqliteLedger
from tests.contracts.ledgers import NOW


@pytest.fixture(scope="module")
def ledger() -> Iterator[SqliteLedger]:
    """Open an empty ledger."""
    opened = open_ledger("sqlite://", now=NOW, salt=b"s")
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("_EXPIRE", "offers_ending (<expr><?)"),
        ("_LEASE", "INTEGER PRIMARY KEY (rowid=?)"),
        ("_SETTLE", "INTEGER PRIMARY KEY (rowid=?)"),
        ("_REVIVE", "INTEGER PRIMARY KEY (rowid=?)"),
        ("_REACHED", "offers_of_decision (decision=?)"),
        ("_WITHDRAW", "offers_of_decision (decision=?)"),
    ],
)
def test_no_change_reads_a_whole_table(ledger: SqliteLedger, name: str, index: str) -> None:
    """The index that was made for it."""
    sql = vars(offers)[name]
    bound = dict.fromkeys(re.findall(r":(\w+)", sql), 0)
    steps = [row[3] for row in ledger._store._connection.execute("EXPLAIN QUERY PLAN " + sql, bound)]
    assert (any(index in step for step in steps), [step for step in steps if step.startswith("SCAN")]) == (True, [])
