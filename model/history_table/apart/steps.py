"""How a step starts at its place, and how what goes wrong there comes back: as a line that is told, not as a crash."""

import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import LiteralString

import duckdb
from duckdb import DuckDBPyConnection

from model.errors import InvalidInput, Unavailable
from model.history_table.apart import statements as sql
from model.history_table.apart.parcels import ROWS, Parcel, addressed, telling, unpacked
from model.history_table.attributes import Chosen, choose
from model.history_table.building import MEMORY, asked_of, connected
from model.history_table.counting import DAY, Asked
from model.history_table.description import History, Log
from model.history_table.files import Given
from model.history_table.shape import taken

ERROR = "error"
Types = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, kw_only=True)
class Task:
    """What every step knows: the logs with the types of their columns, until when they go, how many places."""

    history: History
    as_of: datetime
    types: Types
    places: int
    told: Mapping[str, bool] | None = None  # of the customers' columns
    memory: str = MEMORY
    version: str = duckdb.__version__

    @cached_property
    def logs(self) -> Mapping[str, Log]:
        """All logs by a name of their own."""
        return logs_of(self.history)

    @cached_property
    def asked(self) -> Asked:
        """What the table is to say."""
        return asked_of(self.history, self.as_of)

    @property
    def taken(self) -> tuple[str, ...]:
        """The names that no attribute may have."""
        return taken(self.history, self.asked)

    @property
    def latest(self) -> int:
        """The last instant of which every window has closed."""
        return self.asked.as_of - self.history.windows.longest * DAY

    def chosen(self, log: Given) -> Chosen:
        """Return the attributes, as the whole log has them."""
        return choose(log, self.told or {}, self.taken)


def logs_of(history: History) -> dict[str, Log]:
    """Return all logs by a name of their own, in the order in which they are judged."""
    logs = {"contacts": history.contacts}
    logs |= {f"engagements {number}": log for number, log in enumerate(history.engagements)}
    logs |= {f"complaints {number}": log for number, log in enumerate(history.complaints)}
    return logs | ({"customers": history.customers} if history.customers is not None else {})


@dataclass(frozen=True)
class Step(ABC):
    """Work at a place, in a database of its own; a line that cannot be used is told."""

    task: Task

    def __call__(self, parcels: Iterator[Parcel]) -> Iterator[Parcel]:
        """Yield what the place makes of its parcels."""
        if (
            self.task.version != duckdb.__version__
        ):  # another one may put a customer elsewhere, or read a cell otherwise
            ours, theirs = self.task.version, duckdb.__version__
            said = f"executors have DuckDB {theirs}, the driver {ours}; give both the same, then run again"
            yield telling(ERROR, invalid=False, said=said)
            return
        try:
            with (
                tempfile.TemporaryDirectory(prefix="outreach-table.") as folder,
                connected(Path(folder), threads=1, memory=self.task.memory) as connection,
            ):
                yield from self.work(connection, parcels, Path(folder))
        except (InvalidInput, Unavailable) as error:
            yield telling(ERROR, invalid=isinstance(error, InvalidInput), said=str(error))

    @abstractmethod
    def work(self, connection: DuckDBPyConnection, parcels: Iterator[Parcel], folder: Path) -> Iterator[Parcel]:
        """Yield what the place makes of its parcels."""

    def dealt(
        self, connection: DuckDBPyConnection, what: str, statement: LiteralString, **values: int
    ) -> Iterator[Parcel]:
        """Yield the lines of a statement, each for its place."""
        found = connection.cursor().sql(statement, params={"places": self.task.places} | values)
        return addressed(what, found.to_arrow_reader(ROWS))


def take(connection: DuckDBPyConnection, parcels: Iterator[Parcel]) -> None:
    """Put what came into the tables, in whatever order it comes."""
    for parcel in parcels:
        connection.register("parcel", unpacked(parcel))
        connection.execute(sql.INTO[parcel.what])
        connection.unregister("parcel")
