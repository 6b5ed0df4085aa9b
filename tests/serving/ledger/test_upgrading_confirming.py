"""What an older version decided can be confirmed: its sends, its holds, its denials, and its draws."""

import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from model.contracts import Arm
from serving.ledger import open_ledger
from serving.ledger.instants import micros
from tests.contracts.confirmed import CANCELLED, HELD, confirm, known
from tests.contracts.ledgers import NOW, candidate, context
from tests.serving.ledger.test_upgrading import decided, made

WATCHED = 3  # from this version on, a process writes the assignment of what it draws
DAY_AGO = micros(NOW - timedelta(hours=20))


def reserved(old: sqlite3.Connection, identity: str) -> None:
    """Reserve for a send as an older version did."""
    old.execute(
        """INSERT INTO reservations (decision_id, user_id, at, channel, outbound, fact_key, session)
        VALUES (?, 'u', ?, 'chat', 1, 'f', NULL)""",
        (identity, DAY_AGO),
    )


@pytest.mark.parametrize("version", [1, 2, 3, 4])
def test_a_ledger_of_an_older_version_is_confirmed_like_a_new_one(tmp_path: Path, version: int) -> None:
    """Reservations move, stay and go; a draw is on record where the older version drew."""
    path = tmp_path / "l.db"
    old = made(path, version=version)
    for name in ("a", "b", "c"):
        arm = Arm.MODEL if name == "a" and version < WATCHED else None
        decided(old, name, arm, sent=True, fact=name)
        reserved(old, name)
    decided(old, "d", None, sent=False)
    old.close()
    ledger = open_ledger(f"sqlite:///{path}", now=NOW, salt=b"new", create=False)
    with ledger.transaction() as tx:
        before = context(tx, candidate())
        drawn = known(tx, "a").assignment
        confirm(tx, "a")
        confirm(tx, "b", HELD, expires=0.5)
        confirm(tx, "c", CANCELLED)
        seen = [context(tx, candidate(), now=NOW + timedelta(minutes=minutes)) for minutes in (0, 30)]
        denied = known(tx, "d").action
    ledger.close()
    counts = [(one.contacts_60m, one.contacts_24h) for one in (before, *seen)]
    actual = (counts, denied, drawn is not None)
    assert actual == ([(0, 3), (1, 2), (1, 1)], CANCELLED, version < WATCHED)
