"""Ranges of a file's rows, each read by itself: what a shard is made from.

Of Parquet a range reads the row groups that it lies in, in pieces; whoever takes ranges one after the other goes on
where it stopped. CSV has no places to begin at: `staged` writes its rows, range by range, to Arrow files first.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet

from model.errors import InvalidInput, one_line
from serving.batch.spills import ROW, Spill, numbered, read_parts
from serving.candidates.files import Block, CandidateFile, Stamp, without_views

BLOCK_ROWS = 32_768  # decided at once: enough that what a block costs is little for a row, few enough for the cache
BUFFER_BYTES = 2**20  # of each column, read at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file, as it was when it was scanned: `stamp` is its size and its time of change (of each file of a folder).

    `rows` is how many it has, `size` how many stand in a range; `staged` is where the ranges of a CSV file are.
    """

    file: CandidateFile
    stamp: Stamp
    rows: int
    size: int
    staged: Path | None = None

    @property
    def ranges(self) -> int:
        """How many ranges there are."""
        return -(-self.rows // self.size)

    def span(self, index: int) -> range:
        """Return the numbers of a range's rows; the first row of the file is 1."""
        return range(index * self.size + 1, min((index + 1) * self.size, self.rows) + 1)

    def anywhere(self) -> Self:
        """Return this for a process that works in another folder."""
        found = tuple(path.resolve() for path in self.file.files)
        return replace(self, file=replace(self.file, path=self.file.path.resolve(), files=found))

    def check(self) -> None:
        """Refuse to go on with a file that is not what was scanned. Raises `InvalidInput`."""
        with suppress(OSError):
            if self.file.stamp() == self.stamp:
                return
        raise InvalidInput(f"`{self.file.path}` changed while it was decided; decide a copy that nobody writes to")


@dataclass(slots=True)
class Ranges:
    """Reads the ranges of one source; between calls it stands where the last one ended."""

    source: Source
    _batches: Iterator[pa.RecordBatch] = field(default_factory=lambda: iter(()))
    _rest: pa.RecordBatch | None = None
    _at: int = -1  # the number of the row that comes next

    def blocks(self, index: int) -> Iterator[Block]:
        """Stream the rows of a range, in order.

        Raises:
            InvalidInput: the file is no longer what was scanned.
        """
        try:
            yield from self._staged(index) if self.source.file.csv else self._parquet(self.source.span(index))
        except (pa.ArrowException, OSError) as error:
            self.source.check()
            detail = one_line(error)
            raise InvalidInput(f"`{self.source.file.path}` can no longer be read ({detail}); write it again") from error
        self.source.check()

    def _parquet(self, span: range) -> Iterator[Block]:
        if self._at != span.start:
            self._open(span.start)
        while self._at < span.stop:
            batch = self._rest if self._rest is not None else next(self._batches)
            wanted = span.stop - self._at
            self._rest = batch.slice(wanted) if batch.num_rows > wanted else None
            batch, first = batch.slice(0, wanted), self._at
            self._at += batch.num_rows
            batch.validate(full=True)  # a file can claim to hold UTF-8
            yield Block(batch=without_views(batch), numbers=range(first, self._at))

    def _open(self, number: int) -> None:
        """Stand before a row."""
        self._rest = None
        self._batches = _from_row(self.source.file.files, number - 1)
        self._at = number

    def _staged(self, index: int) -> Iterator[Block]:
        assert self.source.staged is not None  # noqa: S101  (a CSV source is staged before any range is read)
        path = _range(self.source.staged, index)
        broken = [(number, rule) for number, rule in json.loads(path.with_suffix(".json").read_bytes())]
        for rows in read_parts(path):
            yield replace(numbered(rows), malformed=broken)
            broken = []
        if broken:
            names = self.source.file.columns
            empty = pa.RecordBatch.from_pylist([], schema=pa.schema([(name, pa.string()) for name in names]))
            yield Block(batch=empty, numbers=[], malformed=broken)


def _from_row(files: Sequence[Path], skipped: int) -> Iterator[pa.RecordBatch]:
    """Yield what comes after so many rows; whole files and row groups before it are not read."""
    for path in files:
        with pa.parquet.ParquetFile(
            path, buffer_size=BUFFER_BYTES, pre_buffer=False, page_checksum_verification=True
        ) as file:
            group = 0
            while group < file.num_row_groups and skipped >= file.metadata.row_group(group).num_rows:
                skipped -= file.metadata.row_group(group).num_rows
                group += 1
            groups = range(group, file.num_row_groups)
            for batch in file.iter_batches(BLOCK_ROWS, row_groups=groups, use_threads=False):
                if skipped < batch.num_rows:
                    yield batch.slice(skipped)
                skipped = max(skipped - batch.num_rows, 0)


def _range(folder: Path, index: int) -> Path:
    return folder / f"range-{index:05d}.arrow"


def stage(source: Source, folder: Path) -> None:
    """Write the rows of a CSV file to `folder`, a file for each range; the whole is read once.

    Raises:
        InvalidInput: the file cannot be read to its end.
        OSError: the disk said no.
    """
    schema = pa.schema([*((name, pa.string()) for name in source.file.columns), (ROW, pa.int64())])
    with _Staging(folder, schema, source) as staging:
        for block in source.file.blocks():
            for number, rule in block.malformed:
                staging.malformed.setdefault((number - 1) // source.size, []).append((number, rule))
            staging.add(block)


class _Staging:
    """Writes ranges one after the other; one that no row stands in is written too."""

    def __init__(self, folder: Path, schema: pa.Schema, source: Source) -> None:
        self._folder, self._schema, self._source = folder, schema, source
        self._spill = Spill(_range(folder, 0), schema)
        self._index = 0
        self.malformed: dict[int, list[Any]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self._go_to(self._source.ranges - 1)
        self._close()

    def add(self, block: Block) -> None:
        """Take well-formed rows, which come after all that were added before."""
        numbers = pa.array(block.numbers, pa.int64())
        rows = pa.RecordBatch.from_arrays([*block.batch.columns, numbers], schema=self._schema)
        start = 0
        while start < rows.num_rows:
            self._go_to((block.numbers[start] - 1) // self._source.size)
            stop = start
            last = self._source.span(self._index)[-1]
            while stop < rows.num_rows and block.numbers[stop] <= last:
                stop += 1
            self._spill.write(rows.slice(start, stop - start))
            start = stop

    def _go_to(self, index: int) -> None:
        while self._index < index:
            self._close()
            self._index += 1
            self._spill = Spill(_range(self._folder, self._index), self._schema)

    def _close(self) -> None:
        self._spill.close()
        path = _range(self._folder, self._index).with_suffix(".json")
        path.write_text(json.dumps(self.malformed.pop(self._index, [])))
