"""One thread that does what it is handed, in order, and tells the event loop what came of it.

A thread of our own and a plain queue: an executor makes two futures and takes several locks for each piece, which costs
as much as a whole decision.
"""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from typing import TypeVar

T = TypeVar("T")


class Writer:
    """The thread is there from the start and ends with `end`, or with the process."""

    def __init__(self, name: str) -> None:
        self._loop = asyncio.get_running_loop()
        self._handed: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def hand(self, work: Callable[[], T], done: Callable[[T], None]) -> None:
        """Have the thread do `work`, which must not raise, and the event loop call `done` with what it returned."""

        def turn() -> None:
            result = work()
            with suppress(RuntimeError):  # the event loop is closed: nobody is there who could be told
                self._loop.call_soon_threadsafe(done, result)

        self._handed.put(turn)

    async def end(self, last: Callable[[], Exception | None]) -> None:
        """Have the thread do one last thing, and wait until it has ended; what went wrong in that is raised."""
        ended: asyncio.Future[Exception | None] = self._loop.create_future()

        def told(error: Exception | None) -> None:
            if not ended.done():  # who waited may have given up
                ended.set_result(error)

        self.hand(last, told)
        self._handed.put(None)
        error = await ended
        self._thread.join()
        if error is not None:
            raise error

    def _run(self) -> None:
        while (turn := self._handed.get()) is not None:
            turn()
