"""How many clusters a certificate needs: n ≈ 2·ln(K/δ)·Var(L)/E[L]² + 2·hi·ln(K/δ)/(3·|E L|) (METHOD section 4).

Example:
    >>> round(plan(alpha=0.005, control_rate=0.004, effect=0.002, propensity=0.5), -3)
    29000.0
"""

import math

GRID = 20  # cut-offs tested at once, at most
CONFIDENCE = 0.95


def needed(*, mean: float, variance: float, hi: float, log_level: float) -> float:
    """Return the number of clusters at which the bets are expected to certify; infinite where the mean is not below 0.

    `mean` and `variance` are those of L per cluster, `hi` its ceiling, `log_level` is ln(K/δ).
    """
    if mean >= 0.0:
        return math.inf
    return 2.0 * log_level * variance / mean**2 + 2.0 * hi * log_level / (3.0 * -mean)


def plan(
    *, alpha: float, control_rate: float, effect: float = 0.0, propensity: float = 0.5, confidence: float = CONFIDENCE
) -> float:
    """Return how many rows above the cut-off certify "complaints caused per contact ≤ α" (one row per cluster).

    `control_rate` is the complaint rate without contact, `effect` what contact is thought to add; `propensity` is
    P(contacted) while collecting, best near ½. Variance of Γ without useful features, ceiling 1/e.
    """
    e, contacted_rate = propensity, control_rate + effect
    variance = contacted_rate * (1.0 - contacted_rate) / e + control_rate * (1.0 - control_rate) / (1.0 - e)
    log_level = math.log(GRID / (1.0 - confidence))
    return needed(mean=effect - alpha, variance=variance, hi=1.0 / e - alpha, log_level=log_level)


def plan_opt_outs(*, alpha: float, rate: float = 0.0, confidence: float = CONFIDENCE) -> float:
    """Return how many contacts certify "attributable harm per contact ≤ α"; with none at all about ln(K/δ)/α."""
    log_level = math.log(GRID / (1.0 - confidence))
    if rate == 0.0:
        return log_level / alpha
    return needed(mean=rate - alpha, variance=rate * (1.0 - rate), hi=1.0 - alpha, log_level=log_level)
