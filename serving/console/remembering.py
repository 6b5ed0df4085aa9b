"""What takes long to work out is remembered for a minute: whoever looks again waits for nothing."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import Any, Final, TypeVar, cast

from fastapi import Request

T = TypeVar("T")
FRESH: Final = timedelta(seconds=60)
MOST: Final = 32  # things at once


@dataclass(slots=True)
class Remembered:
    """Results by name, of one process; any thread may ask."""

    _known: dict[str, tuple[datetime, Any]] = field(default_factory=dict)
    _locks: dict[str, Lock] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def get(self, name: str, now: datetime, make: Callable[[], T]) -> T:
        """Return what was made under this name within the last minute, or make it now: once, whoever else asks.

        A clock that jumped back makes it anew.
        """
        with self._lock:
            mine = self._locks.setdefault(name, Lock())
        with mine:
            known = self._known.get(name)
            if known is not None and timedelta(0) <= now - known[0] < FRESH:
                return cast("T", known[1])
            made = make()
            with self._lock:
                while len(self._known) >= MOST:
                    self._forget(next(iter(self._known)))
                self._known[name] = (now, made)
            return made

    def _forget(self, name: str) -> None:
        del self._known[name]
        self._locks.pop(name, None)


def remembered_of(request: Request) -> Remembered:
    """Return what this process remembers for its pages."""
    state = request.app.state
    if not hasattr(state, "remembered"):
        state.remembered = Remembered()
    return cast("Remembered", state.remembered)
