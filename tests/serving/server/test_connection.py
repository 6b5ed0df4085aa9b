"""Connections of a real event loop to a server in this process: what goes over the wire, byte by byte."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI

from serving.server import draining, guarded, server
from serving.server.draining import Server
from serving.server.workers import listen
from serving.settings import Settings
from tests.serving.served import EVERYTHING, app_of, candidate

ASK = (
    b"POST %b HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: Bearer "
    + EVERYTHING.encode()
    + b"\r\nContent-Length: %d\r\n\r\n%b"
)
LIVE = b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"


def asked(path: str = "/v1/decisions", body: bytes | None = None) -> bytes:
    """Return the bytes of a request."""
    body = json.dumps(candidate()).encode() if body is None else body
    return ASK % (path.encode(), len(body), body)


class Served:
    """A server that runs, and connections to it."""

    def __init__(self, running: Server, port: int) -> None:
        self.server = running
        self.port = port
        self.writers: list[asyncio.StreamWriter] = []

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Open a connection."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.writers.append(writer)
        return reader, writer

    async def drained(self, after: float = 0.0) -> None:
        """Send the signal, and let the server notice it."""
        self.server.handle_exit(15, None)
        await until(lambda: self.server._state.draining)
        await asyncio.sleep(after)


async def until(true: Callable[[], bool]) -> None:
    """Wait for something to come true that tells nobody."""
    while not true():  # noqa: ASYNC110  (uvicorn sets a plain flag)
        await asyncio.sleep(0.01)


async def answer(reader: asyncio.StreamReader) -> tuple[int, dict[str, str], bytes]:
    """Read one answer: status, headers with their names in lower case, body."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
    return int(head[0].split()[1]), headers, await reader.readexactly(int(headers["content-length"]))


def played(play: Callable[[Served], Awaitable[Any]], app: FastAPI | None = None, *, seconds: float = 30) -> Any:
    """Run a scene against a server, of this application or another one, and wait until the server has ended."""

    @asynccontextmanager
    async def serving() -> AsyncIterator[Served]:
        with listen("127.0.0.1", 0) as listening:
            config = uvicorn.Config(app or app_of(), **server._options(Settings()), log_level="error")
            running = Server(config)
            port = listening.getsockname()[1]
            task = asyncio.create_task(running._serve([listening]))
            await until(lambda: running.started)
            served = Served(running, port)
            try:
                yield served
            finally:
                for writer in served.writers:
                    writer.transport.abort()
                running.should_exit = True
                await task

    async def scene() -> Any:
        async with serving() as served:
            return await asyncio.wait_for(play(served), timeout=seconds)

    return asyncio.run(scene())


def test_both_kinds_of_answer_come_over_one_connection() -> None:
    """One that is written at once and one of FastAPI's, again and again; neither closes the connection."""

    async def play(served: Served) -> Any:
        reader, writer = await served.connect()
        told = []
        for request in (asked(), LIVE, asked(), asked(body=b"{")):
            writer.write(request)
            status, headers, body = await answer(reader)
            told.append((status, "connection" in headers, "date" in headers, headers["cache-control"], len(body) > 0))
        return told

    told = played(play)

    assert told == [(status, False, True, "no-store", True) for status in (200, 200, 200, 422)]


def test_requests_that_come_together_are_answered_in_order() -> None:
    """Pipelined, and cut anywhere: the bytes make the requests, not the packets."""

    async def play(served: Served) -> Any:
        reader, writer = await served.connect()
        sent = asked() + LIVE + asked(path="/v1/events", body=b"[]") + asked()
        for start in range(0, len(sent), 97):
            writer.write(sent[start : start + 97])
            await asyncio.sleep(0)
        return [(await answer(reader))[0] for _ in range(4)]

    assert played(play) == [200, 200, 202, 200]


def test_who_wants_to_close_is_told_so() -> None:
    """`Connection: close` of the client's is answered with the same, and the connection ends."""

    async def play(served: Served) -> Any:
        reader, writer = await served.connect()
        writer.write(asked().replace(b"Host: x", b"Host: x\r\nConnection: close"))
        status, headers, _ = await answer(reader)
        rest = await reader.read()
        return status, headers["connection"], rest

    assert played(play) == (200, "close", b"")


