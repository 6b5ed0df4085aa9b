import json
from dataclasses import dataclass

import pytest

from serving.cli import progress
from serving.cli.progress import Events, counted
from tests.serving.cli.test_progress import Ticks


@dataclass
class Seen:
    """How far a file is."""

    done: int
    total: int = 100
    rows_per_second: float = 10.0
    seconds_left: float | None = None


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    """Return the lines on standard error; standard output is empty."""
    printed = capsys.readouterr()
    assert printed.out == ""
    return [json.loads(line) for line in printed.err.splitlines()]


def test_without_a_terminal_a_file_is_told_in_lines_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    """A start, how far it is, an end with everything."""
    ticks = Ticks()
    with counted("c.csv", clock=ticks) as told:
        ticks.seconds = 2.0
        told(Seen(20, seconds_left=8.04))
        ticks.seconds = 2.5
        told(Seen(100, seconds_left=0.0))

    assert lines(capsys) == [
        {"event": "start", "seconds": 0.0, "file": "c.csv"},
        {"event": "progress", "seconds": 2.0, "done": 20, "total": 100, "rows_per_second": 10, "seconds_left": 8.0},
        {"event": "end", "seconds": 2.5, "done": 100, "total": 100, "rows_per_second": 10},
    ]


def test_progress_is_told_at_most_once_a_second(capsys: pytest.CaptureFixture[str]) -> None:
    """However small the steps."""
    ticks = Ticks()
    events = Events(ticks, "c.csv")
    for step in range(40):
        ticks.seconds = 0.1 * step
        events.progress(Seen(step))

    assert [line["seconds"] for line in lines(capsys)[1:]] == [0.0, 1.0, 2.0, 3.0]


def test_what_fails_has_no_end(capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever reads the lines sees that it did not finish."""

    def fail() -> None:
        with counted("c.csv") as told:
            told(Seen(20))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    assert [line["event"] for line in lines(capsys)] == ["start", "progress"]


def test_what_is_refused_at_once_has_no_start(capsys: pytest.CaptureFixture[str]) -> None:
    """A wrong option or column is one line, the refusal's own."""
    with pytest.raises(ZeroDivisionError), counted("c.csv"):
        raise ZeroDivisionError

    assert lines(capsys) == []


def test_on_a_terminal_there_is_a_bar(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """No JSON there."""
    monkeypatch.setattr(progress.sys.stderr, "isatty", lambda: True, raising=False)
    with counted("c.csv") as told:
        told(Seen(50))

    assert "{" not in capsys.readouterr().err
