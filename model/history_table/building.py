"""Raw logs into a table, in the order of time: read, count customer by customer, join what is known, sort.

DuckDB reads, joins and sorts, on disk beyond its limit; `counting` counts. The same logs give the same rows in the same
order, however many threads there are.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import LiteralString

import duckdb
import numpy as np
import pyarrow as pa
from duckdb import DuckDBPyConnection
from numpy.typing import NDArray

from model.errors import InvalidInput, Unavailable
from model.history import FEATURES
from model.history_table import statements as sql
from model.history_table.ahead import ahead, each
from model.history_table.attributes import Records, read_records
from model.history_table.counting import Asked, Column, counted, other_days
from model.history_table.dealing import deal
from model.history_table.description import WORDS, History
from model.history_table.gathering import DAY, Lines, gather, one_row
from model.history_table.opening import reason_of
from model.history_table.spilling import ROWS, Spill

MEMORY = "150MB"  # of DuckDB; a process has some 300 MB besides
COUNTING = 2  # threads
FEW_RECORDS = 8  # of one customer
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
UNPROMPTED = "opted_out_held_out"  # counted, but no column
SCOPE = ("purpose", "channel")
RENAMED = {"occasion_id": "id", "decided_at": "t", "policy_version": "version"}
TIME = pa.timestamp("us", tz="UTC")


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
class Built:
    """A table that is ready to be read, in the order of time; `schema` names its columns, `features` those to learn."""

    connection: DuckDBPyConnection
    spill: Spill
    schema: pa.Schema
    sources: tuple[tuple[str, pa.DataType], ...]  # of each column: its name within
    features: tuple[str, ...]
    lines: Lines
    tally: Tally
    records: Records
    asked: Asked
    clustered: bool

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield the rows, sorted by time and id, `ROWS` at a time; once."""
        return ahead(self._made())

    def _made(self) -> Iterator[pa.RecordBatch]:
        for group, table in enumerate(_even(self._by_time())):
            _refuse_disorder(table, group * ROWS)
            counted_then = self.spill.read(group, table.num_rows)
            columns = [_column(name, kind, table, counted_then) for name, kind in self.sources]
            yield pa.RecordBatch.from_arrays(columns, schema=self.schema)

    def _by_time(self) -> Iterable[pa.RecordBatch]:
        words = {"purposes": list(WORDS["contacts.purpose"]), "channels": list(WORDS["contacts.channel"])}
        return self.connection.cursor().sql(sql.BY_TIME, params=words).to_arrow_reader(ROWS)  # type: ignore[no-any-return]  # untyped there


def _refuse_disorder(table: pa.Table, first: int) -> None:
    """Make sure that rows come in the order of their numbers: by that alone they meet what was counted."""
    numbers = np.frombuffer(table.column("number").combine_chunks().buffers()[1], np.int64, table.num_rows)
    if not np.array_equal(numbers, np.arange(first, first + table.num_rows)):
        raise RuntimeError(f"rows from {first} on came out of order; report this")  # no input does this


def _even(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
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


@contextmanager
def building(history: History, *, as_of: datetime, spill: Path, threads: int, memory: str = MEMORY) -> Iterator[Built]:
    """Build the table of what had closed at `as_of`; what does not fit into memory goes into the folder `spill`.

    Raises:
        InvalidInput: a file, column or line that cannot be used, or no row.
        Unavailable: the disk is full, or a customer alone does not fit into memory.
    """
    settings: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": memory,
        "threads": threads,
        "temp_directory": str(spill),
        "preserve_insertion_order": True,  # rows are numbered, and handed over, in the order in which they were sorted
        "asof_loop_join_threshold": 0,  # else a nested loop where a few rows are expected and a million come
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    try:
        with duckdb.connect(":memory:", config=settings) as connection:
            yield _built(connection, history, as_of=as_of, spill=spill, threads=threads)
    except (duckdb.OutOfMemoryException, duckdb.IOException) as error:
        raise Unavailable(
            f"the table could not be built: {reason_of(error)}; free some disk or memory, then try again"
        ) from error
    except duckdb.Error as error:
        raise InvalidInput(f"the logs cannot be made into a table: {reason_of(error)}; export them again") from error


def _built(connection: DuckDBPyConnection, history: History, *, as_of: datetime, spill: Path, threads: int) -> Built:
    micros = (as_of - EPOCH) // MICROSECOND
    asked = Asked(windows=history.windows, benefit=history.benefit, as_of=micros)
    own = _own(history, asked)
    lines = gather(connection, history, as_of=as_of, micros=micros)
    records = read_records(connection, history, taken=(*own, *FEATURES))
    connection.execute(_ordered(connection, records), {"latest": micros - history.windows.longest * DAY})
    for statement in sql.DROPPED:
        connection.execute(statement)
    kept = Spill(spill)
    tally = _count(connection, asked, kept, spill, threads)
    if records.attributes:
        tally.unknown = one_row(connection, sql.UNKNOWN)["unknown"]
    attributes = {each.name: each.type for each in records.attributes}
    kinds = own | attributes | {name: _kind(name) for name in FEATURES}
    within = RENAMED | {each.name: each.key for each in records.attributes}
    return Built(
        connection=connection,
        spill=kept,
        schema=pa.schema(list(kinds.items())),
        sources=tuple((within.get(name, name), kind) for name, kind in kinds.items()),
        features=(*attributes, *SCOPE, *FEATURES),
        lines=lines,
        tally=tally,
        records=records,
        asked=asked,
        clustered="cluster" in own,
    )


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


def _own(history: History, asked: Asked) -> dict[str, pa.DataType]:
    """Return the table's own columns with their types, in order."""
    logged = [name for name in ("cluster", "version") if name in history.contacts.columns]
    others = [f"{name}_{days}d" for name, own in asked.harms for days in other_days(own)]
    labels = (asked.benefit, "complained", "opted_out", f"{asked.benefit}_before", "opted_out_before", *others)
    return (
        {"occasion_id": pa.string(), "customer": pa.string(), "decided_at": TIME}
        | dict.fromkeys(SCOPE, pa.string())
        | {"contacted": pa.bool_()}
        | ({"propensity": pa.float64()} if "propensity" in history.contacts.columns else {})
        | dict.fromkeys(labels, pa.bool_())
        | {"policy_version" if name == "version" else name: pa.string() for name in logged}
    )


def _kind(name: str) -> pa.DataType:
    """Return the type of a feature: counts and the hour are whole, days are not."""
    return pa.float64() if name.startswith("days_") else pa.int32()
