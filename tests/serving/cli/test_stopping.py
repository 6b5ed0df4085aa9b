"""Commands that a scheduler stops: one line, exit code 1, and what the same command does next."""

import signal
from typing import Any

import click
import pytest

from serving.cli import feed, learn, replay, run, table

STOPPED = {
    "feed": (feed, "open_settings_ledger", ["feed", "e.jsonl", "--ledger", "sqlite://"], "it goes on there"),
    "replay": (replay, "refuse_out", ["replay", "--out", "r.html"], "what stood in its place stands"),
    "score": (learn, "existing", ["score", "t", "--model", "m", "--out", "o"], "what stood in its place stands"),
    "table": (table, "now", ["table", "--out", "t.csv"], "what stood in its place stands"),
    "train": (learn, "existing", ["train", "t", "--roles", "r", "--out", "o"], "keeps its version"),
}


@pytest.mark.parametrize("name", STOPPED)
def test_a_signal_ends_it_in_one_line(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As somebody at the keyboard would, and a second signal does not disturb the tidying up."""
    module, part, arguments, said = STOPPED[name]
    tidied: list[bool] = []

    def stopped(*_: Any, **__: Any) -> None:
        try:
            signal.raise_signal(signal.SIGTERM)
        finally:
            signal.raise_signal(signal.SIGTERM)
            tidied.append(True)

    monkeypatch.setattr(module, part, stopped)
    before = signal.getsignal(signal.SIGTERM)
    code = run(arguments)
    line = capsys.readouterr().err
    after = signal.getsignal(signal.SIGTERM)
    assert (code, line.count("\n"), said in line, tidied, after) == (1, 1, True, [True], before)


def test_the_help_of_what_can_be_stopped_is_as_ever(capsys: pytest.CaptureFixture[str]) -> None:
    """What stops a command takes neither its options nor its words away."""
    assert (run(["table", "--help"]), "--as-of" in capsys.readouterr().out) == (0, True)
    assert isinstance(table.table, click.Command)
