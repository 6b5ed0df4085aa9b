"""Testing a bounded mean by betting against it (Waudby-Smith & Ramdas 2024), vectorised over clusters.

H0: E[L] ≥ 0.  W_t = Π(1 − λ_t·L_t), 0 ≤ λ_t ≤ .75/hi where L ≤ hi for certain: under H0 the wealth W is a
supermartingale whatever λ_t does with the clusters *before* t, so P(max W ≥ 1/p) ≤ p (Ville). λ_t never looks at
cluster t itself, nor at its propensity, features or size: bets that did were wrong every time in simulation.

Example:
    >>> harmless = np.full(4000, -0.005)
    >>> stake = stakes(harmless, hi=0.995, log_level=6.0, before=Moments(count=6000, total=-30.0, squares=0.15))
    >>> p_value(harmless, stake) < 1e-6
    True
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta, binom

Floats = NDArray[np.float64]

LARGEST_STAKE = 0.75  # of 1/hi: one cluster at its worst costs three quarters of the wealth
STEPS = 50  # of the bisection that inverts a test


@dataclass(frozen=True, slots=True, kw_only=True)
class Moments:
    """What D1 says about the spread of L: how many clusters, Σ L and Σ L²."""

    count: int
    total: float
    squares: float

    @classmethod
    def of(cls, L: Floats) -> "Moments":
        """Return the moments of cluster sums L float64[G]."""
        return cls(count=len(L), total=float(np.sum(L)), squares=float(L @ L))


def stakes(L: Floats, *, hi: float, log_level: float, before: Moments) -> Floats:
    """Return λ float64[G]: λ_t = min(.75/hi, √(2·ln(K/δ)/(n·v_{t−1}))), v from D1 and the clusters before t only.

    `log_level` is ln(K/δ); n is the number of clusters on D2.
    """
    count = before.count + np.arange(len(L), dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = _so_far(before.squares, L**2) / count - (_so_far(before.total, L) / count) ** 2
        if before.count == 0:
            variance = np.nan_to_num(variance, nan=0.0)
        wanted = np.sqrt(2.0 * log_level / (len(L) * np.maximum(variance, 0.0)))
    return np.asarray(np.minimum(LARGEST_STAKE / hi, wanted))


def _so_far(start: float, values: Floats) -> Floats:
    """Return `start` and the sum of all values before each, float64[G]."""
    total = np.zeros(len(values))
    np.cumsum(values[:-1], out=total[1:])
    return np.asarray(np.add(start, total, out=total))


def log_wealth(L: Floats, stake: Floats) -> float:
    """Return max over t of ln W_t, at least 0 (before the first bet)."""
    return float(max(0.0, np.max(np.cumsum(np.log1p(-stake * L)), initial=0.0)))


def p_value(L: Floats, stake: Floats) -> float:
    """Return p = min(1, 1/max(1, max_t W_t))."""
    return float(np.exp(-log_wealth(L, stake)))


def upper_bound(harm: Floats, exposure: Floats, *, stake: Floats, level: float) -> float:
    """Return the smallest α in [0, 1] that the test on L = harm − α·exposure rejects at `level`; 1 if none.

    The stakes are those of the certified α, cut so that no wealth turns negative at α = 0; with the stakes fixed the
    wealth only rises with α (exposure ≥ 0), so that everything above the bound is rejected as well.
    """
    wanted = -np.log(level)
    low, high = 0.0, 1.0
    if log_wealth(harm - exposure, stake) < wanted:
        return 1.0
    for _ in range(STEPS):
        middle = 0.5 * (low + high)
        reached = log_wealth(harm - middle * exposure, stake) >= wanted
        low, high = (low, middle) if reached else (middle, high)
    return high


def binomial_p(harmed: int, contacted: int, alpha: float) -> float:
    """Return P(Binomial(contacted, α) ≤ harmed): the exact p-value of H0 "the rate is at least α"."""
    return float(binom.cdf(harmed, contacted, alpha))


def binomial_bound(harmed: int, contacted: int, level: float) -> float:
    """Return the exact upper bound of a rate at `level` (Clopper & Pearson 1934)."""
    return 1.0 if harmed >= contacted else float(beta.ppf(1.0 - level, harmed + 1, contacted - harmed))


def holm(p: Floats, delta: float) -> NDArray[np.bool_]:
    """Return which hypotheses Holm's step-down procedure rejects at family-wise level δ (bool[K])."""
    order = np.argsort(p, kind="stable")
    passed = p[order] <= delta / np.arange(len(p), 0, -1.0)
    rejected = np.empty(len(p), dtype=np.bool_)
    rejected[order] = np.logical_and.accumulate(passed)
    return rejected


def attempt_level(delta: float, attempt: int) -> float:
    """Return the level of attempt k on the same data, 6δ/(π²k²): all attempts together stay below δ."""
    return 6.0 * delta / (np.pi * attempt) ** 2
