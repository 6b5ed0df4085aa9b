"""What does a server's memory do under requests without end? Each is sent to a real one, and its peak is read.

    python -m benchmarks.exact_large                     # 300 MB in each way, a real `outreach serve`
    python -m benchmarks.exact_large --megabytes 20

Bodies come with a length, in chunks, with a length that lies, compressed, to paths that read none; heads and addresses
that do not end; trailers. Each must be answered with a refusal (or have its connection cut), be closed, and grow the
server by less than 32 MiB. Exits with 1 where one does not. Linux: the peak is `VmHWM` of /proc.
"""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from benchmarks.exact_servers import KEY, Servers, opened, with_key
from serving.system import now

MEBIBYTE: Final = 1024 * 1024
GROWTH: Final = 32  # MiB
PIECE: Final = b"[" + b" " * (64 * 1024 - 1)
HEAD: Final = "{} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: Bearer {}\r\n{}"
CHUNK: Final = b"%x\r\n%b\r\n" % (len(PIECE), PIECE)
CHUNKED: Final = "Transfer-Encoding: chunked\r\n\r\n"
LENGTH: Final = "Content-Length: {}\r\n\r\n"
# What begins a request, and what follows it again and again; `{}` is the whole size.
WAYS: Final[dict[str, tuple[str, str, bytes]]] = {
    "a body with its length": ("POST /v1/events", LENGTH, PIECE),
    "a body with its length, one candidate": ("POST /v1/decisions", LENGTH, PIECE),
    "a body in chunks": ("POST /v1/events", CHUNKED, CHUNK),
    "a body in chunks, one candidate": ("POST /v1/decisions", CHUNKED, CHUNK),
    "a body that is said to be short": ("POST /v1/events", "Content-Length: 10\r\n\r\n", PIECE),
    "a compressed body": ("POST /v1/events", "Content-Encoding: gzip\r\n" + LENGTH, PIECE),
    "a body for nobody": ("GET /livez", CHUNKED, CHUNK),
    "a body for no path": ("POST /nowhere", CHUNKED, CHUNK),
    "one byte in each chunk": ("POST /v1/events", CHUNKED, b"1\r\n[\r\n" * 10_000),
    "a header without end": ("GET /livez", "A: ", b"a" * 65_536),
    "headers without end": ("GET /livez", "", b"a: b\r\n" * 10_000),
    "trailers without end": ("POST /v1/events", CHUNKED + "2\r\n[]\r\n0\r\n", b"a: b\r\n" * 10_000),
    "a trailer without end": ("POST /v1/events", CHUNKED + "2\r\n[]\r\n0\r\na: ", b"a" * 65_536),
}
REFUSED: Final = (400, 404, 413, 414, 422, 431)


def peak(process: int) -> int:
    """Return the most memory that a process has had, in MiB."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) // 1024


async def send(port: int, begin: bytes, pieces: Iterator[bytes]) -> int | None:
    """Send all of it, as far as it is taken, and read until the connection is closed; return the first status."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    said = asyncio.create_task(reader.read(65_536))
    try:
        writer.write(begin)
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        told = await asyncio.wait_for(said, 60)
        await asyncio.wait_for(reader.read(), 60)
    except ConnectionError:
        told = b"" if said.done() and said.exception() else await asyncio.wait_for(said, 60)
    finally:
        writer.transport.abort()  # what was not taken is not waited for
    return int(told.split()[1]) if told else None


def asked(name: str, megabytes: int) -> tuple[bytes, Iterator[bytes]]:
    """Return what begins a request, and its pieces."""
    line, rest, piece = WAYS[name]
    size = megabytes * MEBIBYTE
    begin = HEAD.format(line, KEY, rest.format(size) if "{}" in rest else rest)
    return begin.encode(), (piece for _ in range(size // len(piece) + 1))


def run(megabytes: int, ways: Iterable[str] = tuple(WAYS)) -> dict[str, tuple[int | None, int]]:
    """Send each to one server; return the status and by how much its peak grew."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'ledger.db'}"
        ledger = opened(url, now=now())
        with_key(ledger)
        ledger.close()
        with Servers(url) as servers:
            port = servers.start()
            for name in ways:
                before = peak(servers.processes()[0])
                status = asyncio.run(asyncio.wait_for(send(port, *asked(name, megabytes)), 300))
                found[name] = status, peak(servers.processes()[0]) - before
    return found


def main(arguments: list[str] | None = None) -> int:
    """Print what each was answered and cost; return 1 where one was taken, or cost memory."""
    parser = argparse.ArgumentParser(description="requests without end, and the server's memory")
    parser.add_argument("--megabytes", type=int, default=300)
    found = run(parser.parse_args(arguments).megabytes)
    for name, (status, grew) in found.items():
        print(f"{name:44} {status or 'cut':>5} {grew:>6,} MiB")
    return int(any(grew > GROWTH or status not in (None, *REFUSED, 200) for status, grew in found.values()))


if __name__ == "__main__":
    sys.exit(main())
