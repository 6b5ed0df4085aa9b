"""What takes long to work out is remembered for a minute, or for twenty times as long as it took.

So what somebody keeps open takes a twentieth of one processor at most, however much is on record.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from time import monotonic
from typing import Any, Final, TypeVar, cast

T = TypeVar("T")
FRESH: Final = timedelta(seconds=60)
TIMES: Final = 20
MOST: Final = 32  # things at once


@dataclass(slots=True)
class Remembered:
    """Results by name, of one process; any thread may ask. `stopwatch` gives seconds by a clock that nobody sets."""

    stopwatch: Callable[[], float] = monotonic
    _known: dict[Hashable, tuple[datetime, timedelta, Any]] = field(default_factory=dict)
    _locks: dict[Hashable, Lock] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def known(self, name: Hashable, now: datetime) -> Any:
        """Return what was made under this name lately; None where it is to be made."""
        made_at, lasts, made = self._known.get(name, (now, timedelta(0), None))
        return made if timedelta(0) <= now - made_at < lasts else None

    def get(self, name: Hashable, now: datetime, make: Callable[[], T]) -> T:
        """Return what was made under this name lately, or make it now: once, whoever else asks.

        A clock that jumped back makes it anew.
        """
        with self._lock:
            mine = self._locks.setdefault(name, Lock())
        with mine:
            known = self.known(name, now)
            if known is not None:
                return cast("T", known)
            began = self.stopwatch()
            try:
                made = make()
            except BaseException:
                with self._lock:  # callers choose names: one that never comes to anything leaves nothing behind
                    self._locks.pop(name, None)
                raise
            with self._lock:
                while len(self._known) >= MOST:
                    self._forget(next(iter(self._known)))
                lasts = max(FRESH, timedelta(seconds=TIMES * (self.stopwatch() - began)))
                self._known[name] = (now, lasts, made)
            return made

    def _forget(self, name: Hashable) -> None:
        del self._known[name]
        self._locks.pop(name, None)
