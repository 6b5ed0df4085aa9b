"""The record of a decision as JSON and back: what it was about, what was known, what was answered, and why.

From a record alone the candidate and the context are rebuilt, so that any past decision replays to the same bytes
(HOUSE promise 8). Values are written field by field, in the order of `model.contracts`; keys of free JSON keep their
order. A number that is not finite becomes null, which is read back as NaN where a plain number is declared (`history`:
never happened) and as None elsewhere. A field that an older record lacks takes its default.

Example:
    >>> from_json(Candidate, to_json(Candidate(user_id="u", purpose="onboarding", channel="widget"))).channel
    'widget'
"""

import math
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from enum import Enum
from functools import lru_cache
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import numpy as np

from model.contracts import JSON, Candidate, Context
from model.errors import InvalidInput
from serving.ports import UNRECORDED, Decided
from serving.record.history import packed, unpacked

Value = TypeVar("Value")
HISTORY = (Context, "history")
PLAIN = frozenset({type(None), bool, int, str})  # exactly these are written as they are


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """Of a record read back, what was decided from."""

    candidate: Candidate
    context: Context


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A record read back: hand `candidate` and `context` to `decide()` again and compare with `decided`."""

    candidate: Candidate
    context: Context
    decided: Decided


def record_of(candidate: Candidate, context: Context, decided: Decided) -> dict[str, JSON]:
    """Write the whole record: `decision_id` and the parts `candidate`, `context`, `decided`.

    Raises:
        InvalidInput: a value inside is not JSON.
    """
    parts = {"candidate": candidate, "context": context, "decided": decided}
    return {"decision_id": decided.decision.decision_id, **{name: to_json(part) for name, part in parts.items()}}


def read_record(record: Mapping[str, JSON]) -> Recorded:
    """Rebuild what `record_of` was given.

    Raises:
        InvalidInput: a part is absent or does not have the shape of the shared words.
    """
    return _read(Recorded, record)


def read_inputs(record: Mapping[str, JSON]) -> Inputs:
    """Rebuild candidate and context alone; raises as `read_record` does."""
    return _read(Inputs, record)


def _read(kind: type[Value], record: Mapping[str, JSON]) -> Value:
    try:
        return from_json(kind, record)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidInput(
            f"decision record: {error!r} where the shared words say otherwise; read it with the version that wrote it"
        ) from error


def to_json(value: object) -> JSON:
    """Turn a frozen value of the shared words into dicts, lists, strings, numbers, truths and null.

    Raises:
        InvalidInput: something inside is not JSON.
    """
    kind: Any = type(value)
    if kind in PLAIN:
        return value
    names = _names(kind)
    if names is not None:
        return {name: to_json(_stored(kind, name, getattr(value, name))) for name in names}
    if isinstance(value, float | np.generic):
        number = value.item() if isinstance(value, np.generic) else float(value)
        return None if isinstance(number, float) and not math.isfinite(number) else number
    if isinstance(value, datetime):
        return timestamp(value)
    return value.value if isinstance(value, Enum) else _collection(value)


def _stored(kind: type, name: str, value: Any) -> Any:
    """Return a field's value as it is stored: a context's history without what says that nothing happened."""
    return packed(value) if (kind, name) == HISTORY and isinstance(value, Mapping) else value


@lru_cache(maxsize=256)
def _names(kind: type) -> tuple[str, ...] | None:
    """Name the fields of a dataclass that a record has, looked up once; None for any other type."""
    return tuple(each.name for each in fields(kind) if UNRECORDED not in each.metadata) if is_dataclass(kind) else None


def _collection(value: object) -> JSON:
    """Turn a mapping, set or sequence into a dict or list; sets are sorted, so that one value has one text."""
    if isinstance(value, Mapping):
        if not all(isinstance(name, str) for name in value):
            raise InvalidInput(f"record: a JSON object with the names {list(value)[:3]!r}; names must be text")
        return {name: to_json(part) for name, part in value.items()}
    if isinstance(value, AbstractSet):
        return sorted(to_json(part) for part in value)
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return [to_json(part) for part in value]
    raise InvalidInput(f"record: a `{type(value).__name__}` is not JSON; pass text, numbers, truths, lists or objects")


def from_json(kind: type[Value], data: Mapping[str, JSON]) -> Value:
    """Rebuild a value of the dataclass `kind` from what `to_json` made of it; unknown names are left aside.

    Raises:
        KeyError, TypeError, ValueError: a required field is absent or has another shape.
    """
    which: Any = kind
    plain, others = _readers(which)
    given = {name: data[name] for name in plain if name in data}
    for name, read in others:
        if name in data:
            given[name] = read(data[name])
    return kind(**given)


Reader = Callable[[JSON], Any]


@lru_cache(maxsize=64)
def _readers(kind: Any) -> tuple[tuple[str, ...], tuple[tuple[str, Reader], ...]]:
    """List the fields of a dataclass that are read as they are, and the others with what reads each; worked out once.

    They come from the declared types.
    """
    hints = get_type_hints(kind)
    readers = {name: _field_reader((kind, name), hints[name]) for name in _names(kind) or ()}
    plain = tuple(name for name, read in readers.items() if read is _as_it_is)
    return plain, tuple((name, read) for name, read in readers.items() if read is not _as_it_is)


def _field_reader(field: tuple[Any, str], hint: Any) -> Reader:
    read = _reader(hint)
    return (lambda value: read(unpacked(value))) if field == HISTORY else read


def _reader(hint: Any) -> Reader:
    """Return what reads a JSON value as the declared type `hint`."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is not None:
        return _generic_reader(origin, arguments)
    if hint is datetime:
        return _time
    if hint is float:
        return _number
    if isinstance(hint, type) and is_dataclass(hint):
        return lambda value: from_json(hint, value)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return {each.value: each for each in hint}.__getitem__
    return _as_it_is


def _generic_reader(origin: Any, arguments: tuple[Any, ...]) -> Reader:
    """Return what reads `X | None`, `frozenset[str]`, `tuple[X, ...]` or `Mapping[str, X]`."""
    if origin is frozenset:
        return frozenset
    read = _reader(arguments[1] if origin is Mapping else arguments[0])
    plain = read is _as_it_is
    if origin in (Union, UnionType):
        return read if plain else lambda value: None if value is None else read(value)
    if origin is tuple:
        return tuple if plain else lambda value: tuple(read(part) for part in value)
    if plain:
        return lambda value: {**value}  # of a mapping alone
    if read is _number:
        return lambda value: {name: math.nan if part is None else part for name, part in value.items()}
    return lambda value: {name: read(part) for name, part in value.items()}


def _time(text: str) -> datetime:
    """Read what `timestamp` wrote: it has an offset."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"time `{text}` has no offset")
    return at


def _number(value: JSON) -> JSON:
    return math.nan if value is None else value


def _as_it_is(value: JSON) -> JSON:
    return value


def timestamp(at: datetime) -> str:
    """Write an aware time as RFC 3339, to the microsecond and with its own offset (`Z` for UTC).

    Raises:
        InvalidInput: the time is naive.
    """
    if at.tzinfo is None:
        raise InvalidInput(f"time `{at.isoformat()}` has no offset; add one, for example `Z`")
    text = at.isoformat()
    return text[:-6] + "Z" if text.endswith("+00:00") else text


def stated_time(at: datetime | None) -> str | None:
    """Write a time as `timestamp` does, where there is one."""
    return None if at is None else timestamp(at)
