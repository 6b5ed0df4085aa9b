"""A folder in which one process works at a time; the kernel frees it when that process ends, however it does."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from model.errors import Unavailable

try:
    import fcntl
except ImportError:  # not on Windows: two at once are not noticed there
    fcntl = None  # type: ignore[assignment]

LOCKS: bool = fcntl is not None


@contextmanager
def alone(folder: Path, *, busy: str) -> Iterator[None]:
    """Hold a folder while the block runs; a file system without locks lets everybody in.

    Raises:
        Unavailable: another process holds it, with `busy` for what to do; or it cannot be opened.
    """
    if not LOCKS:
        yield
        return
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise Unavailable(f"`{folder}` cannot be opened ({error.strerror}); mend its permissions, run again") from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Unavailable(f"`{folder}`: {busy}") from None
        except OSError:
            pass
        yield
    finally:
        os.close(handle)
