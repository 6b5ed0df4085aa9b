"""What a row is, in 20 bytes, and the decision's id that follows from it: by column, for a million rows a second.

A row's digest is BLAKE2b over bytes that can be read back in one way only:

    16 bytes    BLAKE2b of the names and kinds of its cells that are not null, by name
    words       of each such cell that is a number or a time, 8 bytes
    bytes       of each that is a truth, or of a text's length, 1 byte
    texts       of each text, its UTF-8 bytes

So a cell that is moved, renamed, or another kind of thing gives another digest; a column of nulls is no column, and how
a column is stored (width, dictionary, unit, chunks) does not matter. Cells of CSV are texts.

An id is the clock's milliseconds and the first 80 bits of the digest, turned (exclusive or) by 80 of a hash of clock,
model and policy. Two rows of one run share an id only where their digests agree in 80 bits, and two runs of one row
never do, unless those hashes agree: a second hash per row would add nothing to that.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from serving.columnar.cells import BYTE, WORD, Piece, pieces
from serving.system import CHANCE_BITS, CROCKFORD, TIME_SIGNS, ULID_LENGTH, id_of

DIGEST_BYTES = 20
HEADER_WORDS = 2
CHUNK_ROWS = 16_384  # few enough to stay in the processor's cache
CHUNK_BYTES = 2**30  # of cells; an Arrow array of bytes holds twice as much
CODED = 32  # masks that are packed into a number before it is made small again
CHANCE_BYTES = CHANCE_BITS // 8
PAIRS = np.array([first + second for first in CROCKFORD for second in CROCKFORD], dtype="S2").view(np.uint16)


def row_digests(batch: pa.RecordBatch) -> NDArray[np.uint8]:
    """Return the digest of each row, [rows, 20]."""
    parts = [_digests(part) for part in _parts(batch)]
    return np.concatenate(parts) if parts else np.empty((0, DIGEST_BYTES), dtype=np.uint8)


def _parts(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """Split rows so that a part's bytes fit one array; a single row always does."""
    for start in range(0, batch.num_rows, CHUNK_ROWS):
        part = batch.slice(start, CHUNK_ROWS)
        if part.nbytes <= CHUNK_BYTES or part.num_rows == 1:
            yield part
        else:
            half = part.num_rows // 2
            yield from _parts(part.slice(0, half))
            yield from _parts(part.slice(half))


def _digests(batch: pa.RecordBatch) -> NDArray[np.uint8]:
    names = sorted(batch.schema.names)
    rows = _rows([piece for name in names for piece in pieces(name, batch.column(name))], batch.num_rows)
    whole = b"".join([blake2b(row).digest() for row in rows])
    return np.frombuffer(whole, dtype=np.uint8).reshape(len(rows), -1)[:, :DIGEST_BYTES]


def _rows(cells: Sequence[Piece], rows: int) -> list[bytes]:
    """Return the bytes of each row that are hashed."""
    patterns, of_row = _patterns(cells, rows)
    headers = np.stack([_header(cells, pattern) for pattern in patterns])
    always = np.ones((len(patterns), HEADER_WORDS), dtype=np.bool_)
    of_width = {width: [at for at, one in enumerate(cells) if one.fixed.dtype == width] for width in (WORD, BYTE)}
    words = _filled([*headers[of_row].T, *(cells[at].fixed for at in of_width[WORD])], WORD, rows)
    small = _filled([cells[at].fixed for at in of_width[BYTE]], BYTE, rows)
    texts = [one.text for one in cells if one.text is not None]
    joined = pc.binary_join_element_wise(
        _kept(words, np.hstack([always, patterns[:, of_width[WORD]]]), of_row),
        _kept(small, patterns[:, of_width[BYTE]], of_row),
        *texts,
        b"",
        null_handling="replace",
        null_replacement=b"",
    )
    said: list[bytes] = joined.to_pylist()
    return said


