"""How often the monitor stops wrongly, and how soon rightly: python benchmarks/monitor.py [--repeats N] [--out FILE].

False trips per 1,000 days where harm stands at its limit; the mean delay at 1.5, 2 and 3 times the limit beside the one
that the monitor states; customers who differ and come back, a carrier strike, opt-outs that are reported late.
With the default 400 repeats it takes some minutes.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.monitor_streams import World, as_reported, dealt, history, returning, strike, tripped_on
from benchmarks.tables import number, table
from model.monitor.detector import COMPLAINT, OPT_OUT, RUN_LENGTH, WINDOW_DAYS, Bet, Cell, Counts, Watch, bets

LIMIT = 0.005
DESIGNS = ((0.95, 0.02), (0.5, 0.5))
CONTROL_RATES = (0.002, 0.006, 0.02)
MULTIPLES = (1.5, 2.0, 3.0)
HORIZON = 1_000  # days
PER_DAY = 2_000  # occasions above the cut-off; half as many below
LONGEST = 40.0  # times the stated delay: what has not tripped by then counts as that long
CLOSE_ENOUGH = 1.3  # times the stated delay


def main(arguments: Sequence[str]) -> None:
    """Run what the command line asks for."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--repeats", type=int, default=400)
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--out")
    chosen = options.parse_args(arguments)
    text = report(repeats=chosen.repeats, seed=chosen.seed)
    print(text)
    if chosen.out:
        Path(chosen.out).parent.mkdir(parents=True, exist_ok=True)
        Path(chosen.out).write_text(f"{text}\n")


