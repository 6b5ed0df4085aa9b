"""What else could bound the same losses: p-values of H0: E[L] ≥ 0 for L in [lo, hi] by other inequalities.

Each gets what our bets get: L per cluster, its range by the design, the same level.

- Maurer & Pontil 2009, theorem 4 (`bernstein`): mean ≤ mean of L + √(2V·ln(2/p)/n) + 7·(hi − lo)·ln(2/p)/(3(n − 1)).
- Hoeffding & Bentkus (`hb`; Bates et al. 2021, Angelopoulos et al. 2022) for X = (L − lo)/(hi − lo) with mean r̂ and
  null a = −lo/(hi − lo): min(exp(−n·KL(min(r̂, a), a)), e·P(Binomial(n, a) ≤ ⌈n·r̂⌉)). Written from the papers;
  `certificate_mapie.py` asks MAPIE's own function for the same p-values.
- Clopper & Pearson (`exact`): where L = const·T·(A − α) in single-row clusters, the harmed among the contacted.
- The central limit theorem (`clt`): Φ(mean/(sd/√n)); valid only as n grows. It is the oracle, not a rival.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr, ndtr

from model.certifying.harm import row_ceiling, steepest
from model.certifying.trials import Ground, Rule, Trial

Floats = NDArray[np.float64]

HALVINGS = 40
RIVALS = ("exact", "bernstein", "hb", "clt")
VALID = ("exact", "bernstein", "hb")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """What one trial comes down to: moments of (caused, exposed) over clusters, and the design's (e, s) pairs.

    `counts` are (harmed, contacted) where the exact tail applies.
    """

    harm: str
    n: int
    caused: float
    exposed: float
    var_caused: float
    var_exposed: float
    covariance: float
    e: Floats
    s: Floats
    clip: float
    size: int
    counts: tuple[int, int] | None

    @classmethod
    def of(cls, trial: Trial, pairs: Floats, ground: Ground) -> "Sums":
        """Return the moments of a trial; `pairs` float64[k, 2] are the distinct (e, s) of D1."""
        c, x = trial.caused, trial.exposed
        mean_c, mean_x = float(c.mean()), float(x.mean())
        left = len(c) - 1
        contacted = x > 0.0
        same = trial.harm == "opt_out" and ground.rows[1].place is None and _constant(x[contacted])
        return cls(
            harm=trial.harm,
            n=len(c),
            caused=mean_c,
            exposed=mean_x,
            var_caused=float(c @ c - len(c) * mean_c**2) / left,
            var_exposed=float(x @ x - len(x) * mean_x**2) / left,
            covariance=float(c @ x - len(c) * mean_c * mean_x) / left,
            e=pairs[:, 0],
            s=pairs[:, 1],
            clip=ground.design.clip,
            size=ground.design.rows_per_cluster,
            counts=(int(np.count_nonzero(c)), int(np.count_nonzero(contacted))) if same else None,
        )

    def mean(self, alpha: float) -> float:
        """Return the mean of L."""
        return self.caused - alpha * self.exposed

    def variance(self, alpha: float) -> float:
        """Return the variance of L over clusters."""
        return max(0.0, self.var_caused - 2.0 * alpha * self.covariance + alpha**2 * self.var_exposed)

    def range(self, alpha: float) -> tuple[float, float]:
        """Return (lo, hi) of L per cluster by the design.

        Γ_C ≥ −max(m̄/e, 1/(1 − e)): −m0 − m1(1 − e)/e for the contacted, m1 + (m0·e − 1)/(1 − e) for the held out.
        """
        high = row_ceiling(self.harm, self.e, self.s, alpha=alpha, most=steepest(self.e, self.clip)).max()
        if self.harm == "complaint":
            low = -(self.s * (np.maximum(self.clip / self.e, 1.0 / (1.0 - self.e)) + alpha)).max()
        else:
            low = -(self.s / self.e).max() * alpha
        return float(low) * self.size, float(high) * self.size

    def scaled(self, alpha: float) -> tuple[float, float]:
        """Return (r̂, a): the mean of L and 0, both moved to [0, 1]."""
        low, high = self.range(alpha)
        return (self.mean(alpha) - low) / (high - low), -low / (high - low)


def design_pairs(rules: Sequence[Rule], ground: Ground) -> list[Floats]:
    """Return per rule the distinct (e, s) of D1, float64[k, 2]."""
    e, shares = ground.first.half.propensity, ground.design.shares
    found = []
    groups = [(value, e == value) for value in np.unique(e)]
    for rule in rules:
        above = rule.first >= rule.cutoff
        sides = ((shares.above, above), (shares.below, ~above))
        found.append(np.array([(value, s) for value, rows in groups for s, side in sides if (rows & side).any()]))
    return found


def _constant(values: Floats) -> bool:
    """Whether all are the same but for rounding."""
    return len(values) > 0 and float(np.ptp(values)) <= 1e-12 * float(values[0])


def exact(sums: Sums, alpha: float) -> float:
    """Return P(Binomial(contacted, α) ≤ harmed); NaN where it does not apply."""
    if sums.counts is None:
        return float("nan")
    harmed, contacted = sums.counts
    return float(bdtr(float(harmed), contacted, alpha))


def bernstein(sums: Sums, alpha: float) -> float:
    """Return the level at which Maurer and Pontil's bound of the mean touches 0."""
    gap = -sums.mean(alpha)
    if gap <= 0.0:
        return 1.0
    low, high = sums.range(alpha)
    a, b = np.sqrt(2.0 * sums.variance(alpha) / sums.n), 7.0 * (high - low) / (3.0 * (sums.n - 1))
    root = (-a + np.sqrt(a * a + 4.0 * b * gap)) / (2.0 * b)
    return float(min(1.0, 2.0 * np.exp(-(root**2))))


def hoeffding_bentkus(r: float, a: float, n: int) -> float:
    """Return the p-value of "the mean of n values in [0, 1] is at least a" when their mean is r."""
    below = min(r, a)
    divergence = (1.0 - below) * np.log((1.0 - below) / (1.0 - a))
    if below > 0.0:
        divergence += below * np.log(below / a)
    return float(min(np.exp(-n * divergence), np.e * bdtr(float(min(n, np.ceil(n * r))), n, a)))


def hb(sums: Sums, alpha: float) -> float:
    """Return the p-value by Hoeffding and Bentkus."""
    if alpha <= 0.0 and sums.harm == "opt_out":
        return 1.0
    return hoeffding_bentkus(*sums.scaled(alpha), sums.n)


def clt(sums: Sums, alpha: float) -> float:
    """Return the normal p-value; 1 without any spread, where it would claim certainty of what it has not seen."""
    spread = np.sqrt(sums.variance(alpha) / sums.n)
    return float(ndtr(sums.mean(alpha) / spread)) if spread > 0.0 else 1.0


PVALUES: dict[str, Callable[[Sums, float], float]] = {"exact": exact, "bernstein": bernstein, "hb": hb, "clt": clt}


def bound(name: str, sums: Sums, level: float) -> float:
    """Return the smallest α in [0, 1] that a rival rejects at `level`, by bisection; NaN where it does not apply."""
    test = PVALUES[name]
    low, high = 0.0, 1.0 - 1e-9
    top = test(sums, high)
    if np.isnan(top):
        return float("nan")
    if top > level:
        return 1.0
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if test(sums, middle) <= level else (middle, high)
    return high
