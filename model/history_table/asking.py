"""Statements run, and their answers by name; a statement that reads a log finds out whether its files are whole."""

from collections.abc import Mapping
from typing import Any, LiteralString

import duckdb
from duckdb import DuckDBPyConnection

from model.history_table.description import Log
from model.history_table.opening import unreadable

Row = Mapping[str, Any]


def run(connection: DuckDBPyConnection, log: Log, statement: LiteralString, **values: object) -> int:
    """Run a statement that reads a file, which is where a damaged one is found out; return how many rows it made."""
    try:
        return made_by(connection.execute(statement, values or None))
    except duckdb.Error as error:
        raise unreadable(log, error) from error


def counts_of(connection: DuckDBPyConnection, log: Log, statement: LiteralString) -> Row:
    """Return the counts of a statement that reads a file."""
    try:
        return one_row(connection, statement)
    except duckdb.Error as error:
        raise unreadable(log, error) from error


def made_by(made: DuckDBPyConnection) -> int:
    """Return how many rows a statement made."""
    return int(made.fetchall()[0][0])


def one_row(connection: DuckDBPyConnection, statement: LiteralString, **values: int) -> Row:
    """Return the one row of a statement by name."""
    rows = rows_of(connection, statement, **values)
    return rows[0]


def rows_of(connection: DuckDBPyConnection, statement: LiteralString, **values: int) -> list[Row]:
    """Return the rows of a statement by name."""
    answer = connection.execute(statement, values or None)
    names = [column[0] for column in answer.description]
    return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]
