"""One CSV, CSV.GZ or Parquet file of candidates as record batches: streamed, checked before anything is decided.

A first pass reads the whole file once: a truncated file is refused before the first decision, the number of rows is
known, and so are the ids and customers that stand in it more than once (8 bytes a row each is all that is kept).
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
from numpy.typing import NDArray

from model.errors import InvalidInput
from serving.candidate_columns import check_names, check_type

Hashes = NDArray[np.int64]
BATCH_ROWS = 8192
BLOCK_BYTES = 4 * 2**20  # of CSV text parsed at once; no row may be longer
SUFFIXES = (".csv", ".csv.gz", ".parquet")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Block:
    """Some rows of the file: `numbers[i]` is the number of row i (from 1), `malformed` are those that have no cells."""

    batch: pa.RecordBatch
    numbers: Sequence[int]
    malformed: Sequence[tuple[int, str]] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scan:
    """What the first pass found: rows, the file's SHA-256, hashes of ids and customers that occur more than once."""

    rows: int
    sha256: str
    repeated_ids: Hashes = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    repeated_users: Hashes = field(default_factory=lambda: np.empty(0, dtype=np.int64))


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateFile:
    """A file whose columns are checked; its rows are read by `blocks`, as often as needed."""

    path: Path
    csv: bool
    columns: tuple[str, ...]

    def blocks(self) -> Iterator[Block]:
        """Stream the rows, in order, in bounded memory; every text is valid UTF-8.

        Raises:
            InvalidInput: the file is truncated, not UTF-8, or otherwise cannot be read to its end.
        """
        try:
            yield from self._csv() if self.csv else self._parquet()
        except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
            raise _unreadable(self.path, error) from error

    def _parquet(self) -> Iterator[Block]:
        first = 1
        with pa.parquet.ParquetFile(self.path) as file:
            for batch in file.iter_batches(BATCH_ROWS):
                batch.validate(full=True)  # a file can claim to hold UTF-8
                yield Block(batch=batch, numbers=range(first, first + batch.num_rows))
                first += batch.num_rows

    def _csv(self) -> Iterator[Block]:
        malformed: list[tuple[int, str]] = []

        def refuse(row: pa.csv.InvalidRow) -> str:
            rule = f"the row has {row.actual_columns} cells, the header {row.expected_columns}"
            malformed.append((row.number - 1, rule))  # the header is line 1
            return "skip"

        first = 1
        reader = _open_csv(self.path, self.columns, refuse)
        for batch in reader:
            numbers, broken = _numbers(first, batch.num_rows, malformed)
            malformed = malformed[len(broken) :]
            yield from _sliced(batch, numbers, broken)
            first += batch.num_rows + len(broken)
        if malformed:
            yield Block(batch=pa.RecordBatch.from_pylist([], schema=reader.schema), numbers=[], malformed=malformed)


def _numbers(first: int, rows: int, malformed: Sequence[tuple[int, str]]) -> tuple[list[int], list[tuple[int, str]]]:
    """Return the numbers of `rows` well-formed rows from `first` on, and the malformed ones among them."""
    numbers: list[int] = []
    broken: list[tuple[int, str]] = []
    number = first
    while len(numbers) < rows:
        if len(broken) < len(malformed) and malformed[len(broken)][0] == number:
            broken.append(malformed[len(broken)])
        else:
            numbers.append(number)
        number += 1
    return numbers, broken


def _sliced(batch: pa.RecordBatch, numbers: Sequence[int], broken: Sequence[tuple[int, str]]) -> Iterator[Block]:
    for start in range(0, max(batch.num_rows, 1), BATCH_ROWS):
        part = slice(start, start + BATCH_ROWS)
        yield Block(batch=batch.slice(start, BATCH_ROWS), numbers=numbers[part], malformed=broken if start == 0 else ())


def _stream(path: Path) -> pa.NativeFile:
    """Open the text of a CSV file, unpacked."""
    return pa.input_stream(str(path), compression="gzip" if path.name.lower().endswith(".gz") else None)


