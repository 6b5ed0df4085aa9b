"""Where something is made: a folder of its own beside its place, and what killed processes left goes next time."""

import subprocess
import sys
from pathlib import Path

import pytest

from model import beside as module
from model.beside import HELD, OLD, beside

ROOT = Path(__file__).parents[2]
HOLDING = """
import sys, time
from pathlib import Path
from model.beside import beside
with beside(Path(sys.argv[1])) as folder:
    (folder / "half").write_text("half")
    if len(sys.argv) > 2:
        Path(sys.argv[1]).rename(folder / "old")
    print(flush=True)
    time.sleep(60)
"""
needs_locks = pytest.mark.skipif(not module.LOCKS, reason="this system has no file locks")


def names(folder: Path) -> list[str]:
    """Return what lies in a folder."""
    return sorted(path.name for path in folder.iterdir())


def making(place: Path, *more: str) -> "subprocess.Popen[bytes]":
    """Start a process that makes the place and does not end by itself."""
    started = subprocess.Popen([sys.executable, "-c", HOLDING, str(place), *more], stdout=subprocess.PIPE, cwd=ROOT)
    assert started.stdout is not None
    started.stdout.readline()
    return started


def killed(place: Path, *more: str) -> None:
    """Let such a process be killed."""
    with making(place, *more) as process:
        process.kill()


def test_each_has_a_folder_of_its_own_and_takes_it_away(tmp_path: Path) -> None:
    """Two for the same place, one within the other, and also where the block fails."""
    with beside(tmp_path / "t") as one, beside(tmp_path / "t") as other:
        assert (one != other, one.is_dir(), other.is_dir()) == (True, True, True)
    with pytest.raises(OSError, match="full"), beside(tmp_path / "t"):
        raise OSError("full")
    assert names(tmp_path) == []


@needs_locks
def test_what_a_killed_process_left_goes_with_the_next(tmp_path: Path) -> None:
    """Of this very place: what was left beside another one waits for that one's."""
    killed(tmp_path / "t")
    killed(tmp_path / "t2")
    before = len(names(tmp_path))
    with beside(tmp_path / "t"):
        pass
    assert (before, [name.startswith(".t2.making-") for name in names(tmp_path)]) == (2, [True])


@needs_locks
def test_what_a_living_process_makes_stays(tmp_path: Path) -> None:
    """Two at once do not disturb each other."""
    with making(tmp_path / "t") as process:
        with beside(tmp_path / "t"):
            pass
        actual = [names(tmp_path / name) for name in names(tmp_path)]
        process.kill()
    assert actual == [["half", HELD]]


@needs_locks
@pytest.mark.parametrize(("there", "expected"), [(False, "old"), (True, "new")], ids=["empty", "taken"])
def test_what_stood_there_comes_back(tmp_path: Path, *, there: bool, expected: str) -> None:
    """Killed between two renames: the earlier one is put back, unless something newer stands there."""
    place = tmp_path / "t"
    place.mkdir()
    (place / "old").touch()
    killed(place, OLD)
    if there:
        place.mkdir()
        (place / "new").touch()
    with beside(place):
        pass
    assert (names(tmp_path), names(place)) == (["t"], [expected])


def test_what_is_not_ours_stays(tmp_path: Path) -> None:
    """A link, a folder without a lock, and whatever has another name."""
    for name in (".t.making-nolock", ".t.other", "x"):
        (tmp_path / name).mkdir()
    (tmp_path / "x" / HELD).touch()
    (tmp_path / ".t.making-link").symlink_to(tmp_path / "x")
    before = names(tmp_path)
    with beside(tmp_path / "t"):
        pass
    assert (names(tmp_path), (tmp_path / "x" / HELD).exists()) == (before, True)


def test_without_locks_nothing_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then nobody knows what is in use."""
    (tmp_path / ".t.making-left").mkdir()
    (tmp_path / ".t.making-left" / HELD).touch()
    monkeypatch.setattr(module, "LOCKS", False)
    with beside(tmp_path / "t"):
        pass
    assert names(tmp_path) == [".t.making-left"]
