import logging
from typing import Any

import pytest

from serving.loop import deciding
from serving.routes.adapters import HEADERS as THEIRS
from serving.routes.bodies import ONCE
from serving.routes.edge import BODY_LIMIT
from tests.serving.served import EVERYTHING, Counting, Served, app_of, candidate, event, memory_ledger

CANARY = "canary7391"
HEADERS = {
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cross-origin-resource-policy": "same-origin",
}


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/livez"), ("GET", "/nowhere"), ("POST", "/v1/decisions"), ("GET", "/docs"), ("DELETE", "/v1/events")],
)
def test_every_answer_has_the_security_headers(api: Served, method: str, path: str) -> None:
    """Good or bad, open or not."""
    answer = api.call(method, path, key=None)

    actual = {name: answer.headers[name] for name in HEADERS}
    assert (actual, "frame-ancestors 'none'" in answer.headers["content-security-policy"]) == (HEADERS, True)


def test_only_the_docs_may_run_a_script(api: Served) -> None:
    """Everywhere else nothing at all may be loaded."""
    policies = [api.get(path, key=None).headers["content-security-policy"] for path in ("/livez", "/docs")]

    assert ["script-src 'self'" in policy for policy in policies] == [False, True]


def test_what_nobody_expected_is_a_503_without_input(
    api: Served, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A bug refuses: 503 with Retry-After, nothing recorded, and a log line without anything that was sent."""

    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError(f"unexpected {CANARY}")

    api.post("/v1/events", event())
    monkeypatch.setattr(deciding, "decide", broken)
    with caplog.at_level(logging.DEBUG):
        answer = api.post("/v1/decisions", candidate(user=CANARY))
    monkeypatch.undo()

    logged = "".join(record.getMessage() + str(record.exc_info) for record in caplog.records)
    records = api.get("/v1/decisions").json()["decisions"]
    actual = (answer.status_code, answer.headers["retry-after"], CANARY in answer.text, CANARY in logged, records)
    assert actual == (503, "1", False, False, [])
    assert "a request failed: POST /v1/decisions: RuntimeError at " in logged


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (f"/v1/users/{CANARY}/preferences", "GET /v1/users/{user_id}/preferences"),
        ("/v1/decisions", "GET /v1/decisions"),
    ],
)
def test_the_line_of_a_failure_names_its_route(
    api: Served, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, path: str, said: str
) -> None:
    """Method and template, so that somebody knows where to look; never the path."""
    api.get("/v1/approvals")

    async def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError(CANARY)

    monkeypatch.setattr(type(api.app.state.api.loop), "submit", broken)  # type: ignore[attr-defined]
    with caplog.at_level(logging.ERROR):
        answer = api.get(path)
    monkeypatch.undo()
    lines = [record.getMessage() for record in caplog.records]
    assert (answer.status_code, [line.partition(" at ")[0] for line in lines], CANARY in str(lines)) == (
        503,
        [f"a request failed: {said}: RuntimeError"],
        False,
    )


def test_a_bug_in_one_of_a_batch_refuses_that_one(api: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """The others have their answers."""
    real = deciding.decide

    def picky(candidates: Any, *args: Any, **more: Any) -> Any:
        if any(one.user_id == CANARY for one in candidates):
            raise RuntimeError(CANARY)
        return real(candidates, *args, **more)

    monkeypatch.setattr(deciding, "decide", picky)
    answer = api.post("/v1/decisions/batch", [candidate(user=name) for name in ("a", CANARY, "b")])

    kinds = [one.get("action") or one["status"] for one in answer.json()]
    assert (answer.status_code, kinds, CANARY in answer.text) == (200, ["deny", 503, "deny"], False)


def test_a_bug_outside_the_loop_is_a_503_too(api: Served) -> None:
    """Whatever a handler raises, the answer is a problem document."""

    def broken() -> Any:
        raise KeyError(CANARY)

    object.__setattr__(api.app.state.api, "clock", broken)

    answer = api.post("/v1/events", event())

    actual = (answer.status_code, answer.headers["content-type"], CANARY in answer.text)
    assert actual == (503, "application/problem+json", False)


@pytest.mark.parametrize("key", [None, EVERYTHING])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/decisions/%FF"),
        ("GET", "/v1/users/%C3%28/preferences"),
        ("PUT", "/v1/users/a%80b/preferences"),
        ("GET", "/v1/users/%ED%A0%80/preferences"),
        ("GET", "/%E9"),
    ],
)
def test_a_path_that_is_no_text_asks_the_ledger_nothing(method: str, path: str, key: str | None) -> None:
    """Two ids that differ in broken bytes only must not become one: 422, nothing is looked up, nothing stored."""
    ledger = Counting(memory_ledger())
    with Served(app_of(ledger)) as api:
        answer = api.call(method, path, key=key, json={"consent": {"chat": True}})

    actual = (answer.status_code, answer.headers["content-type"], ledger.transactions)
    assert actual == (422, "application/problem+json", 0)


def test_a_replacement_character_is_a_character(api: Served) -> None:
    """Percent-encoded as UTF-8 it is an id like any other."""
    answer = api.call("PUT", "/v1/users/%EF%BF%BD/preferences", json={"consent": {"chat": True}})

    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("path", "pointer"),
    [("/v1/decisions/" + "x" * 300, "#/decision_id"), ("/v1/users/" + "x" * 300 + "/preferences", "#/user_id")],
)
def test_a_part_of_the_path_is_not_called_a_parameter(api: Served, path: str, pointer: str) -> None:
    """The problem says which part of the path is wrong."""
    document = api.get(path).json()

    actual = (document["detail"], [error["pointer"] for error in document["errors"]])
    assert actual == ("a part of the path cannot be used; see `errors`", [pointer])


@pytest.mark.parametrize("name", [*ONCE, *THEIRS])
@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/v1/decisions"), ("GET", "/v1/decisions"), ("GET", "/v1/triggers")]
)
def test_a_header_that_counts_is_given_once(api: Served, method: str, path: str, name: str) -> None:
    """Whoever stands in front of us may read the other one: a key twice is no key."""
    twice = [
        (name, CANARY),
        ("Authorization", f"Bearer {EVERYTHING}"),
        ("Content-Type", "application/json"),
        (name, "b"),
    ]

    answer = api._wait(api._client.request(method, path, headers=twice, content=b"{}"))

    assert (answer.status_code, "given twice" in answer.json()["detail"], CANARY in answer.text) == (422, True, False)


def test_every_route_answers_with_the_security_headers(api: Served) -> None:
    """Every operation of the document and every page beside it, with a key and without; also what is not there."""
    paths = [
        (method.upper(), path) for path, item in api.get("/openapi.json").json()["paths"].items() for method in item
    ]
    paths += [("GET", path) for path in ("/openapi.json", "/docs", "/docs/start.js", "/docs/favicon.png", "/docs/x")]
    paths += [(method, "/livez") for method in ("HEAD", "OPTIONS", "TRACE", "PATCH", "POST")]
    answers = [
        (method, path, api.call(method, path.replace("{number}", "1"), key=key))
        for method, path in paths
        for key in (EVERYTHING, None)
    ]

    lacking = [
        (method, path)
        for method, path, answer in answers
        if any(answer.headers.get(name) != value for name, value in HEADERS.items())
        or "default-src 'none'" not in answer.headers["content-security-policy"]
        or "access-control-allow-origin" in answer.headers
        or "server" in answer.headers
        or answer.status_code >= 500
    ]
    assert (lacking, len(answers) > 40) == ([], True)


@pytest.mark.parametrize(
    "asked",
    [
        {"Range": "bytes=0-9"},
        {"Range": "bytes=9-0"},
        {"Range": "bytes=999999999-"},
        {"Range": CANARY},
        {"Range": "bytes=0-1,3-4", "If-Range": CANARY},
    ],
    ids=range(5),
)
def test_a_page_is_sent_whole(api: Served, asked: dict[str, str]) -> None:
    """Whatever part of it is asked for, in whatever form: nobody is answered in plain text."""
    answer, whole = (api.call("GET", "/docs/favicon.png", key=None, headers=said) for said in (asked, {}))

    actual = (answer.status_code, answer.headers["accept-ranges"], answer.content, dict(answer.headers))
    assert actual == (200, "none", whole.content, dict(whole.headers))


@pytest.mark.parametrize("key", [None, EVERYTHING])
@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/v1/events"), ("DELETE", "/v1/users/u"), ("GET", "/livez"), ("POST", "/nowhere")]
)
def test_a_body_that_is_announced_too_large_reaches_nobody(method: str, path: str, key: str | None) -> None:
    """413 before anybody is asked, on every path alike."""
    ledger = Counting(memory_ledger())
    with Served(app_of(ledger)) as api:
        answer = api.call(method, path, key=key, headers={"Content-Length": str(BODY_LIMIT + 1)}, content=b"")

    actual = (answer.status_code, answer.headers["content-type"], ledger.transactions)
    assert actual == (413, "application/problem+json", 0)
