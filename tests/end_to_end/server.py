"""A real API process: uvicorn on a port of this machine, a ledger file, and a key."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import httpx

from serving.access.keys import COMPANY, key_record
from serving.ledger import open_ledger
from serving.policy_files.templates import shipped_digests
from serving.ports import Ledger
from serving.system import now
from tests.plain import PLAIN

KEY = "end-to-end-".ljust(43, "k")
AUTHORIZED = {"Authorization": f"Bearer {KEY}"}
ROOT = Path(__file__).parents[2]
START_SECONDS = 60
SERVE = "from serving.server.server import serve; from serving.settings import load_settings; serve(load_settings())"


def opened(path: Path) -> Ledger:
    """Open the ledger file, creating it with the shipped approvals and a fixed salt."""
    return open_ledger(
        f"sqlite:///{path}",
        now=now(),
        salt=b"end to end",
        shipped=shipped_digests(),
    )


def with_key(path: Path) -> None:
    """Create the ledger with one key that may do everything."""
    ledger = opened(path)
    with ledger.transaction() as transaction:
        record = key_record(KEY, key_id="e2e", name="e2e", scopes=COMPANY, at=datetime(2026, 1, 1, tzinfo=UTC))
        transaction.add_key(record)
    ledger.close()


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Server:
    """`with Server(path) as server`: started and live; killed at the end if it still runs."""

    ledger: Path
    model: str | None = None
    workers: int = 1
    port: int = field(default_factory=free_port)
    more: Mapping[str, str] = field(default_factory=dict)
    cwd: Path = ROOT
    code: str = SERVE

    def __enter__(self) -> Self:
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("OUTREACH_")},
            "OUTREACH_LEDGER": f"sqlite:///{self.ledger}",
            "OUTREACH_PORT": str(self.port),
            "OUTREACH_WORKERS": str(self.workers),
            **({} if self.model is None else {"OUTREACH_MODEL": self.model}),
            **{f"OUTREACH_{name}": value for name, value in self.more.items()},
            "PYTHONPATH": str(ROOT),
        }
        self.process = subprocess.Popen(
            [sys.executable, "-c", self.code],
            env=environment,
            cwd=self.cwd,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self._wait_until_live()
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def _wait_until_live(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            try:
                if httpx.get(f"{self.url}/readyz", timeout=5, verify=PLAIN).status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.05)
            if self.process.poll() is not None:
                break
        self.process.kill()
        raise AssertionError(self.process.communicate()[0].decode())
