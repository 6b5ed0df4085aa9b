"""Several workers, one truth: what each left, those that have gone included."""

import json
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import count
from pathlib import Path

import pytest

from serving.metrics.catalogue import EVENTS
from serving.metrics.shared import ENDED, FIGURES, LOCK, Shared
from serving.metrics.tally import Tally


def said(count: int) -> dict[str, object]:
    """What a worker that took so many events says."""
    tally = Tally()
    tally.add(EVENTS, "accepted", by=count)
    return tally.values()


def total(of: Shared) -> float:
    """Add up what the others say, as the one asked does."""
    living, ended = of.others()
    sum_ = Tally()
    for one in (*living, *([] if ended is None else [ended])):
        sum_.take(one)
    return sum_.counts.get((EVENTS.name, "accepted"), 0)


def test_each_reads_the_others_and_not_itself(tmp_path: Path) -> None:
    """Both see the other's figures, the newest."""
    one, other = Shared(tmp_path), Shared(tmp_path)
    one.leave(lambda: said(1))
    other.leave(lambda: said(5))
    other.leave(lambda: said(20))
    assert (total(one), total(other)) == (20, 1)


def test_who_has_gone_is_counted_once_for_good(tmp_path: Path) -> None:
    """A worker ends, however: its counts stay, its file goes, and asking again changes nothing."""
    asked, *gone = (Shared(tmp_path) for _ in range(4))
    for number, one in enumerate(gone):
        one.leave(partial(said, 10**number))
        one.close()
    first = [total(asked), total(asked)]
    late = Shared(tmp_path)
    late.leave(lambda: said(1000))
    late.close()
    assert (first, total(asked), total(asked), len([*tmp_path.glob(f"*{FIGURES}")])) == ([111, 111], 1111, 1111, 0)


def test_one_that_broke_off_while_adding_is_not_counted_twice(tmp_path: Path) -> None:
    """The sum is written before the files go: whoever stopped in between left both."""
    asked, gone = Shared(tmp_path), Shared(tmp_path)
    gone.leave(lambda: said(7))
    (file,) = tmp_path.glob(f"*{FIGURES}")
    held = file.read_bytes()
    gone.close()
    assert total(asked) == 7
    file.write_bytes(held)
    assert (json.loads((tmp_path / ENDED).read_bytes())["names"], total(asked)) == ([file.stem], 7)


def test_a_folder_that_is_gone_is_an_error_and_no_other_sum(tmp_path: Path) -> None:
    """Who is asked must not give its own figures for everybody's."""
    folder = tmp_path / "figures"
    folder.mkdir()
    one = Shared(folder)
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    with pytest.raises(OSError, match="No such file"):
        one.leave(lambda: said(1))
    with pytest.raises(OSError, match="No such file"):
        one.others()


def test_two_threads_of_one_worker_do_not_meet(tmp_path: Path) -> None:
    """Who is asked leaves figures while the clock's turn comes to leave them: neither fails, and the newest stay."""
    one, other, numbers = Shared(tmp_path), Shared(tmp_path), count(1)
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: one.leave(lambda: said(next(numbers))), range(400)))
    assert total(other) == 400


def test_figures_that_cannot_be_written_leave_nothing_beside_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is full: the older figures stay, and no half of others, however often it is tried."""
    one, other = Shared(tmp_path), Shared(tmp_path)
    one.leave(lambda: said(7))
    before = sorted(path.name for path in tmp_path.iterdir())

    def full(_: Path, __: Path) -> Path:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", full)
        for _ in range(3):
            with pytest.raises(OSError, match="No space"):
                one.leave(lambda: said(8))
    left = sorted(path.name for path in tmp_path.iterdir() if path.name != LOCK)
    assert (left, total(other)) == (before, 7)
