"""All that came of some customers, made into their rows by what one process uses for all customers."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from duckdb import DuckDBPyConnection

from model.history_table import statements as lines
from model.history_table.apart import statements as sql
from model.history_table.apart.parcels import Parcel, cut, instants, telling
from model.history_table.apart.steps import Step, take
from model.history_table.asking import made_by, one_row, rows_of
from model.history_table.assembling import Tally, assemble
from model.history_table.attributes import Records
from model.history_table.gathering import choose, count_harm
from model.history_table.shape import shape_of


@dataclass(frozen=True)
class Customers(Step):
    """The rows of the customers of a place, each sent to where its time belongs: `bounds` lie between those places."""

    records: Records
    bounds: Sequence[int]  # microseconds

    def work(self, connection: DuckDBPyConnection, parcels: Iterator[Parcel], folder: Path) -> Iterator[Parcel]:
        """Gather, choose, count."""
        history = self.task.history
        _empty(connection, self.records)
        take(connection, parcels)
        found: dict[str, Any] = self._gathered(connection)
        chosen = choose(connection, history, micros=self.task.asked.as_of)
        connection.execute(lines.HARM)
        if history.customers is not None:
            found |= self._recorded(connection)
        if not chosen["chosen"]:
            yield telling("customers", **found, chosen=chosen, tally=asdict(Tally()))
            return
        shape = shape_of(history, self.task.asked, self.records.attributes)
        tally, rows = assemble(connection, shape, self.records, folder=folder, threads=1)
        yield telling("customers", **found, chosen=chosen, tally=asdict(tally))
        bounds = np.array(self.bounds, dtype=np.int64)
        for batch in rows.batches():
            yield from cut("rows", batch, np.searchsorted(bounds, instants(batch), side="right"))

    def _gathered(self, connection: DuckDBPyConnection) -> dict[str, Any]:
        """Number the customers and gather what they did; say how much of each log is theirs."""
        for statement in (lines.PEOPLE, lines.ACTS):
            connection.execute(statement)
        added = []
        for number in range(len(self.task.history.engagements)):
            connection.execute(sql.ENGAGEMENTS_GIVEN, {"log": number})
            added.append(made_by(connection.execute(lines.ENGAGEMENTS)))
        return {"added": added, "harm": count_harm(connection)}

    def _recorded(self, connection: DuckDBPyConnection) -> dict[str, Any]:
        counts = one_row(connection, lines.RECORD_COUNTS)
        twice = rows_of(connection, lines.RECORD_TWICE) if counts["different"] != counts["lines"] else []
        return {"twice": twice, "known": made_by(connection.execute(lines.RECORDS))}


def _empty(connection: DuckDBPyConnection, records: Records) -> None:
    """Make the tables that parcels go into."""
    for statement in (sql.CONTACTS, sql.ENGAGEMENTS, lines.COMPLAINTS):
        connection.execute(statement)
    names = {"id": pa.string(), "since": pa.int64()} | {each.key: each.type for each in records.attributes}
    connection.register("parcel", pa.schema(list(names.items())).empty_table())
    connection.execute(sql.RECORDS)
    connection.unregister("parcel")
