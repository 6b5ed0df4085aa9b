"""What a killed parent left is swept by the next one, and nothing else is touched."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from serving.metrics.figures_folder import PARENT, PREFIX, figures_folder, sweep
from serving.metrics.shared import Shared

HOLDS = """
import sys
from serving.metrics.figures_folder import figures_folder
from serving.metrics.shared import Shared
with figures_folder() as folder:
    Shared(folder).leave(lambda: {})
    print(folder, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for temporary files, of this test's own."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    return tmp_path


def left(place: Path, name: str = "abcdefgh") -> Path:
    """Make what a killed parent and its worker leave."""
    folder = place / f"{PREFIX}{name}"
    folder.mkdir(mode=0o700)
    one = Shared(folder)
    one.leave(dict)
    one.close()
    (folder / PARENT).touch()
    return folder


def test_a_parent_that_was_killed_is_swept_after(place: Path) -> None:
    """Not while it lives; when it is gone, however it ended, the next one removes what it left."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        folder = Path(parent.stdout.readline().strip())
        with figures_folder() as other:
            while_it_lived = folder.is_dir() and (folder / PARENT).is_file()
            assert other.is_dir()
        parent.kill()
        parent.wait()
    stayed = folder.is_dir()
    with figures_folder() as mine:
        swept = [path for path in place.iterdir() if path != mine]
    assert (while_it_lived, stayed, swept, [*place.iterdir()]) == (True, True, [], [])


def test_a_worker_that_lives_keeps_it(place: Path) -> None:
    """Its parent is gone and it drains: its figures stay until it has ended."""
    folder = left(place)
    worker = Shared(folder)
    sweep(place)
    held = folder.is_dir()
    worker.close()
    sweep(place)
    assert (held, folder.exists()) == (True, False)


STRANGE: dict[str, Callable[[Path], object]] = {
    "another file": lambda folder: (folder / "notes.txt").touch(),
    "a folder": lambda folder: (folder / "lock").mkdir(),
    "a link": lambda folder: (folder / "ended.json").symlink_to(folder / PARENT),
    "a pipe": lambda folder: os.mkfifo(folder / "1-1.figures"),
    "open to others": lambda folder: folder.chmod(0o755),
    "no parent's lock": lambda folder: (folder / PARENT).unlink(),
    "another name": lambda folder: folder.rename(folder.with_name("outreach-abcdefgh")),
}


@pytest.mark.parametrize("strange", STRANGE)
def test_what_is_not_ours_alone_stays(place: Path, strange: str) -> None:
    """Whole, with everything in it."""
    STRANGE[strange](left(place))
    before = sorted(place.rglob("*"))
    sweep(place)
    assert sorted(place.rglob("*")) == before


def test_a_link_in_its_place_is_not_followed(place: Path) -> None:
    """What it leads to stays, and so does the link."""
    folder = left(place)
    folder.rename(place / "elsewhere")
    folder.symlink_to(place / "elsewhere")
    sweep(place)
    assert (folder.is_symlink(), len([*(place / "elsewhere").iterdir()])) == (True, 3)
