"""A ledger of an older version learns which of its decisions gave which reason."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from model.contracts import Action, Context
from serving.ledger import open_ledger
from serving.ledger.instants import micros
from serving.ledger.sqlite.ledger import SqliteLedger
from serving.record.record import record_of
from tests.contracts.ledgers import NOW, candidate, ruling
from tests.serving.ledger.test_upgrading import made

REASON = {"outcome": "deny", "detail": "d", "would_change": "w"}


def decided(old: sqlite3.Connection, identity: str, reasons: object) -> None:
    """Write a decision as the first version did, with these reasons in its record."""
    record = record_of(candidate(), Context(), ruling(identity, action=Action.DENY))
    for later in ("assignment", "stopped", "shadow"):
        del record["decided"][later]
    record["decided"]["decision"] |= {"reasons": reasons, "arm": None, "logging_propensity": None}
    old.execute(
        """INSERT INTO decisions (decision_id, user_id, action, purpose, channel, decided_at, record)
        VALUES (?, 'u', 'deny', 'win_back', 'chat', ?, ?)""",
        (identity, micros(NOW), json.dumps(record, separators=(",", ":"))),
    )


def listed(ledger: SqliteLedger, reason: str) -> list[str]:
    """List the decisions of one reason."""
    with ledger.transaction() as tx:
        found = tx.decisions(action=None, user=None, since=None, after=None, limit=9, reason=reason)
    return [one["decision_id"] for one in found]


@pytest.mark.parametrize("version", [1, 2, 3])
def test_what_was_refused_before_is_listed(tmp_path: Path, version: int) -> None:
    """Every reason of every decision on record; what has no code is left aside, and the file opens."""
    with closing(made(tmp_path / "l.db", version=version)) as old:
        decided(old, "twice", [{"code": "purpose_is_marketing", **REASON}, {"code": "consent_missing", **REASON}])
        decided(old, "once", [{"code": "consent_missing", **REASON}])
        decided(old, "sent", [])
        decided(old, "odd", [REASON])
    ledger = open_ledger(f"sqlite:///{tmp_path}/l.db", now=NOW, salt=b"new", create=False)
    actual = [listed(ledger, code) for code in ("purpose_is_marketing", "consent_missing", "quiet_hours")]
    ledger.close()
    assert actual == [["twice"], ["twice", "once"], []]
