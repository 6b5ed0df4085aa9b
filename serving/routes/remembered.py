"""What takes seconds to work out, kept for a minute: asked again meanwhile, it is not worked out twice."""

from asyncio import Lock
from collections.abc import Awaitable, Callable, Hashable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

T = TypeVar("T")
AGE = timedelta(seconds=60)
MOST = 32  # answers; the one that was worked out first goes first


class Remembered(Generic[T]):
    """Answers by key. One is worked out at a time: whoever asks meanwhile waits, and occupies no thread."""

    def __init__(self) -> None:
        self._known: dict[Hashable, tuple[datetime, T]] = {}
        self._working = Lock()

    async def get(self, key: Hashable, now: datetime, work: Callable[[], Awaitable[T]]) -> T:
        """Return what is known under a key for at most a minute, or work it out now."""
        async with self._working:
            if key in self._known and timedelta(0) <= now - self._known[key][0] < AGE:
                return self._known[key][1]
            found = await work()
            self._known.pop(key, None)
            self._known[key] = now, found
            while len(self._known) > MOST:
                del self._known[next(iter(self._known))]
            return found
