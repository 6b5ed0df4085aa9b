"""The faults of `exact_faults.py`: each makes a disk or a database fail on entering, and lets it be well on leaving."""

import errno
import resource
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.exact_fault_servers import Faulty
from benchmarks.exact_shim import Disk

SMALL: Final = "96m"  # of memory, as a disk that is soon full
BLOCK: Final = bytes(64 * 1024)
ROOM: Final = 4096  # bytes that a file may still grow by
SLOW, SLOWEST = 1500, 7000  # milliseconds of a flush: a turn is late, and everybody's patience is over


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Where it happens: the ledger, the disk under it, the servers on it."""

    ledger: Path
    disk: Disk
    servers: Faulty


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is broken; `nothing`: while it lasts nothing at all can be written. `mounted`: on a disk of its own."""

    make: Callable[[Stage], AbstractContextManager[None]]
    nothing: bool = True
    mounted: bool = False


@contextmanager
def full(stage: Stage) -> Iterator[None]:
    """Leave no room on the disk."""
    ballast = stage.ledger.with_name("ballast")
    with suppress(OSError), ballast.open("ab", buffering=0) as file:
        while file.write(BLOCK) == len(BLOCK):
            pass
    with suppress(OSError), ballast.open("ab", buffering=0) as file:
        while file.write(b"-"):
            pass
    yield
    ballast.unlink()


@contextmanager
def limited(stage: Stage) -> Iterator[None]:
    """Let no file of the servers grow, as a full disk does."""
    log = stage.ledger.with_name(stage.ledger.name + "-wal")
    before = [resource.prlimit(process, resource.RLIMIT_FSIZE) for process in stage.servers.processes]
    for process, (_, hard) in zip(stage.servers.processes, before, strict=True):
        resource.prlimit(process, resource.RLIMIT_FSIZE, (min(log.stat().st_size, ROOM), hard))
    yield
    for process, limits in zip(stage.servers.processes, before, strict=True):
        resource.prlimit(process, resource.RLIMIT_FSIZE, limits)


def failing(**calls: int) -> Callable[[Stage], AbstractContextManager[None]]:
    """Let the disk answer some calls with an error, or slowly."""

    @contextmanager
    def fail(stage: Stage) -> Iterator[None]:
        stage.disk.fails(**calls)
        yield
        stage.disk.is_well()

    return fail


@contextmanager
def locked(stage: Stage) -> Iterator[None]:
    """Hold the write lock, as another program does."""
    with closing(sqlite3.connect(stage.ledger, isolation_level=None, timeout=30)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@contextmanager
def killed(stage: Stage) -> Iterator[None]:
    """Let the disk fail to flush, and the servers die with what they could not."""
    stage.disk.fails(flush=errno.EIO)
    yield
    stage.servers.kill()
    stage.disk.is_well()
    stage.servers.start()


@contextmanager
def unlinked(stage: Stage) -> Iterator[None]:
    """Remove the log of the ledger while it is written, and end its writers: a file without a name would be lost."""
    with suppress(FileNotFoundError):
        stage.ledger.with_name(stage.ledger.name + "-wal").unlink()
    yield
    stage.servers.kill()
    stage.servers.start()


@contextmanager
def moved(stage: Stage) -> Iterator[None]:
    """Take the ledger away, and put it back."""
    elsewhere = stage.ledger.with_name("elsewhere.db")
    stage.ledger.rename(elsewhere)
    yield
    elsewhere.rename(stage.ledger)


FAULTS: Final = {
    "full": Fault(make=full, nothing=False, mounted=True),
    "limited": Fault(make=limited),
    "read-only": Fault(make=failing(write=errno.EROFS, opening=errno.EROFS)),
    "fsync": Fault(make=failing(flush=errno.EIO)),
    "fsync-killed": Fault(make=killed),
    "write": Fault(make=failing(write=errno.EIO)),
    "read": Fault(make=failing(read=errno.EIO), nothing=False),
    "locked": Fault(make=locked),
    "slow": Fault(make=failing(slow=SLOW), nothing=False),
    "slowest": Fault(make=failing(slow=SLOWEST), nothing=False),
    "log-removed": Fault(make=unlinked, nothing=False),
    "moved": Fault(make=moved),
}


@contextmanager
def small_disk(folder: Path) -> Iterator[bool]:
    """Mount a small disk over a folder; False where that is not permitted."""
    command = ["mount", "-t", "tmpfs", "-o", f"size={SMALL}", "tmpfs", str(folder)]
    try:
        done = subprocess.run(command, check=False, capture_output=True).returncode == 0
    except OSError:
        done = False
    with ExitStack() as after:
        if done:
            after.callback(subprocess.run, ["umount", str(folder)], check=True)
        yield done
