"""The plainest estimate of what contact did to a column: no learner, only the draw."""

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from model.contracts import Interval
from model.evaluation import average_effect, mean_interval, pseudo_outcome
from model.statistics.draw_sums import p_of_draw

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.intp]


def plain_effect(y: Floats, *, contacted: Bools, propensity: Floats, cluster: Ints) -> Interval:
    """Return the difference in means where e is constant, else that of the means weighted by 1/e and 1/(1 − e)."""
    if np.ptp(propensity) == 0.0 or not contacted.any() or contacted.all():
        return average_effect(y, contacted=contacted, cluster=cluster)
    m1 = np.average(y[contacted], weights=1.0 / propensity[contacted])
    m0 = np.average(y[~contacted], weights=1.0 / (1.0 - propensity[~contacted]))
    arms = (np.full(len(y), m1), np.full(len(y), m0))
    return mean_interval(pseudo_outcome(y, arms=arms, contacted=contacted, propensity=propensity), cluster)


def no_effect(y: Floats, *, contacted: Bools, propensity: Floats, cluster: Ints) -> float:
    """Return the two-sided p-value of "contact did nothing to y": Σ (y − ȳ)(T − e)/(e(1 − e)) is centred at 0.

    The interval of `plain_effect` may exclude 0 by chance far too often where y and an arm are rare, since it takes the
    variance of each arm from that arm; under the hypothesis both arms share one, and the draw gives it.
    """
    return p_of_draw((y - y.mean()) / (propensity * (1.0 - propensity)), contacted, propensity, cluster)


def p_of_none(found: Interval) -> float:
    """Return the two-sided p-value of an effect of 0; 1 where there is no finite standard error."""
    if not np.isfinite(found.se) or found.se == 0.0:
        return 1.0 if found.estimate == 0.0 or not np.isfinite(found.estimate) else 0.0
    return float(2.0 * norm.sf(abs(found.estimate) / found.se))
