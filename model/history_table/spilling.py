"""What was counted customer by customer, put into the order of time: through files, one for so many rows of the table.

A row's number says to which file it belongs and where in it. So nothing is compared, every file is read once, whole,
and memory holds one file and what waits to be dealt out.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.history_table.counting import Column, Ints

ROWS = 131_072  # of a file, and of a row group of the table
WAITING = 2 * ROWS  # rows that are dealt out at once


class Spill:
    """Columns of equal length by name, in any order of rows, dealt out by the number of their row."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._waiting: list[NDArray[Any]] = []
        self._rows = 0
        self._type: np.dtype[Any] | None = None

    def add(self, number: Ints, columns: Mapping[str, Column]) -> None:
        """Keep these rows; every call brings the same columns."""
        if self._type is None:
            self._type = np.dtype([("number", np.int64), *((name, each.dtype) for name, each in columns.items())])
        records = np.empty(len(number), dtype=self._type)
        records["number"] = number
        for name, values in columns.items():
            records[name] = values
        self._waiting.append(records)
        self._rows += len(records)
        if self._rows >= WAITING:
            self._deal()

    def read(self, part: int, rows: int) -> NDArray[Any]:
        """Return the rows `part · ROWS` … in order, so many; the file is gone then."""
        self._deal()
        path = self._folder / f"{part}.rows"
        records = np.fromfile(path, dtype=self._type)
        path.unlink()
        ordered = np.empty(rows, dtype=self._type)
        ordered[records["number"] - part * ROWS] = records
        return ordered

    def _deal(self) -> None:
        if not self._waiting:
            return
        records = np.concatenate(self._waiting)
        self._waiting, self._rows = [], 0
        part = records["number"] // ROWS
        order = np.argsort(part, kind="stable")
        records, part = records[order], part[order]
        ends = [*np.flatnonzero(np.diff(part)) + 1, len(part)]
        for first, end in zip([0, *ends], ends, strict=False):
            with (self._folder / f"{part[first]}.rows").open("ab") as file:
                records[first:end].tofile(file)
