import asyncio
import threading
from typing import Any

import pytest

from serving.writer import Writer


def test_what_is_handed_is_done_in_order_on_one_thread() -> None:
    """Another thread than the event loop's does the work; the event loop is told, in the same order."""

    async def scene() -> tuple[list[int], set[str], set[str]]:
        writer = Writer("the writer")
        told: list[int] = []
        worked, heard = set(), set()

        def work(number: int) -> int:
            worked.add(threading.current_thread().name)
            return number

        def done(number: int) -> None:
            heard.add(threading.current_thread().name)
            told.append(number)

        for number in range(50):
            writer.hand(lambda number=number: work(number), done)  # type: ignore[misc]
        await writer.end(lambda: None)
        return told, worked, heard

    told, worked, heard = asyncio.run(scene())

    assert (told, worked, heard) == ([*range(50)], {"the writer"}, {threading.main_thread().name})


@pytest.mark.parametrize("error", [None, OSError("disk full")])
def test_the_last_thing_is_done_before_the_thread_ends(error: Exception | None) -> None:
    """What went wrong in it is raised to who ends it; the thread is gone either way."""

    async def scene() -> tuple[Any, bool]:
        writer = Writer("a writer that ends")
        said = await asyncio.gather(writer.end(lambda: error), return_exceptions=True)
        return said[0], any(thread.name == "a writer that ends" for thread in threading.enumerate())

    assert asyncio.run(scene()) == (error, False)