def report(*, repeats: int, seed: int) -> str:
    """Return all tables with their verdicts."""
    chance = np.random.default_rng(seed)
    watches = [watched(*sides, control_rate) for sides in DESIGNS for control_rate in CONTROL_RATES]
    at_most = f"at most {HORIZON / (2 * RUN_LENGTH):.3f} for each harm"
    parts = [
        f"## Share of histories with a false trip within {HORIZON:,} days, harm at its limit ({at_most})",
        false_trips(watches, repeats, chance),
        "## Mean delay in occasions above the cut-off (in days, with those until an occasion counts)",
        delays(watches, repeats, chance),
        "## Share of histories that trip: customers who come back, at the limit; a strike, while contact harms nobody",
        hard_cases(repeats, chance),
        late(max(repeats // 4, 20), chance),
    ]
    title = f"# The live monitor: {repeats} repeats, {PER_DAY:,} occasions a day above the cut-off, limits {LIMIT:g}"
    return "\n\n".join([title, *parts])


def watched(above: float, below: float, control_rate: float) -> Watch:
    """Return a watch of both harms at the default limit."""
    return Watch(
        key=f"{above:g}/{below:g}" if above != below else f"{above:g}",
        complaint_at_most=LIMIT,
        opt_out_at_most=LIMIT,
        control_rate=control_rate,
        contact_above=above,
        contact_below=below,
    )


def false_trips(watches: Sequence[Watch], repeats: int, chance: np.random.Generator) -> str:
    """Return how often each harm tripped within the horizon at α, with the verdict within two standard errors."""
    rows = []
    for watch in watches:
        world = World(watch=watch, per_day=PER_DAY, per_day_below=PER_DAY // 2)
        found = trip_shares([history(world, HORIZON, chance) for _ in range(repeats)], watch)
        rows.append([watch.key, number(watch.control_rate), *(f"{share:.3f}" for share in found), fine(found, repeats)])
    return table(["e", "control rate", "complaints", "opt-outs", "verdict"], rows)


def trip_shares(histories: Sequence[Counts], watch: Watch) -> list[float]:
    """Return the share of histories that trip, for complaints and for opt-outs."""
    return [float(np.mean([tripped_on(bet, watch, each) is not None for each in histories])) for bet in bets(watch)]


def fine(shares: Sequence[float], repeats: int, *, days: int = HORIZON) -> str:
    """Say whether no share is more than two standard errors above days/(2·RUN_LENGTH)."""
    bound = days / (2.0 * RUN_LENGTH)
    return "met" if max(shares) <= bound + 2.0 * np.sqrt(bound * (1.0 - bound) / repeats) else "NOT met"


def delays(watches: Sequence[Watch], repeats: int, chance: np.random.Generator) -> str:
    """Return stated and simulated delays per harm, with the verdict at twice the limit."""
    rows = []
    for watch in watches:
        for bet in bets(watch):
            found = [delay(bet, watch, times, max(repeats // 4, 20), chance) for times in MULTIPLES]
            waiting = WINDOW_DAYS + 1 if bet.harm == COMPLAINT else 0
            days = [f"{mean:,.0f} ({mean / PER_DAY + waiting:.0f} d)" for mean in found]
            near = "met" if found[MULTIPLES.index(2.0)] <= CLOSE_ENOUGH * bet.delay + PER_DAY else "NOT met"
            rows.append([watch.key, number(watch.control_rate), bet.harm, f"{bet.delay:,.0f}", *days, near])
    return table(["e", "control rate", "harm", "stated", *(f"{m:g} α" for m in MULTIPLES), "verdict at 2 α"], rows)


def delay(bet: Bet, watch: Watch, times: float, repeats: int, chance: np.random.Generator) -> float:
    """Return the mean number of occasions above the cut-off until the trip, `PER_DAY` of them a day."""
    world = World(watch=watch, above=times, below=times, per_day=PER_DAY)
    step = max(int(4.0 * bet.delay / PER_DAY), 4)
    most = int(LONGEST * bet.delay / PER_DAY) + 1
    return float(np.mean([_until(bet, world, step, most, chance) for _ in range(repeats)])) * PER_DAY


def _until(bet: Bet, world: World, step: int, most: int, chance: np.random.Generator) -> int:
    """Return the days until one stream trips, at most `most`; the stream is drawn in pieces of `step` days."""
    counts: dict[Cell, int] = {}
    for start in range(0, most, step):
        counts |= {
            Cell(day=c.day + start, e=c.e, contacted=c.contacted, complained=c.complained, harmed=c.harmed): n
            for c, n in history(world, step, chance).items()
        }
        day = tripped_on(bet, world.watch, counts)
        if day is not None:
            return day
    return most


def hard_cases(repeats: int, chance: np.random.Generator) -> str:
    """Return the share of histories that trip among customers who come back, and under a strike."""
    rows = []
    for sides in DESIGNS:
        watch = watched(*sides, 0.006)
        back = [returning(watch, customers=10_000, rows=10, days=HORIZON, chance=chance) for _ in range(repeats)]
        harmless = World(watch=watch, above=0.0, below=0.0, per_day=PER_DAY)
        struck = [history(harmless, 60, chance, complaints=strike(60, first=30)) for _ in range(repeats)]
        shares, calm = trip_shares(back, watch), trip_shares(struck, watch)
        rows += [
            [watch.key, "10 occasions each", *map(number, shares), "–", fine(shares, repeats)],
            [watch.key, "strike", *map(number, calm), number(raw_share(struck, watch)), fine(calm, repeats, days=60)],
        ]
    return table(["e", "case", "complaints", "opt-outs", "raw complaint rate", "verdict"], rows)


def late(repeats: int, chance: np.random.Generator) -> str:
    """Say how long opt-outs at twice the limit take where they are reported late."""
    at_once, any_day = (late_days(lags, repeats, chance) for lags in ((0,), range(WINDOW_DAYS)))
    return (
        f"Opt-outs at 2 α, e = .95, 500 occasions a day above the cut-off: {at_once:.1f} days where they are reported "
        f"at once, {any_day:.1f} where they are reported on any of 14 days."
    )


def raw_share(histories: Sequence[Counts], watch: Watch) -> float:
    """Return how often the same detector trips on the raw complaint rate of the contacted, limit control rate + α."""
    raw = replace(watch, opt_out_at_most=watch.control_rate + watch.complaint_at_most)
    bet = next(each for each in bets(raw) if each.harm == OPT_OUT)
    counted: list[Counts] = []
    for history_ in histories:
        cells: dict[Cell, int] = {}
        for cell, count in history_.items():
            as_harm = replace(cell, harmed=cell.complained)
            cells[as_harm] = cells.get(as_harm, 0) + count
        counted.append(cells)
    return float(np.mean([tripped_on(bet, raw, each) is not None for each in counted]))


def late_days(lags: Sequence[int], repeats: int, chance: np.random.Generator, *, most: int = 120) -> float:
    """Return the mean number of days, at most `most`, until opt-outs at twice the limit trip as they become known."""
    watch = watched(0.95, 0.02, 0.006)
    bet, world = bets(watch)[1], World(watch=watch, above=2.0, per_day=500)
    found = []
    for _ in range(repeats):
        reports = dealt(history(world, most, chance), lags, chance)
        known = (today for today in range(1, most) if tripped_on(bet, watch, as_reported(reports, today=today)))
        found.append(next(known, most))
    return float(np.mean(found))


if __name__ == "__main__":
    main(sys.argv[1:])
