"""The decide loop: one writer, one transaction and one fsync for all that has queued (HOUSE section 5).

Coroutines enqueue work; the loop takes what is there (no wait when idle), runs it in ONE ledger transaction on the
writer's thread, commits, and only then answers. So nothing is answered that is not durable, and what a transaction
reads (rolling caps, facts told, idempotency) is exact under any concurrency.

Failures:
    the queue is full, or we are stopping     `Unavailable` at once, nothing queued
    the ledger cannot be opened or committed  `Unavailable` for every waiter of the group, nothing recorded
    one piece of work raises                  the group is rolled back and each piece runs in its own transaction:
                                              only the one that raises again gets its error
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Generic, TypeVar

from model.errors import Unavailable
from serving.ports import Ledger, Transaction

Q = TypeVar("Q")
A = TypeVar("A")
T = TypeVar("T")
Job = Callable[[Ledger, Transaction], T]
Pool = Callable[[Ledger, Transaction, Sequence[Q]], Sequence[A]]

CAPACITY = 4096
GROUP = 256
AWAY = "the ledger cannot be written now; nothing was recorded and nothing may be sent: try again"
log = logging.getLogger(__name__)


class _WorkFailedError(Exception):
    """Work (not the ledger) raised inside a group: roll back and run each piece alone."""


class _UndoError(Exception):
    """A trial run has its answer; what it wrote is rolled back."""


@dataclass(frozen=True, slots=True)
class _Work(Generic[Q]):
    """One queued piece: a `job`, or a `question` for the pool; `undo` rolls back whatever it wrote."""

    future: "asyncio.Future[Any]"
    job: Job[Any] | None = None
    question: Q | None = None
    undo: bool = False


class DecideLoop(Generic[Q, A]):
    """The one writer of a ledger in this process.

    Args:
        open_ledger: called on the writer's thread when the first work arrives, and again after it failed.
        pool: answers consecutive questions of a group in one call.
        capacity: how many pieces may wait; the next one is refused.
    """

    def __init__(self, open_ledger: Callable[[], Ledger], pool: Pool[Q, A], *, capacity: int = CAPACITY) -> None:
        self._open_ledger = open_ledger
        self._pool = pool
        self._capacity = capacity
        self._ledger: Ledger | None = None
        self._queue: asyncio.Queue[_Work[Q]] = asyncio.Queue(capacity)
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="ledger")
        self._task: asyncio.Task[None] | None = None
        self._stopping = False

    async def start(self) -> None:
        """Start taking work; the ledger is opened by the first."""
        self._task = asyncio.create_task(self._run(), name="decide-loop")

    async def stop(self) -> None:
        """Refuse new work, finish all that has queued, then close the ledger."""
        self._stopping = True
        await self._queue.join()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await asyncio.get_running_loop().run_in_executor(self._writer, self._close)
        self._writer.shutdown()

    def room(self) -> int:
        """Return how many more pieces would be taken now."""
        return 0 if self._stopping else self._capacity - self._queue.qsize()

    async def submit(self, job: Job[T], *, undo: bool = False) -> T:
        """Run `job` inside the next transaction and return its result once that is durable.

        Raises:
            Unavailable: it could not be queued or not be committed; nothing of it happened.
        """
        result: T = await self._enqueue(_Work(self._future(), job=job, undo=undo))
        return result

    async def ask(self, question: Q, *, undo: bool = False) -> A:
        """Have the pool answer `question` together with what else has queued; durable when this returns.

        With `undo` the same answer is worked out and nothing of it stays.

        Raises:
            Unavailable: as `submit`.
        """
        answer: A = await self._enqueue(_Work(self._future(), question=question, undo=undo))
        return answer

    def _future(self) -> "asyncio.Future[Any]":
        return asyncio.get_running_loop().create_future()

    async def _enqueue(self, work: _Work[Q]) -> Any:
        if self._stopping:
            raise Unavailable("the API is stopping; nothing was recorded: try again")
        try:
            self._queue.put_nowait(work)
        except asyncio.QueueFull:
            raise Unavailable("too many requests are waiting; nothing was recorded: try again") from None
        return await work.future

    async def _run(self) -> None:
        while True:
            group = [await self._queue.get()]
            while len(group) < GROUP and not self._queue.empty():
                group.append(self._queue.get_nowait())
            try:
                await self._settle([work for work in group if not work.future.done()])
            finally:
                for _ in group:
                    self._queue.task_done()

    async def _settle(self, group: list[_Work[Q]]) -> None:
        running = asyncio.get_running_loop()
        results = await running.run_in_executor(self._writer, self._commit, group)
        for work, result in zip(group, results, strict=True):
            if work.future.done():
                continue
            if isinstance(result, Exception):
                work.future.set_exception(result)
            else:
                work.future.set_result(result)

    # From here on: the writer's thread.

    def _commit(self, group: list[_Work[Q]]) -> list[Any]:
        """Return one result or exception per piece; a result means that it is durable."""
        results: dict[int, Any] = {}
        kept = [number for number, work in enumerate(group) if not work.undo]
        results.update(zip(kept, self._together([group[number] for number in kept]), strict=True))
        for number, work in enumerate(group):
            if work.undo:
                results[number] = self._alone(work)
        return [results[number] for number in range(len(group))]

    def _together(self, group: list[_Work[Q]]) -> list[Any]:
        if not group:
            return []
        try:
            ledger = self._opened()
            with ledger.transaction() as transaction:
                results = self._work(ledger, transaction, group)
        except _WorkFailedError:
            return [self._alone(work) for work in group]
        except Exception as error:  # noqa: BLE001  (whatever the ledger raises, the answer is: not recorded, not sent)
            return [self._away(error)] * len(group)
        return results

    def _alone(self, work: _Work[Q]) -> Any:
        result: list[Any] = []
        try:
            ledger = self._opened()
            with ledger.transaction() as transaction:
                result = self._work(ledger, transaction, [work])
                _roll_back_if(undo=work.undo)
        except _UndoError:
            return result[0]
        except _WorkFailedError as error:
            return error.__cause__
        except Exception as error:  # noqa: BLE001  (as above)
            return self._away(error)
        return result[0]

    def _work(self, ledger: Ledger, transaction: Transaction, group: list[_Work[Q]]) -> list[Any]:
        """Run the pieces in the order they came, consecutive questions in one call of the pool."""
        results: list[Any] = []
        try:
            for is_job, run in groupby(group, key=lambda work: work.job is not None):
                pieces = list(run)
                if is_job:
                    results += [work.job(ledger, transaction) for work in pieces if work.job is not None]
                else:
                    questions = [work.question for work in pieces if work.question is not None]
                    results += self._pool(ledger, transaction, questions)
            _one_each(results, group)
        except Exception as error:
            raise _WorkFailedError from error
        return results

    def _opened(self) -> Ledger:
        if self._ledger is None:
            self._ledger = self._open_ledger()
        return self._ledger

    def _close(self) -> None:
        if self._ledger is not None:
            self._ledger.close()

    def _away(self, error: Exception) -> Unavailable:
        log.error("the ledger refused a transaction: %s", type(error).__name__)
        return Unavailable(AWAY)


def _roll_back_if(*, undo: bool) -> None:
    if undo:
        raise _UndoError


def _one_each(results: Sequence[object], group: Sequence[object]) -> None:
    if len(results) != len(group):
        raise RuntimeError(f"{len(group)} pieces of work gave {len(results)} results; the pool must answer each")
