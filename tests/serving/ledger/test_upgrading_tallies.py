"""A ledger of an older version is counted once, when it is upgraded: as if it had counted all along."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from model.contracts import Arm, OutcomeKind
from serving.ledger import open_ledger
from serving.policy.tightening import Tightening
from tests.contracts.counted import counted, defined, kept, tallies
from tests.contracts.ledgers import KINDS, NOW, SALT, report, send
from tests.contracts.test_ledger_tallies import EVER, drawn
from tests.serving.ledger.test_upgrading import decided, made
from tests.serving.ledger.test_upgrading import reported as written

FACETS = "SELECT decision, at, purpose, channel, template, arm, word FROM facets ORDER BY decision"
BACK = (
    *("DROP VIEW counted", "DROP VIEW dims", "DROP VIEW kinds"),
    *("DROP TABLE tallies", "DROP TABLE facets", "DROP TABLE console_sessions", "DROP TABLE tightenings"),
    "DROP TABLE readings",
    "DROP INDEX refusals_of_decision",
    "ALTER TABLE confirmations DROP COLUMN counted",
)  # what version 14 brought, and 15
TRIGGERS = {
    "decisions_are_limited": "decisions",
    "confirmations_are_limited": "confirmations",
    "decisions_are_unread": "decisions",
}  # likewise, each with its table
BEFORE = 13
WATCHED = 3  # the version from which no older process may write what was drawn


def taken_back(ledger: Any, folder: Path) -> Any:
    """Make it a ledger of the version before, and open it again; it stays open where it ends with its connection."""
    store = ledger._store
    postgres = hasattr(store, "make")
    with ledger.transaction():
        for trigger, table in TRIGGERS.items():
            dropped = f"DROP TRIGGER {trigger}"
            (store.make if postgres else store.change)(f"{dropped} ON {table}" if postgres else dropped)
        for statement in BACK:
            (store.make if postgres else store.change)(statement)
        if postgres:
            store.make(f"UPDATE outreach_ledger SET version = {BEFORE}")
        else:
            store.change(f"PRAGMA user_version = {BEFORE}")
    ledger.close()
    url = store.name if postgres else f"sqlite:///{folder}/ledger.db"
    return open_ledger(url, now=NOW, salt=SALT, create=False)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "sqlite memory"])
def test_what_was_recorded_before_is_counted(kind: str, tmp_path: Path) -> None:
    """Every facet and every count, and what follows afterwards moves them on."""
    ledger: Any = KINDS[kind](tmp_path)
    with ledger.transaction() as tx:
        drawn(tx, 3)
        facets, before = tx._store.rows(FACETS), kept(tx)
    ledger = taken_back(ledger, tmp_path)
    with ledger.transaction() as tx:
        actual = (tx._store.rows(FACETS), kept(tx))
        send(tx, "later")
        report(tx, OutcomeKind.THANKED, decision_id="later")
        report(tx, OutcomeKind.THANKED, decision_id="d-1")
        then = (kept(tx) == defined(tx), tallies(tx, *EVER) == counted(tx, *EVER))
    ledger.close()
    assert (actual, then) == ((facets, before), (True, True))


def test_what_was_emptied_before_is_counted(tmp_path: Path) -> None:
    """Of a record without content the template is not known any more; all else is."""
    ledger: Any = KINDS["sqlite file"](tmp_path)
    with ledger.transaction() as tx:
        send(tx, "d-1")
        report(tx, OutcomeKind.ENGAGED, decision_id="d-1")
        tx.erase("u", at=NOW + timedelta(days=2))
    ledger = taken_back(ledger, tmp_path)
    with ledger.transaction() as tx:
        actual = (tx.tallied("", *EVER), tx.tallied("purpose", *EVER), tx.tallied("template", *EVER))
    ledger.close()
    assert actual == ([("", "send", 1)], [("delivery_update", "send", 1)], [("", "send", 1)])


@pytest.mark.parametrize("version", [1, 2, 12])
def test_every_older_version_is_counted(tmp_path: Path, version: int) -> None:
    """With the arms that its records tell of, and the outcomes that were reported of its decisions."""
    with closing(made(tmp_path / "l.db", version=version)) as old:
        if version < WATCHED:
            decided(old, "held out", Arm.HOLDOUT, sent=False)
        decided(old, "essential", None, sent=True)
        written(old, "engaged", time=NOW, decision_id="essential")
        written(old, "engaged", time=NOW + timedelta(hours=1), decision_id="essential")
    ledger: Any = open_ledger(f"sqlite:///{tmp_path}/l.db", now=NOW, salt=SALT, create=False)
    with ledger.transaction() as tx:
        actual = (tx.tallied("arm", *EVER), kept(tx) == defined(tx), tallies(tx, *EVER) == counted(tx, *EVER))
    ledger.close()
    held = [("holdout", "deny", 1)] if version < WATCHED else []
    assert actual == ([("", "engaged", 1), ("", "send", 1), *held], True, True)


def test_a_process_of_before_the_upgrade_goes_on_until_limits_are_tightened(tmp_path: Path) -> None:
    """It knows none, so from then on what it decides or confirms is refused; before, it is only in no figure."""
    made(tmp_path / "l.db", version=BEFORE).close()
    ledger: Any = open_ledger(f"sqlite:///{tmp_path}/l.db", now=NOW, salt=SALT, create=False)
    confirmed = "INSERT INTO confirmations (decision, action, at, drawn, answer) VALUES (1, 'send', 1, 0, '')"
    told = []
    with ledger.transaction() as tx:
        send(tx, "ours")
    with closing(sqlite3.connect(tmp_path / "l.db", isolation_level=None)) as old:
        decided(old, "theirs", None, sent=True)
        with ledger.transaction() as tx:
            tx.add_tightening(Tightening(at=NOW, by="ann", why="too many wrote back", limits="{}"))
        for write in (lambda: decided(old, "later", None, sent=True), lambda: old.execute(confirmed)):
            with pytest.raises(sqlite3.IntegrityError) as refused:
                write()
            told.append(str(refused.value))
        written(old, "engaged", time=NOW, decision_id="ours")
    with ledger.transaction() as tx:
        report(tx, OutcomeKind.THANKED, decision_id="ours")
        actual = (told, tx.tallied("", *EVER))
    ledger.close()
    assert actual == (["outreach was upgraded; restart this process"] * 2, [("", "send", 1), ("", "thanked", 1)])
