"""Occasions and acts side by side, customer by customer, in pieces of some ten thousand occasions.

Both come sorted by customer from DuckDB, which sorts on disk where memory ends. A customer is never cut: who has more
occasions than a piece makes a larger one.
"""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
from duckdb import DuckDBPyConnection

from model.history_table import statements as sql
from model.history_table.counting import Ints, Piece

OCCASIONS = 16_384  # in a piece
ACTS = 65_536  # read at once


def pieces(connection: DuckDBPyConnection) -> Iterator[tuple[Ints, Piece]]:
    """Yield the numbers of the occasions of some customers, and what is counted from."""
    acts = _Acts(connection)
    for table in _whole_customers(connection):
        code = _whole(table, "code")
        act_code, act_t, act_kind = acts.until(int(code[-1]))
        yield (
            _whole(table, "number"),
            Piece(
                code=code,
                t=_whole(table, "t"),
                contacted=_whole(table, "contacted") == 1,
                harmed=_whole(table, "harmed"),
                act_code=act_code,
                act_t=act_t,
                act_kind=act_kind,
            ),
        )


def _whole_customers(connection: DuckDBPyConnection) -> Iterator[pa.Table]:
    """Yield the occasions in order, cut only where a customer ends."""
    rest: pa.Table | None = None
    for batch in connection.cursor().sql(sql.BY_CUSTOMER).to_arrow_reader(OCCASIONS):
        table = pa.Table.from_batches([batch])
        table = table if rest is None else pa.concat_tables([rest, table])
        code = _whole(table, "code")
        cut = int(np.searchsorted(code, code[-1]))
        rest = table.slice(cut)
        if cut:
            yield table.slice(0, cut)
    if rest is not None and rest.num_rows:
        yield rest


class _Acts:
    """The acts in order: what has been read of them, and the reader of the rest."""

    def __init__(self, connection: DuckDBPyConnection) -> None:
        self._reader = connection.cursor().sql(sql.PAST).to_arrow_reader(ACTS)
        self._held: list[pa.RecordBatch] = []

    def until(self, code: int) -> tuple[Ints, Ints, Ints]:
        """Take all acts of customers up to and with this one: code, time, kind."""
        while not self._held or self._held[-1].column("code")[-1].as_py() <= code:
            batch = next(self._reader, None)
            if batch is None:
                break
            if batch.num_rows:
                self._held.append(batch)
        if not self._held:
            nothing = np.empty(0, dtype=np.int64)
            return nothing, nothing, nothing
        table = pa.Table.from_batches(self._held)
        end = int(np.searchsorted(_whole(table, "code"), code, side="right"))
        self._held = [batch for batch in table.slice(end).to_batches() if batch.num_rows]
        taken = table.slice(0, end)
        return _whole(taken, "code"), _whole(taken, "t"), _whole(taken, "kind")


def _whole(table: pa.Table, name: str) -> Ints:
    """Return a column of whole numbers without gaps (`to_numpy` would load pandas for it)."""
    chunks = [chunk for chunk in table.column(name).chunks if len(chunk)]
    parts = [np.frombuffer(each.buffers()[1], np.int64, len(each), each.offset * 8) for each in chunks]
    return parts[0] if len(parts) == 1 else np.concatenate(parts or [np.empty(0, dtype=np.int64)])
