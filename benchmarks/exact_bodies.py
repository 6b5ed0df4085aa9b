"""What do a hundred thousand hostile bodies do to the API? Each is asked, and judged by its answer.

    python -m benchmarks.exact_bodies                        # 100,000 within the process, 10,000 over a socket
    python -m benchmarks.exact_bodies --bodies 2000 --wire 500 --seed 7
    python -m benchmarks.exact_bodies --naive --bodies 500 --wire 0    # FastAPI's own reading

Bodies are those of `exact_mutants`. Over a socket, plain requests take the short way in. Counted: server errors,
statuses that the OpenAPI document does not name, refusals that repeat the canary, requests without an answer within the
time, and what the memory grew by. Exits with 1 on any of them.
"""

import argparse
import asyncio
import json
import resource
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from fastapi import FastAPI

from benchmarks.exact_mutants import CANARY, GOOD, Mutant, mutant

PATIENCE: Final = 30.0  # seconds in which every answer must come
GROWTH: Final = 200  # MiB that the process may grow by once a tenth was asked; bodies are below one
TOGETHER: Final = 8  # requests at once
Answer = tuple[int, bytes, bytes]  # status, headers, body
Ask = Callable[[Mutant], Awaitable[Answer]]


@dataclass(slots=True)
class Judged:
    """What the answers were, by status, and what was wrong with them, with one example of each kind."""

    documented: dict[tuple[str, str], set[int]]
    statuses: Counter[int] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)

    def judge(self, asked: Mutant, answer: Answer | None) -> None:
        """Count an answer; None is none."""
        if answer is None:
            self._note("without an answer", asked, b"")
            return
        status, headers, body = answer
        self.statuses[status] += 1
        if status >= 500:
            self._note("server errors", asked, body)
        if status not in self.documented.get((asked.method.lower(), asked.operation), set()):
            self._note("undocumented statuses", asked, b"%d %b" % (status, body))
        if CANARY.encode() in headers or CANARY in _refusals(status, body):
            self._note("refusals that repeat what was sent", asked, body)

    def _note(self, kind: str, asked: Mutant, said: bytes) -> None:
        self.wrong[kind] += 1
        self.examples.setdefault(kind, f"{asked.method} {asked.path} {asked.body[:300]!r} -> {said[:300]!r}")


def _refusals(status: int, body: bytes) -> str:
    """Return what an answer says of what it refuses: the whole of a refusal, each problem of a good one."""
    if status >= 400:
        return body.decode(errors="replace")
    return json.dumps([one for one in _objects(json.loads(body)) if "problem" in str(one.get("type"))])


def _objects(value: Any) -> list[dict[str, Any]]:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return ([value] if isinstance(value, dict) else []) + [found for one in inner for found in _objects(one)]


def named(app: FastAPI) -> dict[tuple[str, str], set[int]]:
    """Return the statuses that the document names for each operation."""
    return {
        (method, path): {int(status) for status in operation["responses"]}
        for path, item in app.openapi()["paths"].items()
        for method, operation in item.items()
    }


def headers_of(asked: Mutant, key: str) -> list[tuple[bytes, bytes]]:
    """Return the headers of a request."""
    said = {"host": "x", "content-type": asked.kind, "authorization": f"Bearer {key}"}
    return [(name.encode(), value.encode()) for name, value in said.items()]


def within(app: FastAPI, key: str) -> Ask:
    """Return how to ask an application in this process."""

    async def ask(asked: Mutant) -> Answer:
        path, _, query = asked.path.partition("?")
        sent: list[Any] = []
        coming = [{"type": "http.request", "body": asked.body, "more_body": False}]

        async def receive() -> Any:
            return coming.pop() if coming else await asyncio.sleep(PATIENCE)

        async def send(message: Any) -> None:
            sent.append(message)

        headers = [*headers_of(asked, key), (b"content-length", b"%d" % len(asked.body))]
        scope = {"type": "http", "method": asked.method, "path": path, "raw_path": path.encode(), "root_path": ""}
        scope |= {"query_string": query.encode(), "headers": headers, "http_version": "1.1", "scheme": "http"}
        try:
            await app({**scope, "server": ("x", 80), "client": ("127.0.0.1", 1)}, receive, send)
        except Exception as error:  # noqa: BLE001  (a server would say 500 of it: counted)
            return 500, b"", repr(error).encode()
        said = b"\n".join(b"%b: %b" % pair for pair in sent[0]["headers"])
        return sent[0]["status"], said, b"".join(part.get("body", b"") for part in sent[1:])

    return ask


