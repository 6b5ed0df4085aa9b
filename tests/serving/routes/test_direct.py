import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest

from model.errors import Unavailable
from serving.app import Application
from serving.ports import Ledger, Transaction
from serving.routes.direct import WAYS, Direct
from serving.routes.edge import BODY_LIMIT
from tests.serving.served import EVERYTHING, NOON, app_of, candidate, event, memory_ledger, token
from tests.serving.test_connection import Served, played, until

EVENTS, DECISIONS = "/v1/events", "/v1/decisions"
JSON_TYPE = {"Content-Type": "application/json"}
BINARY = {f"ce-{name}": value for name, value in event(5).items() if name != "data"} | JSON_TYPE
INLINE = {"type": "shipment.delayed", "id": "in-1", "time": NOON.isoformat(), "data": {"parcel": "A-1"}}
BIG = json.dumps([event(n, data={"text": "x" * 1500}) for n in range(900)]).encode()


def json_of(path: str, body: Any, **more: Any) -> tuple[str, dict[str, Any]]:
    """Return a request that posts this as JSON."""
    return path, {"json": body, **more}


def raw(path: str, content: Any, headers: dict[str, str] | None = None, **more: Any) -> tuple[str, dict[str, Any]]:
    """Return a request that posts these bytes, as JSON unless told otherwise."""
    return path, {"content": content, "headers": JSON_TYPE if headers is None else headers, **more}


async def in_parts(content: bytes) -> AsyncIterator[bytes]:
    """Send a body without saying before how long it is."""
    for start in range(0, len(content), 100_000):
        yield content[start : start + 100_000]


# Each is asked in this order, of one API that has the short way and of another that has not.
ASKED: dict[str, Callable[[], tuple[str, dict[str, Any]]]] = {
    "one event": lambda: json_of(EVENTS, event(1)),
    "the same event": lambda: json_of(EVENTS, event(1)),
    "four, one of them broken": lambda: json_of(EVENTS, [event(2), event(3), {"id": 7}, event(4)]),
    "none": lambda: json_of(EVENTS, []),
    "one structured": lambda: raw(
        EVENTS, json.dumps(event(8)).encode(), {"Content-Type": "application/cloudevents+json"}
    ),
    "one in headers": lambda: raw(EVENTS, b'{"parcel": "A-5"}', BINARY),
    "one in parts": lambda: raw(EVENTS, in_parts(json.dumps(event(6)).encode())),
    "one that may be sent again": lambda: json_of(EVENTS, event(10), headers={"Idempotency-Key": "k"}),
    "it, sent again": lambda: json_of(EVENTS, event(10), headers={"Idempotency-Key": "k"}),
    "its key with another event": lambda: json_of(EVENTS, event(11), headers={"Idempotency-Key": "k"}),
    "an unknown type": lambda: json_of(EVENTS, event(7, type="com.example.unheard")),
    "a broken event": lambda: json_of(EVENTS, event(9, time="yesterday")),
    "too many": lambda: json_of(EVENTS, [event(n) for n in range(1001)]),
    "no JSON": lambda: raw(EVENTS, b"{"),
    "no body": lambda: raw(EVENTS, b""),
    "no media type": lambda: raw(EVENTS, b"{}", {}),
    "another media type": lambda: raw(EVENTS, b"<a/>", {"Content-Type": "application/xml"}),
    "compressed": lambda: raw(EVENTS, b"{}", JSON_TYPE | {"Content-Encoding": "gzip"}),
    "too large, and nobody's": lambda: raw(EVENTS, BIG, key=None),
    "too large": lambda: raw(EVENTS, BIG),
    "too large in parts": lambda: raw(EVENTS, in_parts(BIG)),
    "too large in parts, and nobody's": lambda: raw(EVENTS, in_parts(BIG), key=None),
    "no key": lambda: json_of(EVENTS, event(1), key=None),
    "an unknown key": lambda: json_of(EVENTS, event(1), key="x" * 43),
    "another scheme": lambda: json_of(EVENTS, event(1), key=None, headers={"Authorization": "Basic eDp5"}),
    "another scope": lambda: json_of(EVENTS, event(1), key=token("decide")),
    "a query": lambda: json_of(EVENTS, event(1), params={"a": "1"}),
    "a query twice": lambda: json_of(EVENTS, event(1), params={"a": ["1", "2"]}),
    "a slash more": lambda: json_of(EVENTS + "/", event(1)),
    "one candidate": lambda: json_of(DECISIONS, candidate(1)),
    "one with its event": lambda: json_of(DECISIONS, candidate(evidence=INLINE)),
    "one with its event, and no scope for it": lambda: json_of(
        DECISIONS, candidate(evidence=INLINE), key=token("decide")
    ),
    "one that may be repeated": lambda: json_of(DECISIONS, candidate(2), headers={"Idempotency-Key": "k"}),
    "the repetition": lambda: json_of(DECISIONS, candidate(2), headers={"Idempotency-Key": "k"}),
    "its key with another body": lambda: json_of(DECISIONS, candidate(3), headers={"Idempotency-Key": "k"}),
    "a dry run": lambda: json_of(DECISIONS, candidate(4), params={"dry_run": "true"}),
    "a dry run of a strange kind": lambda: json_of(DECISIONS, candidate(4), params={"dry_run": "perhaps"}),
    "a broken candidate": lambda: json_of(DECISIONS, candidate(4, urgent=True)),
    "two candidates": lambda: json_of(DECISIONS, [candidate(1), candidate(2)]),
    "a candidate too large": lambda: raw(DECISIONS, in_parts(BIG)),
    "a candidate without a key": lambda: json_of(DECISIONS, candidate(1), key=None),
    "a candidate with another scope": lambda: json_of(DECISIONS, candidate(1), key=token("events")),
}


