"""The decide loop: one writer, one transaction and one fsync for all that has queued (HOUSE section 5).

Coroutines enqueue work; the loop takes what is there (no wait when idle), runs it in ONE ledger transaction on the
writer's thread, commits, and only then answers. So nothing is answered that is not durable, and what a transaction
reads (rolling caps, facts told, idempotency) is exact under any concurrency.

Alone, nobody waits. Where several asked at once of late, the next group is handed over when as many ask again, or after
a few turns of the event loop: of 16 connections that keep asking, groups of 16 instead of about 7 are decided, and a
request takes 505 µs of processor instead of 700 (a transaction, its statements and its fsync cost the same for one and
for many). All of it on the event loop's own thread would save less, and nobody would be read or told anything while a
group is written or waits for another process.

Failures:
    the queue is full, or we are stopping     `Unavailable` at once, nothing queued; full is also what would take longer
                                              than the patience, at the pace of late
    the ledger cannot be opened or committed  `Unavailable` for every waiter of the group, nothing recorded
    a commit is not answered                  `Unavailable`, which says that it may have been recorded
    the writer is silent for its patience     `Unavailable` for who waits for a turn, and for who comes meanwhile
    one piece of work raises                  it is rolled back to its savepoint and its waiter gets the error; the
                                              others of the group stay
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from time import monotonic
from typing import Any, Generic, Protocol, TypeVar

from model.errors import Unavailable
from serving.loop.group_writing import AWAY, GroupWriter, Job, Pool, Work
from serving.loop.waking import Waiter, give
from serving.loop.watching import Onlooker, Unwatched
from serving.loop.writer import Writer
from serving.ports import Ledger

Q = TypeVar("Q")
A = TypeVar("A")
T = TypeVar("T")

CAPACITY = 4096
LEAST = 1024  # that may wait however slow it goes: an array of a thousand passes where nothing else waits
GROUP = 256
TURNS = 8  # of the event loop, for those who asked together to ask again: less than a millisecond
SMOOTHED = 8  # groups that the pace is the mean of, nearly
PATIENCE = 5.0  # seconds that a group may take until whoever is not in it is refused
LAST_SECONDS = 4.0  # for what was taken, when the process stops: its parent waits for five
log = logging.getLogger(__name__)


class Between(Protocol):
    """What may be changed between two groups, and only there."""

    @property
    def wanted(self) -> bool:
        """Whether there is something to change; asked on the event loop."""

    def make(self) -> None:
        """Change it, on the writer's thread, while no group is decided."""


