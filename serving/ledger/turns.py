"""Whose turn it is to write: processes that share a ledger file take turns, in the order in which they came.

SQLite lets one process write at a time, and whoever finds the file locked sleeps, longer each time, and is overtaken by
who comes later. So writers first queue for two ranges of a file beside the ledger: who holds `NEXT` is the next to get
`NOW`, and who has just written waits behind them. The kernel frees both when a process dies.

This is order and haste, never safety: SQLite's own lock decides who writes. Where there are no such locks (another
system, a folder that cannot be written) or a process keeps its turn for too long, writers go on without.
"""

import os
import time
from pathlib import Path
from typing import Any, Final

try:
    import fcntl
except ImportError:  # not on Windows
    fcntl = None  # type: ignore[assignment]

SUFFIX: Final = "-turn"
NOW, NEXT = 0, 1  # the bytes that are locked; the file stays empty
PAUSE: Final = 0.0002  # seconds between two tries: a write takes some milliseconds


class Turn:
    """The place of one ledger in the queue for its file, taken by who writes; `patience` is in seconds."""

    def __init__(self, ledger: Path, *, patience: float) -> None:
        self._patience = patience
        self._path = ledger.with_name(ledger.name + SUFFIX)
        self._file: Any = None
        self._there = fcntl is not None

    def take(self) -> None:
        """Wait for the turn; after `patience` go on all the same."""
        if self._file is None and self._there:
            self._file = _opened(self._path)
            self._there = self._file is not None
        if self._file is None:
            return
        until = time.monotonic() + self._patience
        if self._wait(NEXT, until):
            self._wait(NOW, until)
            self._free(NEXT)

    def give_back(self) -> None:
        """Let the next one write; without a turn nothing happens."""
        if self._file is not None:
            self._free(NOW)

    def close(self) -> None:
        """Leave the queue for good."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _wait(self, place: int, until: float) -> bool:
        while not self._locked(place):
            if time.monotonic() >= until:
                return False
            time.sleep(PAUSE)
        return True

    def _locked(self, place: int) -> bool:
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, place)
        except OSError:
            return False
        return True

    def _free(self, place: int) -> None:
        fcntl.lockf(self._file, fcntl.LOCK_UN, 1, place)


def _opened(path: Path) -> int | None:
    """Open the file, made where it is not there; None where there can be none."""
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError:
        return None
