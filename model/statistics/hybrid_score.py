"""Intervals of rates and of their differences that keep a width where nothing happened.

Of a rate: Wilson's, or Clopper's and Pearson's. Of a difference: Newcombe's, with the ends of either. Rows may weigh
differently and belong to clusters: an arm counts as (Σw)²/Σw² rows, w summed per cluster, so uneven weights and rows
of one cluster widen the interval. `z` is the normal quantile: that of 97.5 % for one interval of 95 %, a larger one for
several that shall hold together. Then the ends must be exact: far out, Wilson's lower end lies much too high where
there are one to three events. numpy and the standard library only.

Example:
    >>> [round(end, 4) for end in wilson(0.0, 100.0, Z)]
    [0.0, 0.037]
    >>> [round(end, 3) for end in apart((0.1, 100.0), (0.0, 100.0), Z)]
    [0.042, 0.174]
"""

import math
from collections.abc import Callable
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from model.statistics.beta import beta_quantile

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

Z = 1.959963984540054  # the normal quantile at .975


def arm(y: Floats, weight: Floats, cluster: Ints) -> tuple[float, float]:
    """Return the weighted rate of an arm, and of how many single rows its clusters are worth; (nan, 0) without rows."""
    if not len(y):
        return math.nan, 0.0
    sums = np.bincount(np.unique(cluster, return_inverse=True)[1], weights=weight)
    total = float(sums.sum())
    return min(1.0, float(weight @ y) / total), total**2 / float(sums @ sums)


def wilson(rate: float, count: float, z: float) -> tuple[float, float]:
    """Return Wilson's score interval (1927) of a rate of `count` rows."""
    z2 = z**2 / count
    middle, reach = rate + z2 / 2.0, math.sqrt(z2 * (rate * (1.0 - rate) + z2 / 4.0))
    return max(0.0, (middle - reach) / (1.0 + z2)), min(1.0, (middle + reach) / (1.0 + z2))


def exact(rate: float, count: float, z: float) -> tuple[float, float]:
    """Return Clopper's and Pearson's interval (1934) of a rate of `count` rows."""
    events, tail = rate * count, NormalDist().cdf(-z)
    low = beta_quantile(tail, events, count - events + 1.0) if events > 0.0 else 0.0
    high = beta_quantile(1.0 - tail, events + 1.0, count - events) if events < count else 1.0
    return low, high


def apart(
    one: tuple[float, float],
    zero: tuple[float, float],
    z: float,
    *,
    ends: Callable[[float, float, float], tuple[float, float]] = wilson,
) -> tuple[float, float]:
    """Return Newcombe's interval (1998, method 10) of a rate less another, each with its count of rows and its `ends`.

    With Wilson's ends it is his hybrid score interval.
    """
    (low1, high1), (low0, high0) = ends(*one, z), ends(*zero, z)
    gap = one[0] - zero[0]
    return gap - math.hypot(one[0] - low1, high0 - zero[0]), gap + math.hypot(high1 - one[0], zero[0] - low0)
