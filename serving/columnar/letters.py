"""Columns of text as their letters: one buffer of bytes for all rows, and where each row's begins."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Letters:
    """The UTF-8 of a column: `bytes` [total] of all rows, `starts` [rows + 1] from 0 on; a null has no letters."""

    bytes: NDArray[np.uint8]
    starts: NDArray[np.int32]

    def rows_of(self, places: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return the rows that these bytes stand in."""
        found: NDArray[np.intp] = np.searchsorted(self.starts, places, side="right") - 1
        return found

    @property
    def lengths(self) -> NDArray[np.int32]:
        """How many bytes each row has [rows]."""
        return np.diff(self.starts)


def is_text(stored: pa.DataType) -> bool:
    """Whether a column of this type holds texts, in whichever layout."""
    types = pa.types
    return bool(types.is_string(stored) or types.is_large_string(stored) or types.is_string_view(stored))


def dense(column: pa.Array) -> pa.Array:
    """Return a column without dictionary, texts in one layout from their first row on; the values are the same.

    Raises:
        pa.ArrowException: it cannot be, for its size.
    """
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if is_text(column.type) and not pa.types.is_string(column.type):
        column = column.cast(pa.string())
    if column.offset and pa.types.is_string(column.type):
        column = column.take(pa.array(np.arange(len(column))))
    return column


def letters_of(column: pa.Array) -> Letters:
    """Return the letters of a dense column of texts."""
    _, places, values = column.buffers()
    starts = np.frombuffer(places, dtype=np.int32, count=len(column) + 1) if len(column) else np.zeros(1, np.int32)
    first, last = int(starts[0]), int(starts[-1])
    whole = np.frombuffer(b"" if values is None else values, dtype=np.uint8)
    return Letters(whole[first:last], starts - first if first else starts)


def with_letters(column: pa.Array, letters: Letters, values: bytes) -> pa.Array:
    """Return a dense column with other letters in the same places."""
    validity = column.buffers()[0] if column.null_count else None
    starts = pa.py_buffer(np.ascontiguousarray(letters.starts))
    return pa.StringArray.from_buffers(len(column), starts, pa.py_buffer(values), validity, column.null_count)


def rows_with(letters: Letters, odd: Mask, rows: int) -> Mask:
    """Return which of the rows hold a byte that is odd [total]."""
    found = np.zeros(rows, dtype=np.bool_)
    found[letters.rows_of(np.flatnonzero(odd))] = True
    return found
