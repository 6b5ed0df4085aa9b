"""What a replay reads: the newest records of a period, page by page, and the occasions among them."""

from datetime import timedelta

import pytest

from serving.ledger import replayable
from serving.ports import Transaction
from serving.what_if import Replayable
from tests.contracts.drawn import WATCH, decide
from tests.contracts.ledgers import NOW


def made(tx: Transaction, hours: int = 7) -> Replayable:
    """Decide one occasion an hour, `d-0` first, each drawn."""
    tx.watch(WATCH)
    for number in range(hours):
        decide(tx, f"d-{number}", user=f"u-{number}", at=NOW + timedelta(hours=number))
    return tx  # type: ignore[return-value]  # every transaction reads as well


def read(tx: Replayable, **period: object) -> list[str]:
    """Return the numbers of the decisions, in the order in which they come."""
    given = {"since": None, "until": None, "count": 99} | period
    return [record["decision_id"] for page, _ in tx.newest_records(**given) for record in page]  # type: ignore[arg-type]


@pytest.mark.parametrize("page", [1, 2, 3, 500])
def test_the_newest_come_first_whatever_the_page(tx: Transaction, monkeypatch: pytest.MonkeyPatch, page: int) -> None:
    """Each once, as many as are asked for."""
    monkeypatch.setattr(replayable, "PAGE", page)
    ledger = made(tx)
    actual = ["".join(one[-1] for one in read(ledger, count=count)) for count in (99, 5, 0)]
    assert actual == ["6543210", "65432", ""]


def test_a_period_begins_with_its_start_and_ends_before_its_end(tx: Transaction) -> None:
    """From three hours on, until before five."""
    ledger = made(tx)
    actual = read(ledger, since=NOW + timedelta(hours=3), until=NOW + timedelta(hours=5))
    assert actual == ["d-4", "d-3"]


@pytest.mark.parametrize("page", [1, 500])
def test_occasions_are_those_of_these_decisions(tx: Transaction, monkeypatch: pytest.MonkeyPatch, page: int) -> None:
    """Of these ids alone, wherever the pages end."""
    monkeypatch.setattr(replayable, "PAGE", page)
    ledger = made(tx)
    numbers = [number for _, ends in ledger.newest_records(since=None, until=None, count=99) for number in ends]
    ids = {"d-0", "d-2", "d-6"}
    within = ledger.occasions_between(min(numbers), max(numbers), ids)
    actual = [one.record["decision_id"] for one in within]
    assert actual == ["d-0", "d-2", "d-6"]
