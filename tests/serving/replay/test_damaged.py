"""One row that somebody damaged is counted, or read from elsewhere; the others are decided again as ever."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from serving.cli import run
from serving.record.readings import CELLS
from tests.serving.ledger.test_replay import fill
from tests.serving.replay.tampering import tampered
from tests.serving.replay.test_exact import opened
from tests.serving.test_scorer import artefact

EVERY = "SELECT count(*) FROM decisions"
RECORDS = {
    "broken": "record = '{broken'",
    "null": "record = 'null'",
    "a list": "record = '[]'",
    "no text": "record = x'00ff'",
    "no offset": """record = replace(record, '00Z","recorded"', '00","recorded"')""",
    "no number": """record = replace(record, '"z":1', '"z":NaN')""",
}
SIZE = CELLS.itemsize
READINGS = {
    "short": "cells = substr(cells, 1, 50)",
    "text": f"cells = '{'x' * SIZE}'",
    "high": f"cells = x'{'7f' * SIZE}'",
    "low": f"cells = x'{'ff' * SIZE}'",
    "no words": "about = 'junk'",
    "other words": "about = '[1,2,null,[]]'",
    "no version": "version = 'x'",
}


@pytest.fixture
def books(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A ledger with a day's decisions, and a file that allows nobody a contact."""
    monkeypatch.chdir(tmp_path)
    with closing(opened("sqlite:///l.db")) as ledger, ledger.transaction() as tx:
        fill(tx)
    Path("strict.toml").write_text("[limits]\ncontacts_7d = 0\n", encoding="utf-8")
    artefact(tmp_path / "model")
    return tmp_path / "l.db"


def replayed(capsys: pytest.CaptureFixture[str], *more: str) -> dict[str, Any]:
    """Run the command, which ends well; return what it printed."""
    capsys.readouterr()
    code = run(["replay", "--ledger", "sqlite:///l.db", "--out", "r.html", "--json", *more])
    shown = capsys.readouterr()
    assert code == 0, shown.err
    said: dict[str, Any] = json.loads(shown.out)
    return said


def decisions_in(path: Path) -> int:
    """Return how many decisions there are."""
    with closing(sqlite3.connect(path)) as store:
        return int(store.execute(EVERY).fetchone()[0])


def told(capsys: pytest.CaptureFixture[str]) -> list[Any]:
    """Return what stricter limits would have come to."""
    said = replayed(capsys, "--policy", "strict.toml", "--since", "2026-01-01T00:00:00Z")
    return [said[name] for name in ("decisions", "funnel", "purposes", "reasons")]


@pytest.mark.parametrize("what", RECORDS)
def test_a_record_that_cannot_be_read_is_counted(what: str, books: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And the other ones give the same bytes."""
    tampered(books, f"UPDATE decisions SET {RECORDS[what]} WHERE seq IN (2, 5)")
    said = replayed(capsys)
    actual = (said["not_replayed"]["unreadable"], said["decisions"]["again"], said["different"])
    assert actual == (2, decisions_in(books) - 2, 0)


@pytest.mark.parametrize("more", [("--policy", "strict.toml"), ("--model", "model")], ids=["limits", "a model"])
@pytest.mark.parametrize("what", RECORDS)
def test_records_that_cannot_be_read_end_no_trial(
    what: str, more: tuple[str, str], books: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where their readings are kept, limits need no more; a model is asked of none of them."""
    tampered(books, f"UPDATE decisions SET {RECORDS[what]}")
    said = replayed(capsys, *more)
    found = said["decisions"]
    left = sum(found["left_out"].values())
    actual = (found["replayed"] + left, found["replayed"] > 0)
    assert actual == (decisions_in(books), True)


@pytest.mark.parametrize("what", READINGS)
def test_a_reading_that_was_damaged_is_read_from_its_record(
    what: str, books: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What comes of it is what came of it before."""
    before = told(capsys)
    tampered(books, f"UPDATE readings SET {READINGS[what]} WHERE decision IN (2, 5)")
    actual = told(capsys)
    assert actual == before
