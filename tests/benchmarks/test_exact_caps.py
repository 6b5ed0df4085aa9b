"""Caps, facts and keys with two server processes on one ledger: the small version of the script."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from benchmarks.exact_caps import VIOLATIONS, main, options, run
from benchmarks.exact_clock import SharedClock

SMALL = ["--decisions", "400", "--customers", "12", "--days", "3"]


def test_two_processes_keep_every_cap(tmp_path: Path) -> None:
    """Real servers and real HTTP: nothing over a cap, nothing told twice, one answer for each key, nothing lost."""
    counts = run(options(SMALL), tmp_path, f"sqlite:///{tmp_path}/ledger.db")
    happened = [
        counts[name] > 0 for name in ("sends", "confirmations", "released", "asked twice at once under one key")
    ]
    actual = ({name: counts[name] for name in VIOLATIONS}, happened, counts["decisions on record"] >= 400)
    assert actual == (dict.fromkeys(VIOLATIONS, 0), [True] * 4, True)


def test_the_naive_way_is_counted(capsys: pytest.CaptureFixture[str]) -> None:
    """It says how many customers got more than one; more sends than customers means that some did, which fails."""
    code = main(["--naive", "--customers", "40"])
    rows = [line.rsplit(maxsplit=1) for line in capsys.readouterr().out.splitlines()]
    counts = {name.strip(): int(count) for name, count in rows}
    assert (code == 1, counts["over a cap"] > 0) == (counts["sends"] > counts["customers"],) * 2


def test_no_two_readings_of_a_shared_clock_are_equal(tmp_path: Path) -> None:
    """Each is a microsecond after the last one, whoever read it; it moves where somebody moves it."""
    began = datetime(2026, 11, 20, 12, tzinfo=UTC)
    with SharedClock(tmp_path / "clock", began) as mine, SharedClock(tmp_path / "clock") as theirs:
        read = [mine(), theirs(), mine.move(10), theirs()]
    assert [(one - began).microseconds for one in read] == [1, 2, 12, 13]
