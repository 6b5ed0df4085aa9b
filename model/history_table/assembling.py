"""What was gathered, made into rows: joined with what was known then, sorted by time, counted customer by customer."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import LiteralString

import numpy as np
import pyarrow as pa
from duckdb import DuckDBPyConnection
from numpy.typing import NDArray

from model.history_table import statements as sql
from model.history_table.ahead import each
from model.history_table.asking import one_row
from model.history_table.attributes import Records
from model.history_table.counting import DAY, Asked, Column, counted
from model.history_table.dealing import deal
from model.history_table.description import WORDS
from model.history_table.shape import Shape
from model.history_table.spilling import ROWS, Spill

COUNTING = 2  # threads
FEW_RECORDS = 8  # of one customer
UNPROMPTED = "opted_out_held_out"  # counted, but no column


@dataclass(slots=True)
class Tally:
    """What stands in the rows."""

    rows: int = 0
    contacted: int = 0
    benefit_held_out: int = 0
    opted_out_held_out: int = 0  # within the window, by no message of ours: they happen
    unknown: int = 0  # rows of customers without a record at the time

    def add(self, part: "Tally") -> None:
        """Count a part of the customers."""
        self.rows += part.rows
        self.contacted += part.contacted
        self.benefit_held_out += part.benefit_held_out
        self.opted_out_held_out += part.opted_out_held_out

    @classmethod
    def of(cls, columns: Mapping[str, Column], contacted: Column, benefit: str) -> "Tally":
        """Count the rows of a part."""
        return cls(
            rows=len(contacted),
            contacted=int(contacted.sum()),
            benefit_held_out=int((columns[benefit] & ~contacted).sum()),
            opted_out_held_out=int((columns[UNPROMPTED] & ~contacted).sum()),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """What lies ready to be read as rows in the order of time."""

    connection: DuckDBPyConnection
    spill: Spill
    shape: Shape

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield the rows, sorted by time and id, `ROWS` at a time; once."""
        for group, table in enumerate(even(self._by_time())):
            _refuse_disorder(table, group * ROWS)
            counted_then = self.spill.read(group, table.num_rows)
            columns = [_column(name, kind, table, counted_then) for name, kind in self.shape.sources]
            yield pa.RecordBatch.from_arrays(columns, schema=self.shape.schema)

    def _by_time(self) -> Iterable[pa.RecordBatch]:
        words = {"purposes": list(WORDS["contacts.purpose"]), "channels": list(WORDS["contacts.channel"])}
        return self.connection.cursor().sql(sql.BY_TIME, params=words).to_arrow_reader(ROWS)  # type: ignore[no-any-return]  # untyped there


def assemble(
    connection: DuckDBPyConnection, shape: Shape, records: Records, *, folder: Path, threads: int
) -> tuple[Tally, Rows]:
    """Put the rows into the order of time and count them; what does not fit into memory goes into the folder."""
    asked = shape.asked
    connection.execute(_ordered(connection, records), {"latest": asked.as_of - asked.windows.longest * DAY})
    for statement in sql.DROPPED:
        connection.execute(statement)
    kept = Spill(folder)
    tally = _count(connection, asked, kept, folder, threads)
    if records.attributes:
        tally.unknown = one_row(connection, sql.UNKNOWN)["unknown"]
    return tally, Rows(connection=connection, spill=kept, shape=shape)


def _refuse_disorder(table: pa.Table, first: int) -> None:
    """Make sure that rows come in the order of their numbers: by that alone they meet what was counted."""
    numbers = np.frombuffer(table.column("number").combine_chunks().buffers()[1], np.int64, table.num_rows)
    if not np.array_equal(numbers, np.arange(first, first + table.num_rows)):
        raise RuntimeError(f"rows from {first} on came out of order; report this")  # no input does this


def even(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Yield the same rows, `ROWS` at a time."""
    held: list[pa.RecordBatch] = []
    for batch in batches:
        held.append(batch)
        table = pa.Table.from_batches(held)
        whole = table.num_rows // ROWS * ROWS
        for start in range(0, whole, ROWS):
            yield table.slice(start, ROWS).combine_chunks()
        held = table.slice(whole).to_batches() if whole else held
    if any(batch.num_rows for batch in held):
        yield pa.Table.from_batches(held).combine_chunks()


def _column(name: str, kind: pa.DataType, table: pa.Table, counted_then: Mapping[str, Column]) -> pa.Array:
    """Return a column of a part of the table: what was read, or what was counted; NaN is null."""
    if name not in counted_then or name in table.column_names:
        return table.column(name).combine_chunks().cast(kind)
    values = counted_then[name]
    known = ~np.isnan(values) if values.dtype.kind == "f" else None
    held = _bits(values == 1) if pa.types.is_boolean(kind) else pa.py_buffer(values)
    return pa.Array.from_buffers(kind, len(values), [None if known is None else _bits(known), held])


def _bits(truths: NDArray[np.bool_]) -> pa.Buffer:
    """Return truths as Arrow holds them (`pa.array` would load pandas for it)."""
    return pa.py_buffer(np.packbits(truths, bitorder="little"))


def _count(connection: DuckDBPyConnection, asked: Asked, kept: Spill, folder: Path, threads: int) -> Tally:
    """Count part by part of the customers, in so many threads (two at most: each needs memory for a part)."""
    dealt = deal(connection, folder)
    connection.execute(sql.DEALT)

    def one(part: int) -> Tally:
        number, piece = dealt.part(part)
        if not len(number):
            return Tally()
        columns = counted(piece, asked)
        kept.add(part, number, columns)
        return Tally.of(columns, piece.contacted, asked.benefit)

    whole = Tally()
    for tally in each(one, dealt.parts, min(threads, COUNTING)):
        whole.add(tally)
    return whole


def _ordered(connection: DuckDBPyConnection, records: Records) -> LiteralString:
    """Return the statement that puts the rows into the order of time, with attributes as of then.

    A join as of then sorts both sides; where a customer has few records, looking at each of them takes half the time.
    """
    if not records.attributes:
        return sql.ORDERED
    if not records.dated:
        return sql.ORDERED_WITH_ONE_RECORD
    few = one_row(connection, sql.MOST_RECORDS)["most"] <= FEW_RECORDS
    return sql.ORDERED_WITH_FEW_RECORDS if few else sql.ORDERED_WITH_RECORDS
