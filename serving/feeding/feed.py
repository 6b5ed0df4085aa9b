"""Feeding a file of events: the same flow and the same timekeeper as the API's, by a clock that follows the file.

Each line is one request. Before it is taken, time goes on to when it came, and stops wherever something is due: that is
decided at its own instant. What an incident's list left waiting is decided at once. So a file gives the decisions that
the API gave, or would have given, with a timekeeper that ticked at those instants.

Many lines share a transaction, for speed; no decision depends on how many. The ledger is all that is kept: the same
file, fed again, decides only what is not on record.

Failures:
    a line cannot be read or decided     it, or its element, is named; nothing of it happened; the others go on
    the file cannot be read to its end   `InvalidInput`; what came before is on record
    ledger or disk went away             `Unavailable`; what was committed stays, and the same feed goes on from there
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from model.errors import InvalidInput, Unavailable
from serving.feeding.fed import Arrived, Fed
from serving.feeding.ids import DerivedIds
from serving.feeding.lines import Line
from serving.feeding.output import DecisionsFile
from serving.loop.confirmer import Confirmer
from serving.loop.group_writing import Job
from serving.loop.happening import Happenings
from serving.loop.timekeeper import Timekeeper
from serving.loop.witness import Told, Witness
from serving.ports import Ledger, Transaction

TOGETHER = 256  # lines, or steps of time, in one transaction
BEGINNING = datetime.min.replace(tzinfo=UTC)
Reader = Callable[[bytes | None, datetime], Arrived]  # a line, and the clock so far
Writer = Callable[[Told], bytes]
Progress = Callable[[float, int], None]  # the share of the file, and how many events that was


@dataclass(slots=True)
class Turned:
    """A clock that somebody else turns; it never runs backwards."""

    at: datetime = BEGINNING

    def __call__(self) -> datetime:
        """Return where it stands."""
        return self.at

    def turn(self, to: datetime) -> None:
        """Go on to an instant, or stay."""
        self.at = max(self.at, to)


@dataclass(frozen=True, slots=True)
class _Inside:
    """Runs the timekeeper's jobs in a transaction that goes on, as the decide loop does: what fails is undone alone."""

    ledger: Ledger
    transaction: Transaction

    async def submit(self, job: Job[int], *, own: bool) -> int:
        """Run a job; here nobody counts whose it is."""
        del own
        with self.transaction.savepoint():
            return job(self.ledger, self.transaction)


class Feed:
    """Feeds lines into a ledger. `happenings` and `confirmer` go by `clock`; new decisions get derived ids."""

    def __init__(  # noqa: PLR0913  (the parts of the whole, each by its name)
        self,
        *,
        ledger: Ledger,
        happenings: Happenings,
        confirmer: Confirmer,
        clock: Turned,
        read: Reader,
        write: Writer,
        output: DecisionsFile | None = None,
        together: int = TOGETHER,
    ) -> None:
        decider = happenings.decider
        self._ids = DerivedIds(policy_version=decider.policy.version, scorer=decider.models.scorer)
        self._happenings = replace(happenings, decider=replace(decider, new_id=self._ids))
        self._ledger, self._confirmer, self._clock = ledger, confirmer, clock
        self._read, self._write, self._output = read, write, output
        self._together = together
        self._fed = Fed()

    async def run(
        self, lines: Iterable[Line], *, until: datetime | None = None, progress: Progress | None = None
    ) -> Fed:
        """Feed all lines, then let time go on to `until`; return what it came to.

        Raises:
            InvalidInput: the file cannot be read to its end.
            Unavailable: ledger or disk went away.
        """
        for some in _together(lines, self._together):
            with self._transaction() as witness:
                for line in some:
                    await self._take(witness.transaction, line)
            if progress is not None:
                progress(some[-1].share, self._fed.events)
        end = max(self._clock.at, until or BEGINNING)
        if end > BEGINNING:
            await self._go_on(end)
        return self._fed

    async def _take(self, transaction: Transaction, line: Line) -> None:
        """Take one line, as a request that comes in at its own time."""
        arrived = self._read(line.body, self._clock.at)
        self._fed.lines += 1
        self._fed.late += arrived.late
        for element, rule in arrived.wrong:
            self._fed.refuse(line.number, element, rule)
        if not arrived.events:
            return
        self._ids.begin(line.number, line.body or b"")
        while not await self._step(transaction, arrived.at):
            pass
        try:
            with transaction.savepoint():
                happened = self._happenings.take(self._ledger, transaction, arrived.events)
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001  (it is undone, nothing is sent, and the lines after it go on)
            rule = f"cannot be decided ({type(error).__name__}); nothing of it is recorded"
            self._fed.refuse(line.number, None, rule)
            return
        self._fed.take(happened.fresh)
        if happened.waiting:
            await self._tick(transaction)

    async def _go_on(self, until: datetime) -> None:
        """Let time go on after the last line."""
        self._ids.begin(0)
        there = False
        while not there:
            with self._transaction() as witness:
                for _ in range(self._together):
                    there = there or await self._step(witness.transaction, until)

    async def _step(self, transaction: Transaction, to: datetime) -> bool:
        """Go on to what is due next, or to `to` where that comes first: return whether it is reached."""
        due = transaction.next_due()
        if due is None or due > to:
            self._clock.turn(to)
            self._fed.clock = self._clock.at
            return True
        self._clock.turn(due)
        await self._tick(transaction)
        return False

    async def _tick(self, transaction: Transaction) -> None:
        """Do what is due now, as the API's timekeeper does it."""
        happenings = self._happenings
        keeper = Timekeeper(
            _Inside(self._ledger, transaction),
            self._confirmer,
            self._clock,
            offering=happenings.offering,
            deciding=happenings.decide_waiting,
        )
        await keeper.tick()

    @contextmanager
    def _transaction(self) -> Iterator[Witness]:
        """Open a transaction; what is decided in it is written once it is on record."""
        lines: list[bytes] = []
        with self._ledger.transaction() as transaction:
            witness = Witness(transaction)
            yield witness
            if self._output is not None and witness.told:
                lines = [self._write(told) for told in witness.told]
                self._output.prepare(lines)
        self._fed.tell(witness.told)
        if self._output is not None and lines:
            self._output.add(lines)


def _together(lines: Iterable[Line], size: int) -> Iterator[list[Line]]:
    """Cut lines into runs; where they break off, those before come first."""
    some: list[Line] = []
    try:
        for line in lines:
            some.append(line)
            if len(some) == size:
                yield some
                some = []
    except InvalidInput:
        if some:
            yield some
        raise
    if some:
        yield some
