"""A ledger's decisions worked on in ranges of their numbers, by as many processes as there are cores.

Each process opens what it needs once, then takes ranges; what comes of them is handed back in their order, so that the
number of processes shows in nothing but the time. Records are appended and never renumbered: all read the same ones,
whatever is decided meanwhile. A process that dies ends the run; one whose parent dies ends itself.
"""

import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager
from dataclasses import dataclass
from multiprocessing import get_context
from threading import Thread
from typing import Any, Final, Protocol, TypeVar

from model.errors import Unavailable
from serving.processes import outlive_nobody

SPAWN: Final = get_context("spawn")
WAITING: Final = 4  # ranges a process that are handed out beforehand: what comes of later ones needs no memory yet
Found_co = TypeVar("Found_co", covariant=True)


class Desk(Protocol[Found_co]):
    """What a process has opened."""

    def work(self, numbers: range) -> Found_co:
        """Work on the decisions with these numbers; what it returns is small and picklable."""
        ...


class Job(Protocol[Found_co]):
    """What is to be done, small and picklable."""

    def open(self) -> AbstractContextManager[Desk[Found_co]]:
        """Open what it takes, in the process that works."""
        ...


def ranges(first: int, last: int, size: int) -> list[range]:
    """Cut the numbers from `first` to `last` into ranges of `size`, the last one shorter.

    Example:
        >>> ranges(1, 5, 2)
        [range(1, 3), range(3, 5), range(5, 6)]
    """
    return [range(start, min(start + size, last + 1)) for start in range(first, last + 1, size)]


def worked(job: Job[Found_co], parts: Sequence[range], jobs: int, told: Callable[[float], None]) -> Iterator[Found_co]:
    """Yield what `results` does; `told` hears after each range the share that is done."""
    for number, found in enumerate(results(job, parts, jobs), start=1):
        yield found
        told(number / len(parts))


def results(job: Job[Found_co], parts: Sequence[range], jobs: int) -> Iterator[Found_co]:
    """Yield what comes of each range, in order; with one job, or one range, here.

    Raises:
        Unavailable: a process died.
    """
    if jobs <= 1 or len(parts) <= 1:
        with job.open() as desk:
            for part in parts:
                yield desk.work(part)
        return
    pool = ProcessPoolExecutor(min(jobs, len(parts)), mp_context=SPAWN, initializer=_begin, initargs=(job,))
    try:
        yield from _in_order(pool, parts, ahead=WAITING * jobs)
    except BrokenProcessPool:
        raise Unavailable(
            "a process that replays died; is there enough memory? Nothing was written, run again"
        ) from None
    finally:
        pool.shutdown(cancel_futures=True)


def _in_order(pool: ProcessPoolExecutor, parts: Sequence[range], *, ahead: int) -> Iterator[Any]:
    waiting: list[Future[Any]] = [pool.submit(_work, part) for part in parts[:ahead]]
    for part in (*parts[ahead:], *[None] * len(waiting)):
        found = waiting.pop(0).result()
        if part is not None:
            waiting.append(pool.submit(_work, part))
        yield found


@dataclass(slots=True)
class _Opened:
    """What this process has opened, or why it could not; `held` closes it with the process."""

    desk: Desk[Any] | None = None
    held: AbstractContextManager[Any] | None = None
    error: Exception | None = None


_HERE: Final = _Opened()


def _begin(job: Job[Any]) -> None:
    """Be a process of the crew: the parent hears Ctrl-C, and ends us."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=outlive_nobody, name="parent", daemon=True).start()
    try:
        _HERE.held = job.open()
        _HERE.desk = _HERE.held.__enter__()
    except Exception as error:  # noqa: BLE001  (whatever it is, `_work` refuses with it: the pool would only say "died")
        _HERE.error = error


def _work(part: range) -> Any:
    if _HERE.error is not None:
        raise _HERE.error
    assert _HERE.desk is not None  # noqa: S101  (`_begin` opened it)
    return _HERE.desk.work(part)
