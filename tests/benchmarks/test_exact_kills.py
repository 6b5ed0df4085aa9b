"""Killing servers under load: the small version of the script, and what it would find."""

import copy
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from benchmarks.exact_caps import records
from benchmarks.exact_kills import VIOLATIONS, Acknowledged, Asking, counts, run, whole
from benchmarks.exact_servers import opened
from tests.contracts.ledgers import NOW, candidate, event, send


def test_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    """Three times `kill -9` under load: every answer is on record as it was given, and nothing is there by halves."""
    found = run(tmp_path, Asking(rounds=2, clients=4, seed=7))
    happened = [found[name] > 0 for name in ("acknowledged decisions", "acknowledged outcomes")]
    actual = ({name: found[name] for name in VIOLATIONS}, found["servers killed"], happened)
    assert actual == (dict.fromkeys(VIOLATIONS, 0), 3, [True, True])


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """A ledger with one send, its answer and what it reserves."""
    books = opened(f"sqlite:///{tmp_path}/ledger.db", now=NOW)
    with books.transaction() as tx:
        send(tx, "d-1", to=candidate(event()), fact_key="f")
        tx.remember("k", "n", "b", b'{"decision_id":"d-1"}', at=NOW)
    books.close()
    return tmp_path / "ledger.db"


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("SELECT 1", (0, 0, 0)),
        ("DELETE FROM reservations", (1, 0, 0)),
        ("DELETE FROM responses", (0, 1, 0)),
        ('UPDATE responses SET response = \'{"decision_id":"d-2"}\'', (0, 2, 0)),
    ],
)
def test_half_a_decision_is_seen(ledger: Path, statement: str, expected: tuple[int, int, int]) -> None:
    """A send without its reservation, a decision whose answer is not kept, an answer without its decision."""
    with closing(sqlite3.connect(ledger)) as file, file:
        file.execute(statement)
    assert tuple(whole(ledger).values()) == expected


def told(record: dict[str, Any]) -> dict[str, Any]:
    """Return the answer that a record bears out."""
    decision = record["decided"]["decision"]
    return {name: value for name, value in decision.items() if name != "features"} | {"recorded": True}


@pytest.mark.parametrize(
    ("change", "lost"),
    [({}, 0), ({"decision_id": "d-2"}, 1), ({"action": "hold"}, 1), ({"message": {"text": "Other."}}, 1)],
)
def test_an_answer_that_the_record_does_not_bear_out_is_lost(ledger: Path, change: dict[str, Any], lost: int) -> None:
    """It is absent, or says something else."""
    books = opened(f"sqlite:///{ledger}", now=NOW)
    known = list(records(books))
    books.close()
    acknowledged = Acknowledged(answers={"key": told(known[0]) | change})
    assert counts(known, acknowledged)["acknowledged decisions lost or other"] == lost


def test_what_else_is_lost_or_done_twice_is_seen(ledger: Path) -> None:
    """Confirmations, outcomes, and one key that was acted on twice."""
    books = opened(f"sqlite:///{ledger}", now=NOW)
    known = list(records(books))
    books.close()
    again = copy.deepcopy(known[0])
    again["decision_id"] = "d-2"
    acknowledged = Acknowledged(confirmed=[{"decision_id": "d-1"}], reported=Counter({("d-1", "delivered"): 1}))
    found = counts([*known, again], acknowledged)
    names = ("acknowledged confirmations lost", "acknowledged outcomes lost", "keys acted on twice", "facts told twice")
    assert [found[name] for name in names] == [1] * 4
