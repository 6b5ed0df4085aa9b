"""One API that has the short way and one that has only the long way, and what is sent to both, byte by byte."""

import asyncio
import json
import threading
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, cast

from model.errors import Unavailable
from serving.app import Application
from serving.ports import Ledger, Transaction
from serving.routes.direct import Direct
from tests.serving.served import EVERYTHING, NOON, candidate
from tests.serving.server.test_connection import Served

EVENTS, DECISIONS = "/v1/events", "/v1/decisions"
INLINE = {"type": "shipment.delayed", "id": "in-1", "time": NOON.isoformat(), "data": {"parcel": "A-1"}}


class Going:
    """A ledger that can be made to wait before a transaction, or to be away."""

    def __init__(self, real: Ledger) -> None:
        self.real = real
        self.salt = real.salt
        self.gone = False
        self.free = threading.Event()
        self.free.set()
        self.waits = 0

    def transaction(self, *, about: Sequence[str] | None = None) -> AbstractContextManager[Transaction]:
        """Fail, as a full disk does, or wait and begin."""
        if self.gone:
            raise Unavailable("ledger `gone`: disk full")
        self.waits = 0 if self.free.is_set() else 1
        self.free.wait(30)
        return self.real.transaction(about=about)

    def close(self) -> None:
        """Close the real one."""
        self.real.close()


@dataclass
class Noting:
    """The short way, noting of each request that it was asked whether it took it."""

    real: Direct
    took: list[bool] = field(default_factory=list)

    def ask(self, *request: Any) -> bool:
        """Ask, and note."""
        self.took.append(self.real.ask(*request))
        return self.took[-1]


def noted(app: Application) -> list[bool]:
    """Have this application note what takes the short way; return where."""
    if app.direct is None:
        return []
    noting = Noting(app.direct)
    app.direct = cast("Direct", noting)
    return noting.took


def post(path: str = DECISIONS, body: bytes | None = None, *lines: bytes, version: bytes = b"1.1") -> bytes:
    """Return the bytes of a request with these lines more in its head."""
    body = json.dumps(candidate()).encode() if body is None else body
    said = (b"Host: x", b"Authorization: Bearer " + EVERYTHING.encode(), b"Content-Type: application/json", *lines)
    counted = (
        said if any(b"Transfer-Encoding" in line for line in lines) else (*said, b"Content-Length: %d" % len(body))
    )
    return b"\r\n".join([b"POST %b HTTP/%b" % (path.encode(), version), *counted, b"", body])


LAST = b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
KNOWN = post("/v1/approvals", b"") + LAST  # makes the keys known, so that the next request can take the short way


async def raw_answers(served: Served, sent: bytes, size: int) -> list[bytes]:
    """Send bytes in pieces, and read all that comes, by lines, without the time."""
    reader, writer = await served.connect()
    for start in range(0, len(sent), size):
        writer.write(sent[start : start + size])
        await asyncio.sleep(0)
    return [line for line in (await reader.read()).split(b"\r\n") if not line.startswith(b"date: ")]
