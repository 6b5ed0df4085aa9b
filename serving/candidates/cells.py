"""Cells of a candidates file as values, strictly: `maybe` is no truth, `1.5` no count, a time without offset no time.

A column is decoded at once; what cannot be read is named per row, and such a row is rejected, never guessed.
"""

import math
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

from model.contracts import JSON
from serving.candidates.columns import Kind
from serving.strict_json import NotJson, parse

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)", re.ASCII)
NAIVE = re.compile(r"\d{4}-\d\d-\d\d([Tt ]\d\d:\d\d(:\d\d(\.\d+)?)?)?", re.ASCII)
COUNT = re.compile(r"\d{1,15}(\.0+)?", re.ASCII)
NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?", re.ASCII)
TRUTHS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
LARGEST_COUNT = 10**15
MICROS_IN = {"s": 10**6, "ms": 10**3}
SHOWN = 40  # characters of a wrong cell that its reject repeats


class CellError(ValueError):
    """This one cell cannot be read; the message is the rule that it breaks."""


def shown(value: object) -> str:
    """Return the start of a value, for a message of one line."""
    text = str(value)
    return repr(text if len(text) <= SHOWN else text[:SHOWN] + "…")[1:-1]


def instant(text: str) -> datetime:
    """Read an RFC 3339 time with an offset, to the microsecond, in UTC.

    Raises:
        CellError: it is no time, or has no offset.

    Example:
        >>> instant("2026-11-20T18:00:00+01:00").isoformat()
        '2026-11-20T17:00:00+00:00'
    """
    if not RFC3339.fullmatch(text):
        if NAIVE.fullmatch(text):
            raise CellError(f"`{shown(text)}` has no offset; write it as `2026-11-20T18:00:00+01:00`")
        raise CellError(f"`{shown(text)}` is not an RFC 3339 time; write it as `2026-11-20T18:00:00+01:00`")
    try:
        return datetime.fromisoformat(text.upper().replace(" ", "T")).astimezone(UTC)
    except (ValueError, OverflowError):
        raise CellError(f"`{shown(text)}` is not a date and time that exists; correct it") from None


def guess(text: str) -> JSON:
    """Read a CSV cell that has no declared type: a JSON number, true or false, else the text itself."""
    if text in TRUTHS:
        return TRUTHS[text]
    if NUMBER.fullmatch(text):
        number = float(text) if any(sign in text for sign in ".eE") else int(text)
        if abs(number) < 2**63:
            return number
    return text


def guess_nested(text: str) -> JSON:
    """Read a CSV cell of evidence: as `guess`, and a JSON list or object is one."""
    if text.startswith(("[", "{")):
        try:
            return parse(text.encode())
        except NotJson:
            return text
    return guess(text)


def decode(column: pa.Array, kind: Kind, *, csv: bool) -> tuple[list[Any], dict[int, str]]:
    """Return a column's values, None for null, and the broken rule by row for cells that cannot be read.

    CSV cells under an open prefix stay text: what they mean depends on the template (see `serving.candidates.rows`).
    """
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    reader, values = _plan(column, kind, csv=csv)
    if reader is None:
        return values, {}
    read: list[Any] = []
    wrong: dict[int, str] = {}
    for row, value in enumerate(values):
        try:
            read.append(None if value is None else reader(value))
        except CellError as error:
            read.append(None)
            wrong[row] = str(error)
    return read, wrong


def _plan(column: pa.Array, kind: Kind, *, csv: bool) -> tuple[Callable[[Any], Any] | None, list[Any]]:
    """Return how to read one cell (None: as it is) and the cells."""
    stored = column.type
    if pa.types.is_timestamp(stored):
        if stored.unit == "ns":  # what follows the microsecond is cut off
            column = column.cast(pa.timestamp("us", tz="UTC"), safe=False)
        many = MICROS_IN.get(stored.unit, 1)
        micros = [None if value is None else value * many for value in column.cast(pa.int64()).to_pylist()]
        return (_moment if kind is Kind.TIME else _moment_text), micros
    if pa.types.is_decimal(stored):
        column = column.cast(pa.float64())
    values = column.to_pylist()
    if pa.types.is_null(stored) or pa.types.is_boolean(stored):
        return None, values
    return (str if pa.types.is_date(stored) else _reader(kind, csv=csv)), values


def _reader(kind: Kind, *, csv: bool) -> Callable[[Any], Any]:
    readers: dict[Kind, Callable[[Any], Any]] = {
        Kind.TEXT: _text,
        Kind.TIME: instant,
        Kind.TRUTH: _truth,
        Kind.COUNT: _count_text if csv else _count,
        Kind.JSON: _text if csv else _json,
    }
    return readers[kind]


def _moment(micros: int) -> datetime:
    try:
        return EPOCH + timedelta(microseconds=micros)
    except OverflowError:
        raise CellError(f"`{micros}` µs since 1970 is not a date and time that exists; correct it") from None


def _moment_text(micros: int) -> str:
    return _moment(micros).isoformat().replace("+00:00", "Z")


def _text(value: str) -> str:
    if "\x00" in value:
        raise CellError("the text holds a NUL character; remove it")
    return value


def _json(value: JSON) -> JSON:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, float) and not math.isfinite(value):
        if math.isnan(value):
            return None
        raise CellError(f"`{value}` is not a finite number; correct it, or leave it empty")
    if isinstance(value, list):
        return [_json(item) for item in value]
    return value


def _truth(text: str) -> bool:
    if text not in TRUTHS:
        raise CellError(f"`{shown(text)}` is not true or false; write one of them")
    return TRUTHS[text]


def _count_text(text: str) -> int:
    if not COUNT.fullmatch(text):
        raise CellError(f"`{shown(text)}` is not a count; write a whole number, zero or more")
    return int(text.partition(".")[0])


def _count(value: float) -> int | None:
    if math.isnan(value):
        return None
    if not (0 <= value <= LARGEST_COUNT and float(value).is_integer()):
        raise CellError(f"`{value}` is not a count; write a whole number, zero or more")
    return int(value)
