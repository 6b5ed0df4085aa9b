"""Several hosts count on one PostgreSQL ledger: nobody waits for another's rows, and the sum is exact."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from model.contracts import Outcome, OutcomeKind
from tests.contracts.confirmed import hold
from tests.contracts.counted import counted, defined, kept, tallies
from tests.contracts.ledgers import NOW, candidate
from tests.serving.ledger.hosts import address, ask, at_once, host, moved, welcome

USERS = ("u-0", "u-1", "u-2", "u-3")
EVER = (NOW - timedelta(days=1), NOW + timedelta(days=1))
PARTS = "SELECT count(DISTINCT part) FROM tallies"


@pytest.fixture
def hosts(tmp_path: Path) -> Iterator[list[Any]]:
    """Connect a few hosts, none of which waits for another for long."""
    url = address(tmp_path)
    connected: list[Any] = [host(url, patience=5.0) for _ in USERS]
    welcome(connected[0], USERS)
    yield connected
    for one in connected:
        one.close()


def test_nobody_waits_for_another_s_counts(hosts: list[Any]) -> None:
    """The same hour, template and word, counted while somebody else's count of it is not committed yet."""
    first, second, *_ = hosts
    with first.transaction(about=["u-0"]) as held:
        hold(held, "d-0", to=candidate(user_id="u-0"))
        with second.transaction(about=["u-1"]) as tx:
            hold(tx, "d-1", to=candidate(user_id="u-1"))
    with first.transaction() as tx:
        actual = (tx.tallied("", *EVER), tx._store.row(PARTS))
    assert actual == ([("", "hold", 2)], (2,))


def test_whoever_decides_and_reports_at_once_the_sum_is_exact(hosts: list[Any]) -> None:
    """Decisions and outcomes of all hosts, about the same customers."""
    alone: list[int] = []

    def work(ledger: Any, number: int) -> None:
        for turn in range(4):
            answers = ask(ledger, [moved(user, 100 * number + turn) for user in USERS], alone)
            for answer in answers:
                engaged = Outcome(
                    kind=OutcomeKind.ENGAGED, time=NOW, decision_id=json.loads(answer.body)["decision_id"]
                )
                with ledger.transaction() as tx:
                    tx.add_outcome(engaged, recorded_at=NOW)

    at_once(hosts, work)
    with hosts[0].transaction() as tx:
        words = {what: n for _, what, n in tx.tallied("", *EVER)}
        actual = (words["engaged"], tallies(tx, *EVER) == counted(tx, *EVER), kept(tx) == defined(tx))
    assert actual == (64, True, True)
