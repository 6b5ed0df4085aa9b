"""Who takes another process's place compares its clock with what that one believed: a crash settles nothing."""

from datetime import timedelta
from pathlib import Path

import pytest

from serving.app import create_app
from serving.clock.steady import CALM, MOST, ClockSet, SteadyClock
from serving.clock.vouching import Vouching
from serving.fakes import FakeScorer
from serving.ledger import LedgerFile, open_ledger
from serving.ledger.sqlite.ledger import SqliteLedger
from serving.loop.retaining import Retaining
from serving.ports import Ledger, Transaction
from serving.settings import Settings
from serving.system import boot
from tests.serving.clock.test_steady import NOON, Machine
from tests.serving.served import Served

DAY = 86_400.0
BOOT = "boot-1"


class Process:
    """One process on a machine: it opens the ledger, and reads the machine's clock."""

    def __init__(self, machine: Machine, path: Path, boot: str | None = BOOT) -> None:
        self.clock = SteadyClock(machine.wall, lambda: machine.passed)
        self.vouching = Vouching(self.clock, boot)
        opening = LedgerFile(
            f"sqlite:///{path}", now=NOON, new_salt=lambda: b"s", shipped={}, opened=self.vouching.opened
        )
        self.ledger: SqliteLedger = opening()

    def answers(self) -> bool:
        """Return whether it believes its clock."""
        try:
            self.clock()
        except ClockSet:
            return False
        return True

    def ticks(self) -> None:
        """Let a second's work be done."""
        with self.ledger.transaction() as transaction:
            self.vouching.keep(transaction)

    def ends(self) -> None:
        """End it in order."""
        with self.ledger.transaction() as transaction:
            self.vouching.settle(self.ledger, transaction)
        self.ledger.close()

    def judged(self) -> tuple[bool, bool]:
        """Return whether it answers, and whether it may forget."""
        return self.answers(), self.clock.calm()


@pytest.fixture
def machine() -> Machine:
    """A machine that was started two days ago."""
    machine = Machine()
    machine.passed += 2 * DAY
    return machine


@pytest.fixture
def path(tmp_path: Path, machine: Machine) -> Path:
    """A ledger that a process on it has written to, that then died; a day has passed since."""
    first = Process(machine, tmp_path / "l.db")
    first.ticks()
    first.ledger.close()
    machine.passed += CALM + 1
    return tmp_path / "l.db"


@pytest.mark.parametrize("jump", [0.0, 4.0, -4.0])
def test_one_with_the_same_clock_is_believed(machine: Machine, path: Path, jump: float) -> None:
    """It goes on where the other was."""
    machine.set_by = jump
    assert Process(machine, path).judged() == (True, True)


@pytest.mark.parametrize("jump", [3600.0, DAY, -DAY, 400 * DAY], ids=["hour", "day", "day back", "more than a year"])
def test_one_that_takes_the_place_of_a_dead_one_waits_as_its_siblings_do(
    machine: Machine, path: Path, jump: float
) -> None:
    """However often it is put in; when the clock is back all goes on, and when it has stayed it is believed."""
    machine.set_by = jump
    held = [Process(machine, path).answers() for _ in range(3)]
    stays, back = Process(machine, path), Process(machine, path)
    machine.set_by = 0.0
    returned = back.judged()
    machine.set_by = jump
    stays.answers()
    machine.passed += MOST + 1
    stays.answers()
    assert (held, returned, stays.judged()) == ([False] * 3, (True, True), (True, False))


def test_what_one_believed_after_a_while_the_next_one_believes(machine: Machine, path: Path) -> None:
    """And it forgets nothing for what is left of the day."""
    machine.set_by = DAY
    sibling = Process(machine, path)
    sibling.answers()
    machine.passed += MOST + 1
    sibling.answers()
    sibling.ticks()
    after = Process(machine, path)
    during = after.judged()
    machine.passed += CALM + 1
    assert (during, after.judged()) == ((True, False), (True, True))


def test_who_ends_the_api_in_order_knows_what_the_clock_says(machine: Machine, path: Path) -> None:
    """Started again it believes its clock, forgets nothing for a day, and vouches for the next one."""
    Process(machine, path).ends()
    machine.set_by = DAY
    started = Process(machine, path).judged()
    machine.set_by = 0.0
    assert (started, Process(machine, path).answers()) == ((True, False), False)


@pytest.mark.parametrize("boot", ["boot-2", None], ids=["started anew", "without a name"])
def test_a_machine_that_was_off_for_days_answers(machine: Machine, path: Path, boot: str | None) -> None:
    """Nobody vouches for its clock: nothing is forgotten for a day."""
    machine.passed, machine.set_by = 30.0, 9 * DAY
    process = Process(machine, path, boot)
    first = process.judged()
    machine.passed += CALM + 1
    assert (first, process.judged()) == ((True, False), (True, True))


def test_a_start_that_nobody_vouched_for_stays_so_for_who_takes_its_place(machine: Machine, path: Path) -> None:
    """A crash in the first minutes does not shorten the day."""
    machine.passed, machine.set_by = 30.0, 9 * DAY
    Process(machine, path, "boot-2").ledger.close()
    machine.passed += 60
    assert Process(machine, path, "boot-2").judged() == (True, False)


def test_retention_waits_for_a_clock_that_somebody_vouches_for(machine: Machine, tmp_path: Path) -> None:
    """The job keeps what is believed, and asks whether anything may go."""
    process = Process(machine, tmp_path / "l.db")
    asked: list[bool] = []

    def retaining(ledger: Ledger, transaction: Transaction) -> int:
        asked.append(process.vouching.calm())
        return Retaining(process.clock, timedelta(days=120), calm=process.vouching.calm)(ledger, transaction)

    with process.ledger.transaction() as transaction:
        process.vouching.before(retaining)(process.ledger, transaction)
        kept = transaction.clock_kept(BOOT)
    assert (asked, kept) == ([False], process.clock.believed())


def test_the_api_vouches_by_itself(tmp_path: Path) -> None:
    """Its ledger says what it believed, and whether it was ended in order: a worker leaves that to its parent."""
    settled = []
    for name, figures in (("alone", None), ("worker", tmp_path)):
        url = f"sqlite:///{tmp_path}/{name}.db"
        with Served(create_app(Settings(ledger=url), scorer=FakeScorer(), figures=figures)) as api:
            api.get("/readyz", key=None)
        ledger = open_ledger(url, now=NOON, salt=b"s")
        with ledger.transaction() as transaction:
            kept = transaction.clock_kept(boot() or "")
        ledger.close()
        settled.append(None if kept is None else kept.settled)
    assert settled == ([None, None] if boot() is None else [True, False])
