"""The generator of `serving.py`: wrk where it is installed, else this module in a process of its own.

    python -m benchmarks.serving_load PORT PATH HEADERS BODIES START CONNECTIONS SECONDS

Both post the lines of a file of bodies, one a request, in order, over kept connections, each with its next request as
soon as it has its answer, and print the same line of JSON. One run of the benchmark uses one of them for everybody.
"""

import asyncio
import json
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from benchmarks.environment import HERE, ROOT

LENGTH = b"content-length: "
FINE = b" 200 "


@dataclass(slots=True)
class Bodies:
    """A file of bodies, a line each, and the place (in bytes) of the next one that nobody has sent yet."""

    path: Path
    place: int = 0

    def next(self) -> bytes:
        """Take one."""
        with self.path.open("rb") as lines:
            lines.seek(self.place)
            line = lines.readline()
        self.place += len(line)
        return line.rstrip(b"\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where a contestant listens and what it is sent; `again` says whether the bodies may be sent a second time."""

    port: int
    path: str
    headers: Path
    bodies: Bodies
    again: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What one run said: requests that were answered, in how many seconds, milliseconds, and what failed."""

    requests: int
    seconds: float
    p50: float
    p99: float
    failed: int


def generator(named: str | None = None) -> str:
    """Return which generator this run uses: `wrk` where it is installed, else `asyncio`."""
    return named or ("wrk" if shutil.which("wrk") else "asyncio")


def load(target: Target, *, connections: int, seconds: float, by: str) -> Told:
    """Ask for so many seconds over so many connections; what was sent is not sent again.

    Raises:
        ValueError: the bodies ran out although each may be sent once only: nothing of this run counts.
    """
    files = [str(target.headers), str(target.bodies.path), str(target.bodies.place)]
    if by == "wrk":
        asked = ["-t1", f"-c{connections}", f"-d{seconds:g}s", "-s", str(HERE / "serving.lua")]
        words = ["wrk", *asked, f"http://127.0.0.1:{target.port}{target.path}", "--", *files]
    else:
        module = [sys.executable, "-m", "benchmarks.serving_load"]
        words = [*module, str(target.port), target.path, *files, str(connections), str(seconds)]
    done = subprocess.run(words, capture_output=True, text=True, check=True, cwd=ROOT)
    said = json.loads(next(line for line in done.stdout.splitlines() if line.startswith("{")))
    target.bodies.place = said.pop("place")
    if said.pop("again") and not target.again:
        raise ValueError(f"the customers of `{target.bodies.path.name}` ran out; prepare more of them")
    return Told(**said)


@dataclass(slots=True)
class Client:
    """What the connections of a run share."""

    head: bytes
    lines: BinaryIO
    until: float
    again: int = 0
    failed: int = 0
    waited: list[float] = field(default_factory=list)

    def request(self) -> bytes:
        """Return the next request."""
        body = self.lines.readline().rstrip(b"\n")
        if not body:
            self.again += 1
            self.lines.seek(0)
            body = self.lines.readline().rstrip(b"\n")
        return b"%scontent-length: %d\r\n\r\n%s" % (self.head, len(body), body)


class Connection(asyncio.Protocol):
    """One connection: a request, its answer, the next request."""

    def __init__(self, client: Client, done: "asyncio.Future[None]") -> None:
        self.done = done
        self._client = client
        self._read = b""
        self._began = 0.0
        self._way: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        assert isinstance(transport, asyncio.WriteTransport)
        self._way = transport
        self._next()

    def data_received(self, data: bytes) -> None:
        """Take an answer once it is whole."""
        self._read += data
        head, found, body = self._read.partition(b"\r\n\r\n")
        if not found or len(body) < int(head.lower().partition(LENGTH)[2].partition(b"\r\n")[0]):
            return
        self._client.waited.append(time.perf_counter() - self._began)
        self._client.failed += FINE not in head[:16]
        self._read = b""
        self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        """Count a server that went away in the middle."""
        del exc
        if not self.done.done():
            self._client.failed += 1
            self.done.set_result(None)

    def _next(self) -> None:
        """Send the next request, or end."""
        assert self._way is not None
        self._began = time.perf_counter()
        if self._began < self._client.until:
            self._way.write(self._client.request())
            return
        self.done.set_result(None)
        self._way.close()


async def ask(port: int, client: Client, connections: int) -> None:
    """Ask over so many connections until the time is over."""
    running = asyncio.get_running_loop()
    waiting = [running.create_future() for _ in range(connections)]
    for done in waiting:
        await running.create_connection(lambda done=done: Connection(client, done), "127.0.0.1", port)  # type: ignore[misc]
    await asyncio.gather(*waiting)


def main(port: str, path: str, headers: str, bodies: str, start: str, connections: str, seconds: str) -> None:  # noqa: PLR0913, PLR0917  (the words of the command line)
    """Run once and print the figures."""
    head = f"POST {path} HTTP/1.1\r\n".encode() + Path(headers).read_bytes()
    with Path(bodies).open("rb", buffering=1 << 20) as lines:
        lines.seek(int(start))
        began = time.perf_counter()
        client = Client(head, lines, began + float(seconds))
        asyncio.run(ask(int(port), client, int(connections)))
        took, place = time.perf_counter() - began, lines.tell()
    waited = sorted(client.waited) or [float("nan")]
    said = {"requests": len(client.waited), "seconds": took, "failed": client.failed, "place": place}
    shares = {f"p{share}": waited[len(waited) * share // 100] * 1e3 for share in (50, 99)}
    print(json.dumps(said | shares | {"again": client.again}))


if __name__ == "__main__":
    main(*sys.argv[1:])
