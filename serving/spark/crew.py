"""The hands of a plan on Spark: its tasks as one job, what they returned in order of arrival, and one line if it fails.

A task is a range of rows or a share of the customers, whatever the cluster; so no byte depends on who carried it out,
how often, or on how many machines.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from threading import Thread
from types import TracebackType
from typing import Any, Final, Self

from pyspark.accumulators import Accumulator
from pyspark.core.broadcast import Broadcast
from pyspark.sql import SparkSession

from model.errors import OutreachError, Unavailable
from model.spark_reasons import reason_of
from serving.batch.desk import Origin, Plan, Tell
from serving.batch.summary import versions
from serving.batch.walk import Compiling
from serving.batch.workers import AGAIN, Done, Muster, Task
from serving.spark.shipping import ship_program
from serving.spark.working import Heard, Hearing, Told, processor, work

EACH_CORE: Final = 8  # tasks of Spark, at most: each reads on where its last range ended
PAUSE_S: Final = 0.2  # between two looks at the progress


@dataclass(eq=False, slots=True)
class SparkCrew:
    """Runs tasks on the executors of a session. As a context: what was sent to them is taken back at the end."""

    session: SparkSession
    plan: Plan
    origin: Origin
    compiling: Compiling
    jobs: int = 0
    _told: "Broadcast[Told] | None" = None

    def __enter__(self) -> Self:
        ship_program(self.session.sparkContext)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Free the executors' memory."""
        if self._told is not None:
            with suppress(Exception):  # the session may be gone
                self._told.destroy()

    def run(self, tasks: Sequence[Task], tell: Tell, done: Done) -> None:
        """Run tasks, in any order; `done` takes what each returned.

        Raises:
            InvalidInput: the file, policy or model changed meanwhile.
            Unavailable: a task failed, or Spark gave it up.
        """
        if not tasks:
            return
        context = self.session.sparkContext
        heard: Accumulator[Heard] = context.accumulator(frozenset(), Hearing())
        slices = min(len(tasks), max(context.defaultParallelism, 1) * EACH_CORE)
        rows = context.parallelize(list(enumerate(tasks)), slices).mapPartitions(partial(work, self._tell(), heard))
        self.jobs += 1
        job = _Job(rows.collect, self.session, f"{self.plan.work}-{self.jobs}")
        known: Heard = frozenset()
        for _ in job.waiting():
            now = heard.value
            for _, index, count in sorted(now - known):
                tell(index, count)
            known = now
        for _, said in sorted(job.result(), key=lambda pair: int(pair[0])):
            if isinstance(said, OutreachError):
                raise said
            done(said)

    def _tell(self) -> "Broadcast[Told]":
        """Send the executors what they have to know, once the walk is compiled."""
        if self._told is None:
            told = Told(
                plan=replace(self.plan, source=self.plan.source.anywhere()),
                origin=self.origin,
                code=self.compiling.code(),
                processor=processor(),
                versions=versions(),
            )
            self._told = self.session.sparkContext.broadcast(told)
        return self._told


def muster(session: SparkSession, origin: Origin) -> Muster:
    """Return what gathers the executors of a session for a plan."""
    return lambda plan, compiling: SparkCrew(session, plan, origin, compiling)


@dataclass(slots=True)
class _Job:
    """A job of Spark beside the thread that waits for it, so that Ctrl-C is heard and progress is told."""

    ask: Callable[[], list[tuple[int, Any]]]
    session: SparkSession
    group: str
    found: list[tuple[int, Any]] = field(default_factory=list)
    failed: list[BaseException] = field(default_factory=list)

    def waiting(self) -> Iterator[None]:
        """Yield now and then while the job runs, and once after it ended; leaving the loop otherwise cancels it."""
        thread = Thread(target=self._run, name="outreach-spark", daemon=True)
        thread.start()
        try:
            while thread.is_alive():
                thread.join(PAUSE_S)
                yield
        except BaseException:
            with suppress(Exception):  # Java may have been stopped with us
                self.session.sparkContext.cancelJobGroup(self.group)
            raise
        yield

    def _run(self) -> None:
        try:
            self.session.sparkContext.setJobGroup(self.group, "outreach batch", interruptOnCancel=False)
            self.found = self.ask()
        except BaseException as error:  # noqa: BLE001  (whatever it is, the thread that waits says it)
            self.failed.append(error)

    def result(self) -> list[tuple[int, Any]]:
        """Return what the job gave. Raises `Unavailable` where Spark gave it up."""
        for error in self.failed:
            raise Unavailable(f"Spark gave the job up ({reason_of(error)}); {AGAIN}") from error
        return self.found
