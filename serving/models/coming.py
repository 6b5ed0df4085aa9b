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

from model.beside import HELD, is_held, locked

COMING: Final = ".coming-"
TURN = ".turn"
OURS: Final = re.compile(rf"{re.escape(COMING)}\w+|\.([0-9a-f]{{64}}|[0-9a-f]{{16}}\.json)\.(making-)?\w{{8}}")


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
        locked(held, wait=False)
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
        yield locked(turn, wait=True)
    finally:
        os.close(turn)


def _sweep(home: Path) -> None:
    """Remove what processes left that have ended: nothing but what has our names, and no link or what it leads to."""
    for path in home.iterdir():
        if OURS.fullmatch(path.name) is None or path.is_symlink():
            continue
        if not path.is_dir():
            path.unlink(missing_ok=True)
        elif not os.path.lexists(path / HELD) or not is_held(path / HELD):  # one without a lock is nobody's
            shutil.rmtree(path, ignore_errors=True)


def _opened(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
