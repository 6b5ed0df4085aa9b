"""The first row of each id that stands in a file more than once: by its text, in bounded memory."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from serving.columnar.repeats import HELD, Repeated, partition
from serving.columnar.spill import Spill, rows_of, writable
from serving.columnar.texts import hashes, plain

SUSPECTS = pa.schema([("text", pa.large_string()), ("row", pa.int64())])
FOUND = np.dtype([("row", np.int64), ("first", np.int64)])
WINDOW = 2**20  # rows whose first rows are put in place at once
CHUNK = 2**16  # suspects compared at once
TEXTS_HELD = 2**18  # suspects in memory, at most


@dataclass(frozen=True, slots=True)
class Firsts:
    """For each row that repeats the id of an earlier one, the number of the first; `path` None: no row does.

    The file holds one int64 a row (row 1 first), 0 for a row that repeats none; it is sparse where the disk can be.
    """

    path: Path | None = None

    def __bool__(self) -> bool:
        """Whether any row repeats an id."""
        return self.path is not None

    def of(self, numbers: Sequence[int]) -> NDArray[np.int64]:
        """Return the first row with the id of each of these rows (ascending, from 1), 0 where it is the first."""
        if self.path is None or not len(numbers):
            return np.zeros(len(numbers), dtype=np.int64)
        start, stop = numbers[0] - 1, numbers[-1]
        read = np.fromfile(self.path, dtype=np.int64, count=stop - start, offset=8 * start)
        window = np.zeros(stop - start, dtype=np.int64)
        window[: len(read)] = read  # the file ends after the last row that repeats one
        return window if len(numbers) == len(window) else window[np.asarray(numbers) - numbers[0]]


class Suspects:
    """Takes the ids that may repeat, in the order of the file, and finds which do; `held` stay in memory at most."""

    def __init__(self, folder: Path, may_repeat: Repeated, *, held: int = HELD) -> None:
        self._folder, self._may_repeat, self._limit = folder, may_repeat, min(held, TEXTS_HELD)
        self._held: list[pa.RecordBatch] = []
        self._many = 0
        self._writers: dict[int, pa.ipc.RecordBatchStreamWriter] = {}
        self._open = ExitStack()

    def add(self, ids: pa.Array, numbers: Sequence[int]) -> None:
        """Take the ids of some rows. Raises `Unavailable` where the disk is full."""
        at = np.flatnonzero(self._may_repeat.among(ids))
        if not len(at):
            return
        some = plain(ids).take(pa.array(at)).cast(pa.large_string())
        rows = np.asarray(numbers, dtype=np.int64)[at]
        self._held.append(pa.RecordBatch.from_arrays([some, pa.array(rows)], schema=SUSPECTS))
        self._many += len(at)
        if self._many > self._limit:
            self._set_aside()

    def finish(self) -> Firsts:
        """Compare the suspects by their text. Raises `Unavailable` as `add`."""
        if self._writers:
            self._set_aside()
        with writable(self._folder):
            self._open.close()
        found = Spill(self._folder, "firsts", FOUND)
        for part in [self._held] if not self._writers else map(self._read, sorted(self._writers)):
            for again in _again(part):
                found.add(again, again["row"] // WINDOW)
        return self._placed(found)

    def _set_aside(self) -> None:
        everything = pa.Table.from_batches(self._held, schema=SUSPECTS).combine_chunks().to_batches()
        self._held, self._many = [], 0
        for batch in everything:
            parts = partition(hashes(batch.column("text")))
            with writable(self._folder):
                for name, rows in rows_of(parts):
                    self._writer(name).write_batch(batch.take(pa.array(rows)))

    def _writer(self, part: int) -> "pa.ipc.RecordBatchStreamWriter":
        if part not in self._writers:
            stream = self._open.enter_context(pa.OSFile(str(self._path(part)), "wb"))
            self._writers[part] = self._open.enter_context(pa.ipc.new_stream(stream, SUSPECTS))
        return self._writers[part]

    def _read(self, part: int) -> Iterator[pa.RecordBatch]:
        with writable(self._folder):
            with pa.OSFile(str(self._path(part))) as stream, pa.ipc.open_stream(stream) as batches:
                yield from batches
            self._path(part).unlink()

    def _path(self, part: int) -> Path:
        return self._folder / f"suspects-{part}.arrow"

    def _placed(self, found: Spill) -> Firsts:
        """Write the first rows where their rows are: window after window, leaving holes between them."""
        if not found.parts:
            return Firsts()
        path = self._folder / "first-rows.bin"
        with writable(self._folder), path.open("wb") as file:
            for window, some in found.take():
                places = some["row"] - window * WINDOW
                dense = np.zeros(places.max() + 1, dtype=np.int64)
                dense[places] = some["first"]
                file.seek(8 * max(window * WINDOW - 1, 0))
                file.write(dense[1 if window == 0 else 0 :].tobytes())  # there is no row 0
        return Firsts(path)


def _again(batches: Iterator[pa.RecordBatch] | Sequence[pa.RecordBatch]) -> Iterator[NDArray[np.void]]:
    """Yield, as `FOUND`, the rows whose text stood in an earlier row; memory holds each text once."""
    known: dict[str, int] = {}
    for batch in batches:
        for start in range(0, batch.num_rows, CHUNK):
            part = batch.slice(start, CHUNK)
            distinct = part.column("text").dictionary_encode()
            rows = part.column("row").to_numpy()
            codes, first_at = np.unique(distinct.indices.to_numpy(), return_index=True)
            names = zip(distinct.dictionary.to_pylist(), rows[first_at].tolist(), strict=True)
            firsts = np.fromiter((known.setdefault(*name) for name in names), np.int64, len(codes))
            found = np.zeros(len(rows), dtype=FOUND)
            found["row"], found["first"] = rows, firsts[distinct.indices.to_numpy()]
            yield found[found["first"] != rows]
