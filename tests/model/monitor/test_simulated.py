"""The live monitor on made-up days: quiet at its limit, quick at twice the limit, deaf to what contact did not cause.

Small and seeded; the large tables come from benchmarks/monitor.py.
"""

import math
from dataclasses import replace

import numpy as np
import pytest

from benchmarks.monitor_streams import World, as_reported, dealt, history, returning, strike, tripped_on
from model.monitor.detector import RUN_LENGTH, Bet, Counts, Watch, bets, described, merge, signals

CERTIFIED = Watch(key="c", complaint_at_most=0.005, opt_out_at_most=0.005, control_rate=0.006)
EVEN = replace(CERTIFIED, key="e", contact_above=0.5, contact_below=0.5)
DESIGNS = pytest.mark.parametrize("watch", [CERTIFIED, EVEN], ids=["e95_02", "e5"])
DAYS, REPEATS = 400, 50
STANDARD_ERRORS = 3.0


def trips(histories: list[Counts], watch: Watch) -> list[int]:
    """How many histories trip, for complaints and for opt-outs."""
    return [sum(tripped_on(bet, watch, each) is not None for each in histories) for bet in bets(watch)]


def at_most(days: int, repeats: int, *, harms: int = 1) -> float:
    """D/RUN_LENGTH of the repeats for both harms, half of it for one, and three standard errors."""
    share = harms * days / (2.0 * RUN_LENGTH)
    return repeats * share + STANDARD_ERRORS * math.sqrt(repeats * share * (1.0 - share))


@DESIGNS
def test_at_the_limit_false_trips_are_as_rare_as_stated(watch: Watch) -> None:
    """Both harms exactly at α, above and below the cut-off: at most D/(2·RUN_LENGTH) of the histories trip per harm."""
    chance = np.random.default_rng(41)
    world = World(watch=watch, per_day=150, per_day_below=80)
    actual = trips([history(world, DAYS, chance) for _ in range(REPEATS)], watch)
    assert max(actual) <= at_most(DAYS, REPEATS)
    assert sum(actual) <= at_most(DAYS, REPEATS, harms=2)


@DESIGNS
def test_customers_who_differ_and_come_back_trip_no_more_often(watch: Watch) -> None:
    """Eight occasions each, some customers harmed far more often; a complaint counts on all occasions before it."""
    chance = np.random.default_rng(42)
    histories = [returning(watch, customers=4_000, rows=8, days=DAYS, chance=chance) for _ in range(REPEATS)]
    actual = trips(histories, watch)
    assert max(actual) <= at_most(DAYS, REPEATS)


def test_the_count_of_false_trips_can_fail() -> None:
    """The same count refuses a detector whose limit is a third below the harm that goes on."""
    chance = np.random.default_rng(43)
    world = World(watch=EVEN, above=1.5, per_day=300)
    actual = trips([history(world, DAYS, chance) for _ in range(20)], EVEN)
    assert actual[1] > at_most(DAYS, 20)


@DESIGNS
def test_harm_at_half_its_limit_never_trips(watch: Watch) -> None:
    """A thousand days at α/2."""
    chance = np.random.default_rng(44)
    world = World(watch=watch, above=0.5, below=0.5, per_day=200, per_day_below=100)
    actual = trips([history(world, 1_000, chance) for _ in range(12)], watch)
    assert actual == [0, 0]


@DESIGNS
@pytest.mark.parametrize("harm", [0, 1], ids=["complaint", "opt_out"])
def test_harm_at_twice_its_limit_trips_when_stated(watch: Watch, harm: int) -> None:
    """Every stream trips, after between half and 1.3 times the stated number of occasions on average."""
    chance = np.random.default_rng(45)
    bet = bets(watch)[harm]
    found = [
        occasions_until(bet, World(watch=watch, above=2.0, per_day=int(bet.delay / 20)), chance) for _ in range(40)
    ]
    assert len(found) == 40
    assert 0.5 < np.mean(found) / bet.delay < 1.3


def occasions_until(bet: Bet, world: World, chance: np.random.Generator) -> int:
    """How many occasions above the cut-off counted when the switch fell."""
    day = tripped_on(bet, world.watch, history(world, 160, chance))
    assert day is not None
    return day * world.per_day


