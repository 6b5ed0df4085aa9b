"""What an executor does: load policy and model once in a process, carry tasks out, leave nothing half-written.

Each attempt at a task writes in a folder of its own and moves what is whole to its place, so an attempt that is killed
leaves nothing there, and one that is made twice leaves the same bytes twice in one place.
"""

import platform
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from pyspark import TaskContext
from pyspark.accumulators import Accumulator, AccumulatorParam
from pyspark.core.broadcast import Broadcast

from model.canonical import sha256
from model.contracts import JSON
from model.errors import OutreachError, Unavailable
from model.trees.kernel import take
from serving.batch.desk import Desk, Origin, Plan
from serving.batch.process import be_lean
from serving.batch.summary import versions
from serving.batch.walk import settle
from serving.batch.workers import Task, carried_out

FLAGS: Final = ("flags", "Features")  # how x86 and ARM call what a processor can do
Heard = frozenset[tuple[int, int, int]]  # (place of a task, range, how many of its rows are done)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What every executor is told once: the plan, where policy and model are, and the compiled walk of a processor."""

    plan: Plan
    origin: Origin
    code: bytes
    processor: str
    versions: Mapping[str, JSON]


class Hearing(AccumulatorParam[Heard]):
    """Gathers what tasks say of their progress; what a second attempt says again counts once."""

    def zero(self, value: Heard) -> Heard:  # noqa: ARG002  (Spark's signature)
        """Return nothing."""
        return frozenset()

    def addInPlace(self, value1: Heard, value2: Heard) -> Heard:  # noqa: N802  (Spark's name)
        """Return both."""
        return value1 | value2


def work(
    told: "Broadcast[Told]", heard: "Accumulator[Heard]", tasks: Iterator[tuple[int, Task]]
) -> Iterator[tuple[int, Any]]:
    """Carry tasks out, one after the other; yield the place of each and what it gave, or how it failed.

    An error is no accident of this machine: nobody tries again.
    """
    try:
        desk = _desk(told.value)
    except OutreachError as error:
        yield from ((place, error) for place, _ in tasks)
        return
    for place, task in tasks:
        done: dict[int, int] = {}

        def tell(index: int, rows: int, done: dict[int, int] = done) -> None:
            done[index] = done.get(index, 0) + rows

        try:
            yield place, carried_out(task, desk, tell)
        except OutreachError as error:
            yield place, error
            return
        heard.add(frozenset((place, index, rows) for index, rows in done.items()))


_desks: dict[Path, Desk] = {}  # by the run's place: at most one


def _desk(told: Told) -> Desk:
    """Return this process's desk for a run, with a place for this attempt alone."""
    plan = told.plan
    if not plan.work.is_dir():
        raise Unavailable(
            f"`{plan.work}` is not seen on `{platform.node()}`; `--out` must be a folder that all machines of the "
            "cluster share (a dry run uses that for temporary files), the file of candidates likewise"
        )
    if plan.work not in _desks:
        _desks.clear()
        _desks[plan.work] = _loaded(told)
    attempt = TaskContext.get()
    hidden = plan.work / f"attempt-{attempt.taskAttemptId() if attempt else 0}"
    hidden.mkdir(exist_ok=True)
    desk = _desks[plan.work]
    desk.plan = replace(plan, hidden=hidden)
    return desk


def _loaded(told: Told) -> Desk:
    """Load policy and model, and refuse to write other bytes than the driver would."""
    if versions() != told.versions:
        raise Unavailable(
            f"`{platform.node()}` has {_said(versions())}, the driver {_said(told.versions)}: other versions may give "
            "other bytes; give all machines the same environment"
        )
    be_lean()
    code = told.code if told.processor == processor() else b""  # of another processor's code nobody knows what it does
    take(lambda: code)
    desk = Desk.load(told.plan, told.origin)
    settle(desk.job.scorer)
    return desk


def _said(known: Mapping[str, JSON]) -> str:
    return ", ".join(f"{name} {version}" for name, version in known.items())


def processor() -> str:
    """Name the processor by all that it can do: code compiled on one runs on another of the same name."""
    try:
        lines = Path("/proc/cpuinfo").read_text(errors="replace").splitlines()
    except OSError:
        lines = []
    can = next((line for line in lines if line.startswith(FLAGS)), platform.processor())
    return sha256(f"{platform.system()} {platform.machine()} {can}".encode())
