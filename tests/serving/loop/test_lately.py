import asyncio
from typing import Any

import pytest

from serving.loop.lately import Lately


class Oracle:
    """Counts how often it is asked; fails while told to."""

    def __init__(self) -> None:
        self.asked = 0
        self.failing = False

    async def __call__(self) -> int:
        """Say how often it was asked."""
        self.asked += 1
        await asyncio.sleep(0.01)
        if self.failing:
            raise ValueError("away")
        return self.asked


async def all_of(count: int, lately: Lately[int]) -> list[Any]:
    """Ask as many times at once."""
    return await asyncio.gather(*(lately.get() for _ in range(count)), return_exceptions=True)


def test_who_asks_at_once_shares_an_answer() -> None:
    """A hundred askers, one question; within the time nobody asks again."""
    oracle = Oracle()

    async def scene() -> Any:
        lately = Lately(oracle, seconds=60.0)
        return await all_of(100, lately) + await all_of(100, lately)

    assert (set(asyncio.run(scene())), oracle.asked) == ({1}, 1)


def test_an_old_answer_is_asked_again() -> None:
    """Once its time is over."""

    async def scene() -> Any:
        lately = Lately(Oracle(), seconds=0.02)
        first = await all_of(2, lately)
        await asyncio.sleep(0.03)
        return first + await all_of(2, lately)

    assert asyncio.run(scene()) == [1, 1, 2, 2]


def test_an_error_is_shared_and_forgotten() -> None:
    """Everyone who waits gets it; the next one asks anew."""
    oracle = Oracle()
    oracle.failing = True

    async def scene() -> Any:
        lately = Lately(oracle, seconds=60.0)
        failed = await all_of(3, lately)
        oracle.failing = False
        return failed, await all_of(3, lately)

    failed, well = asyncio.run(scene())

    assert ([type(one) for one in failed], well, oracle.asked) == ([ValueError] * 3, [2, 2, 2], 2)


@pytest.mark.parametrize("failing", [False, True])
def test_who_leaves_takes_nothing_from_the_others(*, failing: bool) -> None:
    """A client that disconnects does not cancel the question for those who wait with it."""
    oracle = Oracle()
    oracle.failing = failing

    async def scene() -> Any:
        lately = Lately(oracle, seconds=60.0)
        leaving = asyncio.create_task(lately.get())
        staying = asyncio.create_task(lately.get())
        await asyncio.sleep(0)
        leaving.cancel()
        return await asyncio.gather(leaving, staying, return_exceptions=True)

    left, stayed = asyncio.run(scene())

    assert (type(left), stayed if not failing else type(stayed)) == (
        asyncio.CancelledError,
        ValueError if failing else 1,
    )