SHORT = {
    "one event",
    "the same event",
    "four, one of them broken",
    "one structured",
    "one in headers",
    "one that may be sent again",
    "it, sent again",
    "its key with another event",
    "an unknown type",
    "one candidate",
    "one with its event",
    "one that may be repeated",
    "the repetition",
    "its key with another body",
}


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


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Application]:
    """Compose an API that has the short way, or only the long one, with ids that count from one."""

    def composed(*, short: bool, ledger: Ledger | None = None) -> Application:
        numbers: Iterator[int] = iter(range(10**6))
        with monkeypatch.context() as patched:
            patched.setattr("serving.routes.keyring.REMEMBERED_SECONDS", 60)  # however slow the machine is
            patched.setattr("serving.app.new_id", lambda at: f"{at.date()}-{next(numbers)}")
            composed = cast("Application", app_of(ledger))
        if not short:
            composed.direct = None
        return composed

    return composed


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


def told(answer: httpx.Response) -> tuple[int, list[tuple[str, str]], bytes]:
    """Return status, headers (in any order, without the time) and body."""
    headers = sorted(pair for pair in answer.headers.multi_items() if pair[0] != "date")
    return answer.status_code, headers, answer.content


def told_over_http(app: Application) -> tuple[dict[str, Any], set[str]]:
    """Ask all of the table over one connection; return the answers, and what took the short way."""
    took = noted(app)

    async def play(served: Served) -> dict[str, Any]:
        answers = {}
        await raw_answers(served, KNOWN, 10**6)
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{served.port}", trust_env=False) as client:
            for name, ask in ASKED.items():
                path, more = ask()
                key = more.pop("key", EVERYTHING)
                headers = ({} if key is None else {"Authorization": f"Bearer {key}"}) | more.pop("headers", {})
                before = len(took)
                answers[name] = told(await client.post(path, headers=headers, **more))
                if any(took[before:]):
                    short.add(name)
        return answers

    short: set[str] = set()
    return played(play, app), short


def test_both_ways_give_the_same_answers(app: Callable[..., Application]) -> None:
    """Good and bad requests, one after the other, by the short way and through FastAPI: status, headers and bytes."""
    (one, short), (other, _) = told_over_http(app(short=True)), told_over_http(app(short=False))

    assert (one, short) == (other, SHORT)


def test_the_table_meets_every_kind_of_answer(app: Callable[..., Application]) -> None:
    """The comparison is of more than one thing: every status that a request to these paths can get but 409 and 503."""
    answers, _ = told_over_http(app(short=True))

    assert {status for status, _, _ in answers.values()} == {200, 202, 401, 403, 404, 413, 415, 422}


def post(path: str = DECISIONS, body: bytes | None = None, *lines: bytes, version: bytes = b"1.1") -> bytes:
    """Return the bytes of a request with these lines more in its head."""
    body = json.dumps(candidate()).encode() if body is None else body
    said = (b"Host: x", b"Authorization: Bearer " + EVERYTHING.encode(), b"Content-Type: application/json", *lines)
    counted = (
        said if any(b"Transfer-Encoding" in line for line in lines) else (*said, b"Content-Length: %d" % len(body))
    )
    return b"\r\n".join([b"POST %b HTTP/%b" % (path.encode(), version), *counted, b"", body])


