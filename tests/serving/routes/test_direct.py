import json
from collections.abc import AsyncIterator, Callable
from typing import Any, cast

import httpx

from serving.app import Application
from serving.routes.direct import WAYS
from tests.serving.routes.ways import DECISIONS, EVENTS, INLINE, KNOWN, noted, raw_answers
from tests.serving.served import EVERYTHING, candidate, event, token
from tests.serving.server.test_connection import Served, played

JSON_TYPE = {"Content-Type": "application/json"}
BINARY = {f"ce-{name}": value for name, value in event(5).items() if name != "data"} | JSON_TYPE
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


def test_every_short_way_is_a_route(app: Callable[..., Application]) -> None:
    """The document describes what is answered without FastAPI too."""
    paths = app(short=True).openapi()["paths"]

    actual = [
        (path, raw.decode() == path)
        for raw, path in ((raw, way.path) for raw, way in WAYS.items())
        if "post" in cast("Any", paths)[path]
    ]

    assert actual == [(EVENTS, True), (DECISIONS, True)]
