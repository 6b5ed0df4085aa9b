"""Bad headers, query parameters and parts of the path, around bodies that are good; and bodies that never end."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from starlette.types import Message

from serving.routes import bodies
from tests.serving.bad_values import CANARY, LONG
from tests.serving.routes.refusing import Desk, badly_answered, desk
from tests.serving.routes.test_bad_decisions import by_reference
from tests.serving.served import EVERYTHING, Served, app_of, token

GOOD = json.dumps(by_reference(0)).encode()
TEXTS: dict[str, bytes] = {
    "empty": b"",
    "blank": b"   ",
    "null": b"null",
    "true": b"true",
    "number": b"7391",
    "below zero": b"-1",
    "fraction": b"1.5",
    "NaN": b"NaN",
    "inf": b"inf",
    "huge number": b"9" * 400,
    "text": CANARY.encode(),
    "long": LONG.encode() * 10,
    "lone surrogate": b"\xed\xa0\x80",
    "no UTF-8": CANARY.encode() + b"\xff",
    "NUL": CANARY.encode() + b"\x00",
    "a new line": CANARY.encode() + b"\r\nx-more: 1",
    "a list": f"{CANARY},b".encode(),
    "quoted": f'"{CANARY}"'.encode(),
    "an object": f'{{"{CANARY}":1}}'.encode(),
    "naive time": b"2026-11-20T11:00:00",
    "far past": b"0001-01-01T00:00:00Z",
    "far future": b"9999-12-31T23:59:59.999999Z",
    "out of the calendar": b"0001-01-01T00:00:00+23:59",
    "another customer's": b"u-other",
    "a path": b"../../etc/passwd",
    "an address": f"https://{CANARY}.example/?a=1&b=<script>".encode(),
}
HEADERS: dict[str, dict[str, bytes]] = {
    "Authorization": TEXTS
    | {"a word too many": f"Bearer {EVERYTHING} x".encode(), "another scope": f"Bearer {token('read')}".encode()},
    "Idempotency-Key": {
        kind: TEXTS[kind] for kind in ("empty", "blank", "long", "lone surrogate", "no UTF-8", "NUL", "a new line")
    },
    "Content-Type": TEXTS,
    "Content-Encoding": {kind: text for kind, text in TEXTS.items() if text.strip()},
}
REFUSED = {"Authorization": {401, 403}, "Idempotency-Key": {422}, "Content-Type": {415}, "Content-Encoding": {415}}
QUERIES = [
    ("POST", "/v1/decisions", ("dry_run",)),
    ("POST", "/v1/decisions/batch", ("dry_run",)),
    ("GET", "/v1/decisions", ("action", "user", "since", "reason", "cursor", "limit")),
    ("GET", "/v1/analytics", ("from", "to", "by", "format")),
    ("GET", "/v1/offers", ("state", "cursor", "limit")),
    ("GET", "/v1/outcomes", ("since", "cursor", "limit")),
]
PATHS = [
    ("GET", "/v1/decisions/{}"),
    ("POST", "/v1/decisions/{}/confirm"),
    ("POST", "/v1/offers/{}/retry"),
    ("PUT", "/v1/users/{}/preferences"),
    ("GET", "/v1/users/{}/preferences"),
    ("DELETE", "/v1/users/{}"),
    ("GET", "/v1/users/{}"),
    ("GET", "/v1/users/{}/embargo"),
    ("GET", "/v1/{}"),
    ("GET", "/{}"),
]


@pytest.fixture(scope="module")
def waiting() -> Iterator[Desk]:
    """Serve one customer who would be written to, and another one."""
    with desk(1) as made:
        yield made


@pytest.mark.parametrize("header", HEADERS)
def test_a_good_body_with_a_bad_header_is_refused(waiting: Desk, header: str) -> None:
    """No key, no media type and no encoding that is not understood lets a message out, or leaves something behind."""
    before, wrong = waiting.rows(), []
    for kind, value in HEADERS[header].items():
        sent: Any = {"Content-Type": "application/json", "Authorization": f"Bearer {EVERYTHING}"} | {header: value}
        answer = waiting.api.call("POST", "/v1/decisions", key=None, content=GOOD, headers=sent)
        found = badly_answered(answer)
        if answer.status_code not in REFUSED[header]:
            found.append(f"status {answer.status_code}")
        wrong += [f"{kind}: {one}" for one in found]

    assert (wrong, waiting.rows()) == ([], before)


@pytest.mark.parametrize(("method", "path", "names"), QUERIES)
def test_a_bad_query_parameter_is_refused_or_finds_nothing(
    waiting: Desk, method: str, path: str, names: tuple[str, ...]
) -> None:
    """A good body with a parameter that is not understood is decided by nobody: the sender may have meant a trial."""
    before, wrong = waiting.rows(), []
    body = {"content": b"[" + GOOD + b"]" if path.endswith("batch") else GOOD} if method == "POST" else {}
    for name in (*names, CANARY):
        for kind, value in TEXTS.items():
            answer = waiting.api.call(
                method, f"{path}?{name}={quote(value)}", headers={"Content-Type": "application/json"}, **body
            )
            found = badly_answered(answer)
            if answer.status_code == 200 and method == "POST" and not _is_trial(answer):
                found.append("it is decided for good")
            wrong += [f"{name} = {kind}: {one}" for one in found]

    assert (wrong, waiting.rows()) == ([], before)


def _is_trial(answer: httpx.Response) -> bool:
    body = answer.json()
    return all(one["recorded"] is False for one in (body if isinstance(body, list) else [body]))


@pytest.mark.parametrize(("method", "path"), PATHS)
def test_a_bad_part_of_the_path_finds_nothing(waiting: Desk, method: str, path: str) -> None:
    """Whatever stands where an id belongs: not found or refused; never a 5xx, never an echo."""
    wrong = []
    for kind, value in TEXTS.items():
        if (method, kind) == ("DELETE", "another customer's"):
            continue  # that erases them, as it should
        before = waiting.rows()
        answer = waiting.api.call(
            method,
            path.format(quote(value, safe="")),
            content=b'{"consent": {"chat": null}}' if method == "PUT" else b"",
            headers={"Content-Type": "application/json"},
        )
        found = badly_answered(answer)
        if waiting.rows() != before:
            found.append("it left something behind")
        wrong += [f"{kind}: {one} {answer.text[:200]}" for one in found]

    assert wrong == []


def test_every_parameter_is_tried() -> None:
    """A new path with a part or a query parameter must be added above."""
    document = app_of().openapi()
    templated, queried = set(), set()
    for path, methods in document["paths"].items():
        for method, said in methods.items():
            for one in said.get("parameters", []):
                if one["in"] == "path":
                    templated.add((method.upper(), path.replace(f"{{{one['name']}}}", "{}")))
                if one["in"] == "query":
                    queried.add((method.upper(), path, one["name"]))

    tried = {(method, path, name) for method, path, names in QUERIES for name in names}
    assert (templated - set(PATHS), queried - tried) == (set(), set())


@pytest.mark.parametrize(
    "path",
    ["/v1/decisions", "/v1/decisions/batch", "/v1/events", "/v1/outcomes", "/v1/approvals", "/v1/decisions/x/confirm"],
)
def test_a_body_that_never_ends_is_not_read_to_its_end(waiting: Desk, path: str) -> None:
    """Of a stream without a length no more than the limit is taken: 413, and the memory stays."""
    asked, answered = 0, []

    async def receive() -> Message:
        nonlocal asked
        asked += 1
        assert asked < 100
        return {"type": "http.request", "body": b"x" * 65_536, "more_body": True}

    async def send(message: Message) -> None:
        answered.append(message)

    headers = [(b"content-type", b"application/json"), (b"authorization", f"Bearer {EVERYTHING}".encode())]
    scope: dict[str, Any] = {
        "type": "http",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "headers": headers,
    }
    scope |= {"query_string": b"", "http_version": "1.1", "scheme": "http", "server": ("test", 80), "root_path": ""}
    calling = waiting.api.app(scope, receive, send)
    asyncio.run_coroutine_threadsafe(_awaited(calling), waiting.api._loop).result(timeout=60)

    assert (answered[0]["status"], asked <= 18) == (413, True)


async def _awaited(calling: Any) -> None:
    await calling


@pytest.mark.parametrize(
    "path", ["/v1/decisions", "/v1/decisions/d-1", "/v1/offers", "/metrics", "/v1/users/u", "/v1/users/u/embargo"]
)
def test_headers_are_looked_at_once(api: Served, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    """A path that takes no parameters need not be asked whether one comes twice."""
    looked: list[None] = []
    monkeypatch.setattr(bodies, "is_text", lambda _: not looked.append(None))
    api.get(path)
    assert looked == [None]


@pytest.mark.parametrize("name", ["user", "cursor"])
def test_a_zero_byte_is_blamed_on_the_parameter_that_holds_it(waiting: Desk, name: str) -> None:
    """Whoever asks for a customer that nobody can be named is not told about a cursor."""
    refused = waiting.api.get(f"/v1/decisions?{name}=%00")
    assert (refused.status_code, [one["pointer"] for one in refused.json()["errors"]]) == (422, [f"#/{name}"])
