"""A clock that several processes read and one of them moves: a number of microseconds in a file.

No two readings are equal, and each is later than all before it, whoever reads: so times on record say the order.
"""

import fcntl
import mmap
import struct
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
NUMBER = struct.Struct("<q")


class SharedClock:
    """Reads as `Clock`: aware, UTC. `began` sets it; None joins the one that stands in the file. `with` closes it."""

    def __init__(self, path: Path, began: datetime | None = None) -> None:
        if began is not None:
            path.write_bytes(NUMBER.pack((began - EPOCH) // MICROSECOND))
        self._path = path
        self._turn = threading.Lock()
        self.join()

    def join(self) -> None:
        """Open the file; again after a fork, because a lock is one for all who share an open file."""
        self._file = self._path.open("r+b")
        self._page = mmap.mmap(self._file.fileno(), NUMBER.size)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._page.close()
        self._file.close()

    def __call__(self) -> datetime:
        """Return the present, a microsecond later than anybody's last one."""
        return self.move(1)

    def move(self, micros: int) -> datetime:
        """Let so many microseconds pass; return what it is then."""
        with self._turn:
            fcntl.flock(self._file, fcntl.LOCK_EX)
            try:
                (stood,) = NUMBER.unpack_from(self._page)
                NUMBER.pack_into(self._page, 0, stood + micros)
            finally:
                fcntl.flock(self._file, fcntl.LOCK_UN)
        return EPOCH + (stood + micros) * MICROSECOND
