"""A ledger of an older version learns what reached its customers, and what its confirmations refused."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from model.contracts import Action, Context
from serving.ledger import open_ledger
from serving.ledger.instants import micros
from serving.ledger.sqlite.ledger import SqliteLedger
from serving.record.record import record_of
from tests.contracts.confirmed import confirm, known
from tests.contracts.ledgers import NOW, ago, candidate, context, ruling
from tests.contracts.volumes import room
from tests.serving.ledger.test_upgrading import made, reported

CONFIRMED = 5  # from this version on there are confirmations
REASON = {"code": "promotional_wording", "outcome": "deny", "detail": "d", "would_change": "w"}


def decided(old: sqlite3.Connection, identity: str, action: Action) -> None:
    """Write a decision of three hours ago as an older version did; a send with its reservation, released since."""
    told = ruling(identity, at=ago(hours=3), action=action, fact_key=identity)
    record = record_of(candidate(session_id="s"), Context(), told)
    record["decided"]["decision"] |= {"arm": None, "logging_propensity": None}
    old.execute(
        """INSERT INTO decisions (decision_id, user_id, action, purpose, channel, decided_at, record)
        VALUES (?, 'u', ?, 'delivery_update', 'chat', ?, ?)""",
        (identity, action.value, micros(ago(hours=3)), json.dumps(record, separators=(",", ":"))),
    )
    if action is Action.SEND:
        old.execute(
            """INSERT INTO reservations (decision_id, user_id, at, channel, outbound, fact_key, session, released_at)
            VALUES (?, 'u', ?, 'chat', 1, ?, 's', ?)""",
            (identity, micros(ago(hours=3)), identity, micros(ago(hours=1))),
        )


@pytest.fixture(params=[1, 3, 6])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqliteLedger]:
    """Open a ledger that an older version had filled."""
    with closing(made(tmp_path / "l.db", version=request.param)) as old:
        for action in Action:
            for reached in ("engaged", "not_delivered"):
                decided(old, f"{action}-{reached}", action)
                reported(old, reached, time=ago(hours=2), decision_id=f"{action}-{reached}")
                reported(old, reached, time=ago(hours=1), decision_id=f"{action}-{reached}")
        if request.param >= CONFIRMED:
            old.execute(
                """INSERT INTO confirmations (decision, action, at, drawn, record, answer)
                VALUES (1, 'cancel', 1, 0, ?, x'')""",
                (json.dumps({"decided": {"decision": {"reasons": [REASON]}}}),),
            )
    opened = open_ledger(f"sqlite:///{tmp_path}/l.db", now=NOW, salt=b"new", create=False)
    yield opened
    opened.close()


def test_what_reached_them_counts(ledger: SqliteLedger) -> None:
    """What was released although they engaged, and what was held and sent all the same; no denial."""
    with ledger.transaction() as tx:
        contacts = context(tx, candidate()).contacts
        reserved = [
            known(tx, f"{action}-{kind}").reserved for action in Action for kind in ("engaged", "not_delivered")
        ]
    by = dict(zip(Action, zip(reserved[::2], reserved[1::2], strict=True), strict=True))
    expected = {Action.SEND: (True, False), Action.HOLD: (True, False), Action.DENY: (False, False)}
    actual = (sorted(contacts), by)
    assert actual == ([ago(hours=3), ago(hours=2)], expected)


def test_what_older_versions_sent_is_volume_when_it_is_confirmed(ledger: SqliteLedger) -> None:
    """When it was counted last is not known: so it is not within the hour."""
    with ledger.transaction() as tx:
        before = room(tx, most=10)
        confirm(tx, "send-not_delivered")
        actual = (before, room(tx, most=10), known(tx, "send-not_delivered").counted_at)
    assert actual == (10, 9, NOW)


def test_what_its_confirmations_refused_is_listed(ledger: SqliteLedger, request: pytest.FixtureRequest) -> None:
    """Where it had any."""
    with ledger.transaction():
        rows = ledger._store.rows("SELECT code, decision FROM refusals")
    version = request.node.callspec.params["ledger"]
    assert rows == ([(REASON["code"], 1)] if version >= CONFIRMED else [])
