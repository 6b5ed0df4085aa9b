"""Where downloads lie: a folder for each, and what ended processes left goes, what others hold or own stays."""

import subprocess
import sys
from pathlib import Path

import pytest

from model import beside as module
from model.beside import HELD
from serving.models.coming import TURN, coming

ROOT = Path(__file__).parents[3]
HOLDING = """
import sys, time
from pathlib import Path
from serving.models.coming import coming
with coming(Path(sys.argv[1])):
    print(flush=True)
    time.sleep(60)
"""
LEFT = (".coming-77", ".coming-ab_cd123", f".{'a' * 64}.abcd1234", f".{'a' * 64}.making-abcd1234")
FILES = (f".{'b' * 16}.json.abcd1234",)
OTHERS = ("a" * 64, f"{'b' * 16}.json", ".coming", ".git", "coming-x", f".{'a' * 63}.abcd1234", ".coming-a.b")


def names(home: Path) -> set[str]:
    """Return what lies in a place."""
    return {path.name for path in home.iterdir()}


def test_each_has_a_folder_of_its_own_and_takes_it_away(tmp_path: Path) -> None:
    """Also where the block fails; what somebody holds no sweep takes."""
    with coming(tmp_path / "home") as one, coming(tmp_path / "home") as other:
        (one / "x").write_text("x")
        assert (one != other, one.is_dir(), other.is_dir()) == (True, True, True)
    with pytest.raises(OSError, match="full"), coming(tmp_path / "home"):
        raise OSError("full")
    assert names(tmp_path / "home") == {TURN}


def test_what_was_left_goes_and_nothing_else(tmp_path: Path) -> None:
    """By its whole name; a link of that name stays, and what it leads to."""
    for name in (*LEFT, *OTHERS):
        (tmp_path / name).mkdir()
        (tmp_path / name / HELD).write_text("")
        (tmp_path / name / "x").write_text("x")
    for name in FILES:
        (tmp_path / name).write_text("x")
    (tmp_path / ".coming-link").symlink_to(tmp_path / ".git")
    with coming(tmp_path):
        pass
    assert names(tmp_path) == {*OTHERS, ".coming-link", TURN}
    assert (tmp_path / ".git" / "x").exists()


def test_what_a_living_process_holds_stays(tmp_path: Path) -> None:
    """Whoever it is: the lock says it, not a number that a container gives anew."""
    command = [sys.executable, "-c", HOLDING, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as holding:
        assert holding.stdout is not None
        holding.stdout.readline()
        with coming(tmp_path):
            during = len(names(tmp_path) - {TURN})
        holding.kill()
    with coming(tmp_path):
        after = len(names(tmp_path) - {TURN})
    assert (during, after) == (2, 1)


def test_without_locks_nothing_is_swept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then nobody knows what is in use."""
    (tmp_path / LEFT[0]).mkdir()
    monkeypatch.setattr(module, "LOCKS", False)
    with coming(tmp_path) as folder:
        assert folder.is_dir()
    assert names(tmp_path) == {LEFT[0], TURN}
