"""Work done side by side in threads, each with one thread of its own inside: bytes know neither machine nor jobs.

OpenMP's limit holds for the thread that sets it, so every task sets its own. Warning filters are the process's, and
scikit-learn changes them in threads: afterwards they are what they were.

Example:
    >>> Work(jobs=2).run([lambda: 1, lambda: 2])
    [1, 2]
"""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Self, TypeVar

from joblib import Parallel, delayed
from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]  # it ships no types

T = TypeVar("T")


def silent(_what: str, _share: float) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """How many tasks run at once, and who is told `what` is done and the share, from `begin` to `end`."""

    jobs: int = 1
    tell: Callable[[str, float], None] = silent
    what: str = "learning"
    begin: float = 0.0
    end: float = 1.0

    def part(self, what: str, begin: float, end: float) -> Self:
        """Return a part of this work, with its shares of the whole."""
        width = self.end - self.begin
        return replace(self, what=what, begin=self.begin + width * begin, end=self.begin + width * end)

    def run(self, tasks: Sequence[Callable[[], T]]) -> list[T]:
        """Return what the tasks return, in their order; after each, the share that is done is told."""
        controller = ThreadpoolController()

        def alone(task: Callable[[], T]) -> T:
            with controller.limit(limits=1, user_api="openmp"):
                return task()

        found: list[T] = []
        side_by_side = Parallel(n_jobs=self.jobs, prefer="threads", return_as="generator")
        with warnings.catch_warnings():
            for each in side_by_side(delayed(alone)(task) for task in tasks):
                found.append(each)
                self.tell(self.what, self.begin + (self.end - self.begin) * len(found) / len(tasks))
        return found
