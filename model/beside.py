"""A folder beside a place, where what is to stand there is made; it goes with all in it, if not now then next time.

    .NAME.making-<8 signs>/held    locked by whoever makes it, for as long as that process lives
    .NAME.making-<8 signs>/old     what stood at the place, in the instant between two renames

A process that is killed leaves its folder. Whoever makes the same place next finds that nobody holds it, puts `old`
back where the place is empty, and removes the rest. Where there are no locks nothing is removed.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

try:
    import fcntl
except ImportError:  # not on Windows
    fcntl = None  # type: ignore[assignment]

LOCKS: bool = fcntl is not None
HELD: Final = "held"
OLD: Final = "old"


@contextmanager
def beside(place: Path) -> Iterator[Path]:
    """Give an empty folder on the disk of `place` that nobody else has.

    Raises:
        OSError: the disk said no.
    """
    _sweep(place)
    folder = Path(tempfile.mkdtemp(prefix=_prefix(place), dir=place.parent))
    held = _hold(folder)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(held)


def is_held(path: Path) -> bool:
    """Whether a living process has the lock of this file; where that cannot be told, it has."""
    try:
        held = os.open(path, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except OSError:
        return True
    try:
        return not locked(held, wait=False)
    finally:
        os.close(held)


def locked(handle: int, *, wait: bool) -> bool:
    """Lock what is open, and say whether it is; the kernel frees it when the process ends, however it does."""
    if not LOCKS:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError:
        return False
    return True


def _prefix(place: Path) -> str:
    return f".{place.name}.making-"


def _hold(folder: Path) -> int:
    """Lock the folder; its lock has its name only once it is locked, so that nobody takes it for left behind."""
    new = folder / f"{HELD}.new"
    handle = os.open(new, os.O_RDWR | os.O_CREAT, 0o600)
    locked(handle, wait=False)
    new.rename(folder / HELD)
    return handle


def _sweep(place: Path) -> None:
    """Remove what processes left that were killed while they made this very place; links are nobody's."""
    with os.scandir(place.parent) as entries:
        left = [Path(entry.path) for entry in entries if entry.name.startswith(_prefix(place))]
    for folder in left:
        if folder.is_symlink() or is_held(folder / HELD):
            continue
        if not os.path.lexists(place) and (folder / OLD).exists():
            (folder / OLD).rename(place)
        shutil.rmtree(folder, ignore_errors=True)
