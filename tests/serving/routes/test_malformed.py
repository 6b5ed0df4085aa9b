import json
from copy import deepcopy
from typing import Any

import pytest

from tests.serving.served import Served, candidate, consent, event

CANARY = "canary7391"
JSON_HEADER = {"Content-Type": "application/json"}
TIME = "2026-11-20T11:00:00Z"


def put(path: str, value: Any) -> bytes:
    """Return a decision body in which `path` (dotted) has this value, `...` removes it."""
    body = deepcopy(candidate())
    *parents, last = path.split(".")
    at = body
    for name in parents:
        at = at[name]
    if value is ...:
        del at[last]
    else:
        at[last] = value
    return json.dumps(body).encode()


def raw(text: str) -> bytes:
    """Return a decision body in which the purpose is replaced by raw JSON text."""
    return json.dumps(candidate(purpose="@")).replace('"@"', text).encode()


BODIES: dict[str, bytes] = {
    "empty": b"",
    "blank": b"   ",
    "not json": CANARY.encode(),
    "truncated": f'{{"user": "{CANARY}'.encode(),
    "trailing comma": raw(f'"{CANARY}",'),
    "trailing garbage": put("purpose", "p") + CANARY.encode(),
    "two documents": put("purpose", CANARY) * 2,
    "comment": raw(f'"p" /* {CANARY} */'),
    "single quotes": raw(f"'{CANARY}'"),
    "python literal": raw("None"),
    "NaN": raw("NaN"),
    "Infinity": raw("Infinity"),
    "minus Infinity": raw("-Infinity"),
    "huge float": raw("1e999"),
    "huge integer": raw("9" * 400),
    "ten thousand digits": raw("9" * 10_000),
    "integer beyond 64 bits": put("user.attributes", {CANARY: 2**63}),
    "leading zero": raw("007"),
    "hexadecimal": raw("0x10"),
    "utf-8 mark": b"\xef\xbb\xbf" + put("purpose", CANARY),
    "utf-16": put("purpose", CANARY).decode().encode("utf-16"),
    "utf-32": put("purpose", CANARY).decode().encode("utf-32"),
    "latin-1": raw(f'"{CANARY}caf\xe9"').decode("utf-8").encode("latin-1"),
    "broken utf-8": put("purpose", CANARY).replace(b"7391", b"\xff\xfe"),
    "encoded surrogate": put("purpose", CANARY).replace(b"7391", b"\xed\xa0\x80"),
    "lone surrogate": raw(f'"{CANARY}\\ud800"'),
    "surrogate in a name": raw(f'"p", "{CANARY}\\ud800": 1'),
    "escaped NUL": raw(f'"{CANARY}\\u0000"'),
    "raw NUL": raw(f'"{CANARY}\x00"'),
    "raw line feed": raw(f'"{CANARY}\n"'),
    "duplicate key": raw(f'"p", "purpose": "{CANARY}"'),
    "duplicate nested key": raw(f'"p", "x": {{"{CANARY}": 1, "{CANARY}": 2}}'),
    "sixty-five deep": put("user.attributes", json.loads('{"a":' * 65 + f'"{CANARY}"' + "}" * 65)),
    "ten thousand deep": raw("[" * 10_000 + "]" * 10_000),
    "deep and open": raw("[" * 100_000),
    "null": b"null",
    "true": b"true",
    "number": b"17",
    "string": f'"{CANARY}"'.encode(),
    "list": f'["{CANARY}"]'.encode(),
    "empty object": b"{}",
    "empty list": b"[]",
    "no user": put("user", ...),
    "no purpose": put("purpose", ...),
    "no channel": put("channel", ...),
    "no message": put("message", ...),
    "null user": put("user", None),
    "null purpose": put("purpose", None),
    "user is text": put("user", CANARY),
    "user is list": put("user", [CANARY]),
    "user id missing": put("user", {"timezone": CANARY}),
    "user id number": put("user.id", 7391),
    "user id empty": put("user.id", ""),
    "user id blank": put("user.id", "   "),
    "user id long": put("user.id", CANARY * 100),
    "user id truth": put("user.id", True),
    "zone number": put("user.timezone", 7391),
    "zone long": put("user.timezone", CANARY * 10),
    "attributes text": put("user.attributes", CANARY),
    "attributes too many": put("user.attributes", {f"{CANARY}{n}": n for n in range(501)}),
    "attribute name long": put("user.attributes", {CANARY * 20: 1}),
    "attribute name empty": put("user.attributes", {"": CANARY}),
    "unknown user field": put(f"user.{CANARY}", 1),
    "unknown field": put(CANARY, 1),
    "override": put("force", True),
    "urgent": put("priority", CANARY),
    "purpose empty": put("purpose", ""),
    "purpose long": put("purpose", CANARY * 10),
    "purpose object": put("purpose", {CANARY: 1}),
    "channel unknown": put("channel", CANARY),
    "channel capitals": put("channel", "SMS"),
    "channel list": put("channel", ["chat", CANARY]),
    "evidence text": put("evidence", CANARY),
    "evidence empty": put("evidence", {}),
    "evidence without id": put("evidence", {"type": CANARY}),
    "evidence id number": put("evidence.id", 7391),
    "evidence extra": put(f"evidence.{CANARY}", 1),
    "evidence data without time": put("evidence.data", {CANARY: 1}),
    "evidence naive time": put("evidence.time", "2026-11-20T11:00:00"),
    "evidence number time": put("evidence.time", 1795284000),
    "evidence time in words": put("evidence.time", CANARY),
    "evidence time ahead": put("evidence.time", "2026-11-20T12:06:00Z"),
    "evidence leap minute": put("evidence.time", "2026-11-20T11:60:00Z"),
    "evidence data list": put("evidence", {"type": "t", "id": "i", "time": TIME, "data": [CANARY]}),
    "message text and template": put("message.text", CANARY),
    "message empty": put("message", {}),
    "message list": put("message", [CANARY]),
    "message next step of template": put("message.next_step", CANARY),
    "message facts list": put("message.facts", [CANARY]),
    "message long": put("message", {"text": CANARY * 1000}),
    "message extra": put(f"message.{CANARY}", 1),
    "expiry naive": put("expires_at", "2026-11-21T18:00:00"),
    "expiry text": put("expires_at", CANARY),
    "expiry impossible": put("expires_at", "2026-02-30T00:00:00Z"),
    "expiry before the calendar": put("expires_at", "0001-01-01T00:00:00+23:59"),
    "session text": put("session", CANARY),
    "session without id": put("session", {}),
    "session id number": put("session", {"id": 7391}),
}


