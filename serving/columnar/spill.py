"""Values set aside on disk by partition, so that one partition at a time is in memory."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.errors import Unavailable, one_line


class Spill:
    """Rows of one numpy type, appended to a file per partition in the order in which they came."""

    def __init__(self, folder: Path, name: str, dtype: np.dtype[Any]) -> None:
        self._folder, self._name, self._dtype = folder, name, dtype
        self._written: set[int] = set()

    @property
    def parts(self) -> frozenset[int]:
        """The partitions that have values."""
        return frozenset(self._written)

    def add(self, values: NDArray[Any], parts: NDArray[np.int64]) -> None:
        """Append each value to its partition. Raises `Unavailable` where the disk is full, or away."""
        with writable(self._folder):
            for part, rows in rows_of(parts):
                with self._path(part).open("ab") as file:
                    file.write(values[rows].tobytes())
                self._written.add(part)

    def take(self) -> Iterator[tuple[int, NDArray[Any]]]:
        """Yield each partition that has values, by its number, and remove it. Raises `Unavailable` as `add`."""
        for part in sorted(self.parts):
            with writable(self._folder):
                values = np.fromfile(self._path(part), dtype=self._dtype)
                self._path(part).unlink()
            yield part, values
        self._written.clear()

    def _path(self, part: int) -> Path:
        return self._folder / f"{self._name}-{part}.bin"


def rows_of(parts: NDArray[np.int64]) -> Iterator[tuple[int, NDArray[np.intp]]]:
    """Yield each partition that is named, and the rows that name it, in their order."""
    order = np.argsort(parts, kind="stable")
    names, starts = np.unique(parts[order], return_index=True)
    ends = [*starts[1:].tolist(), len(order)]
    for name, start, end in zip(names.tolist(), starts.tolist(), ends[: len(names)], strict=True):
        yield name, order[start:end]


@contextmanager
def writable(folder: Path, cannot: str = "hold what is set aside", so: str = "nothing was decided") -> Iterator[None]:
    """Say in one line what the disk refused: what the folder cannot do, and what that means."""
    try:
        yield
    except OSError as error:
        detail = error.strerror or one_line(error)
        raise Unavailable(f"`{folder}` cannot {cannot} ({detail}); {so}: make room, run again") from error
