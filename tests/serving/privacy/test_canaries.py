"""What a sender writes reaches the ledger and the answer that the contract names, and nothing else."""

import asyncio
from collections.abc import Iterator
from itertools import islice
from math import ceil
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from serving.routes.adapters import PLATFORMS
from serving.settings import Settings
from tests.serving.adapters.signing import SECRET
from tests.serving.adapters.signing import signed as signature
from tests.serving.privacy.bodies import BODIES, JSON_TYPE, mark, names_in, spoilt
from tests.serving.privacy.hearing import echoes, listening, louder, told
from tests.serving.privacy.ledgers import DAYS
from tests.serving.routes.ways import LAST, post
from tests.serving.served import EVERYTHING, Served, app_of, memory_ledger, token
from tests.serving.server.test_connection import Served as Wire
from tests.serving.server.test_connection import played

HEADERS = {
    "Idempotency-Key": mark("idempotency"),
    "User-Agent": mark("agent"),
    "X-Forwarded-For": mark("address"),
    "Referer": f"https://{mark('referer')}/",
    "Cookie": f"{mark('cookie')}={mark('cookie')}",
    "traceparent": mark("trace"),
    "Outreach-Session": mark("session-of-a-widget-key-in-a-page"),
    "Origin": f"https://{mark('origin')}.example",
    mark("header"): mark("header"),
}
BAD_HEADERS = [
    {"Content-Type": mark("type")},
    {"Content-Type": f"{JSON_TYPE}; charset={mark('charset')}"},
    {"Content-Encoding": mark("encoding")},
    {"Accept": mark("accept")},
    {"Authorization": f"Bearer {mark('key').ljust(43, 'k')}"},
    {"Authorization": mark("authorization")},
    {"Authorization": f"Bearer {token('read')}"},
    {"Idempotency-Key": mark("long") * 50},
    {"ce-specversion": "1.0", "ce-id": mark("id"), "ce-type": mark("type"), "ce-source": mark("source")},
]
TOGETHER = 20  # requests that wait on one connection
SOME = 7  # of the requests one, on a day that is not good
ADAPTER = "/v1/adapters/"
SETTINGS = Settings(**{platform.setting: SECRET for platform in PLATFORMS})
OPEN = {"/livez", "/readyz", "/version"}
WITHIN = ("content", "application/json", "schema", "items", "anyOf", "oneOf", "allOf", "additionalProperties")
Asked = tuple[str, str, dict[str, Any]]


def operations() -> list[tuple[str, str, Any]]:
    """Return every operation of the OpenAPI document."""
    paths = app_of().openapi()["paths"]
    return [(method.upper(), path, said) for path, item in paths.items() for method, said in item.items()]


def filled(path: str, said: Any) -> str:
    """Return the path with canaries in place of its parts, and with every parameter that it takes and one more."""
    names = [(one["in"], one["name"]) for one in said.get("parameters", [])]
    for place, name in names:
        if place == "path":
            path = path.replace(f"{{{name}}}", quote(mark(name)))
    query = "&".join(f"{name}={mark(name)}" for place, name in names if place == "query")
    return f"{path}?{query}" if query else path


def bare(path: str, said: Any) -> str:
    """Return the path with canaries in place of its parts, and no parameter."""
    return filled(path, said).partition("?")[0]


def requests() -> Iterator[Asked]:
    """Yield every operation with canaries wherever something can be written, in good form and in bad."""
    for method, path, said in operations():
        where = bare(path, said)
        bodies = BODIES.get((method, path), [])
        for body in (bad for one in bodies for bad in spoilt(one)):
            yield method, where, {"content": body, "headers": {"Content-Type": JSON_TYPE, "User-Agent": mark("agent")}}
        good = next(spoilt(bodies[0])) if bodies else b""
        for headers in ({}, *BAD_HEADERS):
            sent = {"Content-Type": JSON_TYPE} | HEADERS | headers
            for url in (where, filled(path, said), f"{where}?{mark('query')}={mark('query')}", f"{where}/{mark('x')}"):
                yield method, url, {"content": good, "headers": sent}
        yield mark("method").upper(), where, {}


def signed(path: str, more: dict[str, Any]) -> dict[str, Any]:
    """Sign what goes to a platform's adapter as the platform would."""
    platform = path.partition("?")[0].removeprefix(ADAPTER)
    if platform not in {one.name for one in PLATFORMS}:
        return more
    return more | {"headers": more.get("headers", {}) | signature(platform, more.get("content", b""))}


