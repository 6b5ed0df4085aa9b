"""Files of the logs, each read where it is sent: lines under our own names, to the places of their customers."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from duckdb import DuckDBPyConnection

from model.history_table import statements as lines
from model.history_table.apart import statements as sql
from model.history_table.apart.parcels import Parcel, telling
from model.history_table.apart.steps import Step
from model.history_table.asking import counts_of, one_row, rows_of, run
from model.history_table.attributes import show, told
from model.history_table.files import Given
from model.history_table.opening import given_one
from model.history_table.viewing import show_acts, show_contacts


@dataclass(frozen=True)
class Telling(Step):
    """What the cells of the customers' columns all are, of each file."""

    def work(self, connection: DuckDBPyConnection, parcels: Iterator[Parcel], folder: Path) -> Iterator[Parcel]:  # noqa: ARG002  (every step has one)
        """Read the file once, and send no line."""
        for parcel in parcels:
            yield telling(parcel.what, cells=told(_opened(self, connection, parcel), self.task.taken))


@dataclass(frozen=True)
class Reading(Step):
    """The lines of a file, and what was counted of them."""

    def work(self, connection: DuckDBPyConnection, parcels: Iterator[Parcel], folder: Path) -> Iterator[Parcel]:  # noqa: ARG002  (every step has one)
        """Read the file and send its lines on."""
        for parcel in parcels:
            log, (table, _, number) = _opened(self, connection, parcel), parcel.what.partition(" ")
            if table == "contacts":
                yield from self._contacts(connection, log)
            elif table == "engagements":
                yield from self._engagements(connection, log, int(number))
            elif table == "complaints":
                yield from self._complaints(connection, log, parcel.what)
            else:
                yield from self._customers(connection, log)

    def _contacts(self, connection: DuckDBPyConnection, log: Given) -> Iterator[Parcel]:
        show_contacts(connection, log)
        times = rows_of(connection, sql.TIMES, latest=self.task.latest)
        yield telling(
            "contacts",
            gaps=one_row(connection, lines.GAPS),
            counts=one_row(connection, lines.COUNTS),
            wrong=rows_of(connection, lines.WRONG),
            times=[row["t"] for row in times],
            every=times[0]["every"] if times else 0,
        )
        yield from self.dealt(connection, "contacts", sql.CONTACTS_BY_CUSTOMER)
        yield from self.dealt(connection, "ids", sql.CONTACTS_BY_ID)

    def _engagements(self, connection: DuckDBPyConnection, log: Given, number: int) -> Iterator[Parcel]:
        show_acts(log, "acts_seen")
        run(connection, log.log, sql.ENGAGEMENTS_READ)
        yield telling(f"engagements {number}", counts=one_row(connection, lines.ENGAGEMENT_COUNTS))
        yield from self.dealt(connection, "engagements", sql.ENGAGEMENTS_BY_CUSTOMER, log=number)

    def _complaints(self, connection: DuckDBPyConnection, log: Given, what: str) -> Iterator[Parcel]:
        show_acts(log, "acts_seen")
        run(connection, log.log, sql.COMPLAINTS_READ)
        yield telling(what, counts=one_row(connection, lines.COMPLAINT_COUNTS))
        yield from self.dealt(connection, "named", sql.COMPLAINTS_BY_CONTACT)

    def _customers(self, connection: DuckDBPyConnection, log: Given) -> Iterator[Parcel]:
        show(log, self.task.chosen(log))
        yield telling("customers", counts=counts_of(connection, log.log, lines.RECORD_COUNTS))
        yield from self.dealt(connection, "records", sql.RECORDS_BY_CUSTOMER)


def _opened(step: Step, connection: DuckDBPyConnection, parcel: Parcel) -> Given:
    path = Path(os.fsdecode(parcel.data))
    return given_one(connection, step.task.logs[parcel.what], path, step.task.types[parcel.what])
