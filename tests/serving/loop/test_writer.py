import asyncio
import threading
from typing import Any

import pytest

from serving.loop.writer import Writer


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


def test_who_gives_up_waiting_for_the_end_is_not_told() -> None:
    """A thread that hangs and comes back later disturbs nobody, whether the event loop is still there or not."""
    held = [threading.Event(), threading.Event()]
    writers: list[Writer] = []

    async def scene(waits: threading.Event) -> None:
        writer = Writer("a writer that hangs")
        writers.append(writer)
        writer.hand(waits.wait, lambda _: None)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(writer.end(lambda: None), 0.01)
        if waits is held[0]:
            waits.set()
            await asyncio.to_thread(writer._thread.join)
            await asyncio.sleep(0)

    for waits in held:
        asyncio.run(scene(waits))
    held[1].set()
    for writer in writers:
        writer._thread.join()

    assert [writer._thread.is_alive() for writer in writers] == [False, False]
