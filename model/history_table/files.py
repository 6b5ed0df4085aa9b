"""Log files as relations of DuckDB, and their columns as expressions under our own names.

Names and values of the user's reach DuckDB as identifiers and constants of its own expressions, never as text of a
statement. Nothing is read here but the files' heads.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from duckdb import CaseExpression, CoalesceOperator, ColumnExpression, ConstantExpression, Expression
from duckdb import DuckDBPyRelation as Relation
from duckdb import FunctionExpression as Call

from model.errors import InvalidInput
from model.history_table.description import TRUTH, Log, Meaning
from model.reading.columns import OFFSET_STEP
from model.reading.strict import closest

WITH_OFFSET = (
    r"^\d{4}-\d\d-\d\d[Tt ]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?"
    r"([Zz]|[+-](0\d|1[0-7]):?[0-5]\d|[+-]18:?00)$"
)
EARLIEST, LATEST = "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"
IDENTITIES = ("id", "customer", "contact", "fact", "cluster")
TRUE, FALSE = ("true", "1", "1.0", "t", "yes"), ("false", "0", "0.0", "f", "no")
WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
NUMBERS = ("FLOAT", "DOUBLE", "DECIMAL", *WHOLE, *(f"U{name}" for name in WHOLE))
WHOLE_AS_FLOAT = r"\.0$"


@dataclass(frozen=True, slots=True)
class Given:
    """A log as it lies on disk: what it is, where, and its columns with their types."""

    log: Log
    relation: Relation
    types: dict[str, str]
    is_text: bool  # CSV: every cell is text
    others: str = ""  # a note on files in its folder that are not read

    def says(self, key: str) -> str:
        """Name a key and its column for a message."""
        asked = self.log.columns[key]
        column = asked.column if isinstance(asked, Meaning) else asked
        return f"`{self.log.table}.{key}` (`{column}` of `{self.log.file}`)"

    def text(self, key: str) -> Expression:
        """Return a column as text, NULL where it is absent or empty; a whole number kept as a float loses its `.0`."""
        column = self.log.columns.get(key)
        if not isinstance(column, str):
            return absent("VARCHAR")
        kind = self.kind(column, key)
        if key in IDENTITIES and (kind in ("FLOAT", "DOUBLE") or (kind.startswith("DECIMAL") and ",0)" not in kind)):
            raise InvalidInput(
                f"{self.says(key)} is {kind.lower()}, which does not hold every whole number; store it as text, or as "
                "a whole number that may be empty"
            )
        return self.words_in(column, key)

    def words_in(self, column: str, key: str) -> Expression:
        """Return the named column as text."""
        kind = self.kind(column, key)
        words = ColumnExpression(column).cast("VARCHAR")
        if kind in ("FLOAT", "DOUBLE"):
            words = Call("regexp_replace", words, ConstantExpression(WHOLE_AS_FLOAT), ConstantExpression(""))
        return Call("nullif", words, ConstantExpression(""))

    def kind(self, column: str, key: str) -> str:
        """Return the type of a column, or refuse one that is not there, with the nearest that is."""
        if column == "*":
            raise InvalidInput(
                f"`{self.log.file}`: a column named `*` (`{self.log.table}.{key}`) cannot be read; rename it"
            )
        if column in self.types:
            return self.types[column]
        near = closest(column, list(self.types))
        hint = f"did you mean `{near}`?" if near else "name one of " + ", ".join(f"`{name}`" for name in self.types)
        raise InvalidInput(f"`{self.log.file}` has no column `{column}` (`{self.log.table}.{key}`); {hint}")

    def micros(self, key: str) -> Expression:
        """Return a time as whole microseconds since 1970; NULL where it is empty or is no RFC 3339 with an offset."""
        column = str(self.log.columns[key])
        kind = self.kind(column, key)
        if kind in ("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ_NS"):
            instant = ColumnExpression(column)
        elif kind == "VARCHAR":
            zoned = Call("regexp_matches", ColumnExpression(column), ConstantExpression(WITH_OFFSET))
            instant = CaseExpression(zoned, Call("upper", ColumnExpression(column)).try_cast("TIMESTAMPTZ"))
        else:
            what = "has no zone" if kind.startswith("TIMESTAMP") else f"is {kind.lower()}, not a time"
            raise InvalidInput(f"{self.says(key)} {what}; {OFFSET_STEP}")
        ends = (ConstantExpression(end).cast("TIMESTAMPTZ") for end in (EARLIEST, LATEST))
        if kind == "TIMESTAMPTZ_NS":  # cut, since a cast would round
            micros = Call("epoch_ns", instant) // ConstantExpression(1_000)
        else:
            micros = Call("epoch_us", instant)
        return CaseExpression(instant.cast("TIMESTAMPTZ").between(*ends), micros)

    def number(self, key: str) -> Expression:
        """Return a column, or the constant itself, as a number; NaN where it says something that is none."""
        asked = self.log.columns.get(key)
        if not isinstance(asked, str):
            return absent("DOUBLE") if asked is None else ConstantExpression(asked).cast("DOUBLE")
        kind = self.kind(asked, key)
        if kind.partition("(")[0] not in (*NUMBERS, "VARCHAR"):
            raise InvalidInput(f"{self.says(key)} is {kind.lower()}, not a number; write such as 0.5")
        words = Call("nullif", ColumnExpression(asked).cast("VARCHAR"), ConstantExpression(""))
        number = CoalesceOperator(words.try_cast("DOUBLE"), ConstantExpression("nan").cast("DOUBLE"))
        return (
            CaseExpression(words.isnotnull(), number) if kind == "VARCHAR" else ColumnExpression(asked).cast("DOUBLE")
        )

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
        column = ColumnExpression(asked.column if isinstance(asked, Meaning) else str(asked)).cast("VARCHAR")
        rows = self.relation.filter(read.isnull()).select(column).limit(1).fetchall()
        value = str(rows[0][0])[:60] if rows and rows[0][0] is not None else ""
        return value if value.isprintable() else repr(value)[1:-1]


def number_or_empty(number: Expression) -> Expression:
    """Return NULL where a number is none (NaN), and something else where it is, or is missing."""
    return CaseExpression(Call("isnan", number), absent("INTEGER")).otherwise(ConstantExpression(0))


def absent(kind: str) -> Expression:
    """Return NULL of a type."""
    return ConstantExpression(None).cast(kind)
