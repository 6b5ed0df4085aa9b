"""Zones kept once for each combination say of every row what a tuple of names says."""

from collections.abc import Callable

import numpy as np
import pytest

from serving.policy.columns import NAN, NO_END, Columns, Sends, stack
from serving.policy.engine import rule
from serving.policy.limits import Limits
from serving.policy.rules import FILTERS, expiry, not_before, usable_until
from serving.policy.zone_names import ZoneNames, Zones, per_zone, per_zone_and_instant, some_of
from tests.serving.policy.test_inputs import FIGURES, GOOD

NAMES = (("Europe/Paris",), (), ("Asia/Tokyo", "Europe/Paris"), ("Europe/Paris",), ("Pacific/Apia",), ())
NOW = 1_000_000_000.0  # 9 September 2001, 01:46:40 UTC
BOTH: list[Callable[[], ZoneNames]] = [lambda: NAMES, lambda: Zones.of(NAMES)]


@pytest.mark.parametrize("made", BOTH, ids=["tuple", "zones"])
def test_rows_keep_their_names(made: Callable[[], ZoneNames]) -> None:
    """One by one, in a row, and of some rows only."""
    zones = made()
    rows = np.array([4, 0, 0])
    actual = (tuple(zones), [zones[k] for k in range(len(zones))], tuple(some_of(zones, rows)))
    sliced = tuple(some_of(zones, slice(1, 3)))
    assert (*actual, sliced) == (NAMES, list(NAMES), (NAMES[4], NAMES[0], NAMES[0]), NAMES[1:3])


@pytest.mark.parametrize("made", BOTH, ids=["tuple", "zones"])
def test_each_combination_is_looked_at_once(made: Callable[[], ZoneNames]) -> None:
    """However many rows have it."""
    asked: list[tuple[str, ...]] = []

    def length(names: tuple[str, ...]) -> float:
        asked.append(names)
        return float(len(names))

    actual = per_zone(made(), length).tolist()
    assert (actual, sorted(asked)) == ([1.0, 0.0, 2.0, 1.0, 1.0, 0.0], sorted(set(NAMES)))


@pytest.mark.parametrize("made", BOTH, ids=["tuple", "zones"])
def test_each_pair_of_names_and_instant_is_looked_at_once(made: Callable[[], ZoneNames]) -> None:
    """An instant that is not known is one like any other."""
    at = np.array([1.0, 2.0, NAN, 1.0, 2.0, 2.0])
    asked: list[tuple[str, ...]] = []

    def sum_of(names: tuple[str, ...], when: float) -> float:
        asked.append(names)
        return len(names) + when

    actual = per_zone_and_instant(made(), at, sum_of)
    np.testing.assert_array_equal(actual, [2.0, 2.0, NAN, 2.0, 3.0, 2.0])
    assert len(asked) == 4


@pytest.mark.parametrize("made", BOTH, ids=["tuple", "zones"])
def test_no_rows_are_no_rows(made: Callable[[], ZoneNames]) -> None:
    """Nothing is asked about nobody."""
    none = some_of(made(), slice(0, 0))
    actual = per_zone(none, len).tolist(), per_zone_and_instant(none, np.empty(0), lambda _, at: at).tolist()
    assert actual == ([], [])


def rows(count: int) -> Columns:
    """Return rows that differ in zone, minute and the contacts that hold them, ready to be judged."""
    chance = np.random.default_rng(count)
    sends, numbers = [], []
    for _ in range(count):
        last = NOW - 600.0 * chance.integers(1, 4)
        numbers.append(
            FIGURES._replace(
                evidence_time=NOW - 3600,
                minute=float(chance.choice([100.0, 700.0])),
                contacts_60m=float(chance.integers(0, 2)),
                last_complaint=NOW - 86_400.0 * chance.integers(10, 20),
            )
        )
        sends.append(Sends((last,), timed=True, zones=NAMES[chance.integers(len(NAMES))]))
    return stack([GOOD] * count, numbers, sends, NOW)


def test_what_is_judged_is_the_same_with_either() -> None:
    """The ends of holds, and how long a send may be acted on, of rows that many share."""
    c, limits = rows(400), Limits()
    kept_once = Columns(**{name: getattr(c, name) for name in c.__slots__} | {"zones": Zones.of(c.zones)})
    actual, expected = (
        [
            not_before(each, limits, rule(each, limits, FILTERS)),
            usable_until(each, limits, expiry(each, limits)),
            usable_until(each, limits, np.full(each.rows, NO_END)),
        ]
        for each in (kept_once, c)
    )
    np.testing.assert_array_equal(actual, expected)
    assert len(np.unique(expected[0])) > 3
