"""`outreach erase`: asks, erases, and says what stays."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from model.contracts import OutcomeKind
from serving.cli import cli
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


def test_a_stranger_is_named(url: str) -> None:
    """Nobody is told that something was erased where nothing was."""
    code, said = run(url, "bob", "--yes")
    assert (code != 0, "nothing is on record of `bob`" in said) == (True, True)


def test_a_large_file_is_written_anew_where_that_is_asked_for(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said that copies may be left, and what to do; asked for, it is done whatever the size."""
    for module in ("serving.cli.erase", "serving.ledger.retention"):
        monkeypatch.setattr(f"{module}.SMALL", 0)
    said = [run(url, "ann", "--yes", *more) for more in ([], ["--rewrite"])]
    assert [(code, "`--rewrite` does that" in text) for code, text in said] == [(0, True), (0, False)]
