"""A ledger that refuses a piece is opened anew: it may be open for reading alone, or hold what the disk has lost."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from model.errors import Unavailable
from serving.clock.steady import ClockSet
from serving.errors import Away
from serving.loop.loop import DecideLoop
from tests.serving.loop.test_loop import Book, echo


def opened_after(error: Exception, *, questions: bool) -> int:
    """Let a piece fail with this error, ask another one, and return how often the ledger was opened."""
    books: list[Book] = []
    failing = [error]

    def opening() -> Any:
        books.append(Book())
        return books[-1]

    def pool(ledger: Any, page: Any, asked: Any) -> list[str]:
        if failing and questions:
            raise failing.pop()
        return echo(ledger, page, asked)

    def job(_: Any, __: Any) -> str:
        raise error

    async def scene() -> int:
        loop = DecideLoop(opening, pool)
        await loop.start()
        first: Callable[[], Any] = (lambda: loop.ask("first")) if questions else (lambda: loop.submit(job))
        await asyncio.gather(first(), return_exceptions=True)
        await loop.ask("second")
        await loop.stop()
        return len(books)

    return asyncio.run(scene())


@pytest.mark.parametrize("questions", [True, False], ids=["questions", "jobs"])
@pytest.mark.parametrize(
    ("error", "times"),
    [
        (Unavailable("attempt to write a readonly database"), 2),
        (ValueError("bad"), 1),
        (Away("busy"), 1),
        (ClockSet("the clock was set"), 1),
    ],
    ids=["ledger", "bad piece", "problem", "clock"],
)
def test_a_ledger_that_refuses_a_piece_is_opened_anew(error: Exception, times: int, *, questions: bool) -> None:
    """Its transaction may be committed all the same, with nothing in it: as long as it stays open it would go on so."""
    assert opened_after(error, questions=questions) == times
