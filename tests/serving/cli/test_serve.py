"""`outreach serve` before it listens: what it refuses, what it starts without, what the answers call the model."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from model import registry
from model.artefact import write
from model.errors import InvalidInput, Unavailable
from serving.app import create_app
from serving.cli import run
from serving.cli.serve import with_local_model, with_local_shadow
from serving.settings import Settings
from tests.model.examples import ISSUED_AT, extra, rows, scorer


@pytest.fixture(autouse=True)
def served(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[list[Any]]:
    """Collect the applications that would have been served, from a folder of this test's own."""
    seen: list[Any] = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(uvicorn.Server, "run", lambda self, *_: seen.append(self.config.app))
    return seen


def warned(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what our own code said, but for where it listens."""
    said = [record.getMessage() for record in caplog.records if record.name.startswith("serving")]
    return [one for one in said if not one.startswith("listening on")]


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


@pytest.mark.parametrize("error", [Unavailable("the registry is away"), InvalidInput("no such version"), OSError("no")])
def test_a_registry_that_is_away_does_not_stop_the_start(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """The settings stay as they are; nothing that was fetched some other time is used in its place."""

    def away(*_: Any, **__: Any) -> str:
        raise error

    monkeypatch.setattr(registry, "resolve", away)
    settings = Settings(model="models:/outreach@champion", model_version="6")

    assert with_local_model(settings) == settings


def test_answers_call_a_registered_model_by_its_version(tmp_path: Path) -> None:
    """What was registered as version 1 and fetched by its alias answers as version 1; other settings stay.

    A challenger is fetched beside it, into a folder of its own.
    """
    learned = scorer()
    report = extra(learned) | {"data_sha256": "ab" * 32, "rows": 60}
    write(tmp_path / "made", learned, extra=report, golden=rows(learned)[:8], issued_at=ISSUED_AT)
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    acted = {"by": "ann", "why": "a test", "at": ISSUED_AT}
    registered = registry.register(tmp_path / "made", report=report, tracking_uri=uri, **acted)
    named = "models:/outreach@challenger"
    before = Settings(model=named, shadow=named, tracking_uri=uri, limits={"contacts_24h": 1}, port=0)

    settings = with_local_shadow(with_local_model(before))

    api = create_app(settings).state.api
    shadow = api.models.shadow
    assert (registered, api.models.version, shadow.version, settings.shadow_version) == ("1", "1", "1", "1")
    assert (settings.limits, settings.port, settings.shadow != settings.model) == ({"contacts_24h": 1}, 0, True)


def test_a_folder_stays_as_it_is() -> None:
    """Nothing is fetched for it."""
    settings = Settings(model="artefact", shadow="challenger")

    assert (with_local_model(settings) is settings, with_local_shadow(settings) is settings) == (True, True)


@pytest.mark.parametrize("shadow", ["nowhere", "models:/outreach@challenger"])
def test_a_shadow_that_is_not_there_is_one_warning_and_no_failure(
    served: list[Any], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, shadow: str
) -> None:
    """The API starts as without it."""

    def away(*_: Any, **__: Any) -> str:
        raise Unavailable("the registry is away")

    monkeypatch.setattr(registry, "resolve", away)
    code = run(["serve", "--ledger", "sqlite:///l.db", "--shadow", shadow])

    said = warned(caplog)
    (line,) = said
    actual = (code, line.startswith(f"shadow `{shadow}` is not used: "), "\n" in line, len(served))
    assert actual == (0, True, False, 1)
