"""Bands for a family of nested rules, from influence values summed per cluster: point by point, and for all at once.

Rule k contacts the rows whose score reaches threshold k; thresholds fall, so rules grow. Over contacting nobody and
over contacting as many at random, with π_k = 1 where rule k contacts, share s_k = mean π_k and mean Γ = m:

    value_k = mean[π_k·Γ]            influence π_k·Γ − value_k
    gap_k   = value_k − s_k·m        influence (π_k − s_k)(Γ − m) − gap_k

A threshold is a rule of its own, whichever share it happens to contact: no term for an estimated rank. The band for
all rules at once is ± c standard errors, c the 95 % quantile of max_k |Z_k|, Z normal with the influence values'
correlation: the Gaussian multiplier bootstrap over clusters, drawn from its exact conditional law (Chernozhukov,
Chetverikov & Kato 2013).

Example:
    >>> family = nested(np.array([3.0, 2.0, 1.0]), np.array([1.0, 0.0, -1.0]), np.arange(3), points=3, seed=0)
    >>> family.value.estimate.round(6).tolist(), family.share.round(6).tolist()
    ([0.333333, 0.333333, 0.0], [0.333333, 0.666667, 1.0])
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.evaluation import Z

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

DRAWS = 4000
BLOCK = 16_384  # clusters whose sums are held at once


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Band:
    """Estimates float64[k] with standard errors; `critical` is how many of them hold for all k at once."""

    estimate: Floats
    se: Floats
    critical: float

    def ends(self, *, together: bool = False) -> tuple[Floats, Floats]:
        """Return low and high, float64[k] each: 95 % at each point, or for all points together."""
        reach = (self.critical if together else Z) * self.se
        return self.estimate - reach, self.estimate + reach


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Nested:
    """Nested rules: the share that each contacts, its value over nobody, and over as many at random."""

    share: Floats
    value: Band
    gap: Band


def nested(score: Floats, gamma: Floats, cluster: Ints, *, points: int, seed: int) -> Nested:
    """Return the rules at up to `points` quantiles of the score, fewer where scores are tied; the last is everyone."""
    kept = -(-np.arange(1, points + 1) * len(score) // points) - 1
    thresholds = np.unique(np.sort(score)[::-1][kept])[::-1]
    first = np.searchsorted(-thresholds, -score, side="left")  # the smallest rule that contacts each row
    count = len(thresholds)
    share = np.cumsum(np.bincount(first, minlength=count)) / len(score)
    value = np.cumsum(np.bincount(first, weights=gamma, minlength=count)) / len(score)
    gap = value - share * value[-1]
    chance = np.random.default_rng(seed)
    spread_value, spread_gap = _covariances(first, gamma, cluster, share, value)
    return Nested(
        share=share,
        value=_band(value, spread_value, chance),
        gap=_band(gap, spread_gap, chance),
    )


def _covariances(first: Ints, gamma: Floats, cluster: Ints, share: Floats, value: Floats) -> tuple[Floats, Floats]:
    """Return the cluster-robust covariances of values and of gaps, float64[k, k]; infinite for a single cluster."""
    count, n, mean = len(share), len(gamma), value[-1]
    gap = value - share * mean
    total = [np.zeros((count, count)), np.zeros((count, count))]
    order = np.argsort(cluster, kind="stable")
    groups = int(cluster.max()) + 1
    edges = np.searchsorted(cluster[order], np.arange(0, groups + BLOCK, BLOCK))
    for start, begin, end in zip(range(0, groups, BLOCK), edges[:-1], edges[1:], strict=False):
        rows = order[begin:end]
        cell = (cluster[rows] - start) * count + first[rows]
        size = min(BLOCK, groups - start)
        held = np.bincount(cell, minlength=size * count).reshape(size, count).cumsum(axis=1)
        gained = np.bincount(cell, weights=gamma[rows], minlength=size * count).reshape(size, count).cumsum(axis=1)
        whole, sums = held[:, -1:], gained[:, -1:]
        rest = np.maximum(n - whole, 1)  # the rows that leaving this cluster out leaves, as in `cluster_se`
        own = (gained - whole * value) / rest
        over = (gained - mean * held - (sums - whole * mean) * share - whole * gap) / rest
        total = [sofar + part.T @ part for sofar, part in zip(total, (own, over), strict=True)]
    found = len(np.unique(cluster))
    if found < 2:
        return np.full((count, count), np.inf), np.full((count, count), np.inf)
    factor = (found - 1.0) / found
    return factor * total[0], factor * total[1]


def _band(estimate: Floats, covariance: Floats, chance: np.random.Generator) -> Band:
    """Return the band of estimates; what does not vary beyond rounding has no width and asks for nothing."""
    variance = np.diag(covariance)
    if not np.isfinite(variance).all():
        return Band(estimate=estimate, se=np.full(len(estimate), np.inf), critical=Z)
    moves = variance > max(1e-20 * float(variance.max()), 1e-300)
    se = np.where(moves, np.sqrt(np.maximum(variance, 0.0)), 0.0)
    if not moves.any():
        return Band(estimate=estimate, se=se, critical=Z)
    own = covariance[np.ix_(moves, moves)] / np.outer(se[moves], se[moves])
    values, vectors = np.linalg.eigh(own)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    largest = np.abs(chance.standard_normal((DRAWS, len(values))) @ root.T).max(axis=1)
    return Band(estimate=estimate, se=se, critical=max(Z, float(np.quantile(largest, 0.95))))