BODY = json.dumps(candidate(2)).encode()
CHUNKED = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (BODY[:50], BODY[50:], b""))
LAST = b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
KNOWN = post("/v1/approvals", b"") + LAST  # makes the keys known, so that the next request can take the short way
# What comes on one connection, cut into pieces of some size, and how many requests of it take the short way.
WIRE: dict[str, tuple[bytes, int, int]] = {
    "one": (post(), 10**6, 1),
    "one, slowly": (post(), 7, 1),
    "two, one after the other": (post() + post(EVENTS, json.dumps(event(1)).encode()), 10**6, 1),
    "a good one behind a bad one": (post(body=b"{") + post(), 10**6, 0),
    "many, in packets": (post() + post(body=b"[]") + post(EVENTS) + post(EVENTS, b"[]") + post(), 300, 1),
    "in chunks": (post(DECISIONS, CHUNKED, b"Transfer-Encoding: chunked"), 10**6, 0),
    "after a 100": (post(DECISIONS, None, b"Expect: 100-continue"), 10**6, 0),
    "an upgrade": (post(DECISIONS, None, b"Connection: upgrade, close", b"Upgrade: h2c"), 10**6, 0),
    "the last": (post(DECISIONS, None, b"Connection: close"), 10**6, 1),
    "the last, and refused": (post(DECISIONS, b"{", b"Connection: close"), 10**6, 0),
    "HTTP 1.0": (post(version=b"1.0"), 10**6, 0),
    "no body": (post(body=b""), 10**6, 0),
    "above the limit": (post(body=b" " * (BODY_LIMIT + 1)), 10**6, 0),
    "large": (post(body=BODY + b" " * 70_000), 10**6, 0),
    "two keys": (post(DECISIONS, None, b"Idempotency-Key: a", b"Idempotency-Key: b"), 10**6, 0),
    "two of everything": (post(DECISIONS, None, b"Content-Type: text/plain", b"Authorization: x"), 10**6, 1),
    "another spelling": (post("/v1/decision%73"), 10**6, 0),
    "the whole address": (post("http://x/v1/decisions"), 10**6, 0),
    "another method": (post().replace(b"POST", b"PUT"), 10**6, 0),
    "the head alone": (post().replace(b"POST", b"HEAD"), 10**6, 0),
    "two lengths": (post(DECISIONS, None, b"Content-Length: 3"), 10**6, 0),
    "no HTTP": (post().replace(b"Host: x", b"Host\x00: x"), 10**6, 0),
}


async def raw_answers(served: Served, sent: bytes, size: int) -> list[bytes]:
    """Send bytes in pieces, and read all that comes, by lines, without the time."""
    reader, writer = await served.connect()
    for start in range(0, len(sent), size):
        writer.write(sent[start : start + size])
        await asyncio.sleep(0)
    return [line for line in (await reader.read()).split(b"\r\n") if not line.startswith(b"date: ")]


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
        breaks = ("clock", broken)
        if what == "deciding":
            composed.state.api.loop._pool = broken
            breaks = ("happenings", SimpleNamespace(take=broken))
        answers.append(played(play, composed))

    assert (answers[0], answers[0][0], b"HTTP/1.1 200 OK" in b"".join(answers[0])) == (
        answers[1],
        b"HTTP/1.1 503 Service Unavailable",
        True,
    )


def test_both_ways_refuse_alike_while_the_queue_is_full(app: Callable[..., Application]) -> None:
    """503, and nothing was done."""

    async def play(served: Served) -> list[bytes]:
        await raw_answers(served, post() + LAST, 10**6)
        composed.state.api.loop._capacity = 0
        return await raw_answers(served, post() + LAST, 10**6)

    answers = []
    for short in (True, False):
        composed = app(short=short)
        answers.append(played(play, composed))

    assert (answers[0], answers[0][0]) == (answers[1], b"HTTP/1.1 503 Service Unavailable")


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


def test_every_short_way_is_a_route(app: Callable[..., Application]) -> None:
    """The document describes what is answered without FastAPI too."""
    paths = app(short=True).openapi()["paths"]

    actual = [
        (path, raw.decode() == path)
        for raw, path in ((raw, way.path) for raw, way in WAYS.items())
        if "post" in cast("Any", paths)[path]
    ]

    assert actual == [(EVENTS, True), (DECISIONS, True)]
