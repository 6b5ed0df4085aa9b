"""Cells as bytes that can be read back in one way only, a column at a time.

Two cells have the same bytes where they are read as the same value (`serving.candidates.cells`), and there only, but
for a few that are told apart though they would be read alike: a text of digits and a number, a whole number and 1.0.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from serving.columnar.texts import plain, presence, sizes

Mask = NDArray[np.bool_]
WORD, BYTE = np.dtype("<u8"), np.dtype("u1")
SHORT, LONG = 2**8, 2**16  # bytes of a text whose length takes a word, and of one that is hashed by itself
LARGEST = np.uint64(2**63 - 1)
MICROS = pa.timestamp("us", tz="UTC")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Piece:
    """Cells of one column and one kind: `name` is both, `fixed` a `WORD` or `BYTE` per row, `text` bytes per row.

    `there` are the rows that have such a cell; None: all. What the others hold in `fixed` is nobody's; their text is
    null.
    """

    name: bytes
    there: Mask | None
    fixed: NDArray[Any]
    text: pa.Array | None = None

    @classmethod
    def of(
        cls, column: str, kind: bytes, there: Mask | None, fixed: NDArray[Any], text: pa.Array | None = None
    ) -> Self:
        """Name cells by their column and kind, each with its length before it."""
        known = column.encode()
        name = len(known).to_bytes(4, "little") + known + len(kind).to_bytes(1, "little") + kind
        return cls(name=name, there=there, fixed=fixed, text=text)


def pieces(name: str, column: pa.Array) -> Iterator[Piece]:
    """Return the cells of a column, but for nulls (NaN is one): by kind, each kind at most once, in a fixed order."""
    column, kinds = plain(column), pa.types
    stored = column.type
    if column.null_count == len(column):
        return
    there = presence(column) if column.null_count else None
    if kinds.is_string(stored) or kinds.is_large_string(stored):
        yield from _texts(name, column, there, b"")
    elif kinds.is_boolean(stored):
        bits = np.unpackbits(np.frombuffer(column.buffers()[1], dtype=BYTE), bitorder="little")
        yield Piece.of(name, b"b", there, bits[column.offset : column.offset + len(column)])
    elif kinds.is_uint64(stored):
        yield from _unsigned(name, _numbers(column), there)
    elif kinds.is_integer(stored):
        yield Piece.of(name, b"i", there, _numbers(column.cast(pa.int64())))
    elif kinds.is_floating(stored) or kinds.is_decimal(stored):
        yield from _floats(name, _numbers(column.cast(pa.float64())), there)
    elif kinds.is_timestamp(stored):
        yield Piece.of(name, b"t", there, _numbers(column.cast(MICROS, safe=False)))
    elif kinds.is_date(stored):
        yield Piece.of(name, b"d", there, _numbers(column.cast(pa.date32()).cast(pa.int32()).cast(pa.int64())))
    else:
        said = [None if cell is None else json.dumps(cell, default=_named) for cell in column.to_pylist()]
        yield from _texts(name, pa.array(said, type=pa.string()), there, b"j")


def _named(value: object) -> dict[str, str]:
    """Tell a decimal or a day in a list from the text that it looks like: no other cell of a list is an object."""
    return {type(value).__name__: str(value)}


def _numbers(column: pa.Array) -> NDArray[np.uint64]:
    """Return the words of a column of 64-bit values; what stands below a null is nobody's."""
    return np.frombuffer(column.buffers()[1], dtype=WORD)[column.offset : column.offset + len(column)]


def _unsigned(name: str, numbers: NDArray[np.uint64], there: Mask | None) -> Iterator[Piece]:
    """Return whole numbers, those beyond 2^63 - 1 as a kind of their own."""
    large = numbers > LARGEST
    yield from _those(name, b"i", there, ~large, numbers)
    yield from _those(name, b"u", there, large, numbers)


def _floats(name: str, numbers: NDArray[np.uint64], there: Mask | None) -> Iterator[Piece]:
    yield from _those(name, b"f", there, ~np.isnan(numbers.view(np.float64)), numbers)


def _those(  # noqa: PLR0913, PLR0917  (a piece, and which of its cells)
    name: str, kind: bytes, there: Mask | None, which: Mask, fixed: NDArray[Any], text: pa.Array | None = None
) -> Iterator[Piece]:
    """Return those cells that are there and of one kind, if there are any; the text of all others becomes null."""
    rows = which if there is None else there & which
    if rows.all():
        yield Piece.of(name, kind, None, fixed, text)
    elif rows.any():
        only = None if text is None else text.take(pa.array(np.arange(len(rows)), mask=~rows))
        yield Piece.of(name, kind, rows, fixed, only)


def _texts(name: str, column: pa.Array, there: Mask | None, kind: bytes) -> Iterator[Piece]:
    """Return texts by how their length is said: in a byte, in a word, or in a word beside the hash of the text."""
    column = column.cast(pa.string()) if pa.types.is_large_string(column.type) else column
    many, raw = sizes(column), column.cast(pa.binary())
    if int(many.max()) < SHORT:
        yield Piece.of(name, kind + b"s", there, many.astype(BYTE), raw)
        return
    short, long = many < SHORT, many >= LONG
    yield from _those(name, kind + b"s", there, short, many.astype(BYTE), raw)
    yield from _those(name, kind + b"m", there, ~(short | long), many.astype(WORD), raw)
    if long.any():
        hashed = [blake2b(text.as_buffer()).digest() if one else None for text, one in zip(raw, long, strict=True)]
        yield from _those(name, kind + b"l", there, long, many.astype(WORD), pa.array(hashed, type=pa.binary()))
