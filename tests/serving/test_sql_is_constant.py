"""Every SQL statement is a constant of its module with bound parameters (ruff's S608 is off because of this test)."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted([*ROOT.glob("serving/**/*.py"), *ROOT.glob("model/**/*.py")])
SQL = re.compile(
    r"\b(SELECT\b.*\bFROM|INSERT\b.*\bINTO|UPDATE\b.*\bSET|DELETE\s+FROM|PRAGMA\s+\w|(CREATE|DROP|ALTER)\s+\w|SAVEPOINT\s|"
    r"ROLLBACK\s+TO|WHERE\s+\w+\s*[=<>])",
    re.DOTALL,
)
RUNNERS = frozenset(
    {
        "execute",
        "executemany",
        "executescript",
        "rows",
        "row",
        "holds",
        "change",
        "insert",
        "insert_all",
        "insert_numbered",
    }
)
STORE = (
    "serving/ledger/store.py"  # runs what it is given: its callers are checked, and its parameter is a LiteralString
)


def built(tree: ast.AST) -> Iterator[str]:
    """Find SQL that is put together: formatted, added, or joined."""
    for node in ast.walk(tree):
        parts: list[ast.AST] = []
        if isinstance(node, ast.JoinedStr):
            parts = list(node.values)
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mod):
            parts = [node.left, node.right]
        elif (
            isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("format", "join")
        ):
            parts = [node.func.value, *node.args]
        texts = [part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)]
        if any(SQL.search(text) for text in texts):
            yield f"line {node.lineno}: SQL is put together"  # type: ignore[attr-defined]


def constants(tree: ast.Module) -> set[str]:
    """Name the module's own constants that hold one statement, or a tuple of them."""
    named = set()
    for node in tree.body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        value = getattr(node, "value", None)
        plain = isinstance(value, ast.Constant) and isinstance(value.value, str)
        if isinstance(target, ast.Name) and target.id.isupper() and (plain or isinstance(value, ast.Tuple)):
            named.add(target.id)
    return named


def loops(tree: ast.AST, allowed: set[str]) -> set[str]:
    """Name what loops over such a tuple, or over one that another module declared so (`MIGRATIONS`)."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.For) and isinstance(node.target, ast.Name):
            over = node.iter.value if isinstance(node.iter, ast.Subscript) else node.iter
            if isinstance(over, ast.Name) and over.id in allowed | found | {"MIGRATIONS"}:
                found.add(node.target.id)
    return found


def literals(tree: ast.AST) -> set[str]:
    """Name the parameters that are declared to be literal strings."""
    arguments = [node for node in ast.walk(tree) if isinstance(node, ast.arg)]
    return {
        one.arg for one in arguments if isinstance(one.annotation, ast.Name) and one.annotation.id == "LiteralString"
    }


def run(tree: ast.Module) -> Iterator[str]:
    """Find statements that are run and are neither a literal nor a constant of the module."""
    allowed = constants(tree)
    allowed |= loops(tree, allowed) | literals(tree)
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in RUNNERS
            and node.args
        ):
            sql = node.args[0]
            literal = isinstance(sql, ast.Constant) and isinstance(sql.value, str)
            literal |= isinstance(sql, ast.Attribute) and sql.attr.isupper()  # another module's, where it is checked
            if not literal and not (isinstance(sql, ast.Name) and sql.id in allowed):
                yield f"line {node.lineno}: `{ast.unparse(sql)}` is run and is no constant"


def findings(text: str) -> list[str]:
    """Check the text of one module."""
    tree = ast.parse(text)
    speaks = "sqlite3" in text or "serving.ledger.store" in text
    return [*built(tree), *(run(tree) if speaks else ())]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_statement_is_a_constant(path: Path) -> None:
    """No value, name or condition is ever written into a statement."""
    actual = findings(path.read_text())
    assert actual == []


@pytest.mark.parametrize(
    "text",
    [
        'import sqlite3\nc.execute(f"SELECT a FROM {table}")',
        'import sqlite3\nc.execute("SELECT a FROM t WHERE b = " + value)',
        'import sqlite3\nc.execute("SELECT a FROM t WHERE b = %s" % value)',
        'import sqlite3\nc.execute("SELECT a FROM {}".format(table))',
        "import sqlite3\nsql = input()\nc.execute(sql)",
        "import sqlite3\nc.execute(make_sql())",
        "from serving.ledger.store import Store\nstore.rows(sql)",
        "from serving.ledger.store import Store\nSQL = make()\nstore.change(SQL)",
        'sql = f"DELETE FROM {table}"',
        'sql = "UPDATE t " + "SET a = 1 " + more + " WHERE a = 2"',
    ],
)
def test_a_statement_that_is_put_together_is_found(text: str) -> None:
    """The check can fail: these are the ways it must catch."""
    actual = findings(text) != []
    assert actual is True


def test_the_store_takes_only_literals() -> None:
    """Whoever calls it with anything else is told so by the type of its parameter."""
    tree = ast.parse((ROOT / STORE).read_text())
    takes = {
        node.name: ast.unparse(node.args.args[1].annotation)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name in RUNNERS and node.args.args[1].annotation
    }
    actual = set(takes.values())
    assert actual == {"LiteralString"}
