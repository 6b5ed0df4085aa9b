"""A disk that fails: what a commit says then, and what is done before anybody is answered again."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from benchmarks.exact_shim import Disk
from model.errors import Unavailable
from serving.ledger import LedgerFile, open_ledger
from serving.ports import Ledger, Unsure
from tests.contracts.ledgers import NOW, send
from tests.needs import c_compiler

ROOT = Path(__file__).parents[3]
COUNT = "SELECT count(*) FROM decisions"
WRITE = """
import sys
from serving.ledger import LedgerFile
from tests.contracts.ledgers import NOW, send
opening = LedgerFile("sqlite:///" + sys.argv[1], now=NOW, new_salt=lambda: b"s", shipped={})
for number, line in enumerate(sys.stdin):
    try:
        if line == "open\\n":
            opening()
        else:
            with opening._ledger.transaction() as tx:
                send(tx, f"d-{number}")
        said = "done"
    except Exception as error:
        said = f"{type(error).__name__}: {error}"
    print(said, flush=True)
"""


class Writing:
    """Another process that opens the ledger and writes to it, on a disk of ours."""

    def __init__(self, folder: Path, path: Path) -> None:
        c_compiler()
        self.disk = Disk(folder, path)
        environment = {**os.environ, **self.disk.environment(), "PYTHONPATH": str(ROOT)}
        self._process = subprocess.Popen(
            [sys.executable, "-c", WRITE, str(path)],
            env=environment,
            cwd=ROOT,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def told(self, line: str) -> str:
        """Have it do something, and return what it says."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        return self._process.stdout.readline().strip()

    def end(self) -> None:
        """End it as a power cut does."""
        self._process.kill()
        self._process.communicate()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the ledger is."""
    return tmp_path / "outreach.db"


def decisions(path: Path) -> int:
    """Count what a new reader finds."""
    with closing(sqlite3.connect(path)) as file:
        found: int = file.execute(COUNT).fetchone()[0]
    return found


def sends(ledger: Ledger, many: int) -> None:
    """Record so many sends in one transaction."""
    with ledger.transaction() as tx:
        for number in range(many):
            send(tx, f"d-{number}")


def test_a_commit_that_could_not_be_flushed_may_have_been_recorded(tmp_path: Path, path: Path) -> None:
    """The error says so, and rightly: after the crash a new reader finds it, whole."""
    writing = Writing(tmp_path, path)
    before = [writing.told("open"), writing.told("write")]
    writing.disk.fails(flush=5)
    said = writing.told("write")
    writing.end()

    assert (before, said.partition(":")[0], decisions(path)) == (["done"] * 2, "Unsure", 2)


def test_nobody_is_answered_before_the_log_is_flushed(tmp_path: Path, path: Path) -> None:
    """What a failed flush left in the log is read as recorded: as long as it cannot be flushed nothing is opened."""
    writing = Writing(tmp_path, path)
    first = [writing.told("open"), writing.told("write")]
    writing.disk.fails(flush=5)
    failing = [writing.told("write"), writing.told("open")]
    writing.disk.is_well()
    after = [writing.told("open"), writing.told("write")]
    writing.end()

    actual = (first, [said.partition(":")[0] for said in failing], after)
    assert actual == (["done"] * 2, ["Unsure", "Unavailable"], ["done"] * 2)


def test_a_disk_that_can_only_be_read_is_refused_at_once(tmp_path: Path, path: Path) -> None:
    """SQLite opens it for reading alone and begins transactions all the same: it must not be taken for a ledger."""
    writing = Writing(tmp_path, path)
    first = [writing.told("open"), writing.told("write")]
    writing.disk.fails(write=30, opening=30)
    failing = [writing.told("write"), writing.told("open")]
    writing.disk.is_well()
    after = [writing.told("open"), writing.told("write")]
    writing.end()

    actual = (first, [said.partition(":")[0] for said in failing], after)
    assert actual == (["done"] * 2, ["Unsure", "Unavailable"], ["done"] * 2)


def test_a_full_disk_is_no_doubt(path: Path) -> None:
    """SQLite gives up a transaction that finds no room: nothing of it is recorded, and that is known."""
    ledger = open_ledger(f"sqlite:///{path}", now=NOW, salt=b"s")
    connection = ledger._store._connection  # type: ignore[attr-defined]
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(Unavailable) as caught:
        sends(ledger, 200)
    ledger.close()

    assert (isinstance(caught.value, Unsure), decisions(path)) == (False, 0)


def test_whoever_serves_flushes_the_log_first(path: Path) -> None:
    """Where somebody else keeps the file open its log stays, and is brought into the file all the same."""
    with open_ledger(f"sqlite:///{path}", now=NOW, salt=b"s").transaction() as tx:
        send(tx, "d-1")
    LedgerFile(f"sqlite:///{path}", now=NOW, new_salt=lambda: b"s", shipped={})()
    alone = path.with_name("alone.db")
    alone.write_bytes(path.read_bytes())

    assert decisions(alone) == 1
