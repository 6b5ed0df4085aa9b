"""What was counted part by part of the customers, put into the order of time: through files.

A row's number says where it belongs. A part writes one file, cut where a group of the table's rows ends, so a group is
read in one slice from each file and put into its places: nothing is compared, and memory holds one group.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from model.history_table.counting import Column, Ints

ROWS = 65_536  # of a group, and of a row group of the table
NUMBER = "number"


class Spill:
    """Columns of equal length by name, written part by part (by several threads), read group by group."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ends: dict[int, NDArray[np.int64]] = {}  # of a part: where in its file each group ends, in rows
        self._types: tuple[tuple[str, np.dtype[Any]], ...] = ()

    def add(self, part: int, number: Ints, columns: Mapping[str, Column]) -> None:
        """Keep the rows of a part, which comes once; every call brings the same columns."""
        order = np.argsort(number)
        ends = np.searchsorted(number, np.arange(number.max() // ROWS + 2) * ROWS, sorter=order)
        held: dict[str, Column] = {NUMBER: number[order] % ROWS}
        held |= {name: values[order] for name, values in columns.items()}
        held = dict(sorted(held.items(), key=lambda item: -item[1].itemsize))  # the number first, and each aligned
        with self._path(part).open("wb") as file:
            for first, end in zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True):
                for values in held.values():
                    file.write(values[first:end].data)
        self._types = tuple((name, values.dtype) for name, values in held.items())
        self._ends[part] = ends

    def read(self, group: int, rows: int) -> dict[str, Column]:
        """Return the rows `group · ROWS` … in order, so many."""
        whole = {name: np.empty(rows, dtype=kind) for name, kind in self._types}
        for part, ends in self._ends.items():
            if group + 1 < len(ends) and ends[group] < ends[group + 1]:
                with self._path(part).open("rb") as file:
                    self._fill(whole, file, *ends[group : group + 2].tolist())
        return whole

    def _fill(self, whole: Mapping[str, Column], file: BinaryIO, first: int, end: int) -> None:
        width = sum(kind.itemsize for _, kind in self._types)
        data = os.pread(file.fileno(), (end - first) * width, first * width)
        place = np.frombuffer(data, np.int64, end - first)
        offset = 0
        for name, kind in self._types:
            whole[name][place] = np.frombuffer(data, kind, end - first, offset)
            offset += (end - first) * kind.itemsize

    def _path(self, part: int) -> Path:
        return self._folder / f"{part}.rows"