def harmless(answer: Any, status: int) -> tuple[bool, ...]:
    """What every refusal owes: a problem document of this status that repeats nothing."""
    said = answer.text + str(answer.headers)
    return (
        answer.status_code == status,
        answer.headers["content-type"] == "application/problem+json",
        CANARY not in said,
        answer.json()["status"] == status,
    )


@pytest.fixture(scope="module")
def kept() -> Any:
    """One API for all bodies: what a body breaks, the next one would notice."""
    from tests.serving.served import Watch, app_of  # noqa: PLC0415  (only this fixture composes its own)

    with Served(app_of(clock=Watch())) as api:
        consent(api, "u-17")
        yield api


@pytest.mark.parametrize("name", BODIES)
def test_a_malformed_body_is_a_problem_and_nothing_else(kept: Served, name: str) -> None:
    """422, our own words, no echo, nothing recorded; and the next good request is answered."""
    answer = kept.call("POST", "/v1/decisions", content=BODIES[name], headers=JSON_HEADER)

    recorded = kept.get("/v1/decisions").json()["decisions"]
    assert (harmless(answer, 422), recorded) == ((True, True, True, True), []), answer.text


@pytest.mark.parametrize("path", ["/v1/decisions/batch", "/v1/events", "/v1/outcomes"])
@pytest.mark.parametrize("name", list(BODIES)[:40])
def test_what_is_no_list_is_refused_by_lists(kept: Served, path: str, name: str) -> None:
    """The other paths read with the same reader: a problem, or for a list each element by its index."""
    answer = kept.call("POST", path, content=BODIES[name], headers=JSON_HEADER)

    repeats = CANARY in answer.text
    accepted = answer.json().get("accepted", 0) if isinstance(answer.json(), dict) else 0
    assert (answer.status_code in (200, 202, 422), accepted, repeats) == (True, 0, False), answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "multipart/form-data; boundary=x"},
        {"Content-Type": "application/json; charset=latin-1"},
        {"Content-Type": "application/json; charset=utf-16"},
        {"Content-Type": "application/jsonp"},
        {"Content-Type": CANARY},
        {"Content-Type": ";"},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
        {"Content-Type": "application/json", "Content-Encoding": CANARY},
    ],
)
@pytest.mark.parametrize(
    "path", ["/v1/decisions", "/v1/decisions/batch", "/v1/events", "/v1/outcomes", "/v1/approvals"]
)
def test_other_media_types_are_415(kept: Served, path: str, headers: dict[str, str]) -> None:
    """Only uncompressed JSON in UTF-8 is read."""
    answer = kept.call("POST", path, content=put("purpose", CANARY), headers=headers)

    assert harmless(answer, 415) == (True, True, True, True), answer.text


