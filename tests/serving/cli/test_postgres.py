"""The commands on a ledger of a server: as on a file, and nothing is made by looking."""

import json
from pathlib import Path

import pytest

from serving.cli import run
from tests.contracts.ledgers import NOW, SALT, send
from tests.postgres import empty_database, wiped
from tests.serving.ledger.hosts import host

Printed = pytest.CaptureFixture[str]


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Name a ledger on a server."""
    monkeypatch.chdir(tmp_path)
    return wiped(tmp_path, salt=SALT, at=NOW)


def test_a_key_is_made_and_listed(url: str, capsys: Printed) -> None:
    """By two commands, each with a connection of its own."""
    made = run(["keys", "create", "--name", "shop", "--scope=decide", "--ledger", url])
    listed = run(["keys", "list", "--ledger", url])
    assert (made, listed, "decide" in capsys.readouterr().out.splitlines()[-1]) == (0, 0, True)


def test_a_decision_is_explained(url: str, capsys: Printed) -> None:
    """Over a transaction that can only read."""
    ledger = host(url)
    with ledger.transaction() as tx:
        send(tx, "d-1")
    ledger.close()
    code = run(["explain", "d-1", "--json", "--ledger", url])
    assert (code, json.loads(capsys.readouterr().out)["decision_id"]) == (0, "d-1")


def test_a_diagnosis_opens_it(url: str, monkeypatch: pytest.MonkeyPatch, capsys: Printed) -> None:
    """And says that it can be written."""
    monkeypatch.setenv("OUTREACH_LEDGER", url)
    run(["doctor"])
    said = capsys.readouterr().out
    assert ("writable, 0 active keys" in said, "***@" in said) == (True, True)


def test_looking_makes_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Printed) -> None:
    """A database without tables has none after a diagnosis, nor after a question about what is not there."""
    monkeypatch.chdir(tmp_path)
    url = empty_database()
    monkeypatch.setenv("OUTREACH_LEDGER", url)
    run(["doctor"])
    doctor = "is not there yet" in capsys.readouterr().out
    codes = [run(command) for command in (["explain", "d-1"], ["experiment", "status"], ["monitor", "status"])]
    said = capsys.readouterr().err.splitlines()
    assert (doctor, codes, ["has no tables yet" in line for line in said]) == (True, [2, 2, 2], [True] * 3)


def test_a_server_that_is_away_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Printed) -> None:
    """In one line, without the password."""
    monkeypatch.chdir(tmp_path)
    code = run(["keys", "list", "--ledger", "postgresql://ann:hush@127.0.0.1:1/ledger"])
    said = capsys.readouterr().err
    assert (code, "ann:***@127.0.0.1:1" in said, "hush" in said, said.count("\n")) == (1, True, False, 1)
