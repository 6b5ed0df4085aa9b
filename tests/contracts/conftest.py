"""Every contract test of the ledger runs on every ledger there is."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from serving.ports import Ledger, Transaction
from tests.contracts.ledgers import KINDS


@pytest.fixture(params=KINDS)
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    """Open a fresh ledger of one kind, and close it afterwards."""
    opened = KINDS[request.param](tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def tx(ledger: Ledger) -> Iterator[Transaction]:
    """Hold one transaction open for the length of a test."""
    with ledger.transaction() as transaction:
        yield transaction
