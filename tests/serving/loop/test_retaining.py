"""Retention in a running server: content goes when it is old enough, some at a time, once an hour."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from serving.ledger import open_ledger
from serving.loop.retaining import EMPTIED, Retaining
from serving.ports import Ledger
from tests.contracts.ledgers import NOW, SALT, send

DAY = timedelta(days=1)


class Turned:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.at = NOW

    def __call__(self) -> datetime:
        """Return the time that it shows."""
        return self.at


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    """Open a ledger in memory."""
    opened = open_ledger("sqlite://", now=NOW, salt=SALT)
    yield opened
    opened.close()


def shown(ledger: Ledger) -> int:
    """Return how many decisions can be read."""
    with ledger.transaction() as tx:
        return len(tx.decisions(action=None, user=None, since=None, after=None, limit=10_000))


def ticked(ledger: Ledger, retaining: Retaining) -> int:
    """Let it work until it says that there is no more; return how many jobs that took."""
    jobs = 1
    while True:
        with ledger.transaction() as tx:
            if not retaining(ledger, tx):
                return jobs
        jobs += 1


def test_content_goes_on_its_day(ledger: Ledger) -> None:
    """Not an instant before it is older than what was set."""
    clock, found = Turned(), []
    retaining = Retaining(clock, 200 * DAY)
    with ledger.transaction() as tx:
        send(tx, "d", at=NOW)
    for after in (DAY, 200 * DAY, 200 * DAY + timedelta(hours=1)):
        clock.at = NOW + after
        ticked(ledger, retaining)
        found.append(shown(ledger))
    assert found == [1, 1, 0]


def test_much_goes_a_little_at_a_time(ledger: Ledger) -> None:
    """No job takes more than its share, and all of it is done within one tick."""
    clock = Turned()
    with ledger.transaction() as tx:
        for number in range(2 * EMPTIED + 1):
            send(tx, f"d-{number}", at=NOW)
    clock.at = NOW + 201 * DAY
    jobs = ticked(ledger, Retaining(clock, 200 * DAY))
    assert (jobs, shown(ledger)) == (4, 0)


def test_it_looks_once_an_hour(ledger: Ledger) -> None:
    """What grows too old within the hour waits; a clock that is set back is looked at again."""
    clock, found = Turned(), []
    retaining = Retaining(clock, 200 * DAY)
    with ledger.transaction() as tx:
        send(tx, "d", at=NOW)
    for after in (timedelta(minutes=-10), timedelta(minutes=10), timedelta(minutes=50)):
        clock.at = NOW + 200 * DAY + after
        ticked(ledger, retaining)
        found.append(shown(ledger))
    assert found == [1, 1, 0]
