"""The folder in which several workers leave what they counted: made by their parent, gone with it, or swept later.

A parent that is killed leaves its folder behind. It held a lock in it, and so did each worker; whoever starts next
removes the folders of which all locks are free, and only such as are ours by owner, mode, name and all that is in them.
"""

import fcntl
import os
import re
import stat
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final

PREFIX: Final = "outreach-figures-"
PARENT: Final = "parent.alive"
NAMED: Final = re.compile(re.escape(PREFIX) + r"[a-z0-9_]{8}")
OURS: Final = re.compile(
    r"parent\.alive|lock|ended\.json|\d+-\d+\.(alive|figures)|\.(ended\.json|\d+-\d+\.figures)\.\w{8}"
)
FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
FILE: Final = os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@contextmanager
def figures_folder() -> Iterator[Path]:
    """Make the folder and hold its lock, until the workers have ended; what others left behind is swept first."""
    sweep(Path(tempfile.gettempdir()))
    with tempfile.TemporaryDirectory(prefix=PREFIX) as name, ExitStack() as held:
        coming = Path(name) / f".{PARENT}"
        alive = os.open(coming, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        held.callback(os.close, alive)
        fcntl.flock(alive, fcntl.LOCK_EX)
        coming.rename(Path(name) / PARENT)  # whoever finds it finds it locked
        yield Path(name)


def sweep(place: Path) -> None:
    """Remove the folders of parents that are gone; what cannot be removed, or is in doubt, stays."""
    with suppress(OSError), os.scandir(place) as entries:
        for name in [entry.name for entry in entries if NAMED.fullmatch(entry.name)]:
            with suppress(OSError):
                _remove(place / name)


def _remove(path: Path) -> None:
    """Remove one folder that is ours, where nobody holds a lock in it.

    Raises:
        OSError: it is not ours, somebody holds a lock, or the system says no.
    """
    with ExitStack() as opened:
        folder = os.open(path, FOLDER)
        opened.callback(os.close, folder)
        status = os.fstat(folder)
        names = os.listdir(folder)  # noqa: PTH208  (of what is open, not of what stands at its path)
        private = status.st_uid == os.geteuid() and stat.S_IMODE(status.st_mode) == stat.S_IRWXU
        if not private or PARENT not in names or not all(map(OURS.fullmatch, names)):
            return
        for name in names:
            file = os.open(name, FILE, dir_fd=folder)
            opened.callback(os.close, file)
            if not stat.S_ISREG(os.fstat(file).st_mode):
                return
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        for name in names:
            os.unlink(name, dir_fd=folder)
        path.rmdir()
