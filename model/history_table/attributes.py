"""What customers' records hold, as columns that a model can read: numbers, true/false, text; the rest is left out.

CSV          a column of numbers, or of true and false, is read as such; all else is text
Parquet      by its type; dates, lists and records say nothing to a model and are left out, with a note
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
from duckdb import CaseExpression, ColumnExpression, ConstantExpression, DuckDBPyConnection, Expression
from duckdb import FunctionExpression as Call

from model.errors import InvalidInput
from model.history_table import statements as sql
from model.history_table.asking import Row, counts_of, made_by, rows_of
from model.history_table.description import History, Log
from model.history_table.files import NUMBERS, Given, absent
from model.history_table.opening import given
from model.reading.columns import DATE

INFINITE = "it holds a number that is not finite"
LONGEST_NAME = 100  # letters
TRUTH = r"^(?i:true|false)$"
NO_CUSTOMERS = "no `[customers]`, so no attribute is a feature"
NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """A column of the table: `key` is its name within, `name` the user's."""

    key: str
    name: str
    type: pa.DataType


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """What is known of customers: their attributes, since when each record holds, and what was left out."""

    attributes: tuple[Attribute, ...] = ()
    dated: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The columns of the customers' log that are attributes, how each is read, and notes on the others."""

    attributes: tuple[Attribute, ...]
    columns: tuple[Expression, ...]
    notes: tuple[str, ...]


def read_records(connection: DuckDBPyConnection, history: History, *, taken: Sequence[str]) -> Records:
    """Make the table `records`; names in `taken` are the table's own.

    Raises:
        InvalidInput: a record without id or `valid_from`, or two of one customer from the same instant.
    """
    if history.customers is None:
        return Records(notes=(NO_CUSTOMERS,))
    log = given(connection, history.customers, history.folder)
    chosen = choose(log, whole([told(log, taken)]), taken)
    show(log, chosen)
    counts = counts_of(connection, log.log, sql.RECORD_COUNTS)
    refuse_gaps(log, counts)
    if counts["different"] != counts["lines"]:
        refuse_twice(log.log, *rows_of(connection, sql.RECORD_TWICE))
    return records_of(log, chosen, lines=counts["lines"], known=made_by(connection.execute(sql.RECORDS)))


def choose(log: Given, told: Mapping[str, bool], taken: Sequence[str]) -> Chosen:
    """Choose the attributes, by what the cells of each column all are."""
    names, notes = names_of(log, taken)
    attributes: list[Attribute] = []
    columns: list[Expression] = []
    for name in names:
        kind, column, note = _column(log, name, told)
        notes += [note] if note else []
        if kind is not None:
            key = f"a{len(attributes)}"
            attributes.append(Attribute(key=key, name=name, type=kind))
            columns.append(column.alias(key))
    return Chosen(attributes=tuple(attributes), columns=tuple(columns), notes=tuple(notes))


def show(log: Given, chosen: Chosen) -> None:
    """Show the records under our own names: id, since, and the attributes."""
    since = log.micros("valid_from") if "valid_from" in log.log.columns else absent("BIGINT")
    view = log.relation.select(log.text("id").alias("id"), since.alias("since"), *chosen.columns)
    view.create_view("customers_given", replace=True)


def records_of(log: Given, chosen: Chosen, *, lines: int, known: int) -> Records:
    """Return what is known of customers; so many of the lines are of customers whom a contact of ours names."""
    notes, dated = [*chosen.notes], "valid_from" in log.log.columns
    if found := lines - known:
        notes.append(f"`{log.log.file}`: {found:,} of {lines:,} records are of customers whom no contact of ours names")
    notes += [log.others] if log.others else []
    if not dated:
        notes.append(
            "`[customers]` has no `valid_from`: attributes are as exported, and whether they were known at the time of "
            "an occasion cannot be checked"
        )
    return Records(attributes=chosen.attributes, dated=dated, notes=tuple(notes))


