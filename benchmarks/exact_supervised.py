"""`outreach serve --workers 2` as it is, for `exact_kills.py`: for a worker that dies its parent starts another."""

import os
import signal
import subprocess
import sys
import time
from contextlib import closing, suppress
from http.client import HTTPConnection
from itertools import cycle
from pathlib import Path
from typing import Self

from benchmarks.exact_servers import ROOT, START_SECONDS, free_port, listens, lives

SERVE = "from serving.server.server import serve; from serving.settings import load_settings; serve(load_settings())"
WORKERS = 2
SPAWNED = "spawn_main"  # what the command line of a worker says


class Supervised:
    """Has the methods of `Servers`; all workers share one port."""

    def __init__(self, ledger: str) -> None:
        self._port = free_port()
        given = {"LEDGER": ledger, "PORT": str(self._port), "WORKERS": str(WORKERS)}
        quiet = {name: value for name, value in os.environ.items() if not name.startswith("OUTREACH_")}
        self._deaths = cycle((signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT))
        self._environment = quiet | {f"OUTREACH_{name}": value for name, value in given.items()}

    def __enter__(self) -> Self:
        command = [sys.executable, "-c", SERVE]
        self._parent = subprocess.Popen(command, cwd=ROOT, env=self._environment, stderr=subprocess.DEVNULL)
        return self

    def __exit__(self, *_: object) -> None:
        self._parent.terminate()
        self._parent.wait(timeout=START_SECONDS)

    def start(self, port: int | None = None) -> int:
        """Wait until all workers are there and one of them answers; return their port."""
        del port
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if len(self._workers()) == WORKERS and listens(self._port) and self._answers():
                return self._port
            time.sleep(0.02)
        raise TimeoutError(f"there were no {WORKERS} workers within {START_SECONDS} s")

    def kill(self, port: int) -> None:
        """Kill the worker that has lived longest, as memory that ran out or a bug in compiled code does, by turns."""
        del port
        process = self._workers()[0]
        os.kill(process, next(self._deaths))
        while lives(process) and process in self._workers():
            time.sleep(0.002)

    def _answers(self) -> bool:
        """Return whether anybody is alive behind the port: their parent listens before them."""
        asking = HTTPConnection("127.0.0.1", self._port, timeout=START_SECONDS)
        with closing(asking), suppress(OSError):
            asking.request("GET", "/livez")
            return asking.getresponse().status == 200
        return False

    def _workers(self) -> list[int]:
        """Return the processes of the workers, the oldest first."""
        children = Path(f"/proc/{self._parent.pid}/task/{self._parent.pid}/children").read_text().split()
        return sorted(int(child) for child in children if SPAWNED in _command(child))


def _command(process: str) -> str:
    """Return the command line of a process; nothing where it has ended."""
    try:
        return Path(f"/proc/{process}/cmdline").read_text()
    except OSError:
        return ""
