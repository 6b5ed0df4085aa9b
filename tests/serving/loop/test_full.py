"""How much may wait: what is answered in time at the pace of late; and who waits for nobody but the group at work."""

import asyncio
from typing import Any

import pytest

from model.errors import Unavailable
from serving.loop import loop as looping
from serving.loop.loop import CAPACITY, LEAST, PATIENCE, SMOOTHED
from tests.serving.loop.test_loop import Book, all_of, played, write
from tests.serving.loop.test_silent import Hanging, made


class Slow:
    """A clock of the loop's that says how long each group took."""

    def __init__(self, seconds: float) -> None:
        self.at = 0.0
        self.seconds = seconds

    def __call__(self) -> float:
        """Pass some time at every reading."""
        self.at += self.seconds
        return self.at


@pytest.mark.parametrize(
    ("seconds", "most"), [(0.000001, CAPACITY), (PATIENCE / 2000, 2000), (PATIENCE / 100, LEAST), (60.0, LEAST)]
)
def test_as_many_may_wait_as_have_their_turn_in_time(
    seconds: float, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pace of many groups of one piece each; however slow, an array of a thousand has room."""
    monkeypatch.setattr(looping, "monotonic", Slow(seconds))  # read when a group begins, and when it is over

    async def play(loop: Any) -> int:
        for number in range(12 * SMOOTHED):
            await loop.ask(str(number))
        return int(loop.room())

    assert played(Book(), play, capacity=CAPACITY) == pytest.approx(most, rel=0.01)


def test_who_is_urgent_goes_with_the_next_group() -> None:
    """Whoever else waits, and where nobody else would be taken."""

    async def play() -> tuple[list[type], list[str]]:
        book = Hanging()
        loop = made(book, patience=60.0)
        await loop.start()
        loop._capacity = 3
        first = asyncio.create_task(loop.submit(write("first")))
        await asyncio.to_thread(book.begun.wait)
        others = [asyncio.create_task(loop.submit(write(f"other {number}"))) for number in range(5)]
        await asyncio.sleep(0)
        urgent = asyncio.create_task(loop.submit(write("urgent"), urgent=True))
        await asyncio.sleep(0)
        book.let.set()
        said = await all_of(first, urgent, *others)
        await loop.stop()
        return [type(one) for one in said], book.kept

    said, kept = asyncio.run(play())
    refused = [str, str, str, str, str, Unavailable, Unavailable]
    assert (said, kept) == (refused, ["first", "urgent", "other 0", "other 1", "other 2"])


def test_who_is_urgent_is_refused_with_all_others_while_the_ledger_is_silent() -> None:
    """A ledger that hangs has no turn for anybody."""

    async def play() -> list[type]:
        book = Hanging()
        loop = made(book)
        await loop.start()
        first = asyncio.create_task(loop.submit(write("first")))
        await asyncio.to_thread(book.begun.wait)
        said = await all_of(loop.submit(write("urgent"), urgent=True), loop.submit(write("other")))
        book.let.set()
        await first
        await loop.stop()
        return [type(one) for one in said]

    assert asyncio.run(play()) == [Unavailable, Unavailable]
