from statistics import NormalDist

import numpy as np
import pytest
from scipy.stats import binomtest

from model.statistics.hybrid_score import Z, apart, arm, exact, wilson


@pytest.mark.parametrize("events", [0, 1, 30, 199, 200])
def test_a_rate_has_wilsons_interval(events: int) -> None:
    """As SciPy computes it, at both ends of the scale too."""
    exact = binomtest(events, 200).proportion_ci(0.95, method="wilson")
    actual = wilson(events / 200, 200.0, Z)
    assert actual == pytest.approx((exact.low, exact.high))


@pytest.mark.parametrize("events", [0, 1, 30, 199, 200])
@pytest.mark.parametrize("level", [0.95, 1 - 0.05 / 80])
def test_a_rate_has_clopper_and_pearsons_interval(events: int, level: float) -> None:
    """As SciPy computes it, for one and for the widest of many."""
    known = binomtest(events, 200).proportion_ci(level, method="exact")
    actual = exact(events / 200, 200.0, NormalDist().inv_cdf(0.5 + level / 2))
    assert actual == pytest.approx((known.low, known.high))


def test_exact_ends_are_further_apart() -> None:
    """Newcombe's formula with Clopper's and Pearson's ends in place of Wilson's."""
    z = NormalDist().inv_cdf(1.0 - 0.05 / 80)
    (low, high), gap = exact(0.02, 100.0, z), 0.02
    expected = (gap - np.hypot(gap - low, exact(0.0, 900.0, z)[1]), high)
    actual = apart((0.02, 100.0), (0.0, 900.0), z, ends=exact)
    assert (actual == pytest.approx(expected), actual[0] < apart((0.02, 100.0), (0.0, 900.0), z)[0]) == (True, True)


def test_several_together_ask_for_more_room() -> None:
    """With a larger quantile both ends move outwards, for a rate and for a difference."""
    wide = NormalDist().inv_cdf(1.0 - 0.05 / 80)
    narrow = (*wilson(0.02, 900.0, Z), *apart((0.02, 900.0), (0.0, 90.0), Z))
    wider = (*wilson(0.02, 900.0, wide), *apart((0.02, 900.0), (0.0, 90.0), wide))
    actual = [after > before for before, after in zip(narrow, wider, strict=True)]
    assert actual == [False, True, False, True]


def test_an_arm_counts_as_its_clusters() -> None:
    """Ten rows of two customers are worth two where each has half of them, and no rows have no rate."""
    y, none = np.repeat([1.0, 0.0], 5), np.zeros(0)
    actual = arm(y, np.ones(10), np.repeat([3, 8], 5))
    assert (actual, arm(none, none, np.zeros(0, dtype=np.intp))[1]) == ((0.5, 2.0), 0.0)
