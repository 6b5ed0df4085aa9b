"""Log files as relations of DuckDB, and their columns as expressions under our own names.

Names and values of the user's reach DuckDB as identifiers and constants of its own expressions, never as text of a
statement. Nothing is read here but the files' heads.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from duckdb import CaseExpression, ColumnExpression, ConstantExpression, DuckDBPyConnection, Expression
from duckdb import DuckDBPyRelation as Relation
from duckdb import FunctionExpression as Call

from model.columns import OFFSET_STEP
from model.errors import InvalidInput
from model.history_table.description import TRUTH, Log, Meaning
from model.strict import closest

PARQUET, CSV = (".parquet", ".pq"), (".csv", ".csv.gz", ".tsv", ".txt")
WITH_OFFSET = r"^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:?\d\d)$"
TRUE, FALSE = ("true", "1", "1.0", "t", "yes"), ("false", "0", "0.0", "f", "no")
WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
NUMBERS = ("FLOAT", "DOUBLE", "DECIMAL", *WHOLE, *(f"U{name}" for name in WHOLE))
WHOLE_AS_FLOAT = r"\.0$"
PATTERN = "*?["


@dataclass(frozen=True, slots=True)
class Given:
    """A log as it lies on disk: what it is, where, and its columns with their types."""

    log: Log
    relation: Relation
    types: dict[str, str]
    is_text: bool  # CSV: every cell is text

    def says(self, key: str) -> str:
        """Name a key and its column for a message."""
        asked = self.log.columns[key]
        column = asked.column if isinstance(asked, Meaning) else asked
        return f"`{self.log.table}.{key}` (`{column}` of `{self.log.file}`)"

    def text(self, key: str) -> Expression:
        """Return a column as text, NULL where it is absent or empty; a whole number kept as a float loses its `.0`."""
        column = self.log.columns.get(key)
        return absent("VARCHAR") if not isinstance(column, str) else self.words_in(column, key)

    def words_in(self, column: str, key: str) -> Expression:
        """Return the named column as text."""
        kind = self.kind(column, key)
        words = ColumnExpression(column).cast("VARCHAR")
        if kind in ("FLOAT", "DOUBLE"):
            words = Call("regexp_replace", words, ConstantExpression(WHOLE_AS_FLOAT), ConstantExpression(""))
        return Call("nullif", words, ConstantExpression(""))

    def kind(self, column: str, key: str) -> str:
        """Return the type of a column, or refuse one that is not there, with the nearest that is."""
        if column in self.types:
            return self.types[column]
        near = closest(column, list(self.types))
        hint = f"did you mean `{near}`?" if near else "it has " + ", ".join(f"`{name}`" for name in self.types)
        raise InvalidInput(f"`{self.log.file}` has no column `{column}` (`{self.log.table}.{key}`); {hint}")

    def micros(self, key: str) -> Expression:
        """Return a time as whole microseconds since 1970; NULL where it is empty or is no RFC 3339 with an offset."""
        column = str(self.log.columns[key])
        kind = self.kind(column, key)
        if kind == "TIMESTAMP WITH TIME ZONE":
            instant = ColumnExpression(column)
        elif kind == "VARCHAR":
            zoned = Call("regexp_matches", ColumnExpression(column), ConstantExpression(WITH_OFFSET))
            instant = CaseExpression(zoned, Call("upper", ColumnExpression(column)).try_cast("TIMESTAMPTZ"))
        else:
            what = "has no zone" if kind.startswith("TIMESTAMP") else f"is {kind.lower()}, not a time"
            raise InvalidInput(f"{self.says(key)} {what}; {OFFSET_STEP}")
        return CaseExpression(Call("isfinite", instant), Call("epoch_us", instant))

    def number(self, key: str) -> Expression:
        """Return a column, or the constant itself, as a number."""
        asked = self.log.columns.get(key)
        if isinstance(asked, str):
            self.kind(asked, key)
            return ColumnExpression(asked).try_cast("DOUBLE")
        return absent("DOUBLE") if asked is None else ConstantExpression(asked).cast("DOUBLE")

    def word(self, key: str, words: Sequence[str]) -> Expression:
        """Return which of our words a line says: as mapped, as written, or the constant; NULL where none."""
        meaning = self.log.columns.get(key)
        if not isinstance(meaning, Meaning):
            return absent("VARCHAR")
        if meaning.column not in self.types and meaning.column in words and not meaning.words:
            return ConstantExpression(meaning.column)
        column = self.words_in(meaning.column, key)
        said = CaseExpression(column.isin(*map(ConstantExpression, words)), column)
        for word in dict.fromkeys(meaning.words.values()):
            values = [ConstantExpression(value) for value, means in meaning.words.items() if means == word]
            said = CaseExpression(column.isin(*values), ConstantExpression(word)).otherwise(said)
        return said

    def truth(self, key: str) -> Expression:
        """Return a column of 0/1, true/false or mapped values as true or false; NULL where it says neither."""
        meaning = self.log.columns.get(key)
        if not isinstance(meaning, Meaning):
            return absent("BOOLEAN")
        if meaning.words:
            said = self.word(key, TRUTH)
            return CaseExpression(said.isnotnull(), said == ConstantExpression("yes"))
        column = Call("lower", self.words_in(meaning.column, key))
        no = CaseExpression(column.isin(*map(ConstantExpression, FALSE)), ConstantExpression(value=False))
        return CaseExpression(column.isin(*map(ConstantExpression, TRUE)), ConstantExpression(value=True)).otherwise(no)

    def first_without(self, key: str, read: Expression) -> str:
        """Return the first value of a column that could not be read, for a message; empty where it is missing."""
        asked = self.log.columns[key]
        column = ColumnExpression(asked.column if isinstance(asked, Meaning) else str(asked))
        rows = self.relation.filter(read.isnull()).select(column.cast("VARCHAR")).limit(1).fetchall()
        return str(rows[0][0])[:60] if rows and rows[0][0] is not None else ""


def absent(kind: str) -> Expression:
    """Return NULL of a type."""
    return ConstantExpression(None).cast(kind)


def given(connection: DuckDBPyConnection, log: Log, folder: Path) -> Given:
    """Open the files of a log.

    Raises:
        InvalidInput: none there, not CSV or Parquet, damaged, or of different columns; the message names the file.
    """
    paths = _paths(log, folder)
    try:
        relation = _relation(connection, log, paths)
        types = {name: str(kind) for name, kind in zip(relation.columns, relation.types, strict=True)}
    except duckdb.Error as error:
        raise unreadable(log, error) from error
    return Given(log, relation, types, is_text=not paths[0].lower().endswith(PARQUET))


def unreadable(log: Log, error: duckdb.Error) -> InvalidInput:
    """Return the one line for files that DuckDB cannot read."""
    reason = str(error).splitlines()[0] if str(error) else type(error).__name__
    return InvalidInput(
        f"`{log.file}` (`{log.table}.file`) cannot be read: {reason}; export it again, all files with the same columns"
    )


def _relation(connection: DuckDBPyConnection, log: Log, paths: list[str]) -> Relation:
    parquet = {path.lower().endswith(PARQUET) for path in paths}
    if parquet == {True}:
        return connection.read_parquet(paths)
    if parquet == {False} and all(path.lower().endswith(CSV) for path in paths):
        several: Any = paths  # declared as one, takes many
        return connection.read_csv(several, header=True, all_varchar=True)
    raise InvalidInput(
        f"`{log.table}.file`: `{log.file}` is neither Parquet nor CSV; name `….parquet`, `….csv` or `….csv.gz`"
    )


def _paths(log: Log, folder: Path) -> list[str]:
    """Return the files that a path, a folder or a pattern names, in order."""
    place = folder / log.file
    if place.is_dir():
        found = [path for path in place.rglob("*.parquet") if not _is_hidden(path.relative_to(place))]
    elif place.is_file():
        found = [place]
    elif any(sign in log.file for sign in PATTERN):
        base = Path(place.anchor) if place.is_absolute() else Path()
        found = list(base.glob(str(place.relative_to(base))))
    else:
        found = []
    if not found:
        raise InvalidInput(
            f"`{log.table}.file`: `{log.file}` is not there, or holds no Parquet; it is looked for in `{folder}`"
        )
    return sorted(str(path) for path in found if path.is_file())


def _is_hidden(path: Path) -> bool:
    """Whether a name on the way begins with a dot or an underscore: bookkeeping of those who wrote the folder."""
    return any(part[0] in "._" for part in path.parts)
