"""The ledger that the console is measured with is one as any other: its counts, its records and what follows agree."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from benchmarks.console_ledger import make
from serving.ledger import open_ledger
from tests.contracts.counted import counted, defined, kept, tallies

UNTIL = datetime(2026, 11, 22, 12, tzinfo=UTC)
EVER = (UNTIL - timedelta(days=31), UNTIL)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Make a small one, of some copies of its month."""
    path = tmp_path_factory.mktemp("console") / "l.db"
    assert make(path, 4000, UNTIL, customers=60) >= 4000
    with closing(open_ledger(f"sqlite:///{path}", now=UNTIL, salt=b"s", create=False)) as ledger:
        yield ledger


def test_its_counts_are_those_of_its_rows(made: Any) -> None:
    """As if each decision had been recorded by itself."""
    with made.transaction() as tx:
        actual = (kept(tx) == defined(tx), tallies(tx, *EVER) == counted(tx, *EVER))
    assert actual == (True, True)


def test_its_rows_belong_together(made: Any) -> None:
    """In order of time; every record has its own id, customer and evidence, which is on record."""
    with made.transaction() as tx:
        store = tx._store
        broken = store.rows("PRAGMA foreign_key_check")
        rows = tx.decisions(action="send", user=None, since=None, after=None, limit=10_000)
        times = [at for (at,) in store.rows("SELECT decided_at FROM decisions ORDER BY seq")]
        told = {(each["candidate"]["user_id"], each["candidate"]["evidence"]["id"]) for each in rows}
        known = set(store.rows("SELECT subject, id FROM events"))
        own = {each["decision_id"] for each in rows} == {each["decided"]["decision"]["decision_id"] for each in rows}
    actual = (broken, times == sorted(times), told <= known, own, len(told) == len(rows))
    assert actual == ([], True, True, True, True)
