"""The monitor's benchmark: made-up days are what they claim, and its verdicts can fail."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks import monitor
from benchmarks.monitor_streams import World, as_reported, dealt, history, returning, strike, tripped_on
from model.monitor.detector import OPT_OUT, Cell, Counts, bets, signals

WATCH = monitor.watched(0.5, 0.5, 0.006)


def rate(counts: Counts, what: str, *, contacted: bool, e: float = 0.5) -> float:
    """The share of occasions of this arm and side for which `complained` or `harmed` is true."""
    arm = {cell: n for cell, n in counts.items() if cell.contacted is contacted and cell.e == e}
    return sum(n for cell, n in arm.items() if getattr(cell, what)) / sum(arm.values())


def test_a_history_has_the_harm_that_was_asked_for() -> None:
    """At twice the limit: complaints m + 2α and opt-outs 2α of the contacted, m and none of the held out."""
    counts = history(World(watch=WATCH, above=2.0, per_day=100_000), 20, np.random.default_rng(1))
    actual = [rate(counts, what, contacted=t) for what in ("complained", "harmed") for t in (True, False)]
    assert sum(counts.values()) == 2_000_000
    assert actual == pytest.approx([0.016, 0.006, 0.01, 0.0], abs=0.0005)


def test_both_sides_have_their_own_harm() -> None:
    """A fiftieth is contacted below the cut-off, and harmed as asked."""
    watch = monitor.watched(0.95, 0.02, 0.006)
    world = World(watch=watch, above=0.0, below=20.0, per_day=50_000, per_day_below=500_000)
    counts = history(world, 4, np.random.default_rng(2))
    actual = [rate(counts, "harmed", contacted=True, e=e) for e in (0.95, 0.02)]
    assert actual == pytest.approx([0.0, 0.1], abs=0.01)


def test_a_strike_is_everybodys() -> None:
    """Ten times the complaints for three days, contacted or not."""
    times = strike(10, first=4)
    counts = history(World(watch=WATCH, above=0.0, per_day=200_000), 10, np.random.default_rng(3), complaints=times)
    struck = {cell: n for cell, n in counts.items() if cell.day in (5, 6, 7)}
    calm = {cell: n for cell, n in counts.items() if cell.day not in (5, 6, 7)}
    actual = [rate(each, "complained", contacted=t) for each in (struck, calm) for t in (True, False)]
    assert times.tolist() == [1.0] * 4 + [10.0] * 3 + [1.0] * 3
    assert actual == pytest.approx([0.06, 0.06, 0.006, 0.006], abs=0.001)


def test_customers_who_come_back_are_harmed_at_the_limit_on_average() -> None:
    """Opt-outs at α; complaints of the contacted exceed those of the held out by about α."""
    counts = returning(WATCH, customers=60_000, rows=10, days=1_000, chance=np.random.default_rng(4))
    caused = rate(counts, "complained", contacted=True) - rate(counts, "complained", contacted=False)
    actual = [sum(counts.values()), rate(counts, "harmed", contacted=True), caused]
    assert actual == [600_000, pytest.approx(0.005, abs=0.0005), pytest.approx(0.005, abs=0.001)]


def test_in_the_end_everything_is_reported() -> None:
    """On the last day of the longest lag the reports are the history; before, harm is missing and contacts are not."""
    chance = np.random.default_rng(5)
    counts = history(World(watch=WATCH, above=3.0, per_day=5_000), 5, chance)
    reports = dealt(counts, range(14), chance)
    early, late = (as_reported(reports, today=today) for today in (5, 18))
    assert late == counts
    assert sum(early.values()) == sum(counts.values())
    assert rate(early, "harmed", contacted=True) < rate(counts, "harmed", contacted=True)


def test_the_day_of_a_trip_is_the_monitors_own() -> None:
    """`tripped_on` and `signals` agree about whether, and the day is the first on which they do."""
    bet = bets(WATCH)[1]
    counts = history(World(watch=WATCH, above=4.0, per_day=1_000), 30, np.random.default_rng(6))
    day = tripped_on(bet, WATCH, counts)
    assert day is not None
    actual = [
        signals({cell: n for cell, n in counts.items() if cell.day <= last}, WATCH, today=99)[1].tripped
        for last in (day - 1, day)
    ]
    assert actual == [False, True]


@pytest.mark.parametrize(
    ("shares", "expected"), [([0.13, 0.16], "met"), ([0.0, 0.19], "NOT met"), ([0.19, 0.0], "NOT met")], ids=str
)
def test_too_many_false_trips_are_not_met(shares: list[float], expected: str) -> None:
    """Above 13.7 % by more than two standard errors, of either harm."""
    actual = monitor.fine(shares, 400)
    assert actual == expected


def test_a_delay_that_is_understated_is_not_met(monkeypatch: pytest.MonkeyPatch) -> None:
    """The verdict compares with the stated figure: at a harm below twice the limit the same table fails."""
    monkeypatch.setattr(monitor, "PER_DAY", 500)
    chance = np.random.default_rng(7)
    bet = bets(WATCH)[1]
    actual = [monitor.delay(bet, WATCH, times, 12, chance) <= 1.3 * bet.delay + 500 for times in (2.0, 1.4)]
    assert actual == [True, False]


def test_the_raw_rate_hears_the_strike_that_the_monitor_does_not() -> None:
    """The same histories, the same detector."""
    world = World(watch=WATCH, above=0.0, per_day=2_000)
    chance = np.random.default_rng(8)
    histories = [history(world, 40, chance, complaints=strike(40, first=20)) for _ in range(5)]
    actual = (monitor.trip_shares(histories, WATCH), monitor.raw_share(histories, WATCH))
    assert actual == ([0.0, 0.0], 1.0)


def test_the_raw_rate_counts_every_occasion_once() -> None:
    """Cells that differ in attributable harm alone fall together."""
    cell = Cell(day=1, e=0.5, contacted=True, complained=True, harmed=True)
    counts = {cell: 3, replace(cell, harmed=False): 4}
    raw = replace(WATCH, opt_out_at_most=0.011)
    bet = next(each for each in bets(raw) if each.harm == OPT_OUT)
    actual = monitor.raw_share([counts], WATCH)
    assert actual == float(tripped_on(bet, raw, {cell: 7}) is not None)


def test_late_reports_cost_days() -> None:
    """Spread over a fortnight they cost some, not months."""
    at_once, late = (monitor.late_days(lags, 3, np.random.default_rng(9), most=60) for lags in ((0,), range(14)))
    assert at_once < late < at_once + 28


def test_a_report_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Tables and verdicts, on the terminal and in a file."""
    for name, value in {
        "DESIGNS": ((0.5, 0.5),),
        "CONTROL_RATES": (0.006,),
        "HORIZON": 40,
        "MULTIPLES": (2.0, 3.0),
    }.items():
        monkeypatch.setattr(monitor, name, value)
    monkeypatch.setattr(monitor, "late", lambda repeats, chance: f"late {repeats} {chance.integers(1)}")
    monitor.main(["--repeats", "2", "--out", str(tmp_path / "deep" / "monitor.md")])
    written = (tmp_path / "deep" / "monitor.md").read_text()
    actual = [line for line in written.splitlines() if line.startswith("| 0.5")]
    assert capsys.readouterr().out == written
    assert len(actual) == 5
    assert all(line.endswith("met |") for line in actual)
