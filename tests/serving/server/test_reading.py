"""Requests that ask for another protocol are answered in this one, and nothing that comes with them is lost."""

import asyncio
import json

import pytest

from tests.serving.served import EVERYTHING, event
from tests.serving.server.test_connection import LIVE, Served, answer, asked, played
from tests.serving.server.test_guarded import AUTHORIZED, STATUS, get, post, told

WISHES: dict[str, tuple[bytes, ...]] = {
    "as Java asks": (b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABkAAQAAP__"),
    "a web socket": (b"Connection: upgrade", b"Upgrade: websocket", b"Sec-WebSocket-Version: 13"),
    "made up": (b"UPGRADE: foo/1, bar", b"Connection: Keep-Alive, UPGRADE"),
}
INNER = b"GET /version HTTP/1.1\r\nHost: x\r\n\r\n"
PIECES = [10**6, 100, 1]


def wishing(body: bytes, *lines: bytes, chunked: bool = False) -> bytes:
    """Return a request with events that asks for another protocol too."""
    if chunked:
        return post(*lines, b"Transfer-Encoding: chunked", body=b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body))
    return post(*lines, b"Content-Length: %d" % len(body), body=body)


async def statuses(served: Served, sent: bytes, size: int, number: int) -> list[tuple[int, bytes]]:
    """Send this in pieces, and read so many answers."""
    reader, writer = await served.connect()
    for start in range(0, len(sent), size):
        writer.write(sent[start : start + size])
        await asyncio.sleep(0)
    found = []
    for _ in range(number):
        status, _, body = await answer(reader)
        found.append((status, body))
    return found


@pytest.mark.parametrize("size", PIECES)
@pytest.mark.parametrize("chunked", [False, True], ids=["a length", "chunks"])
@pytest.mark.parametrize("wish", list(WISHES))
def test_a_wish_for_another_protocol_is_not_granted(wish: str, size: int, *, chunked: bool) -> None:
    """The body is read as one, what follows is the next request, and the connection goes on."""
    body = json.dumps([event(number) for number in range(2)]).encode()
    sent = wishing(body, *WISHES[wish], chunked=chunked)

    async def play(served: Served) -> list[int]:
        found = await statuses(served, sent + LIVE + sent + asked(), size, 4)
        assert [json.loads(found[index][1])["duplicates"] for index in (0, 2)] == [0, 2]
        return [status for status, _ in found]

    assert played(play) == [202, 200, 202, 200]


@pytest.mark.parametrize("gap", [0.0, 0.1])
def test_a_body_is_never_a_request(gap: float) -> None:
    """What stands in the body of such a request asks nothing, also where it comes later than the head."""
    sent = wishing(INNER, *WISHES["made up"])
    head, body = sent[: -len(INNER)], sent[-len(INNER) :]

    async def play(served: Served) -> list[bytes]:
        reader, writer = await served.connect()
        writer.write(head)
        await asyncio.sleep(gap)
        writer.write(body + get(b"/livez", b"Connection: close"))
        return STATUS.findall(await asyncio.wait_for(reader.read(), 10))

    assert played(play) == [b"422", b"200"]


def test_a_head_that_is_refused_is_refused_with_a_wish_too() -> None:
    """Two lengths, a broken body, too much of it: as without."""
    broken = {
        "a length and chunks": post(*WISHES["made up"], b"Content-Length: 2", b"Transfer-Encoding: chunked"),
        "no chunk": post(*WISHES["made up"], b"Transfer-Encoding: chunked", body=b"no size\r\n"),
        "too many": get(b"/livez", *WISHES["made up"], *(b"a: b" for _ in range(300))),
    }

    async def play(served: Served) -> dict[str, list[bytes]]:
        return {name: STATUS.findall((await told(served, sent))[0]) for name, sent in broken.items()}

    assert played(play) == {"a length and chunks": [b"400"], "no chunk": [b"400"], "too many": [b"431"]}


def test_many_wishes_on_one_connection_come_to_an_end() -> None:
    """What waits is bounded as without them, and so is the work."""
    sent = get(b"/livez", *WISHES["made up"]) * 2000

    async def play(served: Served) -> set[bytes]:
        return set(STATUS.findall((await told(served, sent))[0]))

    assert played(play) == {b"200", b"400"}


@pytest.mark.parametrize("path", [b"/v1/events", b"x:443"])
def test_nobody_gets_a_tunnel(path: bytes) -> None:
    """`CONNECT` is refused, and what comes after it is not read."""
    sent = b"CONNECT " + path + b" HTTP/1.1\r\n" + AUTHORIZED + b"Content-Length: %d\r\n\r\n" % len(INNER) + INNER

    async def play(served: Served) -> tuple[list[bytes], bool]:
        said, ended = await told(served, sent + asked())
        return STATUS.findall(said), ended and EVERYTHING.encode() not in said

    assert played(play) == ([b"400"], True)
