"""Every constant statement of the ledger runs on PostgreSQL as well: new SQL that only SQLite knows fails here."""

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from serving.ledger.postgres.dialect import translated
from tests.contracts.ledgers import NOW
from tests.postgres import connect, needed, wiped

FOLDER = Path(__file__).resolve().parents[3] / "serving" / "ledger"
SQL = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\b")
NOT_SHARED = ("opening",)  # it opens either, and speaks to each in its own words


def statements() -> Iterator[tuple[str, str]]:
    """Return every statement that a module of the ledger declares, by its name."""
    for path in sorted(FOLDER.glob("*.py")):
        if not path.stem.startswith(NOT_SHARED) and path.stem != "__init__":
            module = import_module(f"serving.ledger.{path.stem}")
            for name, value in sorted(vars(module).items()):
                for place, one in enumerate(value if isinstance(value, tuple) else (value,)):
                    if name.isupper() and isinstance(one, str) and SQL.match(one):
                        yield f"{path.stem}.{name}.{place}", one


STATEMENTS = dict(statements())


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Have a ledger's tables."""
    needed()
    return wiped(tmp_path_factory.mktemp("statements"), salt=b"s", at=NOW).partition("?")[0].rpartition("/")[2]


def test_there_are_statements() -> None:
    """The collection finds what it is for."""
    assert len(STATEMENTS) > 100


def test_every_statement_prepares(database: str) -> None:
    """The server takes each, and finds a type for each of its parameters."""
    refused = []
    with connect(database) as link:
        for name, sql in STATEMENTS.items():
            result = link.pgconn.prepare(b"", translated(sql).text)
            if result.status != 1:
                refused.append(f"{name}: {result.error_message.decode()}")
    assert refused == []