@asynccontextmanager
async def over(port: int, key: str) -> AsyncIterator[Ask]:
    """Ask over one connection, and over a new one where that was closed."""
    open_: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def ask(asked: Mutant) -> Answer:
        if not open_:
            open_.append(await asyncio.open_connection("127.0.0.1", port))
        reader, writer = open_[0]
        head = b"".join(b"%b: %b\r\n" % pair for pair in headers_of(asked, key))
        line = f"{asked.method} {asked.path} HTTP/1.1\r\n".encode()
        writer.write(line + head + b"Content-Length: %d\r\n\r\n%b" % (len(asked.body), asked.body))
        said = await reader.readuntil(b"\r\n\r\n")
        length = int(said.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        body = await reader.readexactly(length)
        if b"\r\nconnection: close" in said.lower():
            open_.pop()[1].close()
        return int(said.split()[1]), said, body

    yield ask
    for _, writer in open_:
        writer.transport.abort()


async def ask_many(asks: list[Ask], number: int, seed: int, judged: Judged) -> int:
    """Ask so many mutants, several at once; return by how many MiB the process grew since a tenth was asked."""
    numbers = iter(range(number))
    peaks: dict[bool, int] = {}

    async def some(ask: Ask) -> None:
        for index in numbers:
            asked = mutant(np.random.default_rng((seed, index)))
            try:
                judged.judge(asked, await asyncio.wait_for(ask(asked), PATIENCE))
            except (TimeoutError, ConnectionError, EOFError):
                judged.judge(asked, None)
            peaks[index >= number // 10] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    await asyncio.gather(*(some(ask) for ask in asks))
    return (peaks[True] - peaks.get(False, peaks[True])) // 1024


def run(bodies: int, wire: int, seed: int, *, naive: bool = False) -> tuple[Judged, int]:
    """Ask within the process and over a socket; return what came of it, and the growth."""
    from serving.ledger import open_ledger  # noqa: PLC0415
    from serving.policy_files.templates import shipped_digests  # noqa: PLC0415
    from tests.serving.served import EVERYTHING, NOON, app_of, with_keys  # noqa: PLC0415  (the fakes of the tests)
    from tests.serving.server.test_connection import Served, played  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'ledger.db'}"
        ledger = with_keys(open_ledger(url, now=NOON, salt=b"s" * 32, shipped=shipped_digests()), NOON)
        app = naive_app() if naive else app_of(ledger)
        judged = Judged(named(app))

        async def play(served: Served) -> int:
            grew = await ask_many([within(app, EVERYTHING)] * TOGETHER, bodies, seed, judged)
            async with over(served.port, EVERYTHING) as one, over(served.port, EVERYTHING) as other:
                return max(grew, await ask_many([one, other], wire, seed + 1, judged) if wire else 0)

        grew: int = played(play, app, seconds=24 * 3600)
    return judged, grew


def naive_app() -> FastAPI:
    """Return an API that reads as FastAPI does by itself, and says what it was sent."""
    app = FastAPI()

    def read(body: dict[str, int]) -> dict[str, str]:
        return {"read": str(len(body))}

    for method, operation in dict.fromkeys((method, operation) for method, _, operation, *_ in GOOD):
        app.add_api_route(operation, read, methods=[method])
    return app


def main(arguments: list[str] | None = None) -> int:
    """Print the counts; return 1 where anything was violated."""
    parser = argparse.ArgumentParser(description="hostile bodies of every path that reads one")
    parser.add_argument("--bodies", type=int, default=100_000, help="asked within the process")
    parser.add_argument("--wire", type=int, default=10_000, help="asked over a socket")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--naive", action="store_true", help="ask FastAPI's own reading instead")
    given = parser.parse_args(arguments)
    judged, grew = run(given.bodies, given.wire, given.seed, naive=given.naive)
    print(f"{'seed':40} {given.seed:>9,}\n{'asked':40} {judged.statuses.total():>9,}")
    for status, count in sorted(judged.statuses.items()):
        print(f"  {status:<38} {count:>9,}")
    for kind in ("server errors", "undocumented statuses", "refusals that repeat what was sent", "without an answer"):
        print(f"{kind:40} {judged.wrong[kind]:>9,}")
        if kind in judged.examples:
            print(f"    {judged.examples[kind]}")
    print(f"{'MiB grown since a tenth was asked':40} {grew:>9,}")
    return int(bool(judged.wrong) or grew > GROWTH)


if __name__ == "__main__":
    sys.exit(main())