def names_of(log: Given, taken: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return which columns are attributes, and notes on those that cannot be."""
    used = {column for column in log.log.columns.values() if isinstance(column, str)}
    asked = log.log.attributes
    for name in asked or ():
        log.kind(name, "attributes")
    names, notes = [], []
    for name in [each for each in log.types if each not in used] if asked is None else asked:
        if name in taken:
            notes.append(f"attribute `{name}` is left out: the table has a column of this name")
        elif name == "*" or not name.isprintable() or name != name.strip() or len(name) > LONGEST_NAME:
            notes.append(f"attribute `{name[:40]!r}` is left out: a table cannot carry this name")
        else:
            names.append(name)
    return names, notes


def told(log: Given, taken: Sequence[str]) -> dict[str, bool | None]:
    """Find out, in one reading, what the cells of each column all are, or some: dates, numbers, truths, no number.

    None says that a column has no cell that could tell.
    """
    asked: dict[str, Expression] = {}
    for name in names_of(log, taken)[0]:
        column = ColumnExpression(name)
        if log.types[name] == "VARCHAR":
            for what, pattern in (("date", DATE), ("truth", TRUTH), ("number", NUMBER)):
                filled = Call("nullif", column, ConstantExpression(""))
                asked[f"{what} {name}"] = Call("bool_and", Call("regexp_matches", filled, ConstantExpression(pattern)))
            asked[f"infinite {name}"] = Call("bool_or", Call("isinf", filled.try_cast("DOUBLE")))
        elif log.types[name] in ("FLOAT", "DOUBLE"):
            asked[f"infinite {name}"] = Call("bool_or", Call("isinf", column))
    if not asked:
        return {}
    answers = log.relation.aggregate([each.alias(f"x{i}") for i, each in enumerate(asked.values())]).fetchall()[0]
    return dict(zip(asked, answers, strict=True))


def whole(parts: Sequence[Mapping[str, bool | None]]) -> dict[str, bool]:
    """Put together what was told of each part of a log: infinite is one cell that is, all else is every cell."""
    found: dict[str, bool] = {}
    for what in parts[0]:
        said = [part[what] for part in parts if part[what] is not None]
        found[what] = bool(said) and (any(said) if what.startswith("infinite ") else all(said))
    return found


def _column(log: Given, name: str, told: Mapping[str, bool]) -> tuple[pa.DataType | None, Expression, str]:
    """Return the type of an attribute (None: no feature), how it is read, and a note."""
    kind, column = log.types[name], ColumnExpression(name)
    filled = Call("nullif", column.cast("VARCHAR"), ConstantExpression(""))
    number = column.cast("DOUBLE")
    why = ""
    if kind == "BOOLEAN":
        return pa.bool_(), column, ""
    if log.is_text and told[f"number {name}"]:
        if told[f"infinite {name}"]:
            return None, column, f"attribute `{name}` is left out: {INFINITE}"
        return pa.float64(), filled.cast("DOUBLE"), ""
    if log.is_text and told[f"truth {name}"]:
        return pa.bool_(), filled.cast("BOOLEAN"), ""
    if kind.partition("(")[0] in NUMBERS:
        why = INFINITE if told.get(f"infinite {name}") else ""
        read = (pa.float64(), CaseExpression(~Call("isnan", number), number))
    elif kind == "VARCHAR" or kind.startswith("ENUM("):
        why = "it holds dates, which are no feature" if told.get(f"date {name}") else ""
        read = (pa.string(), filled)
    else:
        why = f"a feature cannot be of type {kind.lower()}"
    return (None, column, f"attribute `{name}` is left out: {why}") if why else (*read, "")


def refuse_gaps(log: Given, counts: Row) -> None:
    """Refuse records of which it is not plain whose they are, or since when."""
    if counts["id"]:
        raise InvalidInput(f"{log.says('id')} is empty on {counts['id']:,} lines; fill it in, or leave those lines out")
    if "valid_from" in log.log.columns and counts["valid_from"]:
        value = log.first_without("valid_from", log.micros("valid_from"))
        what = f"`{value}` is no time with an offset" if value else "is empty"
        raise InvalidInput(
            f"{log.says('valid_from')}: {what}, on {counts['valid_from']:,} lines in all; "
            "write RFC 3339 such as 2026-11-20T00:00:00Z"
        )


def refuse_twice(log: Log, *twice: Row) -> None:
    """Refuse records of which it is not plain which of two holds."""
    if twice:
        dated = "valid_from" in log.columns
        step = "keep one of them" if dated else "keep one, or name the column `valid_from`: since when each holds"
        raise InvalidInput(f"`{log.file}`: customer `{twice[0]['id']}` has two records for one time; {step}")
