"""Intervals of rare harms in a group, honest where there are few events or none: no bell curve, no point at 0.

Opt-outs are caused by contact or not there at all: their rate among the contacted, by Clopper and Pearson (1934).
Complaints also happen without contact: the difference of both arms' rates, by Newcombe's hybrid score (1998, method
10; `model.statistics.hybrid_score`). Rows weigh 1/e and 1/(1 − e); where all are equal the interval is the textbook's.

Example:
    >>> t, e, cluster = np.ones(100, dtype=bool), np.full(100, 0.5), np.arange(100)
    >>> round(caused(np.zeros(100), contacted=t, propensity=e, cluster=cluster)["high"], 4)
    0.0362
"""

import math

import numpy as np
from numpy.typing import NDArray

from model.contracts import JSON
from model.statistics.hybrid_score import Z, apart, arm, exact

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.intp]

FEW = 20  # events in a group: below it the intervals of this module are used
UNKNOWN: dict[str, JSON] = dict.fromkeys(("estimate", "low", "high", "se"))


def caused(y: Floats, *, contacted: Bools, propensity: Floats, cluster: Ints) -> dict[str, JSON]:
    """Return the rate of `y` among the contacted with its exact 95 % interval, never below 0, and the `method`."""
    rate, count = arm(y[contacted], 1.0 / propensity[contacted], cluster[contacted])
    even = math.isclose(count, float(np.sum(contacted)))
    method = f"Clopper–Pearson on the {'' if even else 'effective count of '}contacted rows"
    if not count:
        return UNKNOWN | {"method": method}
    low, high = exact(rate, count, Z)
    return {"estimate": rate, "low": low, "high": high, "se": None, "method": method}


def added(y: Floats, *, contacted: Bools, propensity: Floats, cluster: Ints) -> dict[str, JSON]:
    """Return the rate of `y` among the contacted less that among the held out, with Newcombe's 95 % interval."""
    one, n1 = arm(y[contacted], 1.0 / propensity[contacted], cluster[contacted])
    zero, n0 = arm(y[~contacted], 1.0 / (1.0 - propensity[~contacted]), cluster[~contacted])
    even = math.isclose(n1 + n0, len(y))
    method = f"Newcombe’s hybrid score on the {'rows' if even else 'effective counts'} of both arms"
    if not n1 or not n0:
        return UNKNOWN | {"method": method}
    low, high = apart((one, n1), (zero, n0), Z)
    return {"estimate": one - zero, "low": low, "high": high, "se": None, "method": method}
