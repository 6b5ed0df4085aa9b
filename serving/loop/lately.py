"""What the ledger said lately: one question, asked of the one writer at most once in a while, however many ask it.

Anonymous requests reach the ledger through this only: a thousand of them cost it one turn.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, Generic, TypeVar

REMEMBERED_SECONDS: Final = 1.0  # for which what a ledger said is good enough, also for who is not known
T = TypeVar("T")


class Lately(Generic[T]):
    """The answer to `ask`, at most `seconds` old; who comes while it is being asked waits for that same answer.

    An error goes to everyone who waits for it and is not remembered.
    """

    def __init__(self, ask: Callable[[], Awaitable[T]], *, seconds: float) -> None:
        self._ask = ask
        self._seconds = seconds
        self._asked: asyncio.Task[T] | None = None
        self._until = 0.0

    async def get(self) -> T:
        """Return what was said within the last `seconds`, counted from the asking, or ask."""
        if self._asked is not None and self._is_fresh(self._asked):
            return self._asked.result()
        if self._asked is None or self._asked.done():
            self._until = asyncio.get_running_loop().time() + self._seconds
            self._asked = asyncio.create_task(self._answer())
            self._asked.add_done_callback(_retrieved)
        return await asyncio.shield(self._asked)

    def known(self) -> T | None:
        """Return what was said within the last `seconds`, or None; nobody is asked."""
        return self._asked.result() if self._asked is not None and self._is_fresh(self._asked) else None

    def _is_fresh(self, asked: "asyncio.Task[T]") -> bool:
        good = asked.done() and not asked.cancelled() and asked.exception() is None
        return good and asyncio.get_running_loop().time() < self._until

    async def _answer(self) -> T:
        return await self._ask()


def _retrieved(asked: "asyncio.Task[T]") -> None:
    """Look at the error, if any: everyone who waited may have left."""
    if not asked.cancelled():
        asked.exception()
