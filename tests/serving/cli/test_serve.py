"""`outreach serve` before it listens: what it refuses, what it starts without, what the answers call the model."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from serving.cli import run
from serving.models.pulling import Keeper


@pytest.fixture(autouse=True)
def served(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[list[Any]]:
    """Collect the applications that would have been served, from a folder of this test's own."""
    seen: list[Any] = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("serving.server.server.write_as", lambda *_, **__: None)
    monkeypatch.setattr(Keeper, "start", lambda _: None)
    monkeypatch.setattr(Keeper, "stop", lambda _: None)
    monkeypatch.setattr(uvicorn.Server, "run", lambda self, *_: seen.append(self.config.app))
    return seen


def warned(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what our own code warned of."""
    return [record.getMessage() for record in caplog.records if record.name.startswith("serving")]


@pytest.mark.parametrize("ledger", ["no/such/folder/l.db", "folder", "notes.txt", "other.db"])
def test_a_wrong_ledger_is_one_line_and_exit_2(
    served: list[Any], tmp_path: Path, capsys: pytest.CaptureFixture[str], ledger: str
) -> None:
    """Rather than an API that answers 503 for ever."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "notes.txt").write_text("these are notes " * 500)
    with sqlite3.connect(tmp_path / "other.db") as other:
        other.execute("CREATE TABLE recipes (name TEXT)")
    other.close()

    code = run(["serve", "--ledger", f"sqlite:///{ledger}"])

    shown = capsys.readouterr()
    assert (code, shown.out, len(shown.err.splitlines()), served) == (2, "", 1, [])


@pytest.mark.parametrize("model", ["nowhere", "empty", "models:/outreach@champion", "models:/outreach"])
def test_a_model_that_is_not_there_is_said_in_one_line_and_the_api_starts(
    served: list[Any], tmp_path: Path, caplog: pytest.LogCaptureFixture, model: str
) -> None:
    """Essential service must go, and whoever started it must know that nothing else does."""
    (tmp_path / "empty").mkdir()

    code = run(["serve", "--ledger", "sqlite:///l.db", "--model", model])

    said = warned(caplog)
    api = served[0].state.api
    actual = (code, len(said), f"model `{model}` is not used: " in said[0], "\n" in said[0], api.models.scorer is None)
    assert (*actual, "only essential service goes out" in (api.models.degraded or "")) == (
        0,
        1,
        True,
        False,
        True,
        True,
    )


@pytest.mark.parametrize("shadow", ["nowhere", "models:/outreach@challenger"])
def test_a_shadow_that_is_not_there_is_one_warning_and_no_failure(
    served: list[Any], caplog: pytest.LogCaptureFixture, shadow: str
) -> None:
    """The API starts as without it."""
    code = run(["serve", "--ledger", "sqlite:///l.db", "--shadow", shadow])

    said = warned(caplog)
    (line,) = said
    actual = (code, line.startswith(f"shadow `{shadow}` is not used: "), "\n" in line, len(served))
    assert actual == (0, True, False, 1)
