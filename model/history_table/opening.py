"""The files of a log as one relation of DuckDB, read by the names of their columns."""

import glob
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
from duckdb import ColumnExpression, ConstantExpression, DuckDBPyConnection, Expression
from duckdb import DuckDBPyRelation as Relation

from model.errors import InvalidInput, OutreachError, Unavailable
from model.history_table.description import Log, Meaning
from model.history_table.files import Given
from model.history_table.heads import QUOTED, Head, csv_head, refuse_damaged, refuse_other_columns, refuse_other_kinds
from model.history_table.paths import Found, found, is_csv, is_packed, is_parquet

LONGEST_REASON = 300  # letters


def given(connection: DuckDBPyConnection, log: Log, folder: Path) -> Given:
    """Open the files of a log.

    Raises:
        InvalidInput: none there, not CSV or Parquet, damaged, or of different columns; the message names the file.
    """
    here = found(log, folder)
    try:
        relation = _relation(connection, log, here)
        types = {name: str(kind) for name, kind in zip(relation.columns, relation.types, strict=True)}
    except duckdb.Error as error:
        raise unreadable(log, error) from error
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InvalidInput(f"`{log.file}` (`{log.table}.file`) cannot be read: {reason}; export it again") from error
    return Given(log, relation, types, is_text=not is_parquet(here.paths[0]), others=_others(log, here))


def given_one(connection: DuckDBPyConnection, log: Log, path: Path, types: Mapping[str, str]) -> Given:
    """Open one file of a log, with the columns and types that the whole log has.

    Raises:
        InvalidInput: it is damaged; the message names the log.
    """
    try:
        relation = _relation(connection, log, Found((path,)))
        own = {name.lower(): str(kind) for name, kind in zip(relation.columns, relation.types, strict=True)}
        if list(own.items()) != [(name.lower(), kind) for name, kind in types.items()]:
            relation = relation.select(*(_as(name, kind, own) for name, kind in types.items() if name != "*"))
    except duckdb.Error as error:
        raise unreadable(log, error) from error
    return Given(log, relation, dict(types), is_text=not is_parquet(path))


def _as(name: str, kind: str, own: Mapping[str, str]) -> Expression:
    """Return a column of a file as the whole log has it; NULL where the file lacks it."""
    if own.get(name.lower()) == kind:
        return ColumnExpression(name)
    column = ColumnExpression(name) if name.lower() in own else ConstantExpression(None)
    return column.cast(duckdb.sqltype(kind)).alias(name)


def unreadable(log: Log, error: duckdb.Error) -> OutreachError:
    """Return the one line for files that DuckDB cannot read, or has no memory for."""
    if isinstance(error, duckdb.OutOfMemoryException):
        return no_room(error)
    return InvalidInput(
        f"`{log.file}` (`{log.table}.file`) cannot be read: {reason_of(error)}; export it again, all files with the "
        "same columns"
    )


def no_room(error: duckdb.Error) -> Unavailable:
    """Return the one line for what does not fit."""
    return Unavailable(f"the table could not be built: {reason_of(error)}; free some disk or memory, then try again")


def reason_of(error: duckdb.Error) -> str:
    """Return what DuckDB says in one line, without the lines of the file and its advice on settings."""
    lines = (str(error) or type(error).__name__).partition("Possible fixes:")[0].splitlines()
    said = [line.strip() for line in lines if line.strip()]
    kept = said[:1] + [
        line for line in said[1:] if line.startswith(("Value with", "Expected Number", "Invalid unicode"))
    ]
    return "; ".join(kept)[:LONGEST_REASON]


def _others(log: Log, here: Found) -> str:
    """Say what else lies in a folder of Parquet."""
    if not here.others:
        return ""
    return f"`{log.file}`: {here.others:,} files there are no Parquet and are not read, such as `{here.first_other}`"


def _relation(connection: DuckDBPyConnection, log: Log, here: Found) -> Relation:
    parquet = [is_parquet(path) for path in here.paths]
    if all(parquet):
        return _parquet(connection, log, here.paths)
    if not any(parquet) and all(map(is_csv, here.paths)):
        return _csv(connection, here.paths)
    raise InvalidInput(
        f"`{log.table}.file`: `{log.file}` is neither Parquet nor CSV; name `….parquet`, `….csv` or `….csv.gz`"
    )


def _parquet(connection: DuckDBPyConnection, log: Log, paths: tuple[Path, ...]) -> Relation:
    types: dict[Path, Mapping[str, str]] = {}
    for path in paths if len(paths) > 1 else ():
        one = connection.read_parquet([_as_itself(path)], hive_partitioning=False)
        types[path] = {name: str(kind) for name, kind in zip(one.columns, one.types, strict=True)}
    if types:
        refuse_other_kinds(types, _used(log) if log.table != "customers" or log.attributes else list(types[paths[0]]))
    return connection.read_parquet([*map(_as_itself, paths)], union_by_name=True, hive_partitioning=False)


def _csv(connection: DuckDBPyConnection, paths: tuple[Path, ...]) -> Relation:
    """Read files of one header together, and put those of another order of columns behind them, by name."""
    for path in paths:
        if is_packed(path):
            refuse_damaged(path)
    heads = {path: csv_head(path) for path in paths}
    refuse_other_columns({path: head.names for path, head in heads.items()})
    names = heads[paths[0]].names
    whole: Relation | None = None
    for head in dict.fromkeys(heads.values()):
        part = _read_csv(connection, head, [path for path in paths if heads[path] == head])
        part = part if head.names == names else part.select(*map(ColumnExpression, names))
        whole = part if whole is None else whole.union(part)
    assert whole is not None  # noqa: S101  (for mypy: a log has at least one file)
    return whole


def _read_csv(connection: DuckDBPyConnection, head: Head, paths: list[Path]) -> Relation:
    several: Any = [*map(_as_itself, paths)]  # declared as one, takes many
    return connection.read_csv(
        several,
        header=True,
        auto_detect=False,
        columns=dict.fromkeys(head.names, "VARCHAR"),
        delimiter=head.between,
        quotechar=QUOTED,
        escapechar=QUOTED,
        comment="",
        compression="gzip" if head.packed else "none",
        hive_partitioning=False,
        strict_mode=True,
        null_padding=False,
    )


def _used(log: Log) -> list[str]:
    """Return the columns that a log names."""
    named = [column.column if isinstance(column, Meaning) else str(column) for column in log.columns.values()]
    return [*dict.fromkeys((*named, *(log.attributes or ())))]


def _as_itself(path: Path) -> str:
    """Return a path that DuckDB reads as it is, whatever signs of a pattern it has."""
    return glob.escape(str(path))
