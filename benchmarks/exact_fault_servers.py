"""Servers on one ledger for `exact_faults.py`: started with whatever makes their disk fail, and watched from outside.

Each is the API as `outreach serve` runs it, with a scorer that likes everybody, so that discretionary messages reach
their caps.
"""

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import Self

from benchmarks.exact_servers import ROOT, START_SECONDS, free_port, listens
from model.errors import Unavailable
from serving.app import create_app
from serving.fakes import FakeScorer
from serving.ledger.sqlite.store import SqliteStore
from serving.server.server import run
from serving.settings import load_settings

SERVE = "from benchmarks.exact_fault_servers import main; main()"
NAIVE = "FAULT_NAIVE"  # whoever starts with it believes the disk
GONE = (OSError, http.client.HTTPException)
PATIENCE = 40.0  # seconds until an answer that does not come is a hang
KIB = 1024


class Faulty:
    """`with Faulty(ledger, environment) as servers`: so many servers; killed at the end where they still run."""

    def __init__(self, ledger: Path, environment: Mapping[str, str], *, servers: int) -> None:
        self.ports = [free_port() for _ in range(servers)]
        quiet = {name: value for name, value in os.environ.items() if not name.startswith("OUTREACH_")}
        self._environment = {**quiet, **environment, "OUTREACH_LEDGER": f"sqlite:///{ledger}"}
        self._running: dict[int, subprocess.Popen[bytes]] = {}
        self._log = Path(environment["FAULT_LOG"])

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> None:
        """Start all, and wait until they listen."""
        for port in self.ports:
            environment = self._environment | {"OUTREACH_PORT": str(port)}
            with self._log.open("ab") as log:
                self._running[port] = subprocess.Popen(
                    [sys.executable, "-c", SERVE], cwd=ROOT, env=environment, stdout=log, stderr=log
                )
        deadline = time.monotonic() + START_SECONDS
        while not all(map(listens, self.ports)):
            if time.monotonic() > deadline:
                raise TimeoutError(f"no server listened within {START_SECONDS} s: {self.said()[-500:]}")
            time.sleep(0.02)

    def kill(self) -> None:
        """End all as a power cut does."""
        for process in self._running.values():
            process.kill()
            process.wait()
        self._running.clear()

    def drain(self) -> int:
        """Ask all to stop; return how many did not end by themselves, without an error."""
        for process in self._running.values():
            process.send_signal(signal.SIGTERM)
        ended = []
        for process in self._running.values():
            with suppress(subprocess.TimeoutExpired):
                ended.append(process.wait(timeout=PATIENCE) in (0, -signal.SIGTERM))
        return len(self._running) - sum(ended)

    @property
    def processes(self) -> list[int]:
        """The ids of those that were started."""
        return [process.pid for process in self._running.values()]

    def died(self) -> int:
        """Return how many have ended by themselves."""
        return sum(process.poll() is not None for process in self._running.values())

    def memory(self) -> int:
        """Return how much memory the largest of them has, in KiB."""
        pages = [int(Path(f"/proc/{one}/statm").read_text().split()[1]) for one in self.processes]
        return max(pages) * os.sysconf("SC_PAGE_SIZE") // KIB

    def said(self) -> str:
        """Return what they logged."""
        return self._log.read_text(errors="replace")


def main() -> None:
    """Serve until a signal."""
    settings = load_settings()
    if os.environ.get(NAIVE):
        believe()
    run(create_app(settings, scorer=FakeScorer(), create=False), settings)


def believe() -> None:
    """Answer whatever a commit says, to show that this is seen."""
    committed = SqliteStore._commit  # noqa: SLF001  (what it does is what is left out)

    def commit(store: SqliteStore) -> None:
        with suppress(Unavailable):
            committed(store)

    SqliteStore._commit = commit  # type: ignore[method-assign]  # noqa: SLF001


def ready(port: int) -> int:
    """Return the status of `/readyz`; 0 where nobody answers."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)) as asking:
        try:
            asking.request("GET", "/readyz")
            answer = asking.getresponse()
            json.loads(answer.read())
        except GONE:
            return 0
    return answer.status
