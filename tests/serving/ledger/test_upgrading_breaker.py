"""A ledger of an older version knows how much of each template usually goes out, and what went out just now."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from model.contracts import Action, Context, Message
from serving.ledger import open_ledger
from serving.ledger.instants import micros
from serving.ledger.sqlite.ledger import SqliteLedger
from serving.record.record import record_of
from tests.contracts.ledgers import NOW, ago, ruling
from tests.contracts.volumes import TEMPLATE, TEXT, about, let_go, opened
from tests.serving.ledger.test_upgrading import made

BEFORE = """INSERT INTO decisions (decision_id, user_id, action, purpose, channel, decided_at, record)
    VALUES (?, 'u', ?, 'delivery_update', 'chat', ?, ?)"""


def decided(
    old: sqlite3.Connection,
    name: str,
    count: int,
    *,
    at: datetime,
    action: Action = Action.SEND,
    message: Message | str = TEMPLATE,
) -> None:
    """Write so many decisions of one instant as the first version did; nothing in them was drawn."""
    asked = about(message)
    told = ruling(name, at=at, action=action)
    plain = replace(told.decision, arm=None, logging_propensity=None)
    record = json.dumps(record_of(asked, Context(), replace(told, decision=plain)), separators=(",", ":"))
    old.execute("BEGIN")
    try:
        old.executemany(BEFORE, [(f"{name}-{number}", action.value, micros(at), record) for number in range(count)])
    finally:
        old.execute("COMMIT")


@pytest.fixture(params=[1, 3])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqliteLedger]:
    """Open a ledger that an older version had filled: three usual hours of 30, and 50 within the last hour."""
    with closing(made(tmp_path / "l.db", version=request.param)) as old:
        for hours in (5, 29, 400):
            decided(old, f"usual-{hours}", 30, at=ago(hours=hours))
        decided(old, "lately", 50, at=ago(minutes=59))
        decided(old, "held", 500, at=ago(minutes=1), action=Action.HOLD)
        decided(old, "text", 70, at=ago(minutes=1), message=TEXT)
    opened = open_ledger(f"sqlite:///{tmp_path}/l.db", now=NOW, salt=b"new", create=False)
    yield opened
    opened.close()


def test_what_went_out_before_counts(ledger: SqliteLedger) -> None:
    """Ten times the usual hour, less those of the last hour."""
    with ledger.transaction() as tx:
        actual = (let_go(tx, 1000), [(one.key, one.volume, one.median) for one in opened(tx)])
    assert actual == (250, [(TEMPLATE, 300, 30.0)])


def test_a_text_begins_anew(ledger: SqliteLedger) -> None:
    """Its digest is nothing that the upgrade could work out."""
    with ledger.transaction() as tx:
        actual = let_go(tx, 1000, message=TEXT)
    assert actual == 200


def test_a_process_of_before_the_upgrade_sends_nothing_through_an_open_breaker(
    ledger: SqliteLedger, tmp_path: Path
) -> None:
    """It asks no breaker and counts nothing. What it denies and holds goes on, and everything once it is released."""
    with ledger.transaction() as tx:
        let_go(tx, 1000)
    old = sqlite3.connect(tmp_path / "l.db", isolation_level=None)
    told = []
    for action in (Action.SEND, Action.HOLD, Action.DENY):
        try:
            decided(old, f"while open {action}", 1, at=NOW, action=action)
        except sqlite3.IntegrityError as error:
            told.append((action, str(error)))
    with ledger.transaction() as tx:
        tx.release_breaker(TEMPLATE, at=NOW + timedelta(hours=1), by="ann", why="looked into it")
    decided(old, "afterwards", 1, at=NOW)
    old.close()
    with ledger.transaction() as tx:
        sent = tx.decision("afterwards-0") is not None
    actual = (told, sent)
    assert actual == ([(Action.SEND, "outreach was upgraded; restart this process")], True)
