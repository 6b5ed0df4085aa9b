"""`outreach batch` that somebody stops: one line, exit code 1, and how to go on."""

import signal
from pathlib import Path
from typing import Any

import pytest

from serving.cli import batch as command
from serving.cli import run
from tests.serving.candidate_examples import candidate, write_parquet

AT = "2026-11-20T12:00:00Z"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "Ctrl-C"])
@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--out", "out"], "stopped; no `_SUCCESS`, so it is not finished: run again"),
        (["--dry-run"], "stopped; nothing was written"),
        (["--out", "out", "--ledger", "sqlite:///l.db"], f"stopped; `--at {AT}` goes on with the decisions"),
    ],
    ids=["plan", "dry run", "ledger"],
)
def test_who_stops_it_is_told_how_to_go_on(  # noqa: PLR0917  (two signals, three ways, and the fixtures)
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    number: signal.Signals,
    more: list[str],
    said: str,
) -> None:
    """One line and no traceback; a second signal does not disturb the tidying up, and the handlers are put back."""
    monkeypatch.chdir(tmp_path)
    write_parquet(tmp_path / "c.parquet", [candidate(1)])
    tidied: list[bool] = []

    def stopped(*_: Any, **__: Any) -> None:
        try:
            signal.raise_signal(number)
        finally:
            signal.raise_signal(number)
            tidied.append(True)

    monkeypatch.setattr(command, "run_batch", stopped)
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    code = run(["batch", "c.parquet", "--at", AT, *more])
    lines = [line for line in capsys.readouterr().err.splitlines() if not line.startswith("{")]
    after = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)

    assert (code, len(lines), lines[0].startswith(f"outreach: {said}"), tidied, after) == (1, 1, True, [True], before)
