"""A simulated company's ledger, to try something on."""

import sqlite3
from contextlib import closing
from pathlib import Path

from serving.cli.simulated import simulated_ledger


def test_it_has_decisions_of_which_chance_drew_some(tmp_path: Path) -> None:
    """In the file that its URL names."""
    url = simulated_ledger(tmp_path, customers=300, days=5)
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as ledger:
        [(decisions, drawn)] = ledger.execute("SELECT count(*), sum(drawn) FROM decisions")
    assert (decisions > 20, 0 < drawn <= decisions) == (True, True)
