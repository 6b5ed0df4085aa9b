"""`outreach demo --loop`: the command and its folder."""

from pathlib import Path

import pytest

from serving.cli import loop as looping
from serving.cli import run
from serving.cli.demo import FOLDER, MARK


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
