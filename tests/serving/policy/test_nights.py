"""The nights of many rows at once are those of each row alone, through every kind of change of clocks."""

import math
from collections.abc import Iterator

import numpy as np
import pytest

from serving.policy.nights import FEW, STRETCH, awake, next_quiet
from serving.policy.zone_names import Names, Zones
from serving.policy.zones import Quiet, awake_from, quiet_from, zone
from tests.serving.policy.test_not_before import CHANGES, ZONES

QUIET: Quiet = (21 * 60, 8 * 60)
NIGHTS: dict[str, Quiet] = {
    "the usual": QUIET,
    "tighter": (19 * 60 + 15, 9 * 60 + 45),
    "half an hour a day": (12 * 60 + 30, 12 * 60),
    "from after midnight on": (2 * 60 + 15, 60),
    "until the clocks change": (22 * 60, 2 * 60 + 30),
}
KINDS: tuple[Names, ...] = (
    *((name,) for name in ZONES),
    ("Pacific/Apia",),
    (),
    ("Nowhere/At_All",),
    ("Europe/Paris", "Asia/Tokyo"),
    ("Europe/Paris", "America/Los_Angeles"),
    ("Europe/Paris", "Pacific/Auckland"),
    ("Pacific/Kiritimati", "Pacific/Pago_Pago"),
    ("Australia/Lord_Howe", "Nowhere/At_All"),
)
EDGES = [changed.timestamp() for found in CHANGES.values() for changed in found]


def instants(seed: int, rows: int) -> Iterator[float]:
    """Yield instants around changes of clocks and over two years: whole seconds, parts of them, and their edges."""
    chance = np.random.default_rng(seed)
    for _ in range(rows):
        if chance.random() < 0.5:
            at = float(chance.choice(EDGES)) + float(chance.integers(-200_000, 200_000))
        else:
            at = 1_750_000_000 + float(chance.integers(0, 2 * 365 * 86_400))
        at -= at % float(chance.choice([1.0, 1.0, 60.0, 900.0, STRETCH]))
        yield at + float(chance.choice([0.0, 0.0, 1e-6, 0.5, -1e-6]))


def expected(names: Names, at: float, quiet: Quiet) -> tuple[float, float]:
    """Return both of one row, as the clocks of one customer are asked."""
    known = [each for each in map(zone, names) if each is not None]
    found = awake_from(at, known, quiet)
    if found is None:
        return math.nan, math.inf
    start = quiet_from(found, known, quiet)
    return found, math.inf if start is None else start


@pytest.mark.parametrize("quiet", NIGHTS.values(), ids=list(NIGHTS))
def test_many_rows_are_told_what_each_would_be_told_alone(quiet: Quiet) -> None:
    """One zone or two, known or not, with a common hour or none, before and after every change of an offset."""
    rows = 3_000
    at = np.array(list(instants(quiet[0], rows)))
    names = [KINDS[number] for number in np.random.default_rng(1).integers(0, len(KINDS), rows)]
    alone = [expected(*pair, quiet) for pair in zip(names, at.tolist(), strict=True)]
    for zones in (tuple(names), Zones.of(names)):
        actual = awake(zones, at, quiet), next_quiet(zones, at, quiet)
        np.testing.assert_array_equal(actual, np.array(alone).T)


@pytest.mark.parametrize("rows", [0, 1, FEW, FEW + 1, 500])
def test_one_instant_for_all_is_that_instant_for_each(rows: int) -> None:
    """However many rows there are, and whether it is given once or with each row."""
    at = EDGES[0] - 7_200.25
    names = tuple(KINDS[number % len(KINDS)] for number in range(rows))
    each = np.full(rows, at)
    actual = awake(names, each, QUIET), next_quiet(Zones.of(names), each, QUIET), next_quiet(names, at, QUIET)
    both = [expected(one, at, QUIET) for one in names]
    wakes, sleeps = [one for one, _ in both], [other for _, other in both]
    np.testing.assert_array_equal(actual, [wakes, sleeps, sleeps])


def test_what_is_no_instant_has_no_end() -> None:
    """Not known, never, no end, and beyond any calendar."""
    odd = [math.nan, -math.inf, math.inf, 1e15, -1e12, 4e11]
    at = np.array([*odd, *[EDGES[0] + number for number in range(FEW)]])
    names = (("Europe/Paris",),) * len(at)
    alone = [expected(("Europe/Paris",), each, QUIET) for each in at.tolist()]
    actual = awake(names, at, QUIET), next_quiet(names, at, QUIET)
    np.testing.assert_array_equal(actual, np.array(alone).T)
