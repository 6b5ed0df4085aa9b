"""What the ledger's statements are in PostgreSQL: the same constants, said in its words once per statement.

    :name                      $1, $2, … in the order in which they appear first
    :name IS NULL              with a type: PostgreSQL finds none for it there
    :name + 1, THEN :name      a whole number, for the same reason
    json_each(:names)          the texts of a JSON list, with its column `value`
    min(a, b), max(a, b)       least, greatest (of two values; over rows they are the same)
    a IS NOT b, a IS b         IS DISTINCT FROM, IS NOT DISTINCT FROM
    sum(n)                     a whole number, as what it sums
    CROSS JOIN … ON            JOIN: the other word only tells SQLite the order
    instr(a, :b)               position(b IN a)
    INDEXED BY i               left out: that tells SQLite which index

Whatever else is SQLite's own does not translate, and the server says so when it prepares the statement
(`tests/serving/ledger/test_postgres_statements.py` prepares every one).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import LiteralString

NUMBERED = frozenset(
    {
        *("approvals", "breakers", "confirmations", "decisions", "events", "experiments", "offers", "outcomes"),
        *("preferences", "reviews", "tightenings", "trips", "watches"),
    }
)  # tables whose rows have a number, `seq`
_PARAMETER = re.compile(r"(?<![\w:]):([a-z]\w*)")
_NULL = re.compile(r"(?<![\w:])(:[a-z]\w*) IS (NOT )?NULL")
_WRITES = re.compile(r"\b(?:INSERT\s+INTO|UPDATE(?!\s+SET\b)|DELETE\s+FROM)\s+(\w+)")  # wherever in it
_OF_TWO: Mapping[str, str] = MappingProxyType({"min": "least", "max": "greatest"})
_WORDS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?<![\w:])(:[a-z]\w*)(?= (?:[-+=<>]|<=|>=|<>) (?:\d|:))"), r"CAST(\1 AS bigint)"),
    (re.compile(r"(?<=THEN )(:[a-z]\w*)"), r"CAST(\1 AS bigint)"),
    (_NULL, r"CAST(\1 AS text) IS \2NULL"),
    (re.compile(r"json_each\((:\w+)\) AS (\w+)"), r"json_array_elements_text(CAST(\1 AS json)) AS \2(value)"),
    (re.compile(r"json_each\((:\w+)\)"), r"json_array_elements_text(CAST(\1 AS json)) AS listed(value)"),
    (re.compile(r"\bIS NOT (?!NULL|DISTINCT|TRUE|FALSE)"), "IS DISTINCT FROM "),
    (re.compile(r"\bIS (?!NOT|NULL|DISTINCT|TRUE|FALSE)"), "IS NOT DISTINCT FROM "),
    (re.compile(r"\bsum\((\w+)\)"), r"CAST(sum(\1) AS bigint)"),
    (re.compile(r"\bCROSS JOIN\b"), "JOIN"),
    (re.compile(r"\binstr\((\w+), (:\w+)\)"), r"position(\2 IN \1)"),
    (re.compile(r" INDEXED BY \w+"), ""),
)
# Several hosts forget at once: each takes what no other has in hand, and waits for nobody.
_ITS_OWN: Mapping[str, str] = MappingProxyType(
    {
        "DELETE FROM responses WHERE at <= :before": """DELETE FROM responses WHERE ctid IN (
            SELECT ctid FROM responses WHERE at <= :before ORDER BY at LIMIT 1000 FOR UPDATE SKIP LOCKED)""",
    }
)


@dataclass(frozen=True, slots=True, eq=False)
class Statement:
    """A statement as PostgreSQL takes it: its text, the names of `$1, $2, …`, and the table that it writes, if any.

    Each stands for itself (`eq=False`), so that finding what is prepared for it costs nothing.
    """

    text: bytes
    names: tuple[str, ...]
    writes: str | None


@cache  # a program has some hundred statements
def translated(sql: LiteralString, *, numbered: bool = False) -> Statement:
    """Translate a constant statement; `numbered`: an INSERT that returns the number of its row.

    Example:
        >>> translated("SELECT min(at, :now) FROM due WHERE user_id = :user AND at > :now").text
        b'SELECT least(at, $1) FROM due WHERE user_id = $2 AND at > $1'
    """
    text = _of_two(_ITS_OWN.get(sql, sql))
    for pattern, word in _WORDS:
        text = pattern.sub(word, text)
    names = tuple(dict.fromkeys(_PARAMETER.findall(text)))
    places = {name: place for place, name in enumerate(names, start=1)}
    text = _PARAMETER.sub(lambda found: f"${places[found[1]]}", text)
    table = _WRITES.search(text)
    writes = None if table is None else table[1].lower()
    if numbered:
        text += " RETURNING seq" if writes in NUMBERED else " RETURNING 1"
    return Statement(text.encode(), names, writes)


def _of_two(sql: str) -> str:
    """Replace `min` and `max` where they compare two values."""
    for called in reversed(list(re.finditer(r"\b(min|max)\(", sql))):
        if any(_commas(sql, called.end())):
            sql = f"{sql[: called.start()]}{_OF_TWO[called[1]]}{sql[called.end() - 1 :]}"
    return sql


def _commas(sql: str, start: int) -> Iterator[bool]:
    """Yield for every character of a call's arguments whether it is a comma between two of them."""
    depth = 1
    for sign in sql[start:]:
        depth += (sign == "(") - (sign == ")")
        if not depth:
            return
        yield depth == 1 and sign == ","
