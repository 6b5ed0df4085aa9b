"""A ledger of an older version keeps its approvals, in their order, and learns to withdraw them."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from serving.ledger import open_ledger
from serving.ledger.instants import micros
from serving.ports import Approval
from tests.contracts.ledgers import NOW
from tests.contracts.test_ledger_reviews import approval, review, state
from tests.serving.ledger.test_upgrading import made

OLD = "INSERT INTO approvals (digest, what, approver, at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
FIRST = Approval(digest="sha256:first", what="text", by="shipped", at=NOW)
THEN = approval(at=NOW - timedelta(days=1))  # by a clock that was set back


def write(old: sqlite3.Connection, *approvals: Approval) -> None:
    """Record approvals as a process of an older version does."""
    for one in approvals:
        old.execute(OLD, (one.digest, one.what, one.by, micros(one.at)))


@pytest.mark.parametrize("version", [1, 4, 8])
def test_old_approvals_stand_and_can_be_withdrawn(tmp_path: Path, version: int) -> None:
    """Each with its digest, who and when, the newest first; a review takes one back, and nothing else."""
    with closing(made(tmp_path / "l.db", version=version)) as old:
        write(old, FIRST, THEN)
    ledger = open_ledger(f"sqlite:///{tmp_path}/l.db", now=NOW, salt=b"new", create=False)
    with ledger.transaction() as tx:
        listed, before, reviews = tx.approvals(limit=9), state(tx), tx.reviews(limit=9)
        tx.review(review(send=False))
        after = (state(tx), tx.approval("sha256:first"))
    ledger.close()
    assert (listed, before, reviews, after) == ([THEN, FIRST], "approved", [], ("none", FIRST))


def test_the_old_record_is_still_guarded(tmp_path: Path) -> None:
    """By the file itself, before and after a second opening; there is one table of approvals."""
    with closing(made(tmp_path / "l.db", version=8)) as old:
        write(old, FIRST)
    told = []
    for _ in range(2):
        open_ledger(f"sqlite:///{tmp_path}/l.db", now=NOW, salt=b"new", create=False).close()
        with closing(sqlite3.connect(tmp_path / "l.db")) as stranger:
            for statement in ("DELETE FROM approvals", "UPDATE approvals SET at = 0"):
                with pytest.raises(sqlite3.IntegrityError, match="approvals are append-only"):
                    stranger.execute(statement)
            tables = stranger.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'approvals%'")
            told.append((tables.fetchall(), stranger.execute("SELECT * FROM approvals").fetchall()))
    assert told == [([("approvals",)], [(1, "sha256:first", "text", "shipped", micros(NOW))])] * 2


def test_a_process_of_before_the_upgrade_approves_as_well(tmp_path: Path) -> None:
    """It may say so twice: one withdrawal takes back all that was said before it."""
    made(tmp_path / "l.db", version=8).close()
    ledger = open_ledger(f"sqlite:///{tmp_path}/l.db", now=NOW, salt=b"new", create=False)
    with closing(sqlite3.connect(tmp_path / "l.db", isolation_level=None)) as old:
        write(old, approval(), approval())
        with ledger.transaction() as tx:
            before = state(tx)
            tx.review(review(thank=False))
            after = (state(tx), [one.withdrawn is None for one in tx.approvals(limit=9)])
        write(old, approval())
        with ledger.transaction() as tx:
            again = state(tx)
    ledger.close()
    assert (before, after, again) == ("approved", ("none", [False, False]), "approved")
