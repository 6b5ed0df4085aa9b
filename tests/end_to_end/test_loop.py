"""The closed loop, small: experiment, table, train, certify, gate, promote, decide; every piece is the real one."""

import json
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from model import train as training
from serving.cli import run
from serving.cli.demo import FOLDER, MARK
from serving.cli.quarter import command as looping
from serving.cli.quarter.command import FIGURES, PICTURE, loop
from serving.cli.quarter.company import BOOKS
from serving.cli.quarter.plan import Plan
from tests.end_to_end.test_cold_start import quick

SMALL = Plan(
    customers=4000,
    days=35,
    gain=2.5,
    experiment_at_most=0.2,
    harm_at_most=0.12,
    learning_days=(30,),
    jobs=1,
)


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, dict[str, Any]]:
    """A month in which contact does much, and two scorers compete: seconds, not minutes."""
    folder, out = tmp_path_factory.mktemp("loop"), StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "train", partial(quick, training.train))
        console = Console(file=out, width=200, highlight=False)
        found = loop(folder, f"sqlite:///{folder}/mlflow.db", console, SMALL)
    return folder, out.getvalue(), found


def test_the_first_certificate_is_promoted_and_benefit_rises(lived: tuple[Path, str, dict[str, Any]]) -> None:
    """True net benefit per 100 occasions is above the experiment's once the certified model decides."""
    _, said, found = lived
    assert (found["rounds"][0]["certified"], found["rounds"][0]["promoted"]) == (True, True), said
    assert found["kept"]["rose"], found["periods"]


def test_the_true_harm_stays_as_certified(lived: tuple[Path, str, dict[str, Any]]) -> None:
    """Both harms, in every period that a certificate covers; and the monitor was quiet."""
    _, _, found = lived
    kept = found["kept"]
    assert (kept["complaint_under"], kept["opt_out_under"], found["trips"]) == (True, True, [])


def test_learning_beats_what_was_not_learned(lived: tuple[Path, str, dict[str, Any]]) -> None:
    """In the last period ours brings more than the experiment for ever, with the same customers."""
    _, _, found = lived
    last = found["periods"][-1]["ways"]
    assert last["ours"]["net_per_100"] > last["experiment"]["net_per_100"] > 0.0
    assert last["ours"]["occasions"] == last["experiment"]["occasions"]


def test_the_rule_without_exploration_is_worth_more_than_with_it(lived: tuple[Path, str, dict[str, Any]]) -> None:
    """In the period that it decides: arms that hold out and that contact anybody cost something."""
    _, _, found = lived
    before, after = found["periods"]
    assert (before["rule"], after["rule"]["net_per_100"] > after["ways"]["ours"]["net_per_100"]) == (None, True)


def test_ways_share_customers_and_chance(lived: tuple[Path, str, dict[str, Any]]) -> None:
    """The same occasions everywhere; until the first model the experiment is ours, to the last figure."""
    _, _, found = lived
    ways = found["periods"][0]["ways"]
    assert ways["ours"] == ways["experiment"]
    assert len({each["total"]["occasions"] for each in found["ways"].values()}) == 1
    assert ways["everyone"]["contacts"] > 1.9 * ways["ours"]["contacts"]


def test_it_leaves_ledger_picture_and_figures(lived: tuple[Path, str, dict[str, Any]]) -> None:
    """The figures on disk are those that were shown, and everything else can be looked at with the usual commands."""
    folder, said, found = lived
    assert json.loads((folder / FIGURES).read_text()) == json.loads(json.dumps(found))
    left = [(folder / name).exists() for name in (BOOKS, PICTURE, "report-1.html", "artefact-1", "champion-1")]
    assert (left, "true net benefit per 100 occasions rose" in said) == ([True] * 5, True)


def test_the_command_makes_a_fresh_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`outreach demo --loop`: in the demo's own folder, with its mark, replacing what a demo left."""
    seen: list[tuple[Path, str]] = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(looping, "loop", lambda folder, tracking, _: seen.append((folder, tracking)))
    FOLDER.mkdir()
    (FOLDER / MARK).touch()
    (FOLDER / "old").touch()
    assert run(["demo", "--loop"]) == 0
    assert [path.name for path in FOLDER.iterdir()] == [MARK]
    assert seen == [(FOLDER, f"sqlite:///{tmp_path.resolve()}/{FOLDER}/mlflow.db")]


def test_a_folder_that_no_demo_made_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is in it."""
    monkeypatch.chdir(tmp_path)
    FOLDER.mkdir()
    (FOLDER / "precious").touch()
    assert (run(["demo", "--loop"]), (FOLDER / "precious").exists()) == (2, True)