def test_a_change_after_good_years_trips_as_soon() -> None:
    """Four hundred days at α/2 and then twice the limit: the good days are no credit."""
    chance = np.random.default_rng(46)
    bet = bets(CERTIFIED)[1]
    good, bad = World(watch=CERTIFIED, above=0.5, per_day=300), World(watch=CERTIFIED, above=2.0, per_day=300)
    found = []
    for _ in range(20):
        before = history(good, 400, chance)
        after = {replace(cell, day=cell.day + 400): n for cell, n in history(bad, 120, chance).items()}
        day = tripped_on(bet, CERTIFIED, merge([before, after]))
        assert day is not None
        found.append((day - 400) * 300)
    assert 0 < np.mean(found) < 1.3 * bet.delay


@DESIGNS
def test_a_carrier_strike_trips_nothing(watch: Watch) -> None:
    """For three days everybody complains ten times as often, contacted or not."""
    chance = np.random.default_rng(47)
    world = World(watch=watch, above=0.0, below=0.0, per_day=2_000, per_day_below=500)
    histories = [history(world, 40, chance, complaints=strike(40, first=20)) for _ in range(20)]
    assert trips(histories, watch) == [0, 0]


@DESIGNS
def test_a_raw_complaint_rate_would_trip_on_a_strike(watch: Watch) -> None:
    """The same detector on complaints per contact, limit control rate + α, stops every time."""
    chance = np.random.default_rng(47)
    world = World(watch=watch, above=0.0, per_day=2_000)
    raw = replace(watch, opt_out_at_most=watch.control_rate + watch.complaint_at_most)
    histories = [history(world, 40, chance, complaints=strike(40, first=20)) for _ in range(20)]
    counted = [merge({replace(c, harmed=c.complained): n} for c, n in each.items()) for each in histories]
    actual = trips(counted, raw)[1]
    assert actual == 20


def test_harm_below_the_cut_off_counts_with_the_rest() -> None:
    """Where only those below are harmed, it is the harm per contact of all that trips, or does not."""
    chance = np.random.default_rng(48)
    few = World(watch=CERTIFIED, above=0.0, below=8.0, per_day=400, per_day_below=800)
    many = World(watch=CERTIFIED, above=0.5, below=8.0, per_day=20, per_day_below=8_000)
    actual = [tripped_on(bets(CERTIFIED)[1], CERTIFIED, history(world, 300, chance)) for world in (few, many)]
    assert actual[0] is None
    assert actual[1] is not None


def test_a_wrong_control_rate_costs_delay_not_validity() -> None:
    """The watch believes in 2 %, the held out complain at .2 %: at the limit it stays as quiet."""
    chance = np.random.default_rng(49)
    believed = replace(EVEN, control_rate=0.02)
    histories = [history(World(watch=replace(EVEN, control_rate=0.002), per_day=300), DAYS, chance) for _ in range(40)]
    actual = trips(histories, believed)[0]
    assert actual <= at_most(DAYS, 40)


def test_late_reports_only_delay() -> None:
    """With opt-outs reported over 14 days the evidence on any day is at most what is known in the end."""
    chance = np.random.default_rng(50)
    counts = history(World(watch=EVEN, above=2.0, per_day=600), 60, chance)
    reports = dealt(counts, range(14), chance)
    known = [signals(as_reported(reports, today=today), EVEN, today=today)[1].log_evidence for today in range(1, 75)]
    actual = known[-1]
    assert actual == pytest.approx(signals(counts, EVEN, today=75)[1].log_evidence)
    assert max(known) <= actual + 1e-9


def test_a_signal_says_what_it_saw() -> None:
    """The estimate is near the truth, and the JSON holds numbers only."""
    chance = np.random.default_rng(51)
    counts = history(World(watch=EVEN, above=2.0, per_day=5_000), 60, chance)
    actual = signals(counts, EVEN, today=100)
    assert [signal.estimate for signal in actual] == pytest.approx([0.01, 0.01], abs=0.001)
    assert [signal.tripped for signal in actual] == [True, True]
    assert [row["occasions"] for row in map(described, actual)] == [300_000, 300_000]
