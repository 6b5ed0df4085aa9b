import asyncio
import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from serving.app import Application
from serving.routes.edge import BODY_LIMIT
from tests.serving.routes.ways import DECISIONS, EVENTS, INLINE, KNOWN, LAST, Going, noted, post, raw_answers
from tests.serving.served import candidate, event, memory_ledger
from tests.serving.server.test_connection import Served, played, until

BODY = json.dumps(candidate(2)).encode()
CHUNKED = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (BODY[:50], BODY[50:], b""))
# What comes on one connection, cut into pieces of some size, and how many requests of it take the short way.
WIRE: dict[str, tuple[bytes, int, int]] = {
    "one": (post(), 10**6, 1),
    "one, slowly": (post(), 7, 1),
    "two, one after the other": (post() + post(EVENTS, json.dumps(event(1)).encode()), 10**6, 1),
    "a good one behind a bad one": (post(body=b"{") + post(), 10**6, 0),
    "many, in packets": (post() + post(body=b"[]") + post(EVENTS) + post(EVENTS, b"[]") + post(), 300, 1),
    "in chunks": (post(DECISIONS, CHUNKED, b"Transfer-Encoding: chunked"), 10**6, 0),
    "after a 100": (post(DECISIONS, None, b"Expect: 100-continue"), 10**6, 0),
    "an upgrade": (post(DECISIONS, None, b"Connection: upgrade, close", b"Upgrade: h2c"), 10**6, 1),
    "the last": (post(DECISIONS, None, b"Connection: close"), 10**6, 1),
    "the last, and refused": (post(DECISIONS, b"{", b"Connection: close"), 10**6, 0),
    "HTTP 1.0": (post(version=b"1.0"), 10**6, 0),
    "no body": (post(body=b""), 10**6, 0),
    "above the limit": (post(body=b" " * (BODY_LIMIT + 1)), 10**6, 0),
    "large": (post(body=BODY + b" " * 70_000), 10**6, 0),
    "two keys": (post(DECISIONS, None, b"Idempotency-Key: a", b"Idempotency-Key: b"), 10**6, 0),
    "two of everything": (post(DECISIONS, None, b"Content-Type: text/plain", b"Authorization: x"), 10**6, 0),
    "a harmless header twice": (post(DECISIONS, None, b"X-Forwarded-For: a", b"X-Forwarded-For: b"), 10**6, 0),
    "another spelling": (post("/v1/decision%73"), 10**6, 0),
    "the whole address": (post("http://x/v1/decisions"), 10**6, 0),
    "another method": (post().replace(b"POST", b"PUT"), 10**6, 0),
    "the head alone": (post().replace(b"POST", b"HEAD"), 10**6, 0),
    "two lengths": (post(DECISIONS, None, b"Content-Length: 3"), 10**6, 0),
    "no HTTP": (post().replace(b"Host: x", b"Host\x00: x"), 10**6, 0),
}


def test_both_ways_say_the_same_on_the_wire(app: Callable[..., Application]) -> None:
    """Requests as no client library sends them: pipelined, cut, in chunks, the last of a connection, broken."""

    async def play(served: Served) -> dict[str, tuple[list[bytes], int]]:
        await raw_answers(served, KNOWN, 10**6)
        answers = {}
        for name, (sent, size, _) in WIRE.items():
            before = len(took)
            answers[name] = await raw_answers(served, sent + LAST, size), sum(took[before:])
        return answers

    composed = app(short=True)
    took = noted(composed)
    one = played(play, composed)
    took.clear()
    other = played(play, app(short=False))

    expected = {name: (other[name][0], short) for name, (_, _, short) in WIRE.items()}
    assert one == expected


@pytest.mark.parametrize("path", [EVENTS, DECISIONS])
def test_both_ways_say_that_the_ledger_is_away(app: Callable[..., Application], path: str) -> None:
    """503 with `Retry-After`, and the same words: of a request that was queued when it went, and of one after it."""
    body = json.dumps(event() if path == EVENTS else candidate()).encode()

    async def play(served: Served) -> list[list[bytes]]:
        await raw_answers(served, post(path, body) + LAST, 10**6)
        ledger.gone = True
        return [await raw_answers(served, post(path, body) + LAST, 10**6) for _ in range(2)]

    answers = []
    for short in (True, False):
        ledger = Going(memory_ledger())
        answers.append(played(play, app(short=short, ledger=ledger)))

    assert (answers[0], answers[0][0][0]) == (answers[1], b"HTTP/1.1 503 Service Unavailable")


