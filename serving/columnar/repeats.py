"""Which texts of a column stand in it more than once: found with bounded memory, whatever the number of rows.

First by hash: what may repeat is a table of bits (`Repeated`), in which few innocent texts stand too. Where that is
not enough (an id that repeats rejects its row), `Firsts` finds the first row of each text by the text itself.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from serving.columnar.spill import Spill, writable
from serving.columnar.texts import Hashes, hashes, presence

HELD = 2**20  # hashes or texts in memory, then they go to disk
PARTITIONS = 256
PART_SHIFT = np.uint64(56)  # the first eight bits of a hash name its partition; the table of bits is by the last ones
BITS_EACH = 32  # of the table, for each repeated hash: one innocent text in 32 stands in it at worst
FEWEST_BITS, MOST_BITS = 2**16, 2**29  # the table is at most 64 MB


def partition(values: Hashes) -> NDArray[np.int64]:
    """Return the partition of each hash, from 0 to `PARTITIONS` - 1."""
    return (values >> PART_SHIFT).astype(np.int64)


@dataclass(frozen=True, eq=False)
class Repeated:
    """The texts that may stand in a column more than once; `path` names their table of bits, None: there are none.

    Pickles as its path; the table is mapped where it is asked.
    """

    path: Path | None = None

    def __bool__(self) -> bool:
        """Whether any text stands more than once."""
        return self.path is not None

    def __reduce__(self) -> "tuple[type[Repeated], tuple[Path | None]]":
        """Leave the mapped table behind."""
        return Repeated, (self.path,)

    def among(self, column: pa.Array) -> NDArray[np.bool_]:
        """Return which cells may stand more than once: all that do, and a few that do not; never a null."""
        if self.path is None:
            return np.zeros(len(column), dtype=np.bool_)
        values = hashes(column) & np.uint64(len(self._bits) * 8 - 1)
        found = self._bits[values >> np.uint64(3)] >> (values & np.uint64(7)).astype(np.uint8) & 1
        return np.asarray(found.astype(np.bool_) & presence(column), dtype=np.bool_)

    @cached_property
    def _bits(self) -> NDArray[np.uint8]:
        return np.asarray(np.load(str(self.path), mmap_mode="r"))


class Repeats:
    """Takes a column batch after batch, and finds which texts may repeat; `held` hashes stay in memory at most."""

    def __init__(self, folder: Path, name: str, *, held: int = HELD) -> None:
        self._path, self._limit = folder / f"{name}.npy", held
        self._once = Spill(folder, f"{name}-hashes", np.dtype(np.uint64))
        self._again = Spill(folder, f"{name}-again", np.dtype(np.uint64))
        self._held: list[Hashes] = []
        self._many = 0  # hashes held
        self._count = 0  # of repeats; some may be counted twice

    def add(self, column: pa.Array) -> None:
        """Take the cells of a batch; nulls are left out. Raises `Unavailable` where the disk is full."""
        values = hashes(column)[presence(column)]
        self._held.append(values)
        self._many += len(values)
        if self._many > self._limit:
            self._set_aside(*self._counted())

    def finish(self) -> Repeated:
        """Return what may repeat. Raises `Unavailable` as `add`."""
        values, counts = self._counted()
        if self._once.parts:
            self._set_aside(values, counts)
            for _, some in self._once.take():
                found, times = np.unique(some, return_counts=True)
                self._repeat(found[times > 1])
        else:
            self._repeat(values[counts > 1])
        return self._table()

    def _counted(self) -> tuple[Hashes, NDArray[np.intp]]:
        values, counts = np.unique(np.concatenate([*self._held, np.empty(0, np.uint64)]), return_counts=True)
        self._held, self._many = [], 0
        return values, counts

    def _set_aside(self, values: Hashes, counts: NDArray[np.intp]) -> None:
        self._repeat(values[counts > 1])
        self._once.add(values, partition(values))

    def _repeat(self, values: Hashes) -> None:
        if len(values):
            self._again.add(values, partition(values))
            self._count += len(values)

    def _table(self) -> Repeated:
        if not self._count:
            return Repeated()
        size = min(max(1 << (self._count * BITS_EACH - 1).bit_length(), FEWEST_BITS), MOST_BITS)
        bits = np.zeros(size // 8, dtype=np.uint8)
        for _, some in self._again.take():
            places = some & np.uint64(size - 1)
            np.bitwise_or.at(bits, places >> np.uint64(3), np.uint8(1) << (places & np.uint64(7)).astype(np.uint8))
        with writable(self._path.parent):
            np.save(self._path, bits)
        return Repeated(self._path)
