"""The table of raw logs, built by an engine: read, named, made into rows by customer, sorted by time."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import pyarrow as pa
from duckdb import DuckDBPyConnection

from model.history_table import attributes
from model.history_table.apart import judging
from model.history_table.apart.customers import Customers
from model.history_table.apart.engine import Engine, Heap
from model.history_table.apart.in_time import InTime, bounds_of
from model.history_table.apart.naming import Naming
from model.history_table.apart.parcels import Parcel, instants, unpacked
from model.history_table.apart.reading import Reading, Telling
from model.history_table.apart.steps import Task, logs_of
from model.history_table.assembling import even
from model.history_table.attributes import Chosen, Records
from model.history_table.building import MEMORY, Built, connected
from model.history_table.description import History
from model.history_table.files import Given
from model.history_table.opening import given
from model.history_table.paths import found
from model.history_table.shape import shape_of

BYTES = 16_000_000  # of the logs, for one place
MOST = 4_096  # places
SPAN = 262_144  # rows that are sorted at one place, about


@contextmanager
def building_apart(
    history: History, *, as_of: datetime, spill: Path, engine: Engine, memory: str = MEMORY
) -> Iterator[Built]:
    """Build the table as `model.history_table.building` does, by an engine.

    Raises:
        InvalidInput: a file, column or line that cannot be used, or no row.
        Unavailable: a disk is full, or a customer alone does not fit into memory.
    """
    history = replace(history, folder=Path(os.path.realpath(history.folder)))
    with connected(spill, threads=1) as connection:
        yield _Job.of(connection, history, as_of=as_of, engine=engine, memory=memory).built()


@dataclass(frozen=True, kw_only=True)
class _Job:
    """A table in the making: the logs as this process sees them, and what the places are told."""

    engine: Engine
    logs: Mapping[str, Given]
    files: tuple[Parcel, ...]
    task: Task
    chosen: Chosen

    @classmethod
    def of(
        cls, connection: DuckDBPyConnection, history: History, *, as_of: datetime, engine: Engine, memory: str
    ) -> "_Job":
        """Open the heads of all files, and find out what the customers' columns are."""
        logs = {what: given(connection, log, history.folder) for what, log in logs_of(history).items()}
        files = tuple(_files(history))
        size = sum(Path(os.fsdecode(each.data)).stat().st_size for each in files)
        task = Task(
            history=history,
            as_of=as_of,
            types={what: log.types for what, log in logs.items()},
            places=min(MOST, max(engine.width, -(-size // BYTES))),
            memory=memory,
        )
        chosen = Chosen(attributes=(), columns=(), notes=())
        if "customers" in logs:
            heap = engine.spread([each for each in files if each.what == "customers"], Telling(task))
            cells = _checked(heap)
            task = replace(task, told=attributes.whole(judging.of(cells, "customers", "cells")))
            chosen = task.chosen(logs["customers"])
        return cls(engine=engine, logs=logs, files=files, task=task, chosen=chosen)

    def built(self) -> Built:
        """Run the steps, judging after each what it found."""
        history, task = self.task.history, self.task
        reading = self.engine.spread(self.files, Reading(task))
        read = _checked(reading)
        naming = self.engine.run([reading], ("ids", "named"), task.places, Naming(task))
        named = _checked(naming)
        lines = judging.judge(history, self.logs, judging.Found(read=read, named=named))
        bounds = self._bounds(read)
        known = Records(attributes=self.chosen.attributes, dated="valid_from" in self._columns())
        rows = self.engine.run(
            [reading, naming],
            ("contacts", "engagements", "complaints", "records"),
            task.places,
            Customers(task, known, tuple(bounds)),
        )
        made = _checked(rows)
        told = judging.Found(read=read, named=named, made=made)
        tally = judging.keep_made(history, lines, told, as_of=task.as_of)
        records = judging.NO_RECORD
        if "customers" in self.logs:
            records = judging.records_of(self.logs["customers"], self.chosen, told)
        ordered = self.engine.run([rows], ("rows",), len(bounds) + 1, InTime())
        return Built(
            rows=lambda: _in_order(ordered, tally.rows),
            shape=shape_of(history, task.asked, records.attributes),
            lines=lines,
            tally=tally,
            records=records,
        )

    def _columns(self) -> Mapping[str, object]:
        customers = self.task.history.customers
        return {} if customers is None else customers.columns

    def _bounds(self, read: judging.Told) -> list[int]:
        """Cut time into spans, from what was seen of each file."""
        told = [each for each in read if each["what"] == "contacts"]
        times = [(instant, each["every"]) for each in told for instant in each["times"]]
        rows = sum(weight for _, weight in times)
        return bounds_of(times, min(MOST, max(self.engine.width, -(-rows // SPAN))))


def _files(history: History) -> Iterator[Parcel]:
    """Yield every file of every log, addressed to a place of its own."""
    paths = [(what, path) for what, log in logs_of(history).items() for path in found(log, history.folder).paths]
    for place, (what, path) in enumerate(paths):
        yield Parcel(place, what, os.fsencode(path))


def _checked(heap: Heap) -> judging.Told:
    """Return what a step found out; raises what it refused."""
    told = heap.told()
    judging.refuse_errors(told)
    return told


def _in_order(ordered: Heap, rows: int) -> Iterator[pa.RecordBatch]:
    """Yield the rows as they stand in the table, in its row groups."""
    seen, last = 0, None
    for table in even(batch for parcel in ordered.parcels() for batch in unpacked(parcel).to_batches()):
        for batch in table.to_batches():
            times = instants(batch)
            if (last is not None and times[0] < last) or (times[1:] < times[:-1]).any():
                raise RuntimeError(f"rows from {seen:,} on came out of order; report this")  # no input does this
            seen, last = seen + len(batch), times[-1]
            yield batch
    if seen != rows:
        raise RuntimeError(f"{seen:,} rows came of {rows:,} that were made; report this")  # no input does this
