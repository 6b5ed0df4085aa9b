"""One call that tries a change on the past: what a notebook asks for is what the command prints."""

import json
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from serving.cli import run
from serving.replay.proposal_report import tried_out
from serving.settings import load_settings
from tests.serving.ledger.test_replay import fill
from tests.serving.replay.test_exact import opened

AS_OF = datetime(2027, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger with a day's decisions, and a proposal beside it."""
    made = tmp_path_factory.mktemp("tried")
    (made / "proposal.toml").write_text("[limits]\ncontacts_7d = 0\n", encoding="utf-8")
    with closing(opened(f"sqlite:///{made / 'l.db'}")) as books, books.transaction() as tx:
        fill(tx)
    return made


def test_one_call_gives_the_report_of_the_command(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same keys and figures but for the time at which it was made."""
    ledger, proposal = f"sqlite:///{folder / 'l.db'}", folder / "proposal.toml"
    settings = replace(load_settings(None, environ={}), ledger=ledger)
    report = tried_out(settings, policy=proposal, as_of=AS_OF)
    run(["replay", "--ledger", ledger, "--policy", str(proposal), "--out", str(folder / "r.html"), "--json"])
    printed = json.loads(capsys.readouterr().out)
    actual = [{**each, "compared": {**each["compared"], "made_at": None}} for each in (report, printed)]
    assert actual[0]["decisions"] == actual[1]["decisions"]
    assert actual[0]["reasons"] == actual[1]["reasons"]
    assert actual[0]["compared"] == actual[1]["compared"]


def test_whoever_waits_is_told_how_far_it_is(folder: Path) -> None:
    """To the end."""
    heard: list[float] = []
    settings = replace(load_settings(None, environ={}), ledger=f"sqlite:///{folder / 'l.db'}")
    tried_out(settings, policy=folder / "proposal.toml", as_of=AS_OF, told=heard.append)
    assert heard[-1] == 1.0
