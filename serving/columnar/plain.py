"""Rows whose free cells are read as they are: ids, subjects, attributes; what could be rejected is not plain.

`serving.candidates.rows.RowReader` is the rule. Here a cell passes only where it surely does there: short printable
ASCII for ids, attributes that JSON can say. Whatever else it may be goes row by row.
"""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from serving.candidates.columns import ATTRIBUTES, REQUIRED
from serving.candidates.rows import LONGEST
from serving.columnar.letters import Mask, is_text, letters_of, rows_with

FREE_TEXTS = ("candidate_id", "user.id", "evidence.id", "evidence.subject", "evidence.source", "session.id")
SPACE, LAST_SIGN = 0x20, 0x7E
MOST_MICROS = 2**53  # whole µs that a float64 holds, 285 years each way from 1970: within any calendar
DAYS = 100_000  # each way from 1970: within the calendar too


def present(column: pa.Array) -> Mask:
    """Return which cells are not null."""
    if column.null_count == 0:
        return np.ones(len(column), dtype=np.bool_)
    mask: Mask = pc.is_valid(column).to_numpy(zero_copy_only=False)
    return mask


def readable(columns: Mapping[str, pa.Array], rows: int) -> Mask:
    """Return the rows [rows] of which every free cell is surely read as it is; `columns` are dense, by name."""
    fit = np.ones(rows, dtype=np.bool_)
    for name, column in columns.items():
        if name in FREE_TEXTS:
            fit &= _short(column, LONGEST[name]) | (~present(column) if name not in REQUIRED else False)
        elif name.startswith(ATTRIBUTES):
            fit &= said_in_json(column)
    return fit


def _short(column: pa.Array, longest: int) -> Mask:
    """Return which cells are 1 to `longest` printable ASCII letters, the first no space."""
    if not is_text(column.type):
        return np.zeros(len(column), dtype=np.bool_)
    letters = letters_of(column)
    lengths = letters.lengths
    fit: Mask = (lengths > 0) & (lengths <= longest)
    if not letters.bytes.size:
        return fit
    least, most = letters.bytes.min(), letters.bytes.max()
    if least < SPACE or most > LAST_SIGN:
        fit &= ~rows_with(letters, (letters.bytes < SPACE) | (letters.bytes > LAST_SIGN), len(fit))
    if least <= SPACE:
        first = letters.bytes[np.minimum(letters.starts[:-1], letters.bytes.size - 1)]
        fit &= first != SPACE
    return fit


def said_in_json(column: pa.Array) -> Mask:
    """Return which cells are null, or surely a value of JSON as they are; of lists, the nulls alone."""
    stored, types, rows = column.type, pa.types, len(column)
    fit: Mask = np.ones(rows, dtype=np.bool_)
    if types.is_string(stored):
        letters = letters_of(column)
        if letters.bytes.size and letters.bytes.min() == 0:
            fit &= ~rows_with(letters, letters.bytes == 0, rows)
    elif types.is_floating(stored):
        fit &= ~np.isinf(column.cast(pa.float64()).fill_null(0.0).to_numpy(zero_copy_only=False))
    elif types.is_date32(stored):
        fit &= _within(column.cast(pa.int32()).fill_null(0).to_numpy(zero_copy_only=False), DAYS)
    elif types.is_timestamp(stored):
        fit &= _within(micros_of(column), MOST_MICROS)
    elif not (types.is_boolean(stored) or types.is_integer(stored) or types.is_null(stored)):
        fit &= ~present(column)
    return fit


def _within(values: NDArray[np.int64], most: int) -> Mask:
    """Return which values are at most so far from 0, on either side."""
    near: Mask = (values >= -most) & (values <= most)
    return near


def micros_of(column: pa.Array) -> NDArray[np.int64]:
    """Return the µs since 1970 of timestamps as `serving.candidates.cells` reads them, 0 for null.

    Raises:
        pa.ArrowException: one of them does not fit 64 bits.
    """
    exact = column.type.unit != "ns"
    micros = column.cast(pa.timestamp("us", tz="UTC"), safe=exact).cast(pa.int64())
    whole: NDArray[np.int64] = micros.fill_null(0).to_numpy(zero_copy_only=False)
    return whole