@pytest.mark.parametrize(
    "kind", ["application/json", "APPLICATION/JSON", "application/json;charset=UTF-8", "application/json; profile=x"]
)
def test_json_by_any_spelling_is_read(kept: Served, kind: str) -> None:
    """Media types have no case, and UTF-8 may be said."""
    answer = kept.call(
        "POST", "/v1/decisions?dry_run=true", content=put("purpose", "p"), headers={"Content-Type": kind}
    )

    assert answer.status_code == 200


@pytest.mark.parametrize(
    "path", ["/v1/decisions", "/v1/decisions/batch", "/v1/events", "/v1/outcomes", "/v1/approvals"]
)
@pytest.mark.parametrize("size", [1024 * 1024 + 1, 3 * 1024 * 1024])
def test_a_large_body_is_413(kept: Served, path: str, size: int) -> None:
    """More than 1 MiB is a problem document too, with the security headers."""
    answer = kept.call("POST", path, content=(CANARY * (size // 9))[:size].encode(), headers=JSON_HEADER)

    actual = (harmless(answer, 413), "content-security-policy" in answer.headers)
    assert actual == ((True, True, True, True), True)


def test_a_large_body_in_pieces_is_413(kept: Served) -> None:
    """Without a length the bytes are counted as they come."""

    async def pieces() -> Any:
        for _ in range(30):
            yield CANARY.encode() * 10_000

    answer = kept.call("POST", "/v1/decisions", content=pieces(), headers=JSON_HEADER)

    assert harmless(answer, 413) == (True, True, True, True)


def test_a_body_of_exactly_a_mebibyte_is_read(kept: Served) -> None:
    """The limit itself is allowed (and refused here for what it says, not for its size)."""
    answer = kept.call("POST", "/v1/decisions", content=b'"' + b"x" * (1024 * 1024 - 2) + b'"', headers=JSON_HEADER)

    assert harmless(answer, 422) == (True, True, True, True)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", f"/{CANARY}", 404),
        ("GET", f"/v1/{CANARY}", 404),
        ("GET", f"/v1/decisions/{CANARY}", 404),
        ("GET", f"/v1/decisions/{CANARY * 30}", 422),
        ("GET", f"/v1/decisions/{CANARY}?x=1", 422),
        ("GET", f"/v1/users/{CANARY}/preferences", 404),
        ("GET", f"/v1/users/{CANARY * 30}/preferences", 422),
        ("GET", f"/docs/{CANARY}", 404),
        ("GET", "/docs/..%2f..%2fcore.py", 404),
        ("DELETE", "/v1/decisions", 405),
        ("PUT", "/v1/events", 405),
        (CANARY.upper(), "/v1/events", 405),
        ("GET", f"/v1/decisions?{CANARY}=1", 422),
        ("GET", f"/v1/decisions?action={CANARY}", 422),
        ("GET", f"/v1/decisions?since={CANARY}", 422),
        ("GET", "/v1/decisions?since=2026-11-20T12:00:00", 422),
        ("GET", f"/v1/decisions?limit={CANARY}", 422),
        ("GET", "/v1/decisions?limit=0", 422),
        ("GET", "/v1/decisions?limit=1001", 422),
        ("GET", f"/v1/decisions?cursor={CANARY}", 422),
        ("GET", f"/v1/decisions?user={CANARY * 30}", 422),
        ("GET", "/v1/decisions?limit=1&limit=2", 422),
        ("GET", "/v1/decisions?user=", 422),
        ("GET", f"/v1/decisions?user={CANARY}%ed%a0%80", 422),
        ("GET", f"/v1/offers?state={CANARY}%ff", 422),
        ("GET", f"/v1/users/u-17/embargo?{CANARY}%ff", 422),
    ],
)
def test_wrong_paths_methods_and_parameters_are_problems(kept: Served, method: str, path: str, status: int) -> None:
    """Whatever is asked, the answer is a problem document that repeats nothing."""
    answer = kept.call(method, path)

    assert harmless(answer, status) == (True, True, True, True), answer.text


@pytest.mark.parametrize(
    "query", ["dryrun=true", "dry_run=maybe", "dry_run=true&dry_run=false", "dry_run=", "Dry_Run=true"]
)
def test_a_mistyped_dry_run_sends_nothing(kept: Served, query: str) -> None:
    """A parameter that is not understood is refused: the sender believed that nothing would be recorded."""
    answer = kept.post(f"/v1/decisions?{query}", candidate())

    assert (harmless(answer, 422), kept.get("/v1/decisions").json()["decisions"]) == ((True, True, True, True), [])


def test_nothing_was_lost_on_the_way(kept: Served) -> None:
    """After all of it, an event, a decision and its record work as ever."""
    kept.post("/v1/events", event())

    answer = kept.post("/v1/decisions", candidate()).json()

    recorded = [record["decision_id"] for record in kept.get("/v1/decisions").json()["decisions"]]
    assert (answer["action"], recorded) == ("send", [answer["decision_id"]])
