"""Where a download lies until it is verified: a folder of its own beside what was pulled, held by whoever downloads.

    .outreach-models/.coming-<8 signs>/held    locked by who downloads, for as long as that process lives
    .outreach-models/.turn                     locked by who begins a download, sweeps, or puts in what came

A process that is ended in the middle leaves its folder. Whoever downloads next finds that nobody holds it, and removes
it, and the half-written files beside it, which only somebody in turn writes. Where there are no locks nothing is swept.
"""

import os
import re
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
COMING: Final = ".coming-"
HELD, TURN = "held", ".turn"
OURS: Final = re.compile(rf"{re.escape(COMING)}\w+|\.[0-9a-f]{{64}}\.\w{{8}}|\.[0-9a-f]{{16}}\.json\.\w{{8}}")


@contextmanager
def coming(home: Path) -> Iterator[Path]:
    """Give an empty folder that nobody else has; it goes with all that is in it, if not now then with a later sweep.

    Raises:
        OSError: the disk said no.
    """
    home.mkdir(exist_ok=True)
    with in_turn(home) as alone:
        if alone:
            _sweep(home)
        folder = Path(tempfile.mkdtemp(prefix=COMING, dir=home))
        held = _opened(folder / HELD)
        _lock(held, wait=False)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(held)


@contextmanager
def in_turn(home: Path) -> Iterator[bool]:
    """Wait until nobody else changes what lies here; say whether that is certain, for some disks have no locks."""
    turn = _opened(home / TURN)
    try:
        yield _lock(turn, wait=True)
    finally:
        os.close(turn)


def _sweep(home: Path) -> None:
    """Remove what processes left that have ended: nothing but what has our names, and no link or what it leads to."""
    for path in home.iterdir():
        if OURS.fullmatch(path.name) is None or path.is_symlink():
            continue
        if not path.is_dir():
            path.unlink(missing_ok=True)
        elif not _is_held(path / HELD):
            shutil.rmtree(path, ignore_errors=True)


def _is_held(path: Path) -> bool:
    """Whether a living process has the lock of a folder; one without a lock is nobody's."""
    try:
        held = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    try:
        return not _lock(held, wait=False)
    finally:
        os.close(held)


def _opened(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)


def _lock(handle: int, *, wait: bool) -> bool:
    """Lock what is open, and say whether it is; the kernel frees it when the process ends, however it does."""
    if not LOCKS:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError:
        return False
    return True
