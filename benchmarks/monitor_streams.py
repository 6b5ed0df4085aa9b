"""Made-up days for the live monitor: harm at a multiple of its limit, a carrier strike, customers who come back.

All histories are `model.monitor.detector.Counts`, so that what is measured is the product's own detector.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from model.monitor.detector import LOG_THRESHOLD, WINDOW_DAYS, Bet, Cell, Counts, Watch, merge, path

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
KINDS = [kind for kind in product((True, False), repeat=3) if kind[0] or not kind[2]]  # (contacted, complained, harmed)
SPREAD = 3.0  # variance of a customer's rate over the square of its mean


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What is watched and what is true: harm over its limit on either side of the cut-off; occasions per day and side.

    The held out complain at the watch's control rate.
    """

    watch: Watch
    above: float = 1.0
    below: float = 1.0
    per_day: int = 1_000
    per_day_below: int = 0


def history(world: World, days: int, chance: np.random.Generator, *, complaints: Floats | None = None) -> Counts:
    """Return the counts of `days` days, from day 1; `complaints` float64[days] multiplies everybody's complaints."""
    watch, times = world.watch, np.ones(days) if complaints is None else complaints
    counts: dict[Cell, int] = {}
    for e, harm, per_day in (
        (watch.contact_above, world.above, world.per_day),
        (watch.contact_below, world.below, world.per_day_below),
    ):
        if per_day == 0:
            continue
        drawn = chance.multinomial(per_day, np.stack([_chances(watch, e, harm, each) for each in times]))
        for day, row in enumerate(drawn, start=1):
            for (contacted, complained, harmed), count in zip(KINDS, row.tolist(), strict=True):
                if count:
                    cell = Cell(day=day, e=e, contacted=contacted, complained=complained, harmed=harmed)
                    counts[cell] = counts.get(cell, 0) + count
    return counts


def _chances(watch: Watch, e: float, harm: float, times: float) -> Floats:
    """Return the probability of each kind of occasion, float64[6]."""
    complaint = {True: watch.control_rate + harm * watch.complaint_at_most, False: watch.control_rate}
    opt_out = {True: harm * watch.opt_out_at_most, False: 0.0}

    def of(kind: tuple[bool, bool, bool]) -> float:
        contacted, complained, harmed = kind
        y, a = min(times * complaint[contacted], 1.0), opt_out[contacted]
        return (e if contacted else 1.0 - e) * (y if complained else 1.0 - y) * (a if harmed else 1.0 - a)

    return np.array([of(kind) for kind in KINDS])


def strike(days: int, *, first: int, lasting: int = 3, times: float = 10.0) -> Floats:
    """Return what multiplies everybody's complaints, float64[days]: `times` for a few days, contacted or not."""
    return np.where((np.arange(days) >= first) & (np.arange(days) < first + lasting), times, 1.0)


def returning(watch: Watch, *, customers: int, rows: int, days: int, chance: np.random.Generator) -> Counts:
    """Return occasions of customers who come back `rows` times and differ: their harm has mean α and variance 3 α².

    A complaint, whatever caused it, counts on every occasion of its customer in the 14 days before it.
    """
    e = watch.contact_above
    day = np.sort(chance.integers(0, days, (customers, rows)), axis=1)
    contacted = chance.random((customers, rows)) < e
    caused = contacted & (chance.random((customers, rows)) < _rates(watch.complaint_at_most, customers, chance))
    harmed = contacted & (chance.random((customers, rows)) < _rates(watch.opt_out_at_most, customers, chance))
    at = np.where(caused, day + chance.integers(0, WINDOW_DAYS, day.shape), np.inf)
    own = chance.poisson(_rates(watch.control_rate, customers, chance)[:, 0] * days / WINDOW_DAYS)
    anyway = np.where(
        np.arange(max(int(own.max()), 1)) < own[:, None],
        chance.integers(0, days, (customers, max(own.max(), 1))),
        np.inf,
    )
    complained = np.zeros(day.shape, dtype=np.bool_)
    for when in np.concatenate([at, anyway], axis=1).T:
        complained |= (when[:, None] >= day) & (when[:, None] < day + WINDOW_DAYS)
    return _counted(e, day + 1, contacted, complained, harmed)


def _rates(mean: float, customers: int, chance: np.random.Generator) -> Floats:
    """Return rates of customers with exactly this mean, float64[customers, 1]."""
    drawn = chance.gamma(1.0 / SPREAD, SPREAD, (customers, 1))
    return np.asarray(np.minimum(mean * drawn / drawn.mean(), 1.0))


def _counted(e: float, day: NDArray[np.int64], *flags: NDArray[np.bool_]) -> Counts:
    """Count rows that are alike."""
    code = day * 8 + sum(flag.astype(np.int64) << place for place, flag in enumerate(flags))
    found, counts = np.unique(code, return_counts=True)
    return {
        Cell(day=c // 8, e=e, contacted=bool(c & 1), complained=bool(c & 2), harmed=bool(c & 4)): n
        for c, n in zip(found.tolist(), counts.tolist(), strict=True)
    }


def tripped_on(bet: Bet, watch: Watch, counts: Counts) -> int | None:
    """Return the first day on whose evidence the switch falls, None where it does not."""
    return next((day for day, log_m in path(bet, watch, counts) if log_m >= LOG_THRESHOLD), None)


def dealt(counts: Counts, lags: Sequence[int], chance: np.random.Generator) -> list[tuple[Cell, int, Counts]]:
    """Return (cell, lag, counts as reported): each harm is known after one of `lags` days, alike, the rest at once."""
    alike = np.full(len(lags), 1.0 / len(lags))
    return [
        (cell, lag, {cell: n})
        for cell, count in counts.items()
        for lag, n in (
            zip(lags, chance.multinomial(count, alike).tolist(), strict=True) if cell.harmed else [(0, count)]
        )
        if n
    ]


def as_reported(reports: Sequence[tuple[Cell, int, Counts]], *, today: int) -> Counts:
    """Return what is known on `today`: contacts of days up to then, harm as far as it is reported."""
    return merge(
        part if cell.day + lag <= today else {replace(cell, harmed=False): n for n in part.values()}
        for cell, lag, part in reports
        if cell.day <= today
    )
