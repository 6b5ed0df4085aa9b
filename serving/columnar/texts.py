"""Text columns as plain buffers, and 64-bit hashes of their cells, the same in every process and on every machine."""

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
WORD = 8  # bytes
LONG = 512  # bytes; longer texts are hashed one by one
MASKS = np.array([2 ** (8 * size) - 1 for size in range(WORD + 1)], dtype=np.uint64)
SHIFT = np.uint64(32)
FACTORS = np.array([0x9E3779B97F4A7C15, 0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53], dtype=np.uint64)  # all odd


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Texts:
    """The cells of a text column: cell i is `data[starts[i] : starts[i] + sizes[i]]`; a null's size is 0."""

    data: NDArray[np.uint8]
    starts: NDArray[np.int64]
    sizes: NDArray[np.int64]


def plain(column: pa.Array) -> pa.Array:
    """Return a column without a dictionary, and a text column as `string` or `large_string`."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    return column.cast(pa.string()) if pa.types.is_string_view(column.type) else column


def texts(column: pa.Array) -> Texts:
    """Return the buffers of a column of text (of any Arrow text type, or of nulls alone)."""
    column = plain(column)
    if pa.types.is_null(column.type) or len(column) == 0:
        none = np.zeros(len(column), dtype=np.int64)
        return Texts(data=np.empty(0, dtype=np.uint8), starts=none, sizes=none)
    data = column.buffers()[2]
    return Texts(
        data=np.frombuffer(b"" if data is None else data, dtype=np.uint8),
        starts=_places(column)[:-1].astype(np.int64),
        sizes=sizes(column).astype(np.int64),
    )


def _places(column: pa.Array) -> NDArray[Any]:
    width = np.int64 if pa.types.is_large_string(column.type) else np.int32
    return np.frombuffer(column.buffers()[1], dtype=width)[column.offset : column.offset + len(column) + 1]


def sizes(column: pa.Array) -> NDArray[Any]:
    """Return the bytes of each cell of a `string` or `large_string` column that has rows; of a null, 0."""
    places = _places(column)
    bytes_of = places[1:] - places[:-1]
    return np.asarray(bytes_of * presence(column) if column.null_count else bytes_of)


def presence(column: pa.Array) -> NDArray[np.bool_]:
    """Return which cells are not null."""
    if not column.null_count:
        return np.ones(len(column), dtype=np.bool_)
    return np.asarray(column.is_valid().to_numpy(zero_copy_only=False), dtype=np.bool_)


def hashes(column: pa.Array) -> Hashes:
    """Hash the cells of a text column: equal texts have equal hashes, unequal ones almost always differ.

    No secret is in it: who wants two texts of one hash can make them. What is refused must be compared by its text.
    """
    cells = texts(column)
    start, stop = (cells.starts[0], cells.starts[-1] + cells.sizes[-1]) if len(cells.starts) else (0, 0)
    padded = np.zeros(stop - start + WORD, dtype=np.uint8)
    padded[: stop - start] = cells.data[start:stop]
    words = np.ndarray(len(padded) - WORD + 1, dtype="<u8", buffer=padded, strides=(1,))  # at every byte
    at, long = cells.starts - start, cells.sizes
    mixed = (long.astype(np.uint64) + np.uint64(1)) * FACTORS[0]
    rows: slice | NDArray[np.intp] = slice(None)
    for done in range(0, min(int(long.max(initial=0)), LONG), WORD):
        if int(long[rows].min()) <= done:
            rows = np.flatnonzero(long > done)
        left = np.minimum(long[rows] - done, WORD)
        word = words[np.minimum(at[rows] + done, len(words) - 1)] & MASKS[np.maximum(left, 0)]
        step = (mixed[rows] ^ word) * FACTORS[1]
        mixed[rows] = step ^ (step >> SHIFT)
    for row in np.flatnonzero(long > LONG).tolist():
        text = padded[at[row] : at[row] + long[row]].tobytes()
        mixed[row] = int.from_bytes(hashlib.blake2b(text, digest_size=WORD).digest())
    for factor in FACTORS:
        mixed = (mixed ^ (mixed >> SHIFT)) * factor
    return np.asarray(mixed ^ (mixed >> SHIFT), dtype=np.uint64)
