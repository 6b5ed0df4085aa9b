"""What the ledger's statements become in PostgreSQL."""

import sqlite3
from contextlib import closing

import pytest

from model.errors import InvalidInput
from serving.ledger import people
from serving.ledger.postgres import dialect as postgres_dialect
from serving.ledger.postgres.dialect import NUMBERED, translated
from serving.ledger.postgres.link import packed
from serving.ledger.postgres.schema import in_postgres
from serving.ledger.schema.migrations import MIGRATIONS
from serving.ledger.store import Bound


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT a FROM t WHERE b = :b AND c = :c AND d = :b", "SELECT a FROM t WHERE b = $1 AND c = $2 AND d = $1"),
        ("SELECT min(a, :b), max(c)", "SELECT least(a, $1), max(c)"),
        ("SELECT max(min(a, b)), min(c) FROM t", "SELECT max(least(a, b)), min(c) FROM t"),
        ("SELECT max(a, coalesce((SELECT max(b)), :c))", "SELECT greatest(a, coalesce((SELECT max(b)), $1))"),
        ("SELECT sum(n) FROM t", "SELECT CAST(sum(n) AS bigint) FROM t"),
        (
            "a IS NOT :b AND c IS NOT NULL AND d IS :e AND f IS NULL",
            "a IS DISTINCT FROM $1 AND c IS NOT NULL AND d IS NOT DISTINCT FROM $2 AND f IS NULL",
        ),
        (":a IS NULL OR a = :a", "CAST($1 AS text) IS NULL OR a = $1"),
        ("a >= :b + :c AND :d = 1", "a >= CAST($1 AS bigint) + $2 AND CAST($3 AS bigint) = 1"),
        ("SELECT a FROM t INDEXED BY i CROSS JOIN u ON u.b = t.b", "SELECT a FROM t JOIN u ON u.b = t.b"),
        (
            "a IN (SELECT value FROM json_each(:names))",
            "a IN (SELECT value FROM json_array_elements_text(CAST($1 AS json)) AS listed(value))",
        ),
        (
            "SELECT asked.value FROM json_each(:names) AS asked",
            "SELECT asked.value FROM json_array_elements_text(CAST($1 AS json)) AS asked(value)",
        ),
        ("a LIKE 'conversation:%' AND b = '12:30'", "a LIKE 'conversation:%' AND b = '12:30'"),
    ],
)
def test_a_statement_is_said_in_other_words(sql: str, expected: str) -> None:
    """Each of the words that only SQLite knows."""
    assert translated(sql).text.decode() == expected


@pytest.mark.parametrize(
    ("sql", "writes"),
    [
        ("SELECT 1 FROM decisions", None),
        ("INSERT INTO decisions (a) VALUES (1)", "decisions"),
        ("UPDATE watches SET a = 1", "watches"),
        ("  DELETE FROM due WHERE at < 1", "due"),
        ("SAVEPOINT part", None),
        ("WITH a AS (SELECT 1) INSERT INTO keys SELECT 1 FROM a", "keys"),
        ("INSERT INTO due (a) VALUES (1) ON CONFLICT (a) DO UPDATE SET a = 2", "due"),
    ],
)
def test_what_a_statement_writes_is_known(sql: str, writes: str | None) -> None:
    """So that nothing is written beside others that is not a customer's own."""
    assert translated(sql).writes == writes


@pytest.mark.parametrize(("table", "ends"), [("decisions", "RETURNING seq"), ("refusals", "RETURNING 1")])
def test_an_insert_returns_its_number(table: str, ends: str) -> None:
    """Where the table has one; elsewhere it says whether there is a new row."""
    sql = f"INSERT INTO {table} (a) VALUES (1)"
    assert translated(sql, numbered=True).text.decode().endswith(ends)


def test_values_go_as_they_are() -> None:
    """Texts and bytes in binary, numbers as digits, truths as 0 and 1: floats keep every bit."""
    values: dict[str, Bound] = {"a": "Zürich", "b": 7, "c": True, "d": 0.1 + 0.2, "e": None, "f": b"\0\xff"}
    assert packed(tuple(values), values) == (
        ["Zürich".encode(), b"7", b"1", b"0.30000000000000004", None, b"\0\xff"],
        [1, 0, 0, 0, 0, 1],
    )


@pytest.mark.parametrize(("value", "said"), [("a\0b", "NUL"), ("\ud800", "surrogate"), (2**63, "64 bits")])
def test_what_cannot_be_stored_is_refused_as_input(value: str | int, said: str) -> None:
    """Before it is sent: the transaction goes on."""
    with pytest.raises(InvalidInput, match=said):
        packed(("a",), {"a": value})


def test_a_condition_that_reads_a_table_stands_in_the_function() -> None:
    """PostgreSQL lets a trigger's own condition read its row alone."""
    made = in_postgres(
        "CREATE TRIGGER t_stay BEFORE UPDATE ON t WHEN NOT EXISTS (SELECT 1 FROM e)\n"
        "  BEGIN SELECT RAISE(ABORT, 'no'); END"
    )
    assert made == [
        (
            "CREATE OR REPLACE FUNCTION t_stay() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN "
            "IF (NOT EXISTS (SELECT 1 FROM e)) THEN RAISE EXCEPTION 'no'; END IF; RETURN COALESCE(NEW, OLD); END$$"
        ),
        "CREATE TRIGGER t_stay BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION t_stay()",
    ]


def test_a_trigger_is_dropped_from_its_table() -> None:
    """Its name says which that is."""
    assert in_postgres("DROP TRIGGER events_stay") == ["DROP TRIGGER events_stay ON events"]


def test_a_trigger_is_a_function_and_what_calls_it() -> None:
    """With its condition, and what it says."""
    made = in_postgres(
        "CREATE TRIGGER t_stay BEFORE UPDATE ON t\n  WHEN OLD.a IS NOT NEW.a\n  BEGIN SELECT RAISE(ABORT, 'no'); END"
    )
    condition = "WHEN (OLD.a IS DISTINCT FROM NEW.a)"
    assert made == [
        "CREATE OR REPLACE FUNCTION t_stay() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'no'; END$$",
        f"CREATE TRIGGER t_stay BEFORE UPDATE ON t FOR EACH ROW {condition} EXECUTE FUNCTION t_stay()",
    ]


def test_every_table_with_a_number_is_known() -> None:
    """A migration that makes another one has to add it to the list: `insert` would return no number of it."""
    with closing(sqlite3.connect(":memory:")) as made:
        for migration in MIGRATIONS:
            for statement in migration:
                made.execute(statement)
        tables = [name for (name,) in made.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        numbered = {
            table
            for table in tables
            for _, column, _, _, _, key in made.execute(f"PRAGMA table_info({table})")
            if column == "seq" and key
        }
    assert numbered == NUMBERED


def test_what_is_said_otherwise_is_what_is_said() -> None:
    """A statement that has words of its own here is one of the ledger's, to the letter."""
    assert people._FORGET in postgres_dialect._ITS_OWN
