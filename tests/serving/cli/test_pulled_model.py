"""`models:/…` for the commands that decide: the verified copy that `outreach serve` pulled here, or what to do."""

import json
from pathlib import Path

import pytest

from serving.cli import run
from serving.models.pulled import Pulled
from tests.serving.candidate_examples import NOW, candidate, write_parquet
from tests.serving.models.test_pulled import NAMED, URI, place_of, pulled

HOME = Path(".outreach-models")
BATCH = ["batch", "c.parquet", "--out", "out", "--at", NOW.isoformat()]


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder with candidates, whose settings name a model of a registry."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OUTREACH_MODEL", NAMED)
    monkeypatch.setenv("OUTREACH_TRACKING_URI", URI)
    write_parquet(tmp_path / "c.parquet", [candidate(number) for number in (1, 2)])
    return tmp_path


def test_a_batch_decides_with_the_copy_that_was_pulled(here: Path) -> None:
    """By the version that the API calls it; the registry itself is not asked, nor made."""
    pulled(HOME, 7)
    code = run(BATCH)
    model = json.loads((here / "out" / "manifest.json").read_text("utf-8"))["model"]
    assert (code, model["version"], (here / "mlflow.db").exists()) == (0, "7", False)


@pytest.mark.parametrize("command", [BATCH, ["feed", "c.parquet", "--ledger", "sqlite:///l.db"]], ids=["batch", "feed"])
def test_without_a_copy_the_line_says_what_pulls_one(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 1, since a server that is about to pull it mends that; nothing is written."""
    code = run(command)
    said = capsys.readouterr().err.splitlines()[-1]
    parts = (f"no verified copy of `{NAMED}`" in said, "`outreach serve`" in said, "`--model DIR`" in said)
    assert (code, parts, Path("out").exists()) == (1, (True, True, True), False)


def test_a_pointer_that_leads_astray_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """The copy is verified again before it decides."""
    pulled(HOME, 7)
    place_of(HOME).write_text("{}", encoding="utf-8")
    code = run(BATCH)
    assert (code, "delete it" in capsys.readouterr().err) == (2, True)


def test_a_feed_decides_with_the_copy_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """The API's own parts are composed around it, by its version."""
    from serving.cli import feed  # noqa: PLC0415  (loaded as the command does)
    from serving.settings import load_settings  # noqa: PLC0415

    pulled(HOME, 3)
    seen = {}
    monkeypatch.setattr("serving.app.create_app", lambda _settings, **given: seen.update(given) or _Served())
    settings = load_settings(environ={"OUTREACH_MODEL": NAMED, "OUTREACH_TRACKING_URI": URI})
    feed.composed(settings, None, None)  # type: ignore[arg-type]
    assert (seen["scorer"].version, Pulled(NAMED, URI).find().version) == ("3", "3")


class _Served:
    """What `create_app` returns, as far as a feed looks."""

    class state:  # noqa: N801  (the application's own attribute)
        """Where the composed parts stand."""

        api = None
