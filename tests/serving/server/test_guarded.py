"""Connections of clients that mean no good: what goes over the wire, and that every one of them comes to an end."""

import asyncio
import json
import logging
import re
from typing import Any

import pytest

from serving.routes.edge import BODY_LIMIT, WITHOUT_SCRIPTS
from serving.server import guarded, server
from serving.server.heads import HEAD_LIMIT
from tests.serving.served import EVERYTHING, app_of
from tests.serving.server.test_connection import LIVE, Served, answer, asked, played, until

CANARY = b"canary7391"
AUTHORIZED = b"Host: x\r\nContent-Type: application/json\r\nAuthorization: Bearer " + EVERYTHING.encode() + b"\r\n"
MEBIBYTE = 1024 * 1024
STATUS = re.compile(rb"HTTP/1\.1 (\d+)")


def post(*lines: bytes, path: bytes = b"/v1/events", body: bytes = b"") -> bytes:
    """Return a request whose head says of its body what these lines say."""
    return b"POST " + path + b" HTTP/1.1\r\n" + AUTHORIZED + b"".join(line + b"\r\n" for line in lines) + b"\r\n" + body


def get(url: bytes = b"/livez", *lines: bytes) -> bytes:
    """Return a request without a body."""
    return b"GET " + url + b" HTTP/1.1\r\nHost: x\r\n" + b"".join(line + b"\r\n" for line in lines) + b"\r\n"


