"""Intervals of rare harms in a group, honest where there are few events or none: no bell curve, no point at 0.

Opt-outs are caused by contact or not there at all: their rate among the contacted, by Clopper and Pearson (1934).
Complaints also happen without contact: the difference of both arms' rates, by Newcombe's hybrid score (1998, method
10) from Wilson's intervals. Rows weigh 1/e and 1/(1 − e); an arm counts as (Σw)²/Σw² rows, w summed per cluster, so
uneven weights and rows of one cluster widen the interval, and it is the textbook's where all are equal.

Example:
    >>> t, e, cluster = np.ones(100, dtype=bool), np.full(100, 0.5), np.arange(100)
    >>> round(caused(np.zeros(100), contacted=t, propensity=e, cluster=cluster)["high"], 4)
    0.0362
"""

import math

import numpy as np
from numpy.typing import NDArray

from model.beta import beta_quantile
from model.contracts import JSON

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.intp]

FEW = 20  # events in a group: below it the intervals of this module are used
Z = 1.959963984540054  # the normal quantile at .975
UNKNOWN: dict[str, JSON] = dict.fromkeys(("estimate", "low", "high", "se"))


def caused(y: Floats, *, contacted: Bools, propensity: Floats, cluster: Ints) -> dict[str, JSON]:
    """Return the rate of `y` among the contacted with its exact 95 % interval, never below 0, and the `method`."""
    rate, count = _arm(y[contacted], 1.0 / propensity[contacted], cluster[contacted])
    even = math.isclose(count, float(np.sum(contacted)))
    method = f"Clopper–Pearson on the {'' if even else 'effective count of '}contacted rows"
    if not count:
        return UNKNOWN | {"method": method}
    events = rate * count
    low = beta_quantile(0.025, events, count - events + 1.0) if events > 0.0 else 0.0
    high = beta_quantile(0.975, events + 1.0, count - events) if events < count else 1.0
    return {"estimate": rate, "low": low, "high": high, "se": None, "method": method}


def added(y: Floats, *, contacted: Bools, propensity: Floats, cluster: Ints) -> dict[str, JSON]:
    """Return the rate of `y` among the contacted less that among the held out, with Newcombe's 95 % interval."""
    one, n1 = _arm(y[contacted], 1.0 / propensity[contacted], cluster[contacted])
    zero, n0 = _arm(y[~contacted], 1.0 / (1.0 - propensity[~contacted]), cluster[~contacted])
    even = math.isclose(n1 + n0, len(y))
    method = f"Newcombe’s hybrid score on the {'rows' if even else 'effective counts'} of both arms"
    if not n1 or not n0:
        return UNKNOWN | {"method": method}
    (low1, high1), (low0, high0) = _wilson(one, n1), _wilson(zero, n0)
    gap = one - zero
    low, high = gap - math.hypot(one - low1, high0 - zero), gap + math.hypot(high1 - one, zero - low0)
    return {"estimate": gap, "low": low, "high": high, "se": None, "method": method}


def _arm(y: Floats, weight: Floats, cluster: Ints) -> tuple[float, float]:
    """Return the weighted rate of an arm, and of how many single rows its clusters are worth; (nan, 0) without rows."""
    if not len(y):
        return math.nan, 0.0
    sums = np.bincount(np.unique(cluster, return_inverse=True)[1], weights=weight)
    total = float(sums.sum())
    return min(1.0, float(weight @ y) / total), total**2 / float(sums @ sums)


def _wilson(rate: float, count: float) -> tuple[float, float]:
    """Return Wilson's 95 % score interval of a rate of `count` rows."""
    z2 = Z**2 / count
    middle, reach = rate + z2 / 2.0, math.sqrt(z2 * (rate * (1.0 - rate) + z2 / 4.0))
    return max(0.0, (middle - reach) / (1.0 + z2)), min(1.0, (middle + reach) / (1.0 + z2))
