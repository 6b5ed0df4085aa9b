from functools import partial

import pytest
from threadpoolctl import threadpool_info, threadpool_limits  # type: ignore[import-untyped]  # it ships no types

from model.parallel import Work


def openmp() -> list[int]:
    """How many threads OpenMP would use here."""
    return [int(pool["num_threads"]) for pool in threadpool_info() if pool["user_api"] == "openmp"]


@pytest.mark.parametrize("jobs", [1, 2])
def test_results_come_in_the_order_of_the_tasks(jobs: int) -> None:
    """Whoever finishes first."""
    assert Work(jobs=jobs).run([partial(pow, base, 2) for base in range(20)]) == [base**2 for base in range(20)]


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_task_has_one_thread_of_its_own(jobs: int) -> None:
    """The limit of the caller does not reach the threads: each sets its own."""
    with threadpool_limits(limits=2, user_api="openmp"):
        found = Work(jobs=jobs).run([openmp] * 4)
    assert {count for counts in found for count in counts} <= {1}


def test_progress_rises_within_its_part() -> None:
    """Shares of a part are shares of the whole."""
    told: list[tuple[str, float]] = []
    work = Work(tell=lambda what, share: told.append((what, share))).part("tuning", 0.5, 0.75).part("fits", 0.0, 0.5)
    work.run([lambda: None] * 2)
    assert told == [("fits", 0.5625), ("fits", 0.625)]


def test_a_failing_task_is_heard() -> None:
    """Its error reaches the caller."""
    with pytest.raises(ZeroDivisionError):
        Work(jobs=2).run([lambda: 1 // 0])


def test_nothing_to_do_is_done() -> None:
    """An empty list, and nobody is told."""
    assert Work().run([]) == []
