"""Occasions and acts dealt out to parts of the customers, through files, so that memory holds one part at a time.

DuckDB hands both over in the order of time, or in none. A part has the customers whose codes lie in a range; a file
holds what came for it, as whole numbers of 64 bits. numpy then sorts a part some ten times as fast as DuckDB sorts all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import LiteralString

import numpy as np
import pyarrow as pa
from duckdb import DuckDBPyConnection
from numpy.typing import NDArray

from model.history_table import statements as sql
from model.history_table.asking import one_row
from model.history_table.counting import Ints, Piece

LINES = 262_144  # occasions and acts in a part, about
MOST = 1_024  # parts; beyond, they grow
READ = 131_072  # lines at once
OCCASION = ("code", "t", "contacted", "harmed", "number")
ACT = ("code", "t", "kind")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dealt:
    """The folder with the files of so many parts."""

    folder: Path
    parts: int

    def part(self, number: int) -> tuple[Ints, Piece]:
        """Take a part: the rows' numbers, and what is counted from; none, where it has no occasions."""
        code, t, contacted, harmed, row = _taken(self.folder / f"{number}.occasions", OCCASION)
        act_code, act_t, act_kind = _taken(self.folder / f"{number}.acts", ACT)
        order = np.argsort(_narrow(code), kind="stable")  # by time already
        piece = Piece(
            code=code[order],
            t=t[order],
            contacted=contacted[order] == 1,
            harmed=harmed[order],
            act_code=act_code,
            act_t=act_t,
            act_kind=act_kind,
        )
        return row[order], piece


def deal(connection: DuckDBPyConnection, folder: Path) -> Dealt:
    """Deal out the occasions and acts of all customers."""
    found = one_row(connection, sql.TO_DEAL)
    parts = max(1, min(MOST, found["people"], found["lines"] // LINES))
    width = -(-found["people"] // parts)
    for statement, names, ending in ((sql.OCCASIONS, OCCASION, "occasions"), (sql.PAST, ACT, "acts")):
        _deal(connection, statement, names, width, [folder / f"{part}.{ending}" for part in range(parts)])
    return Dealt(folder=folder, parts=parts)


def _deal(
    connection: DuckDBPyConnection, statement: LiteralString, names: Sequence[str], width: int, paths: Sequence[Path]
) -> None:
    for batch in connection.cursor().sql(statement).to_arrow_reader(READ):
        columns = [_whole(batch.column(name)) for name in names]
        part = (columns[0] // width).astype(np.uint16)
        order = np.argsort(part, kind="stable")
        lines = np.stack([column[order] for column in columns], axis=1)
        ends = np.searchsorted(part[order], np.arange(len(paths) + 1)).tolist()
        for path, first, end in zip(paths, ends[:-1], ends[1:], strict=True):
            if first < end:
                with path.open("ab") as file:
                    lines[first:end].tofile(file)


def _taken(path: Path, names: Sequence[str]) -> Sequence[Ints]:
    """Return the columns of a file, which is gone then."""
    if not path.exists():
        return [np.empty(0, dtype=np.int64) for _ in names]
    lines = np.fromfile(path, dtype=np.int64).reshape(-1, len(names))
    path.unlink()
    return [np.ascontiguousarray(column) for column in lines.T]


def _narrow(code: Ints) -> NDArray[np.unsignedinteger]:
    """Return the codes of a part in as few bytes as hold them: two are sorted by digits."""
    least = int(code.min()) if len(code) else 0
    return (code - least).astype(np.min_scalar_type(int(code.max()) - least if len(code) else 0))


def _whole(column: pa.Array) -> Ints:
    """Return whole numbers without gaps (`to_numpy` would load pandas for it)."""
    return np.frombuffer(column.buffers()[1], np.int64, len(column), column.offset * 8)
