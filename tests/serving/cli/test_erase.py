"""`outreach erase`: asks, erases, and says what stays."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from model.contracts import OutcomeKind
from model.errors import Unavailable
from serving.cli import cli
from serving.ledger import rewriting
from serving.ledger.sqlite.store import SqliteStore
from tests.contracts.ledgers import candidate, report, send, sqlite_file


@pytest.fixture
def url(tmp_path: Path) -> str:
    """Make a ledger that knows one customer."""
    ledger = sqlite_file(tmp_path)
    with ledger.transaction() as tx:
        send(tx, "d-1", to=candidate(user_id="ann"))
        report(tx, OutcomeKind.OPTED_OUT, user_id="ann")
    ledger.close()
    return f"sqlite:///{tmp_path}/ledger.db"


def run(url: str, *arguments: str, typed: str = "") -> tuple[int, str]:
    """Return the exit code and what was printed."""
    done = CliRunner().invoke(cli, ["erase", *arguments, "--ledger", url], input=typed)
    return done.exit_code, done.output if done.exception is None else f"{done.output}{done.exception}"


def test_it_says_what_went_and_what_stays(url: str) -> None:
    """The counts, and what goes on protecting them."""
    code, said = run(url, "ann", "--yes")
    assert (code, "1 decisions, 0 events, 1 outcomes" in said, "opt-outs" in said) == (0, True, True)


def test_it_asks_first(url: str) -> None:
    """A no changes nothing."""
    run(url, "ann", typed="n\n")
    code, said = run(url, "ann", typed="y\n")
    assert (code, "1 decisions" in said) == (0, True)


def test_nobody_is_asked_about_a_ledger_that_is_not_there(tmp_path: Path) -> None:
    """A misspelt address is refused before anything that cannot be undone is asked."""
    code, said = run(f"sqlite:///{tmp_path}/typo.db", "ann", typed="y\n")
    assert (code != 0, "is not there" in said, "cannot be undone" in said) == (True, True, False)


def test_a_stranger_is_named(url: str) -> None:
    """Nobody is told that something was erased where nothing was."""
    code, said = run(url, "bob", "--yes")
    assert (code != 0, "nothing is on record of `bob`" in said) == (True, True)


def test_a_large_file_is_written_anew_where_that_is_asked_for(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said that copies may be left, and what to do; asked for, it is done whatever the size."""
    monkeypatch.setattr(rewriting, "SMALL", 0)
    said = [run(url, "ann", "--yes", *more) for more in ([], ["--rewrite"])]
    assert [(code, "above 64 MiB" in text) for code, text in said] == [(0, True), (0, False)]


@pytest.mark.parametrize("more", [[], ["--rewrite"]])
def test_the_file_is_written_anew_once(url: str, monkeypatch: pytest.MonkeyPatch, more: list[str]) -> None:
    """Not by the transaction and by the command; and of a stranger nothing is written."""
    counted: list[int] = []
    monkeypatch.setattr(SqliteStore, "write_anew", lambda _: counted.append(1))
    said = [run(url, who, "--yes", *more) for who in ("bob", "ann")]
    assert ([code == 0 for code, _ in said], counted) == ([False, True], [1])


def test_a_disk_that_refuses_is_said_to_refuse(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not that the file is large: another command would not help. Asked for by hand it is an error."""

    def full(_: SqliteStore) -> None:
        raise Unavailable("database or disk is full")

    monkeypatch.setattr(SqliteStore, "write_anew", full)
    said = [run(url, "ann", "--yes", *more) for more in ([], ["--rewrite"])]
    assert [("see to the disk" in text, "64 MiB" in text, code == 0) for code, text in said] == [
        (True, False, True),
        (True, False, False),
    ]


@pytest.mark.parametrize("more", [[], ["--rewrite"]])
def test_who_reads_meanwhile_is_said_to_hold_it(url: str, more: list[str]) -> None:
    """Not that it is done: once they have read, the same command finishes it."""
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as other:
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM decisions").fetchone()
        held = run(url, "ann", "--yes", *more)
    after = run(url, "ann", "--yes", *more)
    actual = [("somebody reads" in said, code) for code, said in (held, after)]
    assert actual == [(True, int(bool(more))), (False, 0)]