class DecideLoop(Generic[Q, A]):
    """The one writer of a ledger in this process.

    Args:
        open_ledger: called on the writer's thread when the first work arrives, and again after it, or a transaction
            of the ledger that it gave, failed; what it gave before is its own to close.
        pool: answers consecutive questions of a group in one call.
        capacity: how many pieces may wait; the next one is refused.
        patience: seconds that a group may take until whoever is not in it is refused.
        about: names what a question concerns, so that a group of nothing but questions need not wait for other hosts'.
        between: what may change between two groups; never between two that share an array.
        watch: looks on and counts.
    """

    def __init__(  # noqa: PLR0913  (each is one thing that differs between loops)
        self,
        open_ledger: Callable[[], Ledger],
        pool: Pool[Q, A],
        *,
        capacity: int = CAPACITY,
        patience: float = PATIENCE,
        about: Callable[[Q], Iterable[str]] | None = None,
        between: Between | None = None,
        watch: Onlooker | None = None,
    ) -> None:
        self._watch = watch or Unwatched()
        self._group_writer = GroupWriter(open_ledger, pool, about=about, watch=self._watch)
        self._between = between
        self._open_array: object | None = None  # which the last group began and did not end
        self._capacity = capacity
        self._patience = patience
        self._silence: asyncio.TimerHandle | None = None
        self._silent = False
        self._pace = self._begun = 0.0  # seconds that a piece takes, of late; when the group at work began
        self._waiting: deque[Work[Q]] = deque()
        self._urgent: list[Work[Q]] = []  # who goes along with the next group, whoever else waits
        self._asking = 1  # how many asked at once when the last group was settled
        self._writer: Writer | None = None
        self._idle = asyncio.Event()  # clear while a group is written, or about to be
        self._stopping = False

    async def start(self) -> None:
        """Start taking work; the ledger is opened by the first."""
        self._writer = Writer("ledger")
        self._turn()

    async def stop(self) -> None:
        """Refuse new work, finish all that has queued, then close the ledger; a writer that hangs is left behind."""
        self._stopping = True
        if self._writer is None:
            return
        try:
            async with asyncio.timeout(LAST_SECONDS):
                await self._idle.wait()
                await self._writer.end(self._group_writer.close)
        except TimeoutError:
            log.error("the ledger does not answer; what it was told last may be recorded, or not")  # noqa: TRY400  (as below)

    def waiting(self) -> int:
        """Return how many pieces wait for their turn."""
        return len(self._waiting)

    def room(self) -> int:
        """Return how many more pieces would be taken now."""
        return 0 if self._stopping else self._most() - len(self._waiting)

    def _most(self) -> int:
        """Return how many may wait: who comes last should have their turn within the patience."""
        within = self._patience / self._pace if self._pace > 0 else self._capacity
        return min(self._capacity, max(LEAST, int(within)))

    async def submit(self, job: Job[T], *, undo: bool = False, urgent: bool = False, own: bool = False) -> T:
        """Run `job` inside the next transaction and return its result once that is durable.

        An `urgent` one waits for nobody but the group at work, however many wait: for what is asked once a second.
        Our `own` is what nobody asked for: it is done all the same, and is not counted as somebody's.

        Raises:
            Unavailable: it could not be queued or not be committed; nothing of it happened.
        """
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self.enqueue(future, job=job, undo=undo, urgent=urgent, own=own)
        return await future

    async def ask(self, question: Q, *, undo: bool = False) -> A:
        """Have the pool answer `question` together with what else has queued; durable when this returns.

        With `undo` the same answer is worked out and nothing of it stays.

        Raises:
            Unavailable: as `submit`.
        """
        future: asyncio.Future[A] = asyncio.get_running_loop().create_future()
        self.enqueue(future, question=question, undo=undo)
        return await future

    async def rehearse(self, questions: Sequence[Q]) -> list[A | Exception]:
        """Have the pool answer all of them, one after the other, as if they were asked together; nothing of it stays.

        Where a question fails its error stands in its place.

        Raises:
            Unavailable: as `submit`.
        """
        return await self.submit(
            lambda ledger, transaction: self._group_writer.answered(ledger, transaction, questions), undo=True
        )

    async def ask_all(self, questions: Sequence[Q]) -> list[A | BaseException]:
        """Have the pool answer what one array asks, in order; where one fails its error stands in its place.

        Nothing is changed between the first and the last of them, in however many groups they are decided.
        """
        futures: list[asyncio.Future[A]] = []
        array = object()
        for question in questions:
            future: asyncio.Future[A] = asyncio.get_running_loop().create_future()
            futures.append(future)
            try:
                self.enqueue(future, question=question, array=array)
            except Unavailable as error:
                future.set_exception(error)
        return await asyncio.gather(*futures, return_exceptions=True)

    def enqueue(  # noqa: PLR0913  (who waits, and all that a piece may be)
        self,
        waiter: Waiter,
        *,
        question: Q | None = None,
        job: Job[Any] | None = None,
        undo: bool = False,
        array: object | None = None,
        urgent: bool = False,
        own: bool = False,
    ) -> None:
        """Queue a job or a question, and wake `waiter` with what came of it.

        Raises:
            Unavailable: as `submit`; then nobody is woken.
        """
        if self._stopping:
            raise Unavailable("the API is stopping; nothing was recorded: try again")
        if self._silent:
            raise Unavailable(AWAY)
        if not urgent and len(self._waiting) >= self._most():
            raise Unavailable("too many requests are waiting; nothing was recorded: try again")
        queue = self._urgent if urgent else self._waiting
        queue.append(Work(waiter, job, question, undo, array, monotonic(), own))
        if self._idle.is_set():
            self._idle.clear()
            asyncio.get_running_loop().call_soon(self._turn)  # what comes in this turn of the event loop goes along

    def _turn(self, turns: int = 0) -> None:
        """Hand the writer what has queued; there is one group at a time."""
        if len(self._waiting) + len(self._urgent) < self._asking and turns < TURNS:
            asyncio.get_running_loop().call_soon(self._turn, turns + 1)
            return
        change, group = self._change(), self._group()
        if not group and self._waiting:  # whoever waited for the rest of an array has left
            change, group = self._change(), self._group()
        if self._writer is not None and group:
            now = monotonic()
            self._begun = now
            self._watch.begun([now - work.since for work in group if not work.own])
            self._silence = asyncio.get_running_loop().call_later(self._patience, self._refuse)
            self._writer.hand(partial(self._group_writer.commit, group, change), partial(self._settle, group))
        else:
            self._idle.set()

    def _change(self) -> Callable[[], None] | None:
        """Return what to change before the next group; None where nothing is, or where that would divide an array."""
        if self._between is None or not self._between.wanted or self._divided():
            return None
        return self._between.make

    def _divided(self) -> bool:
        """Whether the next piece belongs to an array that the last group began."""
        return bool(self._open_array is not None and self._waiting and self._waiting[0].array is self._open_array)

    def _group(self) -> list[Work[Q]]:
        """Take who is next, up to the end of a divided array where something is to be changed after it."""
        group = [work for work in self._urgent if not work.waiter.done()]
        self._urgent.clear()
        ending = self._between is not None and self._between.wanted and self._divided()
        while self._waiting and len(group) < GROUP and (self._divided() or not ending):
            work = self._waiting.popleft()
            self._open_array = work.array
            if not work.waiter.done():  # who left before their turn is not decided
                group.append(work)
        return group

    def _refuse(self) -> None:
        """Refuse whoever waits for a turn: the writer has been silent for too long."""
        self._silent = True
        waiting, self._urgent = [*self._urgent, *self._waiting], []
        self._waiting.clear()
        for work in waiting:
            give(work.waiter, Unavailable(AWAY))

    def _settle(self, group: list[Work[Q]], results: list[Any]) -> None:
        """Wake who waits, then take the next group."""
        self._silent = False
        if self._silence is not None:
            self._silence.cancel()
        self._pace += ((monotonic() - self._begun) / len(group) - self._pace) / SMOOTHED
        self._asking = min(len(group) + len(self._waiting), GROUP)
        for work, result in zip(group, results, strict=True):
            give(work.waiter, result)
        self._turn()
