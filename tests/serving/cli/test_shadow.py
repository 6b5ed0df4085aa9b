"""`--shadow` of `outreach batch`, and what `outreach doctor` says of a challenger."""

from datetime import timedelta
from pathlib import Path

import pytest

from serving.cli import run
from serving.cli.diagnosis import shadow
from serving.ledger import open_ledger
from serving.models.pulled import Pulled
from serving.policy_files.templates import shipped_digests
from serving.ports import Preferences
from serving.settings import Settings
from tests.model.artefacts import written
from tests.serving.candidate_examples import NOW, candidate, write_parquet
from tests.serving.models_between import registered

AT = NOW.isoformat()
RECORDED = ["batch", "c.parquet", "--out", "out", "--at", AT, "--ledger", "sqlite:///l.db"]
PLANNED = RECORDED[:-2]


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder of this test's own, with a file of two customers and a ledger that knows them."""
    monkeypatch.chdir(tmp_path)
    write_parquet(tmp_path / "c.parquet", [candidate(number) for number in (1, 2)])
    ledger = open_ledger("sqlite:///l.db", now=NOW - timedelta(days=1), salt=b"s" * 32, shipped=shipped_digests())
    with ledger.transaction() as tx:
        for number in (1, 2):
            told = Preferences(timezone="Europe/Paris", consent={"push": True})
            tx.set_preferences(f"u-{number}", told, at=NOW - timedelta(days=1))
    ledger.close()
    return tmp_path


def opinions() -> list[object]:
    """Return the version of each recorded opinion."""
    ledger = open_ledger("sqlite:///l.db", now=NOW, salt=b"", create=False)
    with ledger.transaction() as tx:
        records = tx.decisions(action=None, user=None, since=None, after=None, limit=9)
    ledger.close()
    return [(record["decided"]["shadow"] or {}).get("version") for record in records]


def test_a_batch_records_what_a_challenger_would_have_said(here: Path) -> None:
    """By the artefact's own version."""
    written(here / "challenger")

    code = run([*RECORDED, "--shadow", "challenger"])

    assert (code, [isinstance(version, str) for version in opinions()]) == (0, [True, True])


def test_a_batch_goes_on_without_a_challenger_that_is_not_there(caplog: pytest.LogCaptureFixture) -> None:
    """One warning, the same decisions."""
    code = run([*RECORDED, "--shadow", "nowhere"])

    said = [record.getMessage() for record in caplog.records if record.name.startswith("serving")]
    assert (code, len(said), "shadow `nowhere` is not used: " in said[0], opinions()) == (0, 1, True, [None, None])


def test_a_batch_pulls_the_challenger_that_a_registry_names(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is called by its version there, and lies where the API would look for it."""
    uri = registered(here)
    monkeypatch.setenv("OUTREACH_TRACKING_URI", uri)

    code = run([*RECORDED, "--shadow", "models:/outreach@challenger"])

    assert (code, opinions()) == (0, ["1", "1"])
    assert Pulled("models:/outreach@challenger", uri).find().version == "1"
    assert not (here / ".outreach-shadow").exists()


def test_a_batch_goes_on_without_a_registry(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing was pulled before, and nobody answers: the decisions are made as without it."""
    monkeypatch.setenv("OUTREACH_TRACKING_URI", "http://127.0.0.1:1")

    code = run([*RECORDED, "--shadow", "models:/outreach@challenger"])

    said = [record.getMessage() for record in caplog.records if record.name.startswith("serving")]
    assert (code, opinions(), len(said), "no verified copy" in said[0]) == (0, [None, None], 1, True)


def test_a_plan_has_no_record_for_a_challenger(capsys: pytest.CaptureFixture[str]) -> None:
    """Refused in one line with what to do, before anything is decided."""
    code = run([*PLANNED, "--shadow", "challenger"])

    shown = capsys.readouterr().err
    assert (code, "add `--ledger URL`" in shown, len(shown.splitlines())) == (2, True, 1)


def test_a_plan_does_not_mind_a_challenger_in_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is for the API that shares these settings."""
    monkeypatch.setenv("OUTREACH_SHADOW", "nowhere")

    assert run(PLANNED) == 0


def test_doctor_names_the_challenger_and_takes_none_for_a_failure(here: Path) -> None:
    """None, one that was not pulled, a good one, a broken one."""
    written(here / "challenger")
    named = (None, "models:/outreach@challenger", "challenger", "nowhere")
    said = [shadow(Settings(shadow=name)) for name in named]

    actual = [line.split(":")[0].split(",")[-1].strip() for line in said]

    assert actual == ["none", "not used", "never acted on", "not used"]
