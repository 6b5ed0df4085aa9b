"""What contact did, with intervals that allow for rows of one cluster moving together.

Pseudo-outcome of Y (Kennedy's doubly robust score):  Γ = m1 − m0 + T(Y − m1)/e − (1 − T)(Y − m0)/(1 − e)
Net benefit of a row:                                  Γu = v·ΓB − λC·ΓC − λA·ΓA − cost

Intervals are two-sided 95 %, asymptotic. Means, differences in means and ratios leave each cluster out, exactly (the
jackknife CV3 of MacKinnon, Nielsen & Webb 2023); other estimates do it to first order, by their influence values.

Example:
    >>> y, t = np.array([1.0, 1.0, 0.0, 1.0, 0.0, 0.0]), np.array([True, True, True, False, False, False])
    >>> round(average_effect(y, contacted=t, cluster=np.arange(6)).estimate, 6)
    0.333333
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.contracts import Interval

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.intp]

Z = 1.959963984540054  # the normal quantile at .975


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Influenced:
    """A figure with the influence of each row on it, float64[n], so that two of the same rows can be paired."""

    estimate: float
    influence: Floats

    def interval(self, cluster: Ints) -> Interval:
        """Return its cluster-robust interval."""
        return interval(self.estimate, cluster_se(self.influence, cluster))

    def minus(self, other: "Influenced", cluster: Ints) -> Interval:
        """Return the paired difference with its cluster-robust interval."""
        return interval(self.estimate - other.estimate, cluster_se(self.influence - other.influence, cluster))


def cluster_se(influence: Floats, cluster: Ints) -> float:
    """Return the standard error of a mean from its centred influence values; infinite with fewer than two clusters.

    Each cluster is left out once. That is exact for a mean over all rows, and first-order for other estimates. With
    clusters of one size it is the textbook formula; one cluster with most of the rows would make that far too small.
    """
    return _jackknife(_left_out(influence, np.ones(len(influence)), cluster), cluster)


def _left_out(residual: Floats, weight: Floats, cluster: Ints) -> Floats:
    """Return how far leaving each cluster out moves a ratio, float64[G]; infinite where no weight is left."""
    sums, gone = np.bincount(cluster, weights=residual), np.bincount(cluster, weights=weight)
    total = float(np.sum(weight))
    rest = total - gone
    lost = (gone > 0.0) & (rest <= 1e-12 * total)
    return np.where(lost, np.inf, np.divide(sums, rest, out=np.zeros_like(sums), where=~lost))


def _jackknife(moves: Floats, cluster: Ints) -> float:
    """Return the standard error from what leaving each cluster out changes; infinite with fewer than two clusters."""
    groups = int(np.count_nonzero(np.bincount(cluster)))
    if groups < 2:
        return float("inf")
    return float(np.sqrt((groups - 1.0) / groups * np.sum(moves**2)))


def interval(estimate: float, se: float) -> Interval:
    """Return the two-sided 95 % interval."""
    return Interval(estimate=float(estimate), low=float(estimate - Z * se), high=float(estimate + Z * se), se=float(se))


def mean_interval(values: Floats, cluster: Ints) -> Interval:
    """Return the mean of values with its cluster-robust interval."""
    estimate = float(np.mean(values))
    return interval(estimate, cluster_se(values - estimate, cluster))


def ratio_interval(values: Floats, weights: Floats, cluster: Ints) -> Interval:
    """Return Σ values / Σ weights with its cluster-robust interval; NaN where the weights sum to 0."""
    estimate, moves = _ratio(values, weights, cluster)
    return interval(estimate, _jackknife(moves, cluster) if np.isfinite(estimate) else float("nan"))


def ratio_difference(first: tuple[Floats, Floats], second: tuple[Floats, Floats], cluster: Ints) -> Interval:
    """Return Σ v₁ / Σ w₁ − Σ v₂ / Σ w₂ of the same rows, `first` = (v₁, w₁), with its paired interval.

    NaN where the weights of either sum to 0.
    """
    (estimate1, moves1), (estimate2, moves2) = (_ratio(values, weights, cluster) for values, weights in (first, second))
    return _apart(estimate1 - estimate2, moves1, moves2, cluster)


def _ratio(values: Floats, weights: Floats, cluster: Ints) -> tuple[float, Floats]:
    """Return a ratio and how far leaving each cluster out moves it, float64[G]."""
    total = float(np.sum(weights))
    if total == 0.0:
        return float("nan"), np.full(int(np.max(cluster)) + 1, np.nan)
    estimate = float(np.sum(values)) / total
    return estimate, _left_out(values - estimate * weights, weights, cluster)


def _apart(estimate: float, moves1: Floats, moves2: Floats, cluster: Ints) -> Interval:
    """Return a difference of two estimates on the same rows; its error is infinite where one cluster carries either."""
    known = not (np.isinf(moves1).any() or np.isinf(moves2).any())
    return interval(estimate, _jackknife(moves1 - moves2, cluster) if known else float("inf"))


def average_effect(y: Floats, *, contacted: Bools, cluster: Ints) -> Interval:
    """Return the difference in means of contacted and held out, right where the propensity is constant (Neyman)."""
    n1, n0 = int(np.sum(contacted)), int(np.sum(~contacted))
    if not n1 or not n0:
        return interval(float("nan"), float("nan"))
    mean1, mean0 = float(np.mean(y[contacted])), float(np.mean(y[~contacted]))
    one, zero = contacted.astype(np.float64), (~contacted).astype(np.float64)
    moves1 = _left_out((y - mean1) * one, one, cluster)
    moves0 = _left_out((y - mean0) * zero, zero, cluster)
    return _apart(mean1 - mean0, moves1, moves0, cluster)


def pseudo_outcome(y: Floats, *, arms: tuple[Floats, Floats], contacted: Bools, propensity: Floats) -> Floats:
    """Return Γ float64[n]: its mean is the average effect if the propensity or both arms' means (m1, m0) are right."""
    m1, m0 = arms
    return m1 - m0 + np.where(contacted, (y - m1) / propensity, -(y - m0) / (1.0 - propensity))


def net_benefit(effects: Floats, weights: Mapping[str, float]) -> Floats:
    """Return v·B − λC·C − λA·A − cost, float64[n], of effects float64[n, 3] (benefit, complaint, opt-out)."""
    parts = weights["benefit"] * effects[:, 0] - weights["complaint"] * effects[:, 1]
    return np.asarray(parts - weights["opt_out"] * effects[:, 2] - weights["contact"])


def ols_slope(x: Floats, y: Floats) -> float:
    """Return the least-squares slope of y on x; 0 where x does not vary."""
    centred = x - np.mean(x)
    spread = float(centred @ centred)
    return float(centred @ y) / spread if spread > 1e-18 * len(x) else 0.0


def calibration(score: Floats, gamma: Floats, cluster: Ints) -> Interval | None:
    """Return the slope of Γu on the predicted net benefit (1 is perfect); None for a scorer that is constant."""
    centred = score - np.mean(score)
    spread = float(np.mean(centred**2))
    if np.ptp(score) <= 1e-12:
        return None
    slope = ols_slope(score, gamma)
    residual = gamma - np.mean(gamma) - slope * centred
    return interval(slope, cluster_se(centred * residual / spread, cluster))
