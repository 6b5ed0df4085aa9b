"""Customers of an incident who wait get their turn; one who cannot be decided does not keep the others waiting."""

import logging
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from model.contracts import EvidenceRef
from serving.loop.timekeeper import MATCHES
from serving.ports import Ledger, Transaction
from tests.contracts.ledgers import event
from tests.serving.loop.test_timekeeper import EVENING, MORNING, overnight
from tests.serving.served import Watch
from tests.serving.timekeeping import Company

OUTAGE = event("incident.update", "outage", subject=None, data={"incident": "I-1"}, time=EVENING)
NAMED = EvidenceRef(type=OUTAGE.type, id=OUTAGE.id, source=OUTAGE.source)
HOUR = timedelta(hours=1)


@dataclass
class Deciding:
    """Takes waiting matches and notes whom it decided; the first of the `failing` undoes its whole job."""

    clock: Watch
    failing: set[str] = field(default_factory=set)
    decided: list[str] = field(default_factory=list)
    jobs: list[int] = field(default_factory=list)

    def __call__(self, _: Ledger, transaction: Transaction, limit: int) -> int:
        """Decide at most so many."""
        taken = [match.user_id for match in transaction.take_matches(now=self.clock.at, limit=limit)]
        self.jobs.append(len(taken))
        if self.failing.intersection(taken):
            raise RuntimeError(f"the secret of {taken}")
        self.decided += taken
        return len(taken)


def waiting(folder: Path, deciding: Deciding, count: int) -> Company:
    """Return a company with so many customers who wait for their turn."""
    made = Company(folder / "l.db", deciding.clock, deciding=deciding)
    with made as it:
        it.told(OUTAGE)
        it.does(lambda tx: tx.add_matches(NAMED, names(count), at=it.clock.at))
    return made


def names(count: int) -> list[str]:
    """Name so many customers, in order."""
    return [f"u-{number:04}" for number in range(count)]


@pytest.fixture
def deciding() -> Deciding:
    """Decide everybody."""
    return Deciding(Watch(EVENING))


def test_everybody_gets_their_turn(tmp_path: Path, deciding: Deciding) -> None:
    """In order, a job at a time, each once; another tick finds nobody."""
    count = 3 * MATCHES + 5
    with waiting(tmp_path, deciding, count) as it:
        done = [it.ticks(), it.ticks()]
    actual = (done, deciding.decided == names(count), max(deciding.jobs))
    assert actual == ([count, 0], True, MATCHES)


def test_who_cannot_be_decided_does_not_keep_the_others_waiting(
    tmp_path: Path, deciding: Deciding, caplog: pytest.LogCaptureFixture
) -> None:
    """They are put off by an hour; the log names the type of event, and no customer."""
    count, bad = 2 * MATCHES, {"u-0003", f"u-{MATCHES + 1:04}"}
    deciding.failing |= bad
    with waiting(tmp_path, deciding, count) as it:
        with caplog.at_level(logging.ERROR, logger="serving.loop.timekeeper"):
            done = it.ticks()
        first = list(deciding.decided)
        deciding.failing.clear()
        done_too_early = it.ticks()
        it.clock.at += HOUR
        actual = (done, first, done_too_early, it.ticks(), deciding.decided[len(first) :])
    said = {record.getMessage() for record in caplog.records}
    assert actual == (count, [name for name in names(count) if name not in bad], 0, 2, sorted(bad))
    assert said == {"a match of `incident.update` cannot be decided: RuntimeError; it is tried again in an hour"}


def test_who_can_never_be_decided_is_over_when_the_event_is(
    tmp_path: Path, deciding: Deciding, caplog: pytest.LogCaptureFixture
) -> None:
    """After 72 hours nothing could be told of it anyway."""
    deciding.failing |= {"u-0000"}
    hours = 0
    with waiting(tmp_path, deciding, 1) as it, caplog.at_level(logging.ERROR, logger="serving.loop.timekeeper"):
        while it.ticks() and hours < 99:
            hours += 1
            it.clock.at += HOUR
        left = it.does(lambda tx: tx.take_matches(now=it.clock.at + 99 * HOUR, limit=9))
    last = caplog.records[-1].getMessage()
    actual = (hours, left, last)
    assert actual == (73, [], "a match of `incident.update` cannot be decided: RuntimeError; it is over")


def test_holds_and_matches_take_turns(tmp_path: Path, deciding: Deciding) -> None:
    """Many of the one do not keep the other waiting."""
    order: list[str] = []
    with waiting(tmp_path, deciding, 2 * MATCHES) as it:
        overnight(it, *(f"v-{number}" for number in range(20)))
        it.clock.at = MORNING
        before = it.keeper._offering

        def offering(*given: object) -> bytes:
            order.append(f"{len(deciding.jobs)}")
            return before(*given)  # type: ignore[arg-type]

        it.keeper._offering = offering
        it.ticks()
    actual = (sorted(set(order)), len(order))
    assert actual == (["0", "1", "2"], 20)
