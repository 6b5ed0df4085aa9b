"""The processes of a plan: each loads policy and model once, and decides one range after the other.

A process that dies, for whatever reason, ends the run at once: its pipe says so. One whose parent dies ends itself.
"""

import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from multiprocessing import get_context, resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from types import TracebackType
from typing import Any, Final, Protocol, Self

from model.errors import OutreachError, Unavailable
from model.trees.kernel import take
from serving.batch.desk import Desk, Origin, Plan, Tell
from serving.batch.process import be_lean, settled
from serving.batch.walk import Compiling, settle
from serving.processes import outlive_nobody

SPAWN: Final = get_context("spawn")
THREADS: Final = "OMP_NUM_THREADS"


class Task(Protocol):
    """A piece of a plan, small and picklable."""

    def about(self, plan: Plan) -> range:
        """Return the numbers of the rows that it is about."""
        ...

    def run(self, desk: Desk, tell: Tell) -> Any:
        """Do it; `tell` is told what is done. Returns something small and picklable."""
        ...


Done = Callable[[Any], None]


class Hands(Protocol):
    """Whoever carries tasks out."""

    def run(self, tasks: Sequence[Task], tell: Tell, done: Done) -> None:
        """Run tasks, in any order; `done` takes what each returned. Raises as `Crew.run`."""
        ...


Muster = Callable[[Plan, Compiling], AbstractContextManager[Hands]]


@dataclass(eq=False, slots=True)
class Worker:
    """One process, how to speak with it, and the place of its task in the list (None: it has none)."""

    process: SpawnProcess
    speaks: Connection
    at: int | None = None
    last: int = -1


@dataclass(slots=True)
class Crew:
    """Runs tasks: in so many processes, or, with one job or one task, here. As a context: no process outlives it."""

    desk: Desk
    origin: Origin | None
    jobs: int
    compiling: Compiling = field(default_factory=Compiling)
    workers: list[Worker] = field(default_factory=list)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """End every process, whatever it does."""
        for worker in self.workers:
            worker.process.kill()
        for worker in self.workers:
            worker.process.join()
            worker.speaks.close()

    def run(self, tasks: Sequence[Task], tell: Tell, done: Done) -> None:
        """Run tasks, in any order; `done` takes what each returned.

        Raises:
            InvalidInput: the file, policy or model changed meanwhile.
            Unavailable: a task failed, or its process died; which rows it was about.
        """
        origin = self.origin
        if origin is None or self.jobs == 1 or len(tasks) <= 1:
            self.compiling.use(self.desk.job.scorer)
            for task in tasks:
                done(carried_out(task, self.desk, tell))
            return
        while len(self.workers) < min(self.jobs, len(tasks)):
            self.workers.append(_start(self.desk.plan, origin, self.compiling))
        self._share(tasks, tell, done)

    def _share(self, tasks: Sequence[Task], tell: Tell, done: Done) -> None:
        """Hand the tasks out, and take what is said."""
        pending = set(range(len(tasks)))
        for worker in self.workers:
            worker.last = -1
        while pending or any(worker.at is not None for worker in self.workers):
            for worker in self.workers:
                if worker.at is None and pending:
                    worker.at = following(pending, worker.last)
                    pending.remove(worker.at)
                    self._send(worker, tasks)
            heard = wait([worker.speaks for worker in self.workers if worker.at is not None])
            for worker in self.workers:
                if worker.speaks in heard:
                    self._hear(worker, tasks, tell, done)

    def _send(self, worker: Worker, tasks: Sequence[Task]) -> None:
        assert worker.at is not None  # noqa: S101  (it was just given)
        try:
            worker.speaks.send(tasks[worker.at])
        except OSError:
            raise self._died(worker, tasks[worker.at]) from None

    def _hear(self, worker: Worker, tasks: Sequence[Task], tell: Tell, done: Done) -> None:
        assert worker.at is not None  # noqa: S101  (only those with a task are heard)
        try:
            kind, said = worker.speaks.recv()
        except (EOFError, OSError):
            raise self._died(worker, tasks[worker.at]) from None
        match kind:
            case "tell":
                tell(*said)
            case "done":
                worker.last, worker.at = worker.at, None
                done(said)
            case _:
                raise said

    def _died(self, worker: Worker, task: Task) -> Unavailable:
        worker.process.join()
        code = worker.process.exitcode or 0
        how = f"was killed ({signal.Signals(-code).name})" if code < 0 else f"ended with {code}"
        memory = "; is there enough memory" if code == -signal.SIGKILL else ""
        return Unavailable(f"{_named(task, self.desk.plan)}: the process that decided them {how}{memory}; {AGAIN}")