def _check_text(path: Path) -> None:
    """Refuse a CSV file with a NUL byte: after one, the reader no longer knows where rows begin, and loses some."""
    place = 0
    try:
        with _stream(path) as stream:
            while part := stream.read(BLOCK_BYTES):
                if (at := part.find(b"\0")) >= 0:
                    raise InvalidInput(f"`{path}`: byte {place + at} is NUL, which no text holds; write it anew")
                place += len(part)
    except (pa.ArrowException, OSError) as error:
        raise _unreadable(path, error) from error


def _open_csv(
    path: Path, columns: Sequence[str], refuse: Callable[[pa.csv.InvalidRow], str]
) -> pa.csv.CSVStreamingReader:
    """Open a CSV stream in which every cell is text; an empty cell is null, `""` is the empty text."""
    return pa.csv.open_csv(
        _stream(path),
        read_options=pa.csv.ReadOptions(block_size=BLOCK_BYTES, use_threads=False),
        parse_options=pa.csv.ParseOptions(newlines_in_values=True, invalid_row_handler=refuse),
        convert_options=pa.csv.ConvertOptions(
            column_types=dict.fromkeys(columns, pa.string()),
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            null_values=[""],
        ),
    )


def _unreadable(path: Path, error: Exception) -> InvalidInput:
    detail = " ".join(str(error).split())
    if isinstance(error, FileNotFoundError):
        return InvalidInput(f"`{path}` is not there; name a file of candidates")
    if "Empty CSV" in detail:
        return InvalidInput(f"`{path}` is empty; it needs a header and at least one row")
    return InvalidInput(f"`{path}` cannot be read to its end ({detail}); write it again: it may be cut off")


def open_candidates(path: Path) -> CandidateFile:
    """Open a file of candidates and check its columns; no row is read yet.

    Raises:
        InvalidInput: not a file of a known kind, unreadable, or a column is unknown, missing, or of a wrong type.
    """
    name = path.name.lower()
    if not name.endswith(SUFFIXES):
        raise InvalidInput(f"`{path}` is not named as candidates are; give one {', '.join(SUFFIXES)} file")
    if path.is_dir():
        raise InvalidInput(f"`{path}` is a folder; give one {', '.join(SUFFIXES)} file")
    csv = not name.endswith(".parquet")
    try:
        if csv:
            columns = tuple(_open_csv(path, (), lambda _: "skip").schema.names)
        else:
            schema = pa.parquet.read_schema(path)
            columns = tuple(schema.names)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise _unreadable(path, error) from error
    check_names(columns, str(path))
    if not csv:
        for column in schema:
            check_type(column.name, column.type, str(path))
    return CandidateFile(path=path, csv=csv, columns=columns)


def scan(file: CandidateFile) -> Scan:
    """Read the whole file once: its rows, its hash, and which ids and customers it repeats.

    Raises:
        InvalidInput: it cannot be read to its end, or has no rows.
    """
    before = file.path.stat()
    if file.csv:
        _check_text(file.path)
    ids, users, rows = [], [], 0
    for block in file.blocks():
        rows += len(block.numbers) + len(block.malformed)
        ids.append(hashes(block.batch.column("candidate_id").to_pylist()))
        users.append(hashes(block.batch.column("user.id").to_pylist()))
    if not rows:
        raise InvalidInput(f"`{file.path}` has no rows; there is nothing to decide")
    with file.path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    after = file.path.stat()
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise InvalidInput(f"`{file.path}` changed while it was read; decide a copy that nobody writes to")
    return Scan(rows=rows, sha256=digest, repeated_ids=_repeated(ids), repeated_users=_repeated(users))


def hashes(values: Sequence[str | None]) -> Hashes:
    """Hash texts to 64 bits (of this process only: equal texts are equal, unequal ones almost always differ)."""
    return np.fromiter(map(hash, values), dtype=np.int64, count=len(values))


def _repeated(parts: Sequence[Hashes]) -> Hashes:
    """Return the sorted hashes that occur more than once."""
    everything = np.sort(np.concatenate(parts))
    return np.unique(everything[1:][everything[1:] == everything[:-1]])


def among(values: Hashes, known: Hashes) -> NDArray[np.bool_]:
    """Return which hashes stand in the sorted `known`."""
    if not len(known):
        return np.zeros(len(values), dtype=np.bool_)
    at = np.minimum(np.searchsorted(known, values), len(known) - 1)
    return np.equal(known[at], values)
