import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any, cast

import httpx
import pytest
from fastapi import FastAPI, Response

from model.errors import Unavailable
from serving.ports import Ledger, Transaction
from serving.routes import direct
from serving.routes.edge import BODY_LIMIT
from tests.serving.served import NOON, Served, app_of, candidate, event, token

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


# Each is asked in this order, of one API by the short way and of another by the long way.
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
    "too large as declared": lambda: raw(EVENTS, b"{}", JSON_TYPE | {"Content-Length": str(BODY_LIMIT + 1)}),
    "too large, and nobody's": lambda: raw(EVENTS, BIG, key=None),
    "too large": lambda: raw(EVENTS, BIG),
    "too large in parts": lambda: raw(EVENTS, in_parts(BIG)),
    "too large in parts, and nobody's": lambda: raw(EVENTS, in_parts(BIG), key=None),
    "no length that is a number": lambda: raw(EVENTS, b"{}", JSON_TYPE | {"Content-Length": "many"}),
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


class Gone:
    """A ledger that can be opened and not be written."""

    salt = b"none"

    def transaction(self, *, about: object = None) -> AbstractContextManager[Transaction]:
        """Fail, as a full disk does."""
        del about
        raise Unavailable("ledger `gone`: disk full")

    def close(self) -> None:
        """Do nothing."""


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> Callable[..., FastAPI]:
    """Compose an API that answers by the one way alone, with ids that count from one."""

    def composed(*, short: bool, ledger: Ledger | None = None) -> FastAPI:
        numbers: Iterator[int] = iter(range(10**6))
        with monkeypatch.context() as patched:
            patched.setattr("serving.app.new_id", lambda at: f"{at.date()}-{next(numbers)}")
            if not short:
                patched.setattr("serving.app.Direct", lambda app: app)
            composed = app_of(ledger)
            composed.middleware_stack = composed.build_middleware_stack()
        return composed

    return composed


def told(answer: httpx.Response) -> tuple[int, list[tuple[str, str]], bytes]:
    """Return status, headers (in any order) and body."""
    return answer.status_code, sorted(answer.headers.multi_items()), answer.content


def test_both_ways_give_the_same_answers(app: Callable[..., FastAPI]) -> None:
    """Good and bad requests, one after the other, answered by FastAPI and without it: status, headers and bytes."""
    answers: dict[bool, dict[str, Any]] = {}
    for short in (True, False):
        with Served(app(short=short)) as api:
            asked = ((name, ask()) for name, ask in ASKED.items())
            answers[short] = {name: told(api.call("POST", path, **more)) for name, (path, more) in asked}

    assert answers[True] == answers[False]


def test_the_table_meets_every_kind_of_answer(api: Served) -> None:
    """The comparison is of more than one thing: every status that a request to these paths can get but 409 and 503."""
    asked = [ask() for ask in ASKED.values()]

    actual = {api.call("POST", path, **more).status_code for path, more in asked}

    assert actual == {200, 202, 401, 403, 404, 413, 415, 422}


@pytest.mark.parametrize("path", [EVENTS, DECISIONS])
def test_both_ways_say_that_the_ledger_is_away(app: Callable[..., FastAPI], path: str) -> None:
    """503 with `Retry-After`, and the same words."""
    body = event() if path == EVENTS else candidate()
    answers = []
    for short in (True, False):
        with Served(app(short=short, ledger=Gone())) as api:
            answers.append(told(api.post(path, body)))

    assert (answers[0], answers[0][0]) == (answers[1], 503)


@pytest.mark.parametrize("path", [EVENTS, DECISIONS])
def test_both_ways_fail_alike(app: Callable[..., FastAPI], path: str) -> None:
    """A bug is a 503 that repeats nothing."""

    def broken(*_: Any) -> Any:
        raise KeyError("canary7391")

    body = event() if path == EVENTS else candidate(evidence=INLINE)
    answers = []
    for short in (True, False):
        with Served(app(short=short)) as api:
            object.__setattr__(api.app.state.api, "clock", broken)
            answers.append(told(api.post(path, body)))

    assert (answers[0], answers[0][0]) == (answers[1], 503)


@pytest.mark.parametrize(
    ("method", "path", "way"),
    [
        ("POST", EVENTS, "short"),
        ("POST", DECISIONS, "short"),
        ("POST", f"{EVENTS}?a=1", "long"),
        ("GET", DECISIONS, "long"),
        ("POST", f"{DECISIONS}/batch", "long"),
    ],
)
def test_what_is_plain_takes_the_short_way(monkeypatch: pytest.MonkeyPatch, method: str, path: str, way: str) -> None:
    """A query, another method or another path goes through FastAPI."""

    async def admitted(*_: Any) -> Any:
        return None

    async def answered(*_: Any) -> Response:
        return Response("short")

    ways = {path: direct.Way(cast("Any", admitted), answered) for path in direct.WAYS}
    monkeypatch.setattr(direct, "WAYS", ways)

    async def ask() -> str:
        transport = httpx.ASGITransport(app=cast("Any", direct.Direct(Response("long"))))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return (await client.request(method, path)).text

    assert asyncio.run(ask()) == way


def test_every_short_way_is_a_route(app: Callable[..., FastAPI]) -> None:
    """The document describes what is answered without FastAPI too."""
    paths = app(short=True).openapi()["paths"]

    assert [path for path in direct.WAYS if "post" in paths[path]] == [EVENTS, DECISIONS]
