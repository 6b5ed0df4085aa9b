import io

import pytest
from rich.console import Console
from rich.progress import Progress

from serving.cli.progress import Bars, Lines, progress


class Ticks:
    """A clock that is moved by hand."""

    seconds = 0.0

    def __call__(self) -> float:
        """Return the time."""
        return self.seconds


@pytest.fixture
def ticks() -> Ticks:
    """A clock at 0."""
    return Ticks()


def said(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Return the lines on standard error; standard output is empty."""
    printed = capsys.readouterr()
    assert printed.out == ""
    return printed.err.splitlines()


def test_without_a_terminal_there_are_lines(capsys: pytest.CaptureFixture[str]) -> None:
    """Standard error, one line at once: somebody who waits knows what for."""
    with progress() as told:
        told("preparing", 0.0)
    assert said(capsys) == ["preparing …"]


def test_a_thousand_quick_steps_are_few_lines(capsys: pytest.CaptureFixture[str], ticks: Ticks) -> None:
    """Within a second only each further tenth is worth a line."""
    lines = Lines(ticks)
    for step in range(1001):
        lines.report(f"step {step}", step / 1000)
    assert [line.split(" …")[0] for line in said(capsys)] == [f"step {step}" for step in range(0, 1001, 100)]


def test_slow_steps_are_told_once_a_second(capsys: pytest.CaptureFixture[str], ticks: Ticks) -> None:
    """Another step is worth a line after a second; the same step again is not."""
    lines = Lines(ticks)
    for step in range(20):
        ticks.seconds = 0.25 * step
        lines.report(f"fit {step // 2}", 0.001 * step)
    assert [line.split(" …")[0] for line in said(capsys)] == ["fit 0", "fit 2", "fit 4", "fit 6", "fit 8"]


def test_a_line_says_how_long_it_took_and_takes(capsys: pytest.CaptureFixture[str], ticks: Ticks) -> None:
    """A quarter after 30 seconds leaves a minute and a half."""
    lines = Lines(ticks)
    lines.report("learning", 0.0)
    ticks.seconds = 30.0
    lines.report("learning", 0.25)
    assert said(capsys)[1] == "learning … 25 % after 0:30, about 1:30 left"


def test_a_time_left_is_told_when_it_is_known(capsys: pytest.CaptureFixture[str], ticks: Ticks) -> None:
    """After a quarter of the piece, by what it did itself since it began; never where others come in between."""
    plain, without = Lines(ticks), Lines(ticks, left=False)
    for seconds, share in ((0.0, 0.4), (10.0, 0.5), (20.0, 0.7)):
        ticks.seconds = seconds
        plain.report("living", share)
        without.report("living", share)
    assert said(capsys) == [
        *["living … 40 % after 0:00"] * 2,
        *["living … 50 % after 0:10"] * 2,
        "living … 70 % after 0:20, about 0:20 left",
        "living … 70 % after 0:20",
    ]


def test_a_falling_share_begins_another_piece(capsys: pytest.CaptureFixture[str], ticks: Ticks) -> None:
    """Training ends, the report is written: a new line with its own clock."""
    lines = Lines(ticks)
    lines.report("done", 1.0)
    ticks.seconds = 5.0
    lines.report("writing the report", 0.0)
    assert said(capsys) == ["done … 100 % after 0:00", "writing the report …"]


def test_bars_are_one_per_piece() -> None:
    """Steps of one piece move one bar; the bar of a piece that cannot tell its length has no end."""
    shown = Progress(console=Console(file=io.StringIO()))
    bars = Bars(shown)
    for stage, share in (("preparing", 0.0), ("learning", 0.4), ("done", 1.0), ("writing the report", 0.0)):
        bars.report(stage, share)
    actual = [(task.description, task.completed, task.total) for task in shown.tasks]
    assert actual == [("done", 1.0, 1.0), ("writing the report", 0.0, None)]
