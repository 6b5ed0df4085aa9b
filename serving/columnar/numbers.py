"""What is plain arithmetic in a row, by column: truths, counts, times, and the local minute of each zone.

The rules are those of `serving.batch.contexts.planned` and `serving.policy.values.forget`: an absent column, a null
truth or count is unknown; a null time means never, and no expiry no end.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from serving.candidates.cells import EPOCH, LARGEST_COUNT, CellError, instant
from serving.candidates.columns import CONTEXT, DATA, Kind
from serving.candidates.rows import LONGEST
from serving.columnar.letters import Mask
from serving.columnar.plain import MOST_MICROS, micros_of, present
from serving.policy.columns import NAN, NEVER, NO, NO_END, UNKNOWN, YES, Floats, Ints
from serving.policy.reading import Clocks, Moment, dated
from serving.policy.values import FLAG_OF, NUMBER_OF

MICRO = timedelta(microseconds=1)
SECOND = 1e6  # in µs
REMINDING = ("remind_at", "due_at")  # in the data of a reminder
NO_CELL = 2**62  # stands for a cell that is no time


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Filled:
    """Columns [rows] by their names in `Columns`; `clocks` are the distinct zones' and `zone` says which is a row's.

    `dates` are what reminders are asked by, NaN for none: they count only where evidence is a reminder.
    `fit` are the rows of which every cell was surely read as `RowReader` does, and whose evidence is not ahead.
    """

    flags: Mapping[str, Ints]
    numbers: Mapping[str, Floats]
    dates: Mapping[str, Floats]
    timed: Mask
    clocks: Sequence[Clocks]
    zone: NDArray[np.intp]
    fit: Mask


def fill(columns: Mapping[str, pa.Array], rows: int, now: datetime) -> Filled:
    """Fill in the columns of a batch; `columns` are dense, by name, and `now` is aware.

    Raises:
        pa.ArrowException: a time does not fit 64 bits.
    """
    fit = np.ones(rows, dtype=np.bool_)
    flags: dict[str, Ints] = {}
    numbers: dict[str, Floats] = {}
    for column, (name, kind) in CONTEXT.items():
        cells = columns.get(column)
        if kind is Kind.TRUTH:
            flags[FLAG_OF[name]] = _truths(cells, rows)
        elif kind is Kind.COUNT:
            numbers[NUMBER_OF[name]] = _counts(cells, rows, fit)
        else:
            numbers[NUMBER_OF[name]] = np.full(rows, NAN) if cells is None else _times(cells, NEVER, fit)
    expires = columns.get("expires_at")
    numbers["expires_at"] = np.full(rows, NO_END) if expires is None else _times(expires, NO_END, fit)
    numbers["evidence_time"] = _evidence_times(columns, rows, now, fit)
    clocks, zone = _zones(columns.get("user.timezone"), rows, now, fit)
    flags["zoned"] = np.array([YES if each.all_known else NO for each in clocks], dtype=np.int8)[zone]
    numbers["minute"] = np.array([each.minutes[0] for each in clocks])[zone]
    timed = ~(numbers["contacts_7d"] > 0)
    dates = dates_of(columns)
    return Filled(flags=flags, numbers=numbers, dates=dates, timed=timed, clocks=clocks, zone=zone, fit=fit)


def dates_of(columns: Mapping[str, pa.Array]) -> dict[str, Floats]:
    """Return the dates of reminders [rows] in epoch seconds, NaN for what is none, of the columns that are there.

    Raises:
        pa.ArrowException: one of them does not fit 64 bits.
    """
    return {name: _dates(columns[f"{DATA}{name}"]) for name in REMINDING if f"{DATA}{name}" in columns}


def _dates(column: pa.Array) -> Floats:
    """Read dates as `serving.policy.reading.dated` does, of text and timestamps; nothing else is one."""
    if pa.types.is_timestamp(column.type):
        seconds: Floats = micros_of(column) / SECOND
        return np.where(present(column), seconds, NAN)
    if not pa.types.is_string(column.type):
        return np.full(len(column), NAN)
    coded = column.dictionary_encode(null_encoding="encode")
    each: Floats = np.array([dated(text) for text in coded.dictionary.to_pylist()], dtype=np.float64)
    codes: NDArray[np.int32] = coded.indices.to_numpy(zero_copy_only=False)
    return each[codes]


def _truths(column: pa.Array | None, rows: int) -> Ints:
    if column is None or pa.types.is_null(column.type):
        return np.full(rows, UNKNOWN, dtype=np.int8)
    truths: Ints = column.cast(pa.int8()).fill_null(UNKNOWN).to_numpy(zero_copy_only=False)
    return truths


def _counts(column: pa.Array | None, rows: int, fit: Mask) -> Floats:
    """Return counts, NaN for unknown; where a cell is none, its row is not `fit`."""
    if column is None or pa.types.is_null(column.type):
        return np.full(rows, NAN)
    known = present(column)
    if pa.types.is_integer(column.type):
        whole = column.fill_null(0).to_numpy(zero_copy_only=False)
        fit &= (whole >= 0) & (whole <= LARGEST_COUNT)
        counts = whole.astype(np.float64)
    else:
        counts = column.cast(pa.float64()).fill_null(NAN).to_numpy(zero_copy_only=False)
        fit &= np.isnan(counts) | ((counts >= 0) & (counts <= LARGEST_COUNT) & (counts == np.floor(counts)))
    return counts if known.all() else np.where(known, counts, NAN)


def _micros(column: pa.Array) -> NDArray[np.int64]:
    """Return the µs since 1970 of each cell, anything for null and `NO_CELL` for what is no time."""
    if pa.types.is_null(column.type):
        return np.zeros(len(column), dtype=np.int64)
    if pa.types.is_timestamp(column.type):
        return micros_of(column)
    coded = column.dictionary_encode(null_encoding="encode")
    each = np.array([_micros_of(text) for text in coded.dictionary.to_pylist()], dtype=np.int64)
    codes: NDArray[np.int32] = coded.indices.to_numpy(zero_copy_only=False)
    return each[codes]


def _micros_of(text: str | None) -> int:
    try:
        return 0 if text is None else (instant(text) - EPOCH) // MICRO
    except CellError:
        return NO_CELL


def _times(column: pa.Array, null: float, fit: Mask) -> Floats:
    """Return epoch seconds, `null` where there is no cell; where it is no time, or a far one, its row is not `fit`."""
    micros = _micros(column)
    fit &= (micros >= -MOST_MICROS) & (micros <= MOST_MICROS)
    seconds: Floats = micros / SECOND
    return seconds if column.null_count == 0 else np.where(present(column), seconds, null)


def _evidence_times(columns: Mapping[str, pa.Array], rows: int, now: datetime, fit: Mask) -> Floats:
    """Return when the evidence happened, NaN where there is none; one that is ahead of the clock is not `fit`."""
    named = [columns.get(name) for name in ("evidence.time", "evidence.type", "evidence.id")]
    told = [column for column in named if column is not None]
    if len(told) < len(named):
        return np.full(rows, NAN)
    micros = _micros(told[0])
    fit &= (micros >= -MOST_MICROS) & (micros <= min((now - EPOCH) // MICRO, MOST_MICROS))
    seconds: Floats = micros / SECOND
    there = present(told[0]) & present(told[1]) & present(told[2])
    return seconds if there.all() else np.where(there, seconds, NAN)


def _zones(column: pa.Array | None, rows: int, now: datetime, fit: Mask) -> tuple[list[Clocks], NDArray[np.intp]]:
    """Return the clocks of the distinct zones, and which of them is each row's."""
    moment = Moment(now)
    if column is None or pa.types.is_null(column.type):
        return [moment.clocks(None, None)], np.zeros(rows, dtype=np.intp)
    coded = column.dictionary_encode(null_encoding="encode")
    names = coded.dictionary.to_pylist()
    zone = coded.indices.to_numpy(zero_copy_only=False).astype(np.intp)
    sure = [name is None or _is_name(name) for name in names]
    if not all(sure):
        fit &= np.array(sure, dtype=np.bool_)[zone]
    return [moment.clocks(name if good else None, None) for name, good in zip(names, sure, strict=True)], zone


def _is_name(name: str) -> bool:
    return bool(name.strip()) and len(name) <= LONGEST["user.timezone"] and name.isprintable()
