"""The worst that clipping can do to an estimate whose outcomes are bounded.

Clipping takes d₁ = (π − clip·e)₊ of a row's weight if it is contacted, and d₀ = (1 − π − clip·(1 − e))₊ if it is held
out. The bias is −mean[d₁·Y₁ + d₀·Y₀], and with means −mean[d₁·(Y₁ − m1) + d₀·(Y₀ − m0)]: known but for the outcomes.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.contracts import Interval
from model.off_policy.log import Log

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bias:
    """How far below (`low`) and above (`high`) the truth a clipped estimate may aim, for these rows."""

    low: float
    high: float

    def allowed_for(self, found: Interval) -> tuple[float, float]:
        """Return the interval made so wide that the worst bias cannot put the truth outside it.

        Example:
            >>> Bias(low=-0.5, high=0.0).allowed_for(Interval(estimate=2.0, low=1.0, high=3.0, se=0.5))
            (1.0, 3.5)
        """
        return found.low - self.high, found.high - self.low


def bias(log: Log, lost: Floats, *, means: tuple[Floats, Floats] | None) -> Bias | None:
    """Return the worst bias of clipped weights that lose `lost` float64[2, n]; None where outcomes have no bounds.

    `means` are those of the doubly robust estimate, None for IPS. For a difference of two evaluation
    policies, `lost` is the difference of what each loses.
    """
    if log.bounds is None:
        return None
    centre = np.zeros((2, log.rows)) if means is None else np.stack(means)
    ends = np.stack([lost * (bound - centre) for bound in log.bounds])
    most, least = (float(np.mean(np.sum(end, axis=0))) for end in (ends.max(axis=0), ends.min(axis=0)))
    return Bias(low=0.0 - most, high=0.0 - least)
