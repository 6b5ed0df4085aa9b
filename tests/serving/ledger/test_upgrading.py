"""A ledger of an older version learns what chance did from the records of its decisions."""

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from model.contracts import Action, Arm, Context, CustomerWouldThank
from serving.ledger import open_ledger
from serving.ledger.instants import micros
from serving.ledger.schema.migrations import MIGRATIONS
from serving.ledger.sqlite.ledger import SqliteLedger
from serving.record.record import record_of
from serving.standing import Assignment
from tests.contracts.drawn import WATCH, counts, day, decide
from tests.contracts.ledgers import NOW, candidate, ruling

ROWS = """SELECT d.decision_id, a.first, a.epoch, a.complained, a.harmed FROM assignments a
    JOIN decisions d ON d.seq = a.decision ORDER BY a.decision"""


def decided(
    old: sqlite3.Connection, identity: str, arm: Arm | None, *, sent: bool, above: bool = True, fact: str | None = "f"
) -> None:
    """Write a decision as the version before did: no assignment in its record."""
    told = ruling(identity, action=Action.SEND if sent else Action.DENY, fact_key=fact)
    below = (0.98, 0.02) if not above else (0.05, 0.95)
    decision = replace(
        told.decision,
        arm=arm,
        logging_propensity=None if arm is None else below[sent],
        customer_would_thank=CustomerWouldThank(asked=arm is not None, answer=above if arm else None),
    )
    record = record_of(candidate(), Context(), replace(told, decision=decision))
    for later in ("assignment", "stopped", "shadow"):
        del record["decided"][later]
    old.execute(
        """INSERT INTO decisions (decision_id, user_id, action, purpose, channel, decided_at, record)
        VALUES (?, 'u', ?, 'delivery_update', 'chat', ?, ?)""",
        (identity, decision.action.value, micros(NOW), json.dumps(record, separators=(",", ":"))),
    )


def reported(old: sqlite3.Connection, kind: str, *, time: datetime, decision_id: str | None = None) -> None:
    """Write an outcome of customer `u` as the version before did."""
    old.execute(
        """INSERT INTO outcomes (decision_id, user_id, kind, stated, channel, time, recorded_at)
        VALUES (?, 'u', ?, '', NULL, ?, ?)""",
        (decision_id, kind, micros(time), micros(time)),
    )


def made(path: Path, *, version: int) -> sqlite3.Connection:
    """Make the file of an older version."""
    old = sqlite3.connect(path, isolation_level=None)
    for migration in MIGRATIONS[:version]:
        for statement in migration:
            old.execute(statement)
    old.execute("INSERT INTO secrets (name, value) VALUES ('salt', x'6f6c64')")
    return old


@pytest.fixture(params=[1, 2])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqliteLedger]:
    """Open a ledger that an older version had filled."""
    old = made(tmp_path / "l.db", version=request.param)
    decided(old, "essential", None, sent=True)
    decided(old, "held out", Arm.HOLDOUT, sent=False)
    decided(old, "again", Arm.MODEL, sent=True)
    decided(old, "explored", Arm.POLICY_ONLY, sent=True, above=False, fact="g")
    decided(old, "below", Arm.MODEL, sent=False, above=False, fact="h")
    decided(old, "nothing", None, sent=False, fact=None)
    reported(old, "opted_out", time=day(2), decision_id="explored")
    reported(old, "opted_out", time=day(2), decision_id="below")
    reported(old, "complained", time=day(14))
    old.close()
    opened = open_ledger(f"sqlite:///{tmp_path}/l.db", now=NOW, salt=b"new", create=False)
    yield opened
    opened.close()


def test_old_decisions_with_an_arm_become_assignments(ledger: SqliteLedger) -> None:
    """P(contacted) from the propensity of what was done: 1 − p where it was withheld; the model in place of a watch."""
    with ledger.transaction() as tx:
        page, _ = tx.occasions(after=0, limit=9)
    actual = [one.assignment for one in page]
    assert actual == [
        Assignment(arm=Arm.HOLDOUT, contacted=False, contact_probability=0.95, above=True, watch="7"),
        Assignment(arm=Arm.POLICY_ONLY, contacted=True, contact_probability=0.02, above=False, watch="7"),
        Assignment(arm=Arm.MODEL, contacted=False, contact_probability=0.02, above=False, watch="7"),
    ]


def test_they_have_their_labels_and_no_counts(ledger: SqliteLedger) -> None:
    """First by fact, harmed only where contacted, no complaint after the window, and nothing for the monitor."""
    with ledger.transaction() as tx:
        rows, watched = ledger._store.rows(ROWS), tx.watched()
    actual = (rows, watched)
    assert actual == (
        [
            ("held out", 1, None, 0, 0),
            ("again", 0, None, 0, 0),
            ("explored", 1, None, 0, 1),
            ("below", 1, None, 0, 0),
        ],
        [],
    )


def test_the_loop_goes_on(ledger: SqliteLedger) -> None:
    """A fact of before the upgrade is no new occasion, only a further contact; silence begins with the next look."""
    with ledger.transaction() as tx:
        before = tx.standing(NOW).stopped
        tx.watch(WATCH)
        decide(tx, "new-1", fact="g")
        decide(tx, "new-2", fact="k")
        actual = (before, sum(counts(tx).values()), tx.standing(NOW).stopped, tx.standing(day(14)).stopped)
    assert actual == (None, 2, None, "silent")


def test_a_process_of_before_the_upgrade_draws_no_more(ledger: SqliteLedger, tmp_path: Path) -> None:
    """It knows no assignments: nobody would watch what it sends. Essential service and outcomes go on."""
    old = sqlite3.connect(tmp_path / "l.db", isolation_level=None)
    told = []
    for identity, arm in (("drawn", Arm.MODEL), ("held", Arm.HOLDOUT), ("parcel", None)):
        try:
            decided(old, identity, arm, sent=arm is not Arm.HOLDOUT)
        except sqlite3.IntegrityError as error:
            told.append(str(error))
    reported(old, "opted_out", time=day(3), decision_id="explored")
    old.close()
    with ledger.transaction() as tx:
        kept = [identity for identity in ("drawn", "held", "parcel") if tx.decision(identity) is not None]
    actual = (told, kept)
    assert actual == (["outreach was upgraded; restart this process"] * 2, ["parcel"])