@pytest.mark.parametrize("what", ["reading", "deciding"])
@pytest.mark.parametrize("path", [EVENTS, DECISIONS])
def test_both_ways_fail_alike(app: Callable[..., Application], path: str, what: str) -> None:
    """A bug is a 503 that repeats nothing, wherever it is; the connection goes on."""

    def broken(*_: Any, **__: Any) -> Any:
        raise KeyError("canary7391")

    body = json.dumps(event() if path == EVENTS else candidate(evidence=INLINE)).encode()

    async def play(served: Served) -> list[bytes]:
        await raw_answers(served, post(path, body) + LAST, 10**6)
        object.__setattr__(composed.state.api, *breaks)
        return await raw_answers(served, post(path, body) + LAST, 10**6)

    answers = []
    for short in (True, False):
        composed = app(short=short)
        breaks: tuple[str, Any] = ("clock", broken)
        if what == "deciding":
            composed.state.api.loop._group_writer._pool = broken
            breaks = ("happenings", SimpleNamespace(take=broken))
        answers.append(played(play, composed))

    assert (answers[0], answers[0][0], b"HTTP/1.1 200 OK" in b"".join(answers[0])) == (
        answers[1],
        b"HTTP/1.1 503 Service Unavailable",
        True,
    )


def test_both_ways_refuse_alike_while_the_queue_is_full(app: Callable[..., Application]) -> None:
    """503 as often as it is asked, and nothing was done; the short way refuses by itself, which costs least."""

    async def play(served: Served) -> list[bytes]:
        await raw_answers(served, post() + LAST, 10**6)
        composed.state.api.loop._capacity = 0
        took.append(noted(composed))
        keyed = post(DECISIONS, None, b"Idempotency-Key: k")
        return await raw_answers(served, keyed + keyed + post() + LAST, 10**6)

    took: list[list[bool]] = []

    answers = []
    for short in (True, False):
        composed = app(short=short)
        answers.append(played(play, composed))

    assert (answers[0], answers[0][0]) == (answers[1], b"HTTP/1.1 503 Service Unavailable")
    assert took == [[True] * 3, []]


def test_both_ways_know_what_still_runs(app: Callable[..., Application]) -> None:
    """409 for the second request with an Idempotency-Key, by whichever way; the first is answered, then repeated."""
    keyed = post(DECISIONS, None, b"Idempotency-Key: k")

    async def play(served: Served) -> list[list[bytes]]:
        await raw_answers(served, post() + LAST, 10**6)
        ledger.free.clear()
        first = asyncio.create_task(raw_answers(served, keyed + LAST, 10**6))
        await until(lambda: composed.state.api.running != set())
        second = await raw_answers(served, keyed + LAST, 10**6)
        ledger.free.set()
        return [second, await first, await raw_answers(served, keyed + LAST, 10**6)]

    answers = []
    for short in (True, False):
        ledger = Going(memory_ledger())
        composed = app(short=short, ledger=ledger)
        answers.append(played(play, composed))

    statuses = [lines[0].split()[1] for lines in answers[0]]
    assert (answers[0], statuses, b"idempotency-replayed: true" in answers[0][2]) == (
        answers[1],
        [b"409", b"200", b"200"],
        True,
    )


@pytest.mark.parametrize("short", [True, False], ids=["short", "long"])
def test_who_leaves_is_decided_all_the_same(app: Callable[..., Application], *, short: bool) -> None:
    """A client that closes while it waits: its question was taken, and others go on."""

    async def play(served: Served) -> tuple[int, bytes]:
        await raw_answers(served, post() + LAST, 10**6)
        ledger.free.clear()
        _, writer = await served.connect()
        writer.write(post(DECISIONS, json.dumps(candidate(2, user="u-9")).encode()))
        await until(lambda: ledger.waits > 0)
        writer.close()
        await asyncio.sleep(0.05)
        ledger.free.set()
        rest = await raw_answers(served, post() + LAST, 10**6)
        found = await composed.state.api.loop.submit(
            lambda _, transaction: transaction.decisions(action=None, user="u-9", since=None, after=None, limit=9)
        )
        return len(found), rest[0]

    ledger = Going(memory_ledger())
    composed = app(short=short, ledger=ledger)

    assert played(play, composed) == (1, b"HTTP/1.1 200 OK")


def test_a_draining_server_says_so_by_both_ways(app: Callable[..., Application]) -> None:
    """What waits when the signal comes is answered with `Connection: close`, and the connection ends."""

    async def play(served: Served) -> list[bytes]:
        await raw_answers(served, post() + LAST, 10**6)
        ledger.free.clear()
        waits = asyncio.create_task(raw_answers(served, post(), 10**6))
        await until(lambda: ledger.waits > 0)
        await served.drained()
        ledger.free.set()
        return await waits

    answers = []
    for short in (True, False):
        ledger = Going(memory_ledger())
        answers.append(played(play, app(short=short, ledger=ledger)))

    assert (answers[0], b"connection: close" in answers[0]) == (answers[1], True)