def _filled(columns: Sequence[NDArray[Any]], dtype: np.dtype[Any], rows: int) -> NDArray[Any]:
    """Return columns as the cells of rows, [rows, columns]."""
    cells = np.empty((rows, len(columns)), dtype=dtype)
    for at, column in enumerate(columns):
        cells[:, at] = column
    return cells


def _kept(cells: NDArray[Any], patterns: NDArray[np.bool_], of_row: NDArray[np.intp]) -> pa.Array:
    """Return, as bytes, what is there of each row of [rows, columns], by its pattern."""
    rows, counts = len(cells), patterns.sum(axis=1)
    kept = cells if patterns.all() else cells[patterns[of_row]]
    ends = np.zeros(rows + 1, dtype=np.int32)
    np.cumsum(counts[of_row] * cells.itemsize, out=ends[1:])
    return pa.Array.from_buffers(pa.binary(), rows, [None, pa.py_buffer(ends), pa.py_buffer(kept)])


def _patterns(cells: Sequence[Piece], rows: int) -> tuple[NDArray[np.bool_], NDArray[np.intp]]:
    """Return the distinct patterns of which cells are there, [patterns, cells], and each row's."""
    codes = np.zeros(rows, dtype=np.int64)
    for number, mask in enumerate([one.there for one in cells if one.there is not None], 1):
        codes = codes << 1 | mask
        if number % CODED == 0:
            codes = np.unique(codes, return_inverse=True)[1]
    _, first, of_row = np.unique(codes, return_index=True, return_inverse=True)
    there = [np.ones(len(first), dtype=np.bool_) if one.there is None else one.there[first] for one in cells]
    return np.array(there, dtype=np.bool_).reshape(len(cells), len(first)).T, of_row


def _header(cells: Sequence[Piece], there: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Return the digest of the names and kinds of the cells that are there."""
    named = b"".join(one.name for one, is_there in zip(cells, there.tolist(), strict=True) if is_there)
    return np.frombuffer(blake2b(named, digest_size=8 * HEADER_WORDS).digest(), dtype=WORD)


def decision_ids(digests: NDArray[np.uint8], stem: bytes, now: datetime) -> pa.Array:
    """Return a ULID per row, as text: the clock's milliseconds, then 80 bits of the row's digest, turned by `stem`.

    `stem`: a hash of clock, model and policy, of at least 10 bytes. Equal to `decision_id` row by row.
    """
    rows = len(digests)
    turned = digests[:, :CHANCE_BYTES] ^ np.frombuffer(stem[:CHANCE_BYTES], dtype=np.uint8)
    columns = np.ascontiguousarray(turned.T).astype(np.uint16)
    signs = np.empty((ULID_LENGTH // 2, rows), dtype=np.uint16)  # two signs each: ten bits
    signs[: TIME_SIGNS // 2] = np.frombuffer(id_of(now, 0)[:TIME_SIGNS].encode(), dtype=np.uint16)[:, None]
    for half, (a, b, c, d, e) in enumerate((columns[:5], columns[5:])):
        tens = (a << 2 | b >> 6, (b & 63) << 4 | c >> 4, (c & 15) << 6 | d >> 2, (d & 3) << 8 | e)
        for at, ten in enumerate(tens, TIME_SIGNS // 2 + 4 * half):
            PAIRS.take(ten, out=signs[at], mode="clip")
    ends = np.arange(rows + 1, dtype=np.int32) * ULID_LENGTH
    return pa.Array.from_buffers(
        pa.string(), rows, [None, pa.py_buffer(ends), pa.py_buffer(np.ascontiguousarray(signs.T))]
    )


def decision_id(digest: bytes, stem: bytes, now: datetime) -> str:
    """Return the ULID of one row: see `decision_ids`."""
    return id_of(now, int.from_bytes(digest[:CHANCE_BYTES]) ^ int.from_bytes(stem[:CHANCE_BYTES]))
