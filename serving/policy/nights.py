"""The nights of many rows at once: when quiet hours end and begin for each pair of zones and instant.

Quiet hours change at whole seconds, a few times a day. So the nights of a stretch of days are walked once for each
combination of zones, by `serving.policy.zones`, and whatever instant lies among them is looked up. A few rows, or many
that share one instant, are asked about one by one: that is quicker than a walk.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from serving.policy.zone_names import Names, ZoneNames, Zones, per_zone, per_zone_and_instant
from serving.policy.zones import DAY, HOUR, LONGEST_WAIT, NO_END, Quiet, awake_from, quiet_from, zone

Floats = NDArray[np.float64]
NAN = float("nan")
FEW = 64  # rows: more are looked up
STRETCH = 8 * int(DAY)  # seconds that are walked at once
FARTHEST = 1e11  # seconds from 1970, either way: whatever lies beyond is asked about one by one
WIDTH = 2**24  # more seconds than any night of a stretch lies after its start


class Nights(NamedTuple):
    """The days of a stretch, in order: when all clocks are awake, and when the first of them is quiet again."""

    wakes: Sequence[float]
    sleeps: Sequence[float]  # +inf: never again


def awake(zones: ZoneNames, at: Floats, quiet: Quiet) -> Floats:
    """Return the first instants from `at` [n] on at which all clocks are awake; NaN where there is none in 8 days."""
    if _alone(at):
        return per_zone_and_instant(zones, at, lambda names, when: _awake(names, when, quiet))
    return _looked_up(zones, at, quiet)[0]


def next_quiet(zones: ZoneNames, at: Floats | float, quiet: Quiet) -> Floats:
    """Return when it is quiet again once all clocks have been awake from `at` on; +inf where it never is.

    `at` is one instant for all rows, or each row's own [n].
    """
    if not isinstance(at, np.ndarray):
        return per_zone(zones, lambda names: _next_quiet(names, at, quiet))
    if _alone(at):
        return per_zone_and_instant(zones, at, lambda names, when: _next_quiet(names, when, quiet))
    return _looked_up(zones, at, quiet)[1]


def _alone(at: Floats) -> bool:
    return len(at) <= FEW or bool((at == at[0]).all())


def _awake(names: Names, at: float, quiet: Quiet) -> float:
    found = awake_from(at, [each for each in map(zone, names) if each is not None], quiet)
    return NAN if found is None else found


def _next_quiet(names: Names, at: float, quiet: Quiet) -> float:
    """Return the next quiet start after they were awake: that of the full hour, too, where it is still to come."""
    start = _start_from(at // HOUR * HOUR, names, quiet)
    return start if at < start < NO_END else _start_from.__wrapped__(at, names, quiet)


@lru_cache(maxsize=4096)
def _start_from(at: float, names: Names, quiet: Quiet) -> float:
    known = [each for each in map(zone, names) if each is not None]
    found = awake_from(at, known, quiet)
    start = None if found is None else quiet_from(found, known, quiet)
    return NO_END if start is None else start


def _looked_up(zones: ZoneNames, at: Floats, quiet: Quiet) -> tuple[Floats, Floats]:
    """Return both of all rows: the night that ends next, and the one that begins after it."""
    kept = zones if isinstance(zones, Zones) else Zones.of(zones)
    wakes, sleeps = np.full(len(at), NAN), np.full(len(at), NO_END)
    near = np.abs(at) < FARTHEST  # NaN is not
    rows = np.flatnonzero(near)
    if rows.size:
        wakes[rows], sleeps[rows] = _among_nights(kept.kinds, kept.place[rows], at[rows], quiet)
    for row in np.flatnonzero(~near & np.isfinite(at)).tolist():
        asked = kept[row], float(at[row]), quiet
        wakes[row], sleeps[row] = _awake(*asked), _next_quiet(*asked)
    return wakes, sleeps


def _among_nights(kinds: Sequence[Names], place: NDArray[np.intp], at: Floats, quiet: Quiet) -> tuple[Floats, Floats]:
    """Look instants up: the first night that begins after one ends the day that it lies in, or that comes next.

    All stretches of all zones stand in one row of whole seconds, each in a part of its own, and are searched at once.
    """
    second = np.floor(at).astype(np.int64)
    stretch = second // STRETCH
    least = int(stretch.min())
    span = int(stretch.max()) - least + 1
    there, group = np.unique(place * span + (stretch - least), return_inverse=True)
    walked = []
    for number in there.tolist():
        names, after = divmod(number, span)
        walked.append(_nights(kinds[names], (least + after) * STRETCH, quiet))
    wakes = np.array([each for nights in walked for each in nights.wakes])
    sleeps = np.array([each for nights in walked for each in nights.sleeps])
    of = np.repeat(np.arange(len(walked)), [len(nights.sleeps) for nights in walked])
    starts = (least + there % span) * STRETCH
    edges = np.minimum(sleeps - starts[of], WIDTH - 1).astype(np.int64) + of * WIDTH
    day = np.searchsorted(edges, second - starts[group] + group * WIDTH, side="right")
    found = np.maximum(at, wakes[day])
    late = found > at + LONGEST_WAIT
    return np.where(late, NAN, found), np.where(late, NO_END, sleeps[day])


@lru_cache(maxsize=65_536)
def _nights(names: Names, start: int, quiet: Quiet) -> Nights:
    """Walk from a stretch's start until a night begins after its end, or none does."""
    known = [each for each in map(zone, names) if each is not None]
    wakes, sleeps = [], []
    here, end = float(start), float(start + STRETCH)
    while here < end + LONGEST_WAIT:
        found = awake_from(here, known, quiet)
        if found is None:
            here += LONGEST_WAIT
            continue
        begins = quiet_from(found, known, quiet)
        wakes.append(found)
        sleeps.append(NO_END if begins is None else begins)
        if sleeps[-1] >= end:
            return Nights(wakes, sleeps)
        here = sleeps[-1]
    return Nights([*wakes, NO_END], [*sleeps, NO_END])
