"""Raw logs into a table, in the order of time: read, count customer by customer, join what is known, sort.

DuckDB reads, joins and sorts, on disk beyond its limit; `counting` counts. The same logs give the same rows in the same
order, however many threads there are.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
from duckdb import DuckDBPyConnection

from model.errors import InvalidInput
from model.history_table.ahead import ahead
from model.history_table.assembling import Tally, assemble
from model.history_table.attributes import Records, read_records
from model.history_table.counting import Asked
from model.history_table.description import History
from model.history_table.doubting import Lines
from model.history_table.gathering import gather
from model.history_table.opening import no_room, reason_of
from model.history_table.shape import Shape, shape_of, taken

MEMORY = "150MB"  # of DuckDB; a process has some 300 MB besides
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A table that is ready to be read, in the order of time; `shape` says its columns, and which are to be learned."""

    rows: Callable[[], Iterator[pa.RecordBatch]]
    shape: Shape
    lines: Lines
    tally: Tally
    records: Records

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield the rows, sorted by time and id, `ROWS` at a time; once."""
        return ahead(self.rows())

    @property
    def schema(self) -> pa.Schema:
        """The columns with their types."""
        return self.shape.schema

    @property
    def asked(self) -> Asked:
        """What the table was asked to say."""
        return self.shape.asked


@contextmanager
def building(history: History, *, as_of: datetime, spill: Path, threads: int, memory: str = MEMORY) -> Iterator[Built]:
    """Build the table of what had closed at `as_of`; what does not fit into memory goes into the folder `spill`.

    Raises:
        InvalidInput: a file, column or line that cannot be used, or no row.
        Unavailable: the disk is full, or a customer alone does not fit into memory.
    """
    with connected(spill, threads=threads, memory=memory) as connection:
        yield _built(connection, history, as_of=as_of, spill=spill, threads=threads)


@contextmanager
def connected(spill: Path, *, threads: int, memory: str = MEMORY) -> Iterator[DuckDBPyConnection]:
    """Open a database in memory that spills into the folder, and say in one line what DuckDB cannot do with the logs.

    Raises:
        InvalidInput: the logs cannot be made into a table.
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
            yield connection
    except (duckdb.OutOfMemoryException, duckdb.IOException) as error:
        raise no_room(error) from error
    except duckdb.Error as error:
        raise InvalidInput(f"the logs cannot be made into a table: {reason_of(error)}; export them again") from error


def asked_of(history: History, as_of: datetime) -> Asked:
    """Return what a table of these logs is to say."""
    micros = (as_of - EPOCH) // MICROSECOND
    return Asked(windows=history.windows, benefit=history.benefit, as_of=micros)


def _built(connection: DuckDBPyConnection, history: History, *, as_of: datetime, spill: Path, threads: int) -> Built:
    asked = asked_of(history, as_of)
    lines = gather(connection, history, as_of=as_of, micros=asked.as_of)
    records = read_records(connection, history, taken=taken(history, asked))
    shape = shape_of(history, asked, records.attributes)
    tally, rows = assemble(connection, shape, records, folder=spill, threads=threads)
    return Built(rows=rows.batches, shape=shape, lines=lines, tally=tally, records=records)
