"""Tightened limits on record: appended, the newest first, as they were written."""

import json
from datetime import timedelta

import pytest

from serving.policy.tightening import Tightening
from serving.ports import Ledger, Transaction
from tests.contracts.ledgers import NOW


def tightened(number: int, limits: str = '{"contacts_24h": 1}') -> Tightening:
    """Describe what Ann tightened, and when."""
    return Tightening(at=NOW + timedelta(seconds=number), by="Ann (key-1)", why="too many calls", limits=limits)


def test_the_newest_come_first(tx: Transaction) -> None:
    """As many as are asked for, in the order in which they were recorded, whatever their times say."""
    for number in (1, 3, 2):
        tx.add_tightening(tightened(number))
    actual = ([one.at for one in tx.tightenings(limit=2)], len(tx.tightenings(limit=9)))
    assert actual == ([tightened(2).at, tightened(3).at], 3)


def test_each_has_a_number_of_its_own(tx: Transaction) -> None:
    """Later ones a higher one, also within one instant: by it a page knows whether another one came since."""
    for _ in range(3):
        tx.add_tightening(tightened(1))
    newest, middle, oldest = (one.seq for one in tx.tightenings(limit=9))
    assert 0 < oldest < middle < newest


@pytest.mark.parametrize("limits", ["{}", '{"x":', "", '{"quiet_start": "ö"}', json.dumps({"a": "b" * 9999})])
def test_a_row_is_read_as_it_was_written(tx: Transaction, limits: str) -> None:
    """Who, when, why and the very text, whatever stands in it."""
    tx.add_tightening(tightened(1, limits))
    actual = tx.tightenings(limit=1)
    assert actual == [tightened(1, limits)]


def test_what_is_undone_is_not_on_record(ledger: Ledger) -> None:
    """A tightening is all or nothing, as everything else."""
    with ledger.transaction() as tx, tx.savepoint(keep=False):
        tx.add_tightening(tightened(1))
    with ledger.transaction() as tx:
        actual = tx.tightenings(limit=9)
    assert actual == []
