"""Every kind of bad value: as Python holds it, as JSON writes it, and how to put one into any place of a body."""

import json
from collections.abc import Mapping
from copy import deepcopy
from datetime import UTC, date, datetime
from typing import Any

from pydantic import BaseModel

CANARY = "canary7391"
LONG = CANARY * 500  # characters beyond every limit of ours
TEN_MB = "canary" * 1_750_000
FAR_PAST, FAR_FUTURE = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
MISSING = "missing"
_MARK = "@@here@@"

OBJECTS: Mapping[str, Any] = {
    "null": None,
    "true": True,
    "false": False,
    "number": 7391,
    "zero": 0,
    "one": 1,
    "below zero": -1,
    "fraction": 1.5,
    "NaN": float("nan"),
    "inf": float("inf"),
    "-inf": float("-inf"),
    "huge number": 10**400,
    "empty": "",
    "blank": "  ",
    "text": CANARY,
    "long": LONG,
    "lone surrogate": f"{CANARY}\ud800",
    "NUL": f"{CANARY}\0",
    "bytes": CANARY.encode(),
    "list": [CANARY],
    "object": {CANARY: 1},
    "set": frozenset({CANARY}),
    "anything": object(),
    "naive time": datetime(2026, 11, 20, 11),  # noqa: DTZ001  (it is the wrong kind of time)
    "far past": FAR_PAST,
    "far future": FAR_FUTURE,
    "day": date(2026, 11, 20),
    "time as text": "2026-11-20T10:00:00Z",
}

WRITTEN: Mapping[str, str] = {
    "null": "null",
    "true": "true",
    "number": "7391",
    "below zero": "-1",
    "fraction": "1.5",
    "NaN": "NaN",
    "inf": "Infinity",
    "-inf": "-Infinity",
    "1e999": "1e999",
    "beyond 64 bits": "9" * 30,
    "empty": '""',
    "blank": '"  "',
    "text": f'"{CANARY}"',
    "long": f'"{LONG}"',
    "a megabyte less": f'"{CANARY * 100_000}"',
    "10 MB": f'"{TEN_MB}"',
    "lone surrogate": f'"{CANARY}\\ud800"',
    "NUL": f'"{CANARY}\\u0000"',
    "list": f'["{CANARY}"]',
    "object": f'{{"{CANARY}": 1}}',
    "naive time": '"2026-11-20T11:00:00"',
    "far past": '"0001-01-01T00:00:00Z"',
    "far future": '"9999-12-31T23:59:59.999999Z"',
    "out of the calendar": '"0001-01-01T00:00:00+23:59"',
    "another customer's": '"another"',
    "an address": f'"https://{CANARY}.example/?a=1&b=<script>"',
}
KINDS = (MISSING, "twice", *WRITTEN)
UNREADABLE = frozenset({"twice", "NaN", "inf", "-inf", "1e999", "beyond 64 bits", "lone surrogate", "NUL"})  # as JSON


def places(schema: type[BaseModel]) -> list[str]:
    """Return the dotted name of every field of a wire type, objects in objects included."""
    found = []
    for name, field in schema.model_fields.items():
        found.append(name)
        inner = [part for part in (field.annotation, *getattr(field.annotation, "__args__", ())) if _is_wire(part)]
        found += [f"{name}.{below}" for part in inner for below in places(part)]
    return found


def _is_wire(part: Any) -> bool:
    return isinstance(part, type) and issubclass(part, BaseModel)


def spoilt(body: Mapping[str, Any], place: str, kind: str, other: str | None = None) -> bytes:
    """Return the body as JSON with one bad value in one place; `other`: what another customer has there, as JSON."""
    changed = deepcopy(dict(body))
    *parents, last = place.split(".")
    inner: dict[str, Any] = changed
    for name in parents:
        inner[name] = inner.get(name) or {}
        inner = inner[name]
    before = inner.pop(last, None)
    if kind == MISSING:
        return json.dumps(changed).encode()
    inner[last] = _MARK
    mark, text = json.dumps(_MARK), json.dumps(changed)
    if kind == "twice":
        member = f"{json.dumps(last)}: {mark}"
        return (
            text.replace(member, f"{json.dumps(last)}: {json.dumps(before)}, {member}")
            .replace(mark, f'"{CANARY}"')
            .encode()
        )
    written = other if other is not None and kind == "another customer's" else WRITTEN[kind]
    return text.replace(mark, written).encode()
