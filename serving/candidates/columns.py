"""The columns of a candidates file (CONTRACT section 9): the body of `POST /v1/decisions`, flattened with dots.

Names are a closed list, but for what stands under `user.attributes.`, `evidence.data.` and `message.facts.`; each has
one kind, and an Arrow type that is not of that kind refuses the file: a number is not a text, a naive time is no time.

Example:
    >>> flatten({"user": {"id": "u-17"}, "purpose": "delivery_update"})
    {'user.id': 'u-17', 'purpose': 'delivery_update'}
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from enum import StrEnum

import pyarrow as pa

from model.contracts import JSON
from model.errors import InvalidInput


class Kind(StrEnum):
    """What a cell may hold; a null is allowed everywhere but in a required column."""

    TEXT = "text"
    TIME = "time"
    TRUTH = "truth"
    COUNT = "count"
    JSON = "json"


REQUIRED = ("candidate_id", "user.id", "purpose", "channel")
BODY: Mapping[str, Kind] = {
    **dict.fromkeys((*REQUIRED, "user.timezone"), Kind.TEXT),
    **dict.fromkeys(("evidence.type", "evidence.id", "evidence.source", "evidence.subject"), Kind.TEXT),
    "evidence.time": Kind.TIME,
    **dict.fromkeys(("message.template", "message.text", "message.next_step", "session.id"), Kind.TEXT),
    "expires_at": Kind.TIME,
}
CONTEXT: Mapping[str, tuple[str, Kind]] = {  # column → the field of `Context` that it says
    "context.consent": ("consent", Kind.TRUTH),
    "context.opted_out": ("opted_out", Kind.TRUTH),
    "context.contacts_60m": ("contacts_60m", Kind.COUNT),
    "context.contacts_24h": ("contacts_24h", Kind.COUNT),
    "context.contacts_7d": ("contacts_7d", Kind.COUNT),
    "context.last_complaint_at": ("last_complaint_at", Kind.TIME),
    "context.complaint_open": ("complaint_open", Kind.TRUTH),
    "context.conversation_open": ("conversation_open", Kind.TRUTH),
    "context.last_inbound_at": ("last_inbound_at", Kind.TIME),
    "context.already_told": ("already_told", Kind.TRUTH),
    "context.evidence_superseded": ("superseded", Kind.TRUTH),
}
ATTRIBUTES, DATA, FACTS = "user.attributes.", "evidence.data.", "message.facts."
OPEN = (ATTRIBUTES, DATA, FACTS)
FIXED: Mapping[str, Kind] = {**BODY, **{column: kind for column, (_, kind) in CONTEXT.items()}}


def kind_of(column: str) -> Kind | None:
    """Return the kind of a column, or None where no such column exists."""
    if column.startswith(OPEN) and all(column.split(".")):
        return Kind.JSON
    return FIXED.get(column)


def check_names(columns: Sequence[str], place: str) -> None:
    """Check that every column is known, stands once, and that the required ones are there.

    Raises:
        InvalidInput: which column, and the closest names.
    """
    for column, times in Counter(columns).items():
        if times > 1:
            raise InvalidInput(f"`{place}`: column `{column}` stands {times} times; keep one")
        if kind_of(column) is None:
            close = get_close_matches(column, [*FIXED, *(f"{prefix}NAME" for prefix in OPEN)], n=3, cutoff=0.5)
            hint = f"did you mean {' or '.join(f'`{name}`' for name in close)}" if close else "remove it"
            raise InvalidInput(
                f"`{place}`: column `{column}` is not one that a candidate has; {hint}, or put it under `{ATTRIBUTES}`"
            )
    missing = [column for column in REQUIRED if column not in columns]
    if missing:
        raise InvalidInput(
            f"`{place}`: no column {_list(missing)}; add it, every candidate needs it (has {_list(columns)})"
        )
    if "message.template" not in columns and "message.text" not in columns:
        raise InvalidInput(
            f"`{place}`: no column `message.template` or `message.text`; add one, every candidate needs it"
        )
    parents = {column[:at] for column in columns for at, letter in enumerate(column) if letter == "."}
    both = next((column for column in columns if column in parents), None)
    if both is not None:
        raise InvalidInput(f"`{place}`: column `{both}` is a value and `{both}.…` are columns too; keep one of them")


def _list(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names[:12]) + (", …" if len(names) > 12 else "")


def check_type(column: str, stored: pa.DataType, place: str) -> None:
    """Check that a known column's Arrow type is one of its kind (a null column is of every kind).

    Raises:
        InvalidInput: which column, what it holds, and what to cast it to.
    """
    kind = kind_of(column) or Kind.TEXT
    if pa.types.is_dictionary(stored):
        stored = stored.value_type
    if pa.types.is_null(stored) or _fits(kind, stored):
        return
    if pa.types.is_timestamp(stored):
        raise InvalidInput(f"`{place}`: column `{column}` holds times without a zone (`{stored}`); store them with one")
    wanted = {
        Kind.TEXT: "text; cast it to a string",
        Kind.TIME: "a time; cast it to a timestamp with a zone, or to RFC 3339 text with an offset",
        Kind.TRUTH: "true or false; cast it to a boolean",
        Kind.COUNT: "a count; cast it to an integer",
        Kind.JSON: "what JSON can say; cast it to a string, number, boolean, or timestamp with a zone",
    }
    raise InvalidInput(f"`{place}`: column `{column}` holds `{stored}`, which is not {wanted[kind]}")


def _fits(kind: Kind, stored: pa.DataType) -> bool:
    types = pa.types
    text = bool(types.is_string(stored) or types.is_large_string(stored) or types.is_string_view(stored))
    zoned = bool(types.is_timestamp(stored) and stored.tz is not None)
    number = bool(types.is_integer(stored) or types.is_floating(stored))
    match kind:
        case Kind.TEXT:
            return text
        case Kind.TIME:
            return text or zoned
        case Kind.TRUTH:
            return bool(types.is_boolean(stored))
        case Kind.COUNT:
            return number
        case Kind.JSON:
            if types.is_list(stored) or types.is_large_list(stored):
                return _fits(kind, stored.value_type) and not types.is_timestamp(stored.value_type)
            plain = types.is_boolean(stored) or types.is_decimal(stored) or types.is_date(stored)
            return bool(text or zoned or number or plain)


def flatten(body: Mapping[str, JSON]) -> dict[str, JSON]:
    """Flatten a request's body to columns; an empty object has none.

    Raises:
        InvalidInput: a name holds a dot or is empty, so that it could not be read back.
    """
    return dict(_leaves(body, ""))


def _leaves(body: Mapping[str, JSON], prefix: str) -> Iterator[tuple[str, JSON]]:
    for name, value in body.items():
        if not name or "." in name:
            raise InvalidInput(f"`{prefix}{name}` cannot be a column: a name is not empty and holds no dot; rename it")
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def unflatten(columns: Mapping[str, JSON]) -> dict[str, JSON]:
    """Return the body that `columns` are flattened from; a null cell is an absent field.

    Raises:
        InvalidInput: a column is a value and an object at once.
    """
    body: dict[str, JSON] = {}
    for column, value in columns.items():
        if value is None:
            continue
        *path, last = column.split(".")
        inner = body
        for name in path:
            inner = inner.setdefault(name, {})
            if not isinstance(inner, dict):
                raise InvalidInput(f"column `{column}` lies inside a column that is a value; keep one of them")
        if last in inner:
            raise InvalidInput(f"column `{column}` is a value and an object at once; keep one of them")
        inner[last] = value
    return body