# What is sent, and the status it is answered with; after each of these the connection is closed.
ENDED: dict[str, tuple[bytes, int]] = {
    "no HTTP": (CANARY + b"\r\n\r\n", 400),
    "HTTP 2 without an upgrade": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    "HTTP 3": (get().replace(b"1.1", b"3.0"), 400),
    "a tunnel": (b"CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "an address without a path": (get(b"http://x?" + CANARY), 400),
    "HTTP 0.9": (b"GET /livez\r\n\r\n", 400),
    "HTTP 2": (get().replace(b"1.1", b"2.0"), 400),
    "no host": (b"GET /livez HTTP/1.1\r\n\r\n", 400),
    "two hosts": (get(b"/livez", b"Host: y"), 400),
    "a host that is none": (get().replace(b"Host: x", b"Host: x/" + CANARY), 400),
    "line ends without end": (b"\r\n" * 10_000, 400),
    "bare line feeds": (get().replace(b"\r\n", b"\n"), 400),
    "a folded header": (get(b"/livez", b"A: b", b" " + CANARY), 400),
    "a space before the colon": (get(b"/livez", CANARY + b" : b"), 400),
    "a NUL in a header": (get(b"/livez", b"A: b\x00" + CANARY), 400),
    "a method in lower case": (b"get /livez HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "a method without end": (CANARY * 100 + b" / HTTP/1.1\r\n\r\n", 400),
    "a path of raw bytes": (get(b"/v1/users/\xc3\xa9/preferences"), 400),
    "a query of raw bytes": (get(b"/v1/decisions?user=\xff"), 400),
    "chunks and a length": (post(b"Content-Length: 2", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n"), 400),
    "a length and chunks": (post(b"Transfer-Encoding: chunked", b"Content-Length: 2", body=b"0\r\n\r\n"), 400),
    "two lengths that agree": (post(b"Content-Length: 2", b"Content-Length: 2", body=b"[]"), 400),
    "two lengths that differ": (post(b"Content-Length: 2", b"Content-Length: 3", body=b"[] "), 400),
    "a list of lengths": (post(b"Content-Length: 2, 2", body=b"[]"), 400),
    "a length below zero": (post(b"Content-Length: -2", body=b"[]"), 400),
    "a length with a sign": (post(b"Content-Length: +2", body=b"[]"), 400),
    "a length beyond 64 bits": (post(b"Content-Length: " + b"9" * 23, body=b"[]"), 400),
    "a hexadecimal length": (post(b"Content-Length: 0x2", body=b"[]"), 400),
    "compressed on the way": (post(b"Transfer-Encoding: gzip, chunked", body=b"2\r\n[]\r\n0\r\n\r\n"), 400),
    "not quite chunked": (post(b"Transfer-Encoding: xchunked", body=b"2\r\n[]\r\n0\r\n\r\n"), 400),
    "chunked twice": (post(b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n"), 400),
    "a chunk beyond 64 bits": (post(b"Transfer-Encoding: chunked", body=b"F" * 18 + b"\r\n[]"), 400),
    "a chunk of no size": (post(b"Transfer-Encoding: chunked", body=CANARY + b"\r\n[]"), 400),
    "a long address": (get(b"/" + b"%41" * 4000), 414),
    "a long query": (get(b"/v1/decisions?" + b"&".join(b"a%d=1" % number for number in range(2000))), 414),
    "many headers": (get(b"/livez", *(b"a%d: b" % number for number in range(300))), 431),
    "a large header": (get(b"/livez", b"A: " + CANARY * 10_000), 431),
    "a header that does not end": (b"GET /livez HTTP/1.1\r\nHost: x\r\nA: " + CANARY * 100_000, 431),
    "a name that does not end": (b"GET /livez HTTP/1.1\r\nHost: x\r\n" + CANARY * 100_000, 431),
    "an address that does not end": (b"GET /" + CANARY * 100_000, 431),
    "300 MB, announced": (post(b"Content-Length: 314572800", body=b"["), 413),
    "300 MB, announced to nobody": (get(b"/livez", b"Content-Length: 314572800"), 413),
    "300 MB, after a 100": (post(b"Content-Length: 314572800", b"Expect: 100-continue"), 413),
    "trailers without end": (
        post(b"Transfer-Encoding: chunked", body=b"2\r\n[]\r\n0\r\n" + b"Authorization: x\r\n" * 80_000),
        413,
    ),
}


async def told(served: Served, sent: bytes) -> tuple[bytes, bool]:
    """Send all of it and read to the end; whether the server ended it."""
    reader, writer = await served.connect()
    writer.write(sent)
    return await asyncio.wait_for(reader.read(), 20), reader.at_eof()


def test_what_cannot_be_read_is_refused_and_the_connection_closed() -> None:
    """Each with a problem document that repeats nothing, and with the headers that every answer has."""

    async def play(served: Served) -> dict[str, Any]:
        found = {}
        for name, (sent, _) in ENDED.items():
            said, ended = await told(served, sent)
            head, _, body = said.partition(b"\r\n\r\n")
            secure = all(b"%b: %b" % pair in head for pair in WITHOUT_SCRIPTS.items())
            status = json.loads(body)["status"]
            found[name] = (int(head.split()[1]), status, ended, secure, b"connection: close" in head, CANARY in said)
        reader, writer = await served.connect()
        writer.write(LIVE)
        found["afterwards"] = (await answer(reader))[0]
        return found

    expected = {name: (status, status, True, True, True, False) for name, (_, status) in ENDED.items()}
    assert played(play) == expected | {"afterwards": 200}


@pytest.mark.parametrize("broken", [CANARY + b"\r\n\r\n", post(b"Content-Length: x"), get(b"/" + b"a" * 9000)])
def test_what_was_asked_before_is_answered_first(broken: bytes) -> None:
    """Whoever sends nonsense after good requests gets their answers, in order, and then the refusal."""

    async def play(served: Served) -> list[bytes]:
        said, _ = await told(served, asked() + LIVE + asked() + broken + asked())
        return STATUS.findall(said)

    assert played(play)[:-1] == [b"200", b"200", b"200"]


def test_a_broken_body_behind_others_is_never_begun() -> None:
    """The request whose pieces are nonsense is refused when its turn comes, and the ones before it are answered."""
    broken = post(b"Transfer-Encoding: chunked", body=b"2\r\n[]\r\nno size\r\n")

    async def play(served: Served) -> list[bytes]:
        said, _ = await told(served, asked() + LIVE + broken)
        return STATUS.findall(said)

    assert played(play) == [b"200", b"200", b"400"]


def test_a_trailer_is_not_a_header() -> None:
    """What is named after the body changes nothing: a key there is no key."""
    without = post(b"Transfer-Encoding: chunked", body=b"2\r\n[]\r\n0\r\n").replace(b"Authorization", b"X-Nothing")

    async def play(served: Served) -> list[int]:
        statuses = []
        for trailer in (b"Authorization: Bearer " + EVERYTHING.encode() + b"\r\n", b""):
            reader, writer = await served.connect()
            writer.write(without + trailer + b"\r\n")
            statuses.append((await answer(reader))[0])
        return statuses

    assert played(play) == [401, 401]


def test_too_many_requests_on_one_connection_are_not_kept() -> None:
    """What waits for the answers before it is bounded; those that fit are answered."""

    async def play(served: Served) -> tuple[set[bytes], int]:
        said, _ = await told(served, LIVE * 5000)
        statuses = STATUS.findall(said)
        return set(statuses), len(statuses)

    statuses, number = played(play)

    assert (statuses, number <= guarded.PIPELINED + 2) == ({b"200", b"400"}, True)


@pytest.mark.parametrize(
    "begun",
    [
        b"GET /",
        b"POST /v1/events HTTP/1.1\r\nHost: x\r\nA: ",
        post(b"Content-Length: 1000", body=b"["),
        post(b"Content-Length: 100000", body=b"["),
        post(b"Transfer-Encoding: chunked", body=b"fff\r\n["),
    ],
    ids=["an address", "a head", "a short body", "a long body", "chunks"],
)
def test_a_request_that_does_not_become_complete_is_ended(begun: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """However it drips: 408 after a time, and the connection is closed."""
    monkeypatch.setattr(guarded, "REQUEST_SECONDS", 0.4)
    monkeypatch.setattr(guarded, "LINGER_SECONDS", 0.3)

    async def play(served: Served) -> tuple[bytes, bool]:
        reader, writer = await served.connect()
        writer.write(begun)
        dripping = asyncio.create_task(drip(writer))
        said = await asyncio.wait_for(reader.read(), 10)
        dripping.cancel()
        return said.split(b"\r\n")[0], b"connection: close" in said

    assert played(play) == (b"HTTP/1.1 408 Request Timeout", True)


async def drip(writer: asyncio.StreamWriter) -> None:
    """Send a byte now and then, as long as anybody takes it."""
    while not writer.is_closing():
        await asyncio.sleep(0.05)
        writer.write(b"1")


def test_who_does_not_read_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that asks again and again and takes no answer is cut off once nothing moves; memory is not for that."""
    monkeypatch.setattr(guarded, "REQUEST_SECONDS", 0.3)

    async def play(served: Served) -> bool:
        reader, writer = await served.connect()
        writer.transport.pause_reading()
        while not writer.is_closing():
            try:
                writer.write(get(b"/docs/swagger-ui-bundle.js") * 20)
                await asyncio.wait_for(writer.drain(), 0.3)
            except TimeoutError:
                await asyncio.sleep(0.1)
            except ConnectionError:
                break
        del reader
        return True

    assert played(play) is True


def test_an_endless_body_costs_no_memory() -> None:
    """Without a length, and sent on after the refusal: 413, and what still comes is thrown away until it is cut off."""

    async def play(served: Served) -> tuple[bytes, int]:
        reader, writer = await served.connect()
        writer.write(post(b"Transfer-Encoding: chunked"))
        sent = 0
        piece = b"%x\r\n" % 65_536 + b"x" * 65_536 + b"\r\n"
        try:
            while sent < 300 * MEBIBYTE:
                writer.write(piece)
                await writer.drain()
                sent += len(piece)
        except ConnectionError:
            pass
        said = await reader.read()
        return said.split(b"\r\n")[0], sent

    status, sent = played(play)

    assert (status, sent > BODY_LIMIT) == (b"HTTP/1.1 413 Request Entity Too Large", True)


def test_a_head_that_is_just_small_enough_is_read() -> None:
    """Nor is one refused that comes slowly, behind many other requests."""
    large = get(b"/livez", b"A: " + b"a" * (HEAD_LIMIT - 100))

    async def play(served: Served) -> list[int]:
        reader, writer = await served.connect()
        sent = LIVE * 200 + large
        for start in range(0, len(sent), 20_000):
            writer.write(sent[start : start + 20_000])
            await asyncio.sleep(0.01)
        return [(await answer(reader))[0] for _ in range(201)]

    assert played(play) == [200] * 201


@pytest.mark.parametrize("before", [b"", LIVE, asked()], ids=["at once", "after one", "after one on the short way"])
def test_line_ends_keep_nobody_busy(before: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who sends nothing else is as silent as before: closed in time, and the first to give way."""
    monkeypatch.setattr(server, "KEEP_ALIVE_SECONDS", 0.5)

    async def play(served: Served) -> tuple[bool, bytes]:
        reader, writer = await served.connect()
        for sent in (before, before) if before else ():
            writer.write(sent)
            await answer(reader)
        writer.write(b"\r\n")
        await asyncio.sleep(0.1)
        (connection,) = served.server.server_state.connections
        return connection.silent_since() is not None, await asyncio.wait_for(reader.read(), 10)

    assert played(play) == (True, b"")


def test_a_line_end_before_a_request_is_let_be() -> None:
    """Some clients send one too many after a body, each time (RFC 9112, 2.2)."""

    async def play(served: Served) -> list[int]:
        reader, writer = await served.connect()
        found = []
        for request in (asked(), LIVE) * 100:
            for piece in (request, b"\r\n"):
                writer.write(piece)
                await asyncio.sleep(0)
            found.append((await answer(reader))[0])
        return found

    assert played(play) == [200] * 200


def test_line_ends_without_end_cost_nobody_an_answer() -> None:
    """What was asked before them is answered, and then it is said what is wrong."""

    async def play(served: Served) -> list[bytes]:
        reader, writer = await served.connect()
        writer.write(asked() + LIVE)
        await asyncio.sleep(0)
        for _ in range(100):
            writer.write(b"\r\n" * 1000)
            await asyncio.sleep(0)
        return STATUS.findall(await asyncio.wait_for(reader.read(), 10))

    assert played(play) == [b"200", b"200", b"400"]


@pytest.mark.parametrize("request_", [asked(), LIVE], ids=["short", "long"])
def test_a_connection_that_rests_is_not_slow(request_: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long it rests after an answer, nobody is told that a request did not come."""
    monkeypatch.setattr(guarded, "REQUEST_SECONDS", 0.2)

    async def play(served: Served) -> int:
        reader, writer = await served.connect()
        writer.write(request_)
        await answer(reader)
        writer.write(request_)
        await answer(reader)
        await asyncio.sleep(0.7)
        writer.write(request_)
        return (await answer(reader))[0]

    assert played(play) == 200


def test_who_was_answered_before_the_end_of_the_body_is_idle_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A refusal may come before the rest of what was sent; then nothing is owed."""
    monkeypatch.setattr(server, "KEEP_ALIVE_SECONDS", 0.5)
    sent = post(b"Content-Length: 100000").replace(b"Bearer e", b"Bearer x")

    async def play(served: Served) -> tuple[int, bytes]:
        reader, writer = await served.connect()
        writer.write(sent)
        status, _, _ = await answer(reader)
        writer.write(b" " * 100_000)
        return status, await asyncio.wait_for(reader.read(), 10)

    assert played(play) == (401, b"")


def test_who_asks_for_the_last_time_and_does_not_read_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that is to be closed once its answer is read does not wait for that for ever."""
    monkeypatch.setattr(guarded, "REQUEST_SECONDS", 0.3)

    async def play(served: Served) -> int:
        reader, writer = await served.connect()
        writer.transport.pause_reading()
        writer.write(get(b"/docs/swagger-ui-bundle.js") * 4 + get(b"/livez", b"Connection: close"))
        connections = served.server.server_state.connections
        await until(lambda: len(connections) == 1)
        (connection,) = connections
        connection.transport.write(b" " * 8 * MEBIBYTE)
        connection.transport.close()
        await until(lambda: not connections)
        del reader
        return len(connections)

    assert played(play) == 0


def test_what_is_no_request_is_counted_and_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Whoever sends nonsense, or asks for another protocol, again and again fills no log."""
    app = app_of()
    sent = (CANARY + b"\r\n\r\n", get(b"/" + b"a" * 9000), get(b"/livez", b"Connection: upgrade", b"Upgrade: x"))

    async def play(served: Served) -> None:
        logger = logging.getLogger("uvicorn.error")  # the server has set it up by now
        logger.setLevel(logging.WARNING)
        logger.addHandler(caplog.handler)
        for one in sent:
            await told(served, one + get(b"/livez", b"Connection: close"))
        logger.removeHandler(caplog.handler)

    played(play, app)

    counted = [key[-1] for key in app.state.api.metrics.tally.counts if key[1:3] == ("other", "other")]
    assert ([record.getMessage() for record in caplog.records], sorted(counted)) == ([], ["400", "414"])
