"""One group of work in one transaction: what the decide loop hands its writer's thread, and what comes back.

A result means that it is durable. Where one piece raises it is rolled back to its savepoint and its waiter gets the
error; the others of the group stay. Whatever the ledger raises, the answer is: not recorded, not sent.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Generic, TypeVar

from model.errors import OutreachError, Unavailable
from serving.clock.steady import ClockSet
from serving.loop.saying import Trouble
from serving.loop.waking import Waiter
from serving.loop.watching import Onlooker
from serving.ports import Ledger, NotAlone, Transaction, Unsure

Q = TypeVar("Q")
A = TypeVar("A")
T = TypeVar("T")
Job = Callable[[Ledger, Transaction], T]
Pool = Callable[[Ledger, Transaction, Sequence[Q]], Sequence[A]]

POOLED, ALONE = "pooled", "alone"
AWAY = "the ledger cannot be written now; nothing was recorded and nothing may be sent: try again"
UNSURE = (
    "the ledger did not say whether this was recorded; nothing may be sent: try again, with the same `Idempotency-Key`"
)
WELL = "the ledger is written again"
WHOLE = "groups are asked as a whole again"
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Work(Generic[Q]):
    """One queued piece: a `job`, or a `question` for the pool; `undo` rolls back whatever it wrote.

    Pieces with the same `array` were asked together. `since` is when it was queued, by the monotonic clock. Our `own`
    is what nobody asked for.
    """

    waiter: Waiter
    job: Job[Any] | None = None
    question: Q | None = None
    undo: bool = False
    array: object | None = None
    since: float = 0.0
    own: bool = False

    def kind(self) -> str:
        """Return what may run together: questions that are kept go to the pool in one call."""
        return POOLED if self.job is None and not self.undo else ALONE


class GroupWriter(Generic[Q, A]):
    """Writes the groups of one ledger, one after the other; the arguments are those of `DecideLoop`."""

    def __init__(
        self,
        open_ledger: Callable[[], Ledger],
        pool: Pool[Q, A],
        *,
        about: Callable[[Q], Iterable[str]] | None,
        watch: Onlooker,
    ) -> None:
        self._open_ledger = open_ledger
        self._pool = pool
        self._about = about
        self._watch = watch
        self._ledger: Ledger | None = None
        self._failed = False
        self._away = Trouble(log, logging.ERROR, WELL)
        self._single = Trouble(log, logging.WARNING, WHOLE)

    def commit(self, group: list[Work[Q]], change: Callable[[], None] | None = None) -> list[Any]:
        """Return one result or exception per piece; a result means that it is durable."""
        try:
            _made(change)
            ledger = self._opened()
            names = self._names(group)
            try:
                results = self._write(ledger, group, names)
            except NotAlone:
                results = self._write(ledger, group, None)
        except Exception as error:  # noqa: BLE001  (whatever the ledger raises, the answer is: not recorded, not sent)
            self._failed = True
            self._watch.failed()
            away = Unsure(UNSURE) if isinstance(error, Unsure) else Unavailable(AWAY)
            self._away.met(f"{str(away).partition(';')[0]}: {_said(error)}")
            return [away] * len(group)
        if not self._failed:
            self._away.missed()
        return results

    def _names(self, group: list[Work[Q]]) -> list[str] | None:
        """Return what a group concerns, or None where it may concern anything."""
        if self._about is None or any(work.kind() != POOLED for work in group):
            return None
        return [name for work in group if work.question is not None for name in self._about(work.question)]

    def _write(self, ledger: Ledger, group: list[Work[Q]], names: list[str] | None) -> list[Any]:
        """Do all of it in one transaction."""
        results: list[Any] = []
        opened = ledger.transaction() if names is None else ledger.transaction(about=names)
        asked = any(not work.own for work in group)
        with self._watch.transaction(opened, asked=asked) as transaction:
            for kind, run in groupby(group, key=Work.kind):
                results += self._run_of_a_kind(kind, ledger, transaction, list(run))
        return results

    def _run_of_a_kind(self, kind: str, ledger: Ledger, transaction: Transaction, pieces: list[Work[Q]]) -> list[Any]:
        """Answer consecutive questions together, and do anything else one by one."""
        if kind == POOLED:
            return self.answered(
                ledger, transaction, [piece.question for piece in pieces if piece.question is not None]
            )
        return [self._alone(ledger, transaction, piece) for piece in pieces]

    def _alone(self, ledger: Ledger, transaction: Transaction, piece: Work[Q]) -> Any:
        try:
            with transaction.savepoint(keep=not piece.undo):
                if piece.job is not None:
                    return piece.job(ledger, transaction)
                questions = [] if piece.question is None else [piece.question]
                return self._asked(ledger, transaction, questions)[0]
        except Exception as error:  # noqa: BLE001  (nothing of the piece stays; its waiter gets the error)
            return self._met(error)

    def answered(self, ledger: Ledger, transaction: Transaction, questions: Sequence[Q]) -> list[A | Exception]:
        """Ask the pool once; where that fails, one by one."""
        try:
            with transaction.savepoint():
                answers: list[A | Exception] = [*self._asked(ledger, transaction, questions)]
        except Exception as error:  # noqa: BLE001  (rolled back; who is to blame shows when each is asked alone)
            if len(questions) == 1:
                return [self._met(error)]
            self._single.met(f"a group of {len(questions)} is asked one by one after {type(error).__name__}")
        else:
            self._single.missed()
            return answers
        return [answer for question in questions for answer in self.answered(ledger, transaction, [question])]

    def _met(self, error: Exception) -> Exception:
        """Have the ledger opened anew where it was the one that failed: it may be open for reading alone, or broken.

        A clock that is not believed is no fault of the ledger's.
        """
        if isinstance(error, Unavailable) and not isinstance(error, ClockSet):
            self._failed = True
            self._away.met(f"{AWAY.partition(';')[0]}: {_said(error)}")
        return error

    def _asked(self, ledger: Ledger, transaction: Transaction, questions: Sequence[Q]) -> list[A]:
        answers = list(self._pool(ledger, transaction, questions))
        if len(answers) != len(questions):
            raise RuntimeError(f"{len(questions)} questions got {len(answers)} answers; the pool must answer each")
        return answers

    def _opened(self) -> Ledger:
        if self._ledger is None or self._failed:
            self._ledger = self._open_ledger()
            self._failed = False
        return self._ledger

    def close(self) -> Exception | None:
        """Close the ledger, if it was opened; what went wrong in that is returned, for who stops the loop to raise."""
        try:
            if self._ledger is not None:
                self._ledger.close()
        except Exception as error:  # noqa: BLE001  (as said)
            return error
        return None


def _made(change: Callable[[], None] | None) -> None:
    """Make a change before a group; where that fails the group is decided all the same, by whatever is in use then."""
    try:
        if change is not None:
            change()
    except Exception as error:  # noqa: BLE001  (as said)
        log.error("what was to change between two groups was not: %s", type(error).__name__)  # noqa: TRY400  (as below)


def _said(error: Exception) -> str:
    """Return what our own errors say (paths and causes, nothing that was sent), of others only the type."""
    return str(error) if isinstance(error, OutreachError) else type(error).__name__