AGAIN = "no `_SUCCESS`, so it is not finished: run again, and it goes on with the shards that are there"


def following(pending: AbstractSet[int], last: int) -> int:
    """Return the task after a worker's last one, or one in the middle of the longest stretch that nobody is at.

    So a worker reads on where it stopped. A stretch that begins with the first task is begun there.
    """
    if last + 1 in pending:
        return last + 1
    starts = sorted(at for at in pending if at - 1 not in pending)
    ends = sorted(at for at in pending if at + 1 not in pending)
    start, end = max(zip(starts, ends, strict=True), key=lambda pair: pair[1] - pair[0])
    return start if start == 0 else (start + end + 1) // 2


def carried_out(task: Task, desk: Desk, tell: Tell) -> Any:
    """Run a task; whatever goes wrong is said in one line, with its rows.

    Raises:
        OutreachError: as `Crew.run`.
    """
    try:
        return task.run(desk, tell)
    except OutreachError:
        raise
    except Exception as error:  # (whatever it is, no `_SUCCESS` is written, and the line says where)
        detail = " ".join(f"{type(error).__name__}: {error}".split())
        raise Unavailable(f"{_named(task, desk.plan)} could not be decided ({detail}); {AGAIN}") from error


def _named(task: Task, plan: Plan) -> str:
    rows = task.about(plan)
    shard = f"shard {(rows.start - 1) // plan.source.size}, " if len(rows) <= plan.source.size else ""
    return f"{shard}rows {rows.start:,} to {rows[-1]:,}"


def _start(plan: Plan, origin: Origin, compiling: Compiling) -> Worker:
    """Start a process; linear algebra has one thread in it, unless somebody said otherwise."""
    speaks, child = SPAWN.Pipe()
    code, gives = SPAWN.Pipe(duplex=False)
    told = replace(plan, run=replace(plan.run))  # without what this process has worked out from it
    said = os.environ.get(THREADS)
    os.environ[THREADS] = said or "1"
    try:
        process = SPAWN.Process(target=_work, args=(child, code, told, origin), daemon=True)
        with _deaf():
            process.start()
    finally:
        if said is None:
            del os.environ[THREADS]
    child.close()
    code.close()
    compiling.hand_over(gives)
    return Worker(process, speaks)


@contextmanager
def _deaf() -> Iterator[None]:
    """Keep Ctrl-C from a process that starts meanwhile: we hear it, once it is there to be ended; SIGTERM likewise."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # starting it would lift the mask
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _work(speaks: Connection, code: Connection, plan: Plan, origin: Origin) -> None:
    """Be a worker, with the compiled walk that comes through `code`."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent hears it, and ends us
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    threading.Thread(target=outlive_nobody, name="parent", daemon=True).start()
    be_lean()
    take(code.recv_bytes)
    desk: Desk | None = None
    while True:
        try:
            task = speaks.recv()
        except EOFError:
            return
        try:
            if desk is None:
                desk = Desk.load(plan, origin)
                settle(desk.job.scorer)
                settled()
            said = ("done", carried_out(task, desk, lambda *rows: speaks.send(("tell", rows))))
        except OutreachError as error:
            said = ("failed", error)
        speaks.send(said)
