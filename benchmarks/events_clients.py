"""Sixteen connections that post and wait, as light as Python can: what they cost is not the server's."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

HEAD = (
    "POST /v1/events HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {key}\r\n"
    "content-type: application/json\r\ncontent-length: {length}\r\n\r\n"
)
LENGTH = b"content-length: "
DECISION = b'"decision_id"'


@dataclass(slots=True)
class Told:
    """What the answers of one run said: seconds of each, how many of each status, and the decisions in them."""

    waited: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    decisions: int = 0
    seconds: float = 0.0


async def post_all(port: int, key: str, bodies: Sequence[bytes], *, connections: int) -> Told:
    """Post every body once over so many kept connections, each with its next one as soon as it has its answer."""
    told = Told()
    heads = ((HEAD.format(key=key, length=len(body)).encode() + body) for body in bodies)
    running = asyncio.get_running_loop()
    made = list(heads)
    left = iter(made)
    clients = [_Client(left, told, running.create_future()) for _ in range(connections)]
    for client in clients:
        await running.create_connection(lambda client=client: client, "127.0.0.1", port)  # type: ignore[misc]
    began = time.perf_counter()
    for client in clients:
        client.next()
    await asyncio.gather(*(client.done for client in clients))
    told.seconds = time.perf_counter() - began
    return told


class _Client(asyncio.Protocol):
    """One connection: a request, its answer, the next request."""

    def __init__(self, left: Iterator[bytes], told: Told, done: "asyncio.Future[None]") -> None:
        self.done = done
        self._left = left
        self._told = told
        self._read = b""
        self._began = 0.0
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way out."""
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Take an answer once it is whole."""
        self._read += data
        head, found, body = self._read.partition(b"\r\n\r\n")
        if not found or len(body) < int(head.partition(LENGTH)[2].partition(b"\r\n")[0]):
            return
        self._told.waited.append(time.perf_counter() - self._began)
        self._told.statuses[int(head[9:12])] += 1
        self._told.decisions += body.count(DECISION)
        self._read = b""
        self.next()

    def connection_lost(self, exc: Exception | None) -> None:
        """Say that a server went away in the middle."""
        if not self.done.done():
            self.done.set_exception(exc or ConnectionError("the server closed a connection"))

    def next(self) -> None:
        """Send the next request, or end."""
        assert self._transport is not None
        request = next(self._left, None)
        if request is None:
            self.done.set_result(None)
            self._transport.close()
            return
        self._began = time.perf_counter()
        self._transport.write(request)
