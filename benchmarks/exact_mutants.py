"""Hostile bodies: good ones of every path that reads one, changed by grammar or by bytes; each carries a canary."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

CANARY: Final = "canary7391"
MARK: Final = "@@here@@"
TIME: Final = "2026-11-20T11:00:00Z"
JSON_TYPE: Final = "application/json"
DEEP: Final = 70
TOKENS: Final = (
    *("NaN", "Infinity", "-Infinity", "1e999", "-1e-999", "1E400", "0x10", "007", "+1", ".5", "1.", "-", "- 1"),
    *(
        "9" * 19,
        "9" * 400,
        "-9223372036854775809",
        "18446744073709551616",
        "1.0",
        "-0",
        "1e5",
        "12345678901234567890.5",
    ),
    *("True", "None", "undefined", "null", "true", "false", '"true"', '"1"', "1", "0", '""', '"  "', "[]", "{}"),
    *("[" * DEEP + "]" * DEEP, '{"a":' * DEEP + "1" + "}" * DEEP, "[" * 5000, '{"a":' * 3000),
    *(f'"{CANARY}\\ud800"', f'"\\udc00{CANARY}"', f'"{CANARY}\\u0000"', f'"{CANARY}\x00"', f'"{CANARY}\n"'),
    *(f'"{CANARY}\\x41"', f"'{CANARY}'", f"/* {CANARY} */ 1", f'"{CANARY}" // no', f'"{CANARY}', f'{CANARY}"', CANARY),
    *(f'"{CANARY * 900}"', f'"{"é" * 5000}{CANARY}"', f'["{CANARY}"]', f'{{"{CANARY}": 1}}', f'{{"{CANARY}": 1,}}'),
    *(f'"x", "{CANARY}": 1', '1, "id": 2', f'{{"{CANARY}": 1, "{CANARY}": 2}}', '{"a": 1, "\\u0061": 2}', "1]", "1}"),
    *('"0001-01-01T00:00:00+23:59"', '"9999-12-31T23:59:60Z"', '"2026-02-30T00:00:00Z"', "1795284000", f'"{TIME}"'),
    *('"http://169.254.169.254/"', f'"../../{CANARY}"', f'"\\"; DROP TABLE events; -- {CANARY}"', f'"${{{CANARY}}}"'),
    *("[" + "1," * 1001 + "1]", "{" + ",".join(f'"k{number}":1' for number in range(2000)) + "}"),
)
SPLICES: Final = (
    *(b"\xef\xbb\xbf", b"\xff\xfe", b"\xed\xa0\x80", b"\xc0\xaf", b"\x00", b"\x1f", b"\x7f", b"\xe2\x80\xae", b"{}"),
    *(
        b'"',
        b"\\",
        b"\\u",
        b"{",
        b"}",
        b"[",
        b"]",
        b",",
        b":",
        b"//",
        b"/*",
        b"\r\n",
        b"e",
        b"-",
        b"9" * 30,
        b" " * 999,
    ),
)


@dataclass(frozen=True, slots=True)
class Mutant:
    """A request: its path (with the operation it belongs to), what it says of its body, and the body."""

    method: str
    path: str
    operation: str
    kind: str
    body: bytes


def _event(number: int = 1, **more: Any) -> dict[str, Any]:
    data = {"parcel": "A-1", "new_eta": "Friday", "delay_hours": 14, "note": CANARY}
    said = {"specversion": "1.0", "source": "urn:shop", "id": f"{CANARY}-{number}", "type": "shipment.delayed"}
    return said | {"time": TIME, "subject": f"{CANARY}-u", "data": data} | more


def _candidate() -> dict[str, Any]:
    return {
        "user": {"id": f"{CANARY}-u", "timezone": "Europe/Paris", "attributes": {CANARY: 410, "plan": CANARY}},
        "purpose": "delivery_update",
        "channel": "chat",
        "evidence": {"type": "shipment.delayed", "id": f"{CANARY}-1", "time": TIME, "data": {"parcel": "A-1"}},
        "message": {"template": "parcel_delayed", "facts": {"parcel": CANARY, "new_eta": "Friday"}},
        "expires_at": "2026-11-21T18:00:00Z",
        "session": {"id": CANARY},
    }


_CALL: Final = {"type": "track", "event": CANARY, "userId": CANARY, "timestamp": TIME, "messageId": CANARY}
_IDENTIFY: Final = {"type": "identify", "userId": CANARY, "traits": {"plan": CANARY}, "timestamp": TIME}
_REVIEW: Final = {"reviewer": CANARY, "agent_would_send": True, "customer_would_thank": False, "comment": CANARY}
_PREFERENCES: Final = f"/v1/users/{CANARY}/preferences", "/v1/users/{user_id}/preferences"
GOOD: Final[tuple[tuple[str, str, str, str, Any], ...]] = (
    ("POST", "/v1/decisions", "/v1/decisions", JSON_TYPE, _candidate()),
    ("POST", "/v1/decisions?dry_run=true", "/v1/decisions", JSON_TYPE, _candidate() | {"message": {"text": CANARY}}),
    ("POST", "/v1/decisions/batch", "/v1/decisions/batch", JSON_TYPE, [_candidate(), _candidate()]),
    ("POST", f"/v1/decisions/{CANARY}/confirm", "/v1/decisions/{decision_id}/confirm", JSON_TYPE, {}),
    ("POST", "/v1/events", "/v1/events", JSON_TYPE, _event()),
    ("POST", "/v1/events", "/v1/events", JSON_TYPE, [_event(2), _CALL]),
    ("POST", "/v1/events", "/v1/events", JSON_TYPE, {"batch": [_CALL, _IDENTIFY], "sentAt": TIME}),
    ("POST", "/v1/events", "/v1/events", "application/cloudevents+json", _event(3)),
    ("POST", "/v1/events", "/v1/events", "application/cloudevents-batch+json", [_event(4), _event(5)]),
    ("POST", "/v1/outcomes", "/v1/outcomes", JSON_TYPE, {"decision_id": CANARY, "kind": "engaged", "time": TIME}),
    ("POST", "/v1/outcomes", "/v1/outcomes", JSON_TYPE, [{"user_id": CANARY, "kind": "complained", "time": TIME}]),
    ("PUT", *_PREFERENCES, JSON_TYPE, {"timezone": "Europe/Paris", "consent": {"chat": True, "sms": False}}),
    ("POST", "/v1/approvals", "/v1/approvals", JSON_TYPE, {"text": CANARY, "next_step": CANARY, "review": _REVIEW}),
    ("POST", "/v1/approvals", "/v1/approvals", JSON_TYPE, {"breaker": CANARY, "why": CANARY}),
    ("POST", "/v1/adapters/intercom", "/v1/adapters/intercom", JSON_TYPE, {"topic": CANARY, "id": CANARY}),
    ("POST", "/v1/adapters/segment", "/v1/adapters/segment", JSON_TYPE, _CALL),
    ("POST", "/v1/adapters/chatwoot", "/v1/adapters/chatwoot", JSON_TYPE, {"event": CANARY, "content": CANARY}),
    ("POST", "/v1/adapters/zendesk", "/v1/adapters/zendesk", JSON_TYPE, {"events": [{"type": CANARY}]}),
)


def mutant(chance: np.random.Generator) -> Mutant:
    """Return one good body, changed once or a few times."""
    method, path, operation, kind, value = GOOD[int(chance.integers(len(GOOD)))]
    body = _by_grammar(value, chance) if chance.random() < 0.6 else json.dumps(value).encode()
    if chance.random() < 0.5:
        for _ in range(int(chance.integers(1, 4))):
            body = BYTES[int(chance.integers(len(BYTES)))](body, chance)
    return Mutant(method, path, operation, kind, body)


def _by_grammar(value: Any, chance: np.random.Generator) -> bytes:
    """Put a token into one place of a value, as a value, as a key more, or in place of everything."""
    token = TOKENS[int(chance.integers(len(TOKENS)))]
    changed = json.loads(json.dumps(value))
    places = [*_containers(changed)]
    inner = places[int(chance.integers(len(places)))] if places else None
    if not inner or chance.random() < 0.05:
        return token.encode()
    keys: list[Any] = list(inner) if isinstance(inner, dict) else list(range(len(inner)))
    key = keys[int(chance.integers(len(keys)))]
    drawn = chance.random()
    if drawn < 0.1:
        del inner[key]
        return json.dumps(changed).encode()
    if drawn < 0.2 and isinstance(inner, dict):
        inner[f"{CANARY}-more"] = MARK
    else:
        inner[key] = MARK
    return json.dumps(changed).replace(f'"{MARK}"', token).encode()


def _containers(value: Any) -> list[Any]:
    """Return every object and array within a value that holds anything."""
    if not isinstance(value, dict | list) or not value:
        return []
    inner = value.values() if isinstance(value, dict) else value
    return [value, *(found for one in inner for found in _containers(one))]


def _flipped(body: bytes, chance: np.random.Generator) -> bytes:
    at = int(chance.integers(max(len(body), 1)))
    return body[:at] + bytes([int(chance.integers(256))]) + body[at + 1 :]


def _cut(body: bytes, chance: np.random.Generator) -> bytes:
    return body[: int(chance.integers(len(body) + 1))]


def _without(body: bytes, chance: np.random.Generator) -> bytes:
    begin, end = sorted(int(at) for at in chance.integers(len(body) + 1, size=2))
    return body[:begin] + body[end:]


def _twice(body: bytes, chance: np.random.Generator) -> bytes:
    begin, end = sorted(int(at) for at in chance.integers(len(body) + 1, size=2))
    return body[:end] + body[begin:]


def _spliced(body: bytes, chance: np.random.Generator) -> bytes:
    at = int(chance.integers(len(body) + 1))
    return body[:at] + SPLICES[int(chance.integers(len(SPLICES)))] + body[at:]


BYTES: Final[tuple[Callable[[bytes, np.random.Generator], bytes], ...]] = (_flipped, _cut, _without, _twice, _spliced)
