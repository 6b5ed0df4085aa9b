"""What a piece of work takes: seconds, and processor seconds of this process and all that it started (Linux)."""

import os
import time
from collections.abc import Callable
from typing import NamedTuple

from benchmarks.serving_processes import cpu_seconds, tree


class Spent(NamedTuple):
    """Seconds of the clock, and of processors: on a busy machine only the latter say what the work costs."""

    seconds: float
    processor: float


def spent(work: Callable[[], object]) -> Spent:
    """Do it, and return what it took; a process that ended counts where its parent waited for it."""
    before, began = _used(), time.perf_counter()
    work()
    return Spent(time.perf_counter() - began, _used() - before)


def _used() -> float:
    return cpu_seconds(tree([os.getpid()]), ended=True)