@pytest.mark.parametrize("request_", [asked(), LIVE], ids=["short", "long"])
def test_a_draining_server_answers_and_says_goodbye(request_: bytes) -> None:
    """A connection that is open may still ask once; the answer says that it was the last."""

    async def play(served: Served) -> Any:
        reader, writer = await served.connect()
        writer.write(request_)
        _, before, _ = await answer(reader)
        await served.drained(after=0.2)
        writer.write(request_)
        status, headers, _ = await answer(reader)
        rest = await reader.read()
        return "connection" in before, status, headers["connection"], rest

    assert played(play) == (False, 200, "close", b"")


def test_what_waits_in_the_queue_is_still_taken() -> None:
    """Who connected before the end, and was not accepted yet, is answered."""

    async def play(served: Served) -> Any:
        await served.connect()  # so that the server has something to wait for
        served.server._state.draining = True
        with socket.create_connection(("127.0.0.1", served.port)) as client:
            client.sendall(asked())  # nothing was awaited: the event loop has not accepted it
            served.server.should_exit = True
            client.setblocking(False)
            loop = asyncio.get_running_loop()
            said = await loop.sock_recv(client, 65536)
        return said.split(b"\r\n")[0], b"connection: close" in said

    assert played(play) == (b"HTTP/1.1 200 OK", True)


def test_idle_connections_do_not_hold_up_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that asked before and one that never did are closed after a while."""
    monkeypatch.setattr(guarded, "LEAVING_SECONDS", 0.3)

    async def play(served: Served) -> Any:
        silent, _ = await served.connect()
        reader, writer = await served.connect()
        writer.write(asked())
        await answer(reader)
        await served.drained(after=0.1)
        open_still = not reader.at_eof() and not silent.at_eof()
        return open_still, await reader.read(), await silent.read()

    assert played(play) == (True, b"", b"")


def test_an_idle_connection_is_closed_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """After the keep-alive time, counted from the last answer, however often it asked before."""
    monkeypatch.setattr(server, "KEEP_ALIVE_SECONDS", 0.3)

    async def play(served: Served) -> Any:
        reader, writer = await served.connect()
        clock = asyncio.get_running_loop().time
        for _ in range(3):
            writer.write(asked())
            await answer(reader)
            await asyncio.sleep(0.15)
        begun = clock()
        rest = await reader.read()
        return rest, clock() - begun < 5

    assert played(play) == (b"", True)


@pytest.mark.parametrize(
    ("has_parent", "signals", "expected"),
    [
        (False, [15], (True, False)),
        (False, [15, 15], (True, True)),
        (False, [2, 2], (True, True)),
        (True, [15, 15], (True, False)),
        (True, [2], (False, False)),
    ],
    ids=["first", "second", "by hand", "a worker drains", "a worker's terminal"],
)
def test_signals_drain_and_then_end(signals: list[int], expected: tuple[bool, bool], *, has_parent: bool) -> None:
    """The first drains and the second ends at once, of a lone process; a worker leaves the latter to its parent."""
    ready = (lambda: None) if has_parent else None
    one = Server(uvicorn.Config(lambda: None), ready=ready)

    for number in signals:
        one.handle_exit(number, None)

    assert (one.should_exit, one.force_exit) == expected


def test_what_ends_a_process_is_called_at_the_second_signal() -> None:
    """And not before."""
    heard: list[int] = []
    one = Server(uvicorn.Config(lambda: None), last=heard.append)

    one.handle_exit(15, None)
    first = [*heard]
    one.handle_exit(2, None)

    assert (first, heard) == ([], [2])


def test_nobody_waits_in_an_empty_queue() -> None:
    """Then nothing is accepted; a queue of two gives both."""
    with listen("127.0.0.1", 0) as listening:
        listening.setblocking(False)
        none = draining.waiting_in([listening])
        clients = [socket.create_connection(listening.getsockname()) for _ in range(2)]
        found = draining.waiting_in([listening])
        for one in (*clients, *found):
            one.close()

    assert (none, len(found)) == ([], 2)