@pytest.mark.parametrize("day", DAYS)
def test_nothing_that_was_sent_is_said_elsewhere(day: str, capfd: pytest.CaptureFixture[str]) -> None:
    """Through every operation, in good form and bad, whatever the ledger does: no log, warning, problem or metric."""
    wrong: list[str] = []
    with listening() as heard, Served(app_of(DAYS[day](memory_ledger()), settings=SETTINGS)) as api:
        if day.startswith("broken"):
            louder(api._loop)
        statuses = set()
        for method, path, more in islice(requests(), None, None, 1 if day == "good" else SOME):
            answer = api.call(method, path, **signed(path, more))
            statuses.add(answer.status_code)
            wrong += [f"{method} {path[:60]}: {one}" for one in echoes(answer)]
        wrong += spoken(api)
    written = "".join(capfd.readouterr())

    assert (wrong, told([*heard, written]), 500 in statuses) == ([], [], False)
    assert {401, 403, 404, 405, 415, 422} <= statuses


def spoken(api: Served) -> list[str]:
    """Return what the open paths and the metrics, where there are any, say of those who sent something."""
    said = {path: api.get(path).text for path in (*OPEN, "/metrics", "/openapi.json")}
    return [f"{path} says {one}" for path, text in said.items() for one in told([text])]


def test_nothing_is_said_on_either_way_in() -> None:
    """Over a real socket, by the short way and the long one, and where no HTTP is spoken at all."""
    sent = [
        post(path, body, b"User-Agent: " + mark("agent").encode(), b"Idempotency-Key: " + mark("wire").encode())
        for path in ("/v1/events", "/v1/decisions", "/v1/outcomes")
        for one in BODIES["POST", path]
        for body in spoilt(one)
    ]
    broken = [
        f"{mark('verb')} / HTTP/1.1\r\nHost: x\r\n\r\n".encode(),
        f"GET /{mark('path')} HTTP/9.9\r\n\r\n".encode(),
        f"POST /v1/events HTTP/1.1\r\nContent-Length: {mark('length')}\r\n\r\n".encode(),
        f"GET /v1/%FF{mark('path')} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {EVERYTHING}\r\n\r\n".encode(),
    ]

    async def play(served: Wire) -> bytes:
        louder(asyncio.get_running_loop())
        heard = []
        for one in [*(b"".join(sent[at : at + TOGETHER]) for at in range(0, len(sent), TOGETHER)), *broken]:
            reader, writer = await served.connect()
            writer.write(one + LAST)
            heard.append(await reader.read())
        return b"".join(heard)

    for short in (True, False):
        app: Any = app_of()
        app.direct = app.direct if short else None
        with listening() as heard:
            answers = [_parsed(one) for one in played(play, app).split(b"HTTP/1.1 ")[1:]]
        wrong = [echo for answer in answers for echo in echoes(answer)]
        assert (wrong, told(heard), len(answers)) == ([], [], len(sent) + ceil(len(sent) / TOGETHER) + len(broken) + 1)


def _parsed(answer: bytes) -> httpx.Response:
    head, _, body = answer.partition(b"\r\n\r\n")
    status, *lines = head.decode("latin-1").split("\r\n")
    headers = [(name, value) for name, _, value in (line.partition(": ") for line in lines)]
    return httpx.Response(int(status.split()[0]), headers=headers, content=body)


def test_every_body_has_its_canaries() -> None:
    """Each operation that reads a body, and each member of its schema, has a canary: add yours to `bodies.py`."""
    document = app_of().openapi()
    reads = {(method, path): said["requestBody"] for method, path, said in operations() if "requestBody" in said}
    missing = {
        f"{method} {path}": sorted(_named(content, document) - names_in(BODIES.get((method, path), [])))
        for (method, path), content in reads.items()
    }

    assert (set(reads) - set(BODIES), {where: names for where, names in missing.items() if names}) == (set(), {})


def _named(schema: Any, document: Any, seen: frozenset[str] = frozenset()) -> set[str]:
    """Return the names of all members that a schema describes."""
    if isinstance(schema, list):
        return set().union(*(_named(one, document, seen) for one in schema))
    if not isinstance(schema, dict):
        return set()
    reference = schema.get("$ref")
    if reference is not None and reference not in seen:
        named = document["components"]["schemas"][reference.rpartition("/")[2]]
        return _named(named, document, seen | {reference})
    own = set(schema.get("properties", {}))
    inner = [*schema.get("properties", {}).values(), *(value for key, value in schema.items() if key in WITHIN)]
    return own | _named(inner, document, seen)
