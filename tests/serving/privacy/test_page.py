"""`docs/privacy.md` beside the schema: every table is in it, and no personal data in a column that it does not name."""

import re
from pathlib import Path
from typing import Any

from serving.ledger.sqlite.ledger import SqliteLedger
from tests.serving.privacy.bodies import CANARY, mark
from tests.serving.privacy.test_canaries import SETTINGS, requests, signed
from tests.serving.served import Served, app_of, memory_ledger

PAGE = Path(__file__).resolve().parents[3] / "docs" / "privacy.md"
ROW = re.compile(r"\| `(\w+)` \| ([^|]+) \|")
ANY = "SELECT 1 FROM {} WHERE instr(CAST({} AS TEXT), ?) LIMIT 1"


def documented() -> dict[str, set[str]]:
    """Return the columns with personal data of each table, as the page says."""
    section = PAGE.read_text(encoding="utf-8").partition("## What is kept, and where")[2].partition("\nElsewhere:")[0]
    return {table: set(re.findall(r"`(\w+)`", columns)) for table, columns in ROW.findall(section)}


def columns_of(ledger: SqliteLedger) -> dict[str, list[str]]:
    """Return the columns of every table there is."""
    connection = ledger._store._connection
    tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return {table: [row[1] for row in connection.execute(f"PRAGMA table_info({table})")] for table in tables}


def found(ledger: SqliteLedger) -> dict[str, set[str]]:
    """Return the columns in which anything stands that a sender wrote, and where customers' ids are."""
    connection = ledger._store._connection
    held: dict[str, set[str]] = {}
    for table, columns in columns_of(ledger).items():
        quoted = {column: f'"{column}"' for column in columns}
        held[table] = {
            name for name in columns if connection.execute(ANY.format(table, quoted[name]), (CANARY,)).fetchone()
        }
        held[table] |= {"user_id"} & set(columns)
    return held


def used() -> tuple[dict[str, set[str]], dict[str, list[str]]]:
    """Return what a ledger holds that every operation has written to, and its columns."""
    ledger: Any = memory_ledger()
    with Served(app_of(ledger, settings=SETTINGS)) as api:
        api.call("PUT", f"/v1/users/{mark('user')}/preferences", json={"consent": {"chat": True}})
        for method, path, more in requests():
            if method != "DELETE":
                api.call(method, path, **signed(path, more))
        return found(ledger), columns_of(ledger)


def test_every_table_is_on_the_page_with_its_columns() -> None:
    """What is in a ledger that was used stands there, and what stands there exists."""
    held, columns = used()
    page = documented()
    silent = {table: sorted(names - page.get(table, set())) for table, names in held.items()}
    wrong = {table: sorted(names - set(columns.get(table, ()))) for table, names in page.items()}

    assert set(page) == set(columns)
    assert ({k: v for k, v in silent.items() if v}, {k: v for k, v in wrong.items() if v}) == ({}, {})
