"""A folder in which one process works at a time."""

import errno
from pathlib import Path
from typing import Any

import pytest

from model.errors import Unavailable
from serving import folder_lock as module
from serving.folder_lock import LOCKS, alone


def entered(folder: Path) -> bool:
    """Whether somebody else may work there now."""
    try:
        with alone(folder, busy="wait for it"):
            return True
    except Unavailable:
        return False


@pytest.mark.skipif(not LOCKS, reason="this system has no file locks")
def test_one_works_there_at_a_time(tmp_path: Path) -> None:
    """The next one once it has ended; until then it is told what to do."""
    with alone(tmp_path, busy="wait for it"):
        with pytest.raises(Unavailable) as told, alone(tmp_path, busy="wait for it"):
            pass
        during = entered(tmp_path)
    assert (str(told.value), during, entered(tmp_path)) == (f"`{tmp_path}`: wait for it", False, True)


@pytest.mark.skipif(not LOCKS, reason="this system has no file locks")
@pytest.mark.parametrize("problem", [errno.ENOLCK, errno.EOPNOTSUPP])
def test_a_file_system_without_locks_lets_everybody_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, problem: int
) -> None:
    """Nobody is told of another process that nobody has seen."""

    def refuse(*_: Any) -> None:
        raise OSError(problem, "no locks here")

    monkeypatch.setattr(module.fcntl, "flock", refuse)
    assert entered(tmp_path)


def test_a_system_without_locks_lets_everybody_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As Windows does."""
    monkeypatch.setattr(module, "LOCKS", False)
    with alone(tmp_path, busy="wait for it"):
        assert entered(tmp_path)


@pytest.mark.skipif(not LOCKS, reason="this system has no file locks")
def test_what_cannot_be_opened_is_named(tmp_path: Path) -> None:
    """With what is wrong, and what to do."""
    with (
        pytest.raises(Unavailable, match=r"gone` cannot be opened \(No such file.*mend"),
        alone(tmp_path / "gone", busy=""),
    ):
        pass
