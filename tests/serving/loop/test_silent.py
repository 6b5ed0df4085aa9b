"""A ledger that hangs holds up nobody for longer than their patience, and not the end of the process either."""

import asyncio
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from model.errors import Unavailable
from serving.errors import Away
from serving.loop import loop as looping
from serving.loop.group_writing import AWAY, UNSURE
from serving.loop.loop import DecideLoop
from serving.ports import Unsure
from serving.routes.edge import refusal
from tests.serving.loop.test_loop import Book, Page, echo, write

FAR = 60.0  # seconds


class Hanging(Book):
    """A ledger whose transactions begin when somebody lets them."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = threading.Event()
        self.let = threading.Event()

    @contextmanager
    def transaction(self) -> Iterator[Page]:
        """Hang, and then be as any other."""
        self.begun.set()
        self.let.wait(FAR)
        with super().transaction() as page:
            yield page


class Mute(Book):
    """A ledger that does not answer a commit."""

    @contextmanager
    def transaction(self) -> Iterator[Page]:
        """Do all of it, and say nothing."""
        with super().transaction() as page:
            yield page
        raise Unsure("no answer")


def made(book: Book, *, patience: float = 0.02) -> DecideLoop[str, str]:
    """Return a loop on a ledger."""
    opening: Callable[[], Any] = lambda: book  # noqa: E731  (typed as a port)
    return DecideLoop(opening, echo, patience=patience)


async def hung(loop: DecideLoop[str, str], book: Hanging) -> "asyncio.Task[str]":
    """Start a loop and have its writer hang on a piece."""
    await loop.start()
    first = asyncio.create_task(loop.submit(write("first")))
    await asyncio.to_thread(book.begun.wait)
    return first


def test_who_waits_for_a_writer_that_hangs_is_refused() -> None:
    """Nothing of theirs is recorded, nor is what comes meanwhile; afterwards all is as before."""
    book = Hanging()

    async def scene() -> list[Any]:
        loop = made(book)
        first = await hung(loop, book)
        queued = await asyncio.gather(loop.submit(write("second")), loop.ask("third"), return_exceptions=True)
        coming = await asyncio.gather(loop.submit(write("fourth")), return_exceptions=True)
        book.let.set()
        said = [await first, await loop.submit(write("last"))]
        await loop.stop()
        return [str(one) for one in (*queued, *coming)] + said

    actual = asyncio.run(scene())

    assert (actual, book.kept, book.closed) == ([AWAY, AWAY, AWAY, "first", "last"], ["first", "last"], True)


def test_a_quick_writer_refuses_nobody_later() -> None:
    """The patience with one group ends with it."""

    async def scene() -> str:
        loop = made(Book(), patience=0.01)
        await loop.start()
        await loop.submit(write("first"))
        await asyncio.sleep(0.03)
        said = await loop.submit(write("second"))
        await loop.stop()
        return said

    assert asyncio.run(scene()) == "second"


def test_a_writer_that_hangs_is_left_behind(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """The end of the process waits for a while, and says what it leaves."""
    monkeypatch.setattr(looping, "LAST_SECONDS", 0.02)
    book = Hanging()

    async def scene() -> None:
        loop = made(book, patience=FAR)
        first = await hung(loop, book)
        await loop.stop()
        book.let.set()
        await first

    with caplog.at_level(logging.ERROR):
        asyncio.run(scene())

    assert "the ledger does not answer" in caplog.text


def test_a_commit_without_an_answer_is_said_so() -> None:
    """Not that nothing was recorded: it may be, and the same key finds it."""

    async def scene() -> Any:
        loop = made(Mute(), patience=FAR)
        await loop.start()
        said = (await asyncio.gather(loop.submit(write("first")), return_exceptions=True))[0]
        await loop.stop()
        return said

    said = asyncio.run(scene())

    assert (str(said), isinstance(said, Unsure)) == (UNSURE, True)


@pytest.mark.parametrize(("error", "text"), [(Unsure("x"), UNSURE), (Unavailable("x"), AWAY), (Away("x"), "x")])
def test_the_client_reads_which_it_is(error: Exception, text: str) -> None:
    """503 with `Retry-After`, and words that are true."""
    answer = refusal(error)

    assert (answer.status_code, answer.headers["retry-after"], text.encode() in bytes(answer.body)) == (503, "1", True)
