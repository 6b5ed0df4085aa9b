"""Nothing is done before a request has come to its end: whoever is told 400, 408 or 413 finds all as before."""

import asyncio
import json
from functools import cache

import pytest

from serving.app import Application
from serving.routes import keyring
from serving.routes.edge import BODY_LIMIT
from serving.server import guarded
from tests.serving.served import EVERYTHING, NOON, Counting, app_of, candidate, event, memory_ledger
from tests.serving.served import Served as Called
from tests.serving.server.test_connection import Served, answer, played
from tests.serving.server.test_guarded import AUTHORIZED, STATUS

GOOD = {
    "/v1/decisions": candidate(),
    "/v1/decisions/batch": [candidate()],
    "/v1/events": event(),
    "/v1/adapters/chatwoot": {"event": "message_created"},
    "/v1/adapters/intercom": {"type": "notification_event"},
    "/v1/adapters/segment": {"type": "track"},
    "/v1/adapters/zendesk": {"events": []},
    "/v1/outcomes": {"decision_id": "d", "kind": "thanked", "time": NOON.isoformat()},
    "/v1/users/{user_id}/preferences": {"consent": {"chat": True}},
    "/v1/approvals": {"template": "t", "approved_by": "x"},
}
CHUNKED = b"Transfer-Encoding: chunked\r\n"
UNSIGNED = {
    path: {b"401"} for path in GOOD if path.startswith("/v1/adapters/")
}  # what is not signed is refused before its body comes
BROKEN: dict[str, tuple[bytes, bytes, set[bytes]]] = {
    "no size": (CHUNKED, b"zz\r\n", {b"400"}),
    "a trailer that is none": (CHUNKED, b"0\r\nbad trailer\r\n\r\n", {b"400"}),
    "an extension without end": (CHUNKED, b"1;" + b"a" * (BODY_LIMIT + 200_000), {b"400", b"413"}),
    "a length above the limit": (b"Content-Length: %d\r\n" % (BODY_LIMIT + 1), b"", {b"413"}),
    "less than the length": (b"Content-Length: 5\r\n", b"{}", {b"408"}),
    "less than the length, by nothing": (b"Content-Length: 5\r\n", b"", {b"408"}),
}


@cache
def operations() -> tuple[tuple[str, str], ...]:
    """Return every operation of the document that may change anything."""
    paths = app_of().openapi()["paths"]
    return tuple(sorted((method.upper(), path) for path, item in paths.items() for method in item if method != "get"))


def test_each_of_them_is_known() -> None:
    """A new one that takes a body has an example here."""
    taking = {path for method, path in operations() if method != "DELETE" and not path.endswith(("/retry", "/confirm"))}
    assert (taking, len(operations()) >= 9) == (set(GOOD), True)


@pytest.mark.parametrize("gap", [0.0, 0.05], ids=["together", "apart"])
@pytest.mark.parametrize("name", list(BROKEN))
def test_nothing_is_done_before_the_end(name: str, gap: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every operation that changes anything, all at once, with a good key: the ledger is not asked."""
    line, sent, expected = BROKEN[name]
    monkeypatch.setattr(guarded, "REQUEST_SECONDS", 0.2 if b"408" in expected else 20)
    monkeypatch.setattr(guarded, "LINGER_SECONDS", 0.2)
    monkeypatch.setattr(keyring, "REMEMBERED_SECONDS", 1000.0)
    ledger = Counting(memory_ledger())

    async def one(served: Served, method: str, path: str) -> bytes:
        body = json.dumps(GOOD[path]).encode() if path in GOOD else b""
        if line == CHUNKED and body:
            body = b"%x\r\n%b\r\n" % (len(body), body)
        where = path.replace("{number}", "1").encode()
        reader, writer = await served.connect()
        writer.write(b"%b %b HTTP/1.1\r\n" % (method.encode(), where) + AUTHORIZED + line + b"\r\n")
        await asyncio.sleep(gap)
        writer.write((body if line == CHUNKED else b"") + sent)
        return await asyncio.wait_for(reader.read(), 20)

    async def play(served: Served) -> tuple[dict[tuple[str, str], bool], int]:
        reader, writer = await served.connect()
        writer.write(b"GET /v1/triggers HTTP/1.1\r\n" + AUTHORIZED + b"\r\n")
        await answer(reader)
        before = ledger.transactions
        told = await asyncio.gather(*(one(served, *operation) for operation in operations()))
        assert not any(b"nothing was recorded" in said for said in told)
        known = {
            (method, path): set(STATUS.findall(said)) <= expected | UNSIGNED.get(path, set())
            for (method, path), said in zip(operations(), told, strict=True)
        }
        return known, ledger.transactions - before

    found = played(play, application(ledger), seconds=120)
    assert found == (dict.fromkeys(operations(), True), 0)


def application(ledger: Counting) -> Application:
    """Compose an API, the long way for all of it."""
    app = app_of(ledger)
    assert isinstance(app, Application)
    app.direct = None
    return app


@pytest.mark.parametrize(
    ("method", "path"),
    [("DELETE", "/v1/users/u-17"), ("POST", "/v1/offers/1/retry"), ("POST", "/v1/decisions/d/confirm")],
)
@pytest.mark.parametrize(
    ("body", "status"), [(b"", 404), (b"{}", 404), (b"[]", 422), (b"hello", 422), (b'{"a":1}', 422), (b"{} {}", 422)]
)
def test_where_no_body_is_taken_none_is(method: str, path: str, body: bytes, status: int) -> None:
    """None, or an empty object; anything else was meant for something else, and nothing is done."""
    with Called(app_of()) as api:
        said = api.call(method, path, content=body, headers={"Content-Type": "application/json"})

    assert said.status_code == status


def test_a_body_that_says_nothing_of_itself_is_not_read() -> None:
    """As on all other paths."""
    with Called(app_of()) as api:
        said = api.call("DELETE", "/v1/users/u-17", content=b"{}")

    assert (said.status_code, EVERYTHING in said.text) == (415, False)
