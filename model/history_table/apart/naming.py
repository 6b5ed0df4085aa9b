"""Contacts and what complaints name, brought together by the contact's id: whose it was, and whether it is one."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from duckdb import DuckDBPyConnection

from model.history_table import statements as lines
from model.history_table.apart import statements as sql
from model.history_table.apart.parcels import Parcel, telling
from model.history_table.apart.steps import Step, take
from model.history_table.asking import one_row, rows_of


@dataclass(frozen=True)
class Naming(Step):
    """Complaints go on to their own customer, and to the customer of the contact that they name."""

    def work(self, connection: DuckDBPyConnection, parcels: Iterator[Parcel], folder: Path) -> Iterator[Parcel]:  # noqa: ARG002  (every step has one)
        """Look up what is named, and look for an id that stands twice."""
        for statement in (sql.IDS, sql.COMPLAINTS):
            connection.execute(statement)
        take(connection, parcels)
        same = one_row(connection, lines.DIFFERENT_IDS)["same"]
        for statement in (lines.COMPLAINTS, lines.COMPLAINED):
            connection.execute(statement)
        twice = [] if same else rows_of(connection, lines.TWICE)
        yield telling("named", twice=twice, counts=one_row(connection, lines.NAMED_COUNTS))
        yield from self.dealt(connection, "complaints", sql.COMPLAINTS_BY_CUSTOMER)
