"""A CSV, CSV.GZ or Parquet file of candidates, or a folder of Parquet files, as record batches: streamed and checked.

The first pass over it, before anything is decided, is `serving.candidates.scan`.
"""

import hashlib
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from model.errors import InvalidInput, one_line
from serving.candidates.columns import check_names, check_type
from serving.candidates.folders import check_alike, parts_of
from serving.columnar.footers import wrong_extent

Stamp = tuple[tuple[int, int], ...]
BATCH_ROWS = 8192
SCAN_ROWS = 65_536  # of which a few columns alone are read
BLOCK_BYTES = 4 * 2**20  # of CSV text parsed at once; no row may be longer
SUFFIXES = (".csv", ".csv.gz", ".parquet")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Block:
    """Some rows of the file: `numbers[i]` is the number of row i (from 1), `malformed` are those that have no cells."""

    batch: pa.RecordBatch
    numbers: Sequence[int]
    malformed: Sequence[tuple[int, str]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateFile:
    """A file whose columns are checked; its rows are read by `blocks`, as often as needed.

    Of a folder, `files` are its Parquet files by name: the rows of the first come first.
    """

    path: Path
    csv: bool
    columns: tuple[str, ...]
    files: tuple[Path, ...]

    def blocks(self, columns: Sequence[str] | None = None) -> Iterator[Block]:
        """Stream the rows, in order, in bounded memory; every text is valid UTF-8.

        `columns`: read these alone (of Parquet; CSV is always read whole).

        Raises:
            InvalidInput: the file is truncated, not UTF-8, or otherwise cannot be read to its end.
        """
        try:
            yield from self._csv() if self.csv else self._parquet(columns)
        except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
            raise _unreadable(self.path, error) from error

    def check_extents(self) -> None:
        """Check that every column chunk of a Parquet file lies inside it, and that all have the rows they should.

        Raises:
            InvalidInput: the footer tells of bytes, columns or rows that are not there.
        """
        for path in self.files:
            try:
                with pa.parquet.ParquetFile(path) as file:
                    problem = wrong_extent(file.metadata, path.stat().st_size)
            except (pa.ArrowException, OSError) as error:
                raise _unreadable(path, error) from error
            if problem:
                raise InvalidInput(f"`{path}` cannot be read to its end ({problem}); write it again")

    def stamp(self) -> Stamp:
        """Return each file's size and its time of change in nanoseconds. Raises `OSError`."""
        found = [path.stat() for path in self.files]
        return tuple((status.st_size, status.st_mtime_ns) for status in found)

    def sha256(self) -> str:
        """Return the SHA-256 of the file in hex; of several, that of theirs, in order. Raises `OSError`."""
        digests = []
        for path in self.files:
            with path.open("rb") as stream:
                digests.append(hashlib.file_digest(stream, "sha256"))
        whole = digests[0] if len(digests) == 1 else hashlib.sha256(b"".join(each.digest() for each in digests))
        return whole.hexdigest()

    def _parquet(self, columns: Sequence[str] | None) -> Iterator[Block]:
        first = 1
        for path in self.files:
            with pa.parquet.ParquetFile(path, page_checksum_verification=True) as file:
                for batch in file.iter_batches(BATCH_ROWS if columns is None else SCAN_ROWS, columns=columns):
                    batch.validate(full=True)  # a file can claim to hold UTF-8
                    yield Block(batch=without_views(batch), numbers=range(first, first + batch.num_rows))
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


def without_views(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return a valid batch with the same cells, no text of which is kept as a view: of views no rows can be taken.

    Example:
        >>> batch = pa.RecordBatch.from_pydict({"user.id": pa.array(["u-1"], pa.string_view())})
        >>> without_views(batch).schema.types
        [DataType(large_string)]
    """
    if not any("string_view" in str(stored) for stored in batch.schema.types):
        return batch
    schema = pa.schema([(each.name, _without_views(each.type)) for each in batch.schema])
    return batch.cast(schema)


def _without_views(stored: pa.DataType) -> pa.DataType:
    if pa.types.is_string_view(stored):
        return pa.large_string()
    if pa.types.is_list(stored):
        return pa.list_(_without_views(stored.value_type))
    return pa.large_list(_without_views(stored.value_type)) if pa.types.is_large_list(stored) else stored


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


def check_text(path: Path, most: int | None = None) -> None:
    """Refuse a CSV file with bytes that are no text, looking at all of it, or at no more than `most` bytes.

    After a NUL the reader no longer knows where rows begin, and loses some; what is not UTF-8 it cannot even report.

    Raises:
        InvalidInput: the first such byte, or the file cannot be read to its end.
    """
    decoder = getincrementaldecoder("utf-8")()
    place = 0
    try:
        with _stream(path) as stream:
            while part := stream.read(BLOCK_BYTES if most is None else most - place):
                if (at := part.find(b"\0")) >= 0:
                    raise InvalidInput(f"`{path}`: byte {place + at} is NUL, which no text holds; write it anew")
                decoder.decode(part)
                place += len(part)
            decoder.decode(b"", final=most is None)
    except UnicodeDecodeError as error:
        raise InvalidInput(f"`{path}`: the text after byte {place} is not UTF-8; write it anew") from error
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
    detail = one_line(error)
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
    files = parts_of(path) if path.is_dir() else (path,)
    if files == (path,) and not name.endswith(SUFFIXES):
        raise InvalidInput(f"`{path}` is not named as candidates are; give one {', '.join(SUFFIXES)} file")
    csv = files == (path,) and not name.endswith(".parquet")
    try:
        if csv:
            check_text(path, BLOCK_BYTES)
            columns = tuple(_open_csv(path, (), lambda _: "skip").schema.names)
        else:
            schema = pa.parquet.read_schema(files[0])
            columns = tuple(schema.names)
            check_alike(files, schema)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise _unreadable(path, error) from error
    check_names(columns, str(path))
    if not csv:
        for column in schema:
            check_type(column.name, column.type, str(path))
    return CandidateFile(path=path, csv=csv, columns=columns, files=files)
