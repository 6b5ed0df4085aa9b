"""Ranking quality: does the order of the scores follow the order of the effects?

    DR-Qini    Q(s) = mean[(F_s(U) − ½)(Γu − mean Γu)], F_s the mid-rank in (0, 1): covariance of rank and effect
    RATE       AUTOC of Yadlowsky et al. 2021: the mean over j of (mean Γu of the j highest scores − mean Γu)
    sklift     scikit-uplift's `qini_auc_score`, from counts: area over random, as a share of the best possible

Example:
    >>> u, gamma = np.array([0.1, 0.2, 0.3]), np.array([0.0, 1.0, 2.0])
    >>> round(dr_qini(u, gamma).estimate, 6)
    0.222222
"""

import numpy as np
from numpy.typing import NDArray

from model.contracts import Interval
from model.evaluation import Influenced, interval

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.intp]

HALF_SAMPLES = 200


def mid_ranks(score: Floats) -> tuple[Floats, Ints]:
    """Return F(score) in (0, 1), float64[n] with mean exactly ½ (ties share the middle), and each score's place.

    The place counts the distinct scores from the lowest, 0.
    """
    _, place, counts = np.unique(score, return_inverse=True, return_counts=True)
    return np.asarray(((np.cumsum(counts) - 0.5 * counts) / len(score))[place]), place


def dr_qini(score: Floats, gamma: Floats) -> Influenced:
    """Return Q and its full Hájek projection: besides (F − ½)(Γ − mean), what a row does to the ranks of the others.

    ψ_i = (F(U_i) − ½)(Γ_i − Γ̄) + G(U_i) − 2Q,  G(u) = mean[(Γ − Γ̄)(1{U > u} + ½·1{U = u})].
    """
    n = len(score)
    if np.ptp(score) == 0.0:
        return Influenced(estimate=0.0, influence=np.zeros(n))
    rank, place = mid_ranks(score)
    centred = gamma - np.mean(gamma)
    own = (rank - 0.5) * centred
    estimate = float(np.mean(own))
    sums = np.bincount(place, weights=centred)
    above = np.cumsum(sums[::-1])[::-1] - 0.5 * sums
    return Influenced(estimate=estimate, influence=own + (above / n)[place] - 2.0 * estimate)


def autoc(gamma: Floats, starts: Ints, weight: Floats) -> float:
    """Return the AUTOC of Γ sorted by falling score; tied scores (groups at `starts`) share their mean."""
    group_weight = np.add.reduceat(weight, starts)
    group_sum = np.add.reduceat(gamma * weight, starts)
    size = np.diff(np.r_[starts, len(gamma)])
    shared = np.repeat(np.divide(group_sum, group_weight, out=np.zeros_like(group_sum), where=group_weight > 0), size)
    cumulated = np.cumsum(weight)
    top = np.cumsum(shared * weight) / np.maximum(cumulated, 1.0)
    return float((weight @ top) / cumulated[-1] - (group_sum.sum()) / cumulated[-1])


def rate(score: Floats, gamma: Floats, cluster: Ints, *, data_sha256: str) -> Interval:
    """Return the RATE with its interval from half-samples of clusters, drawn by the data's own hash (as grf does).

    The spread of a statistic over halves drawn without replacement estimates its standard error over the whole.
    """
    order = np.argsort(-score, kind="stable")
    falling, sorted_gamma, sorted_cluster = score[order], gamma[order], cluster[order]
    starts = np.flatnonzero(np.r_[True, falling[1:] != falling[:-1]])
    estimate = autoc(sorted_gamma, starts, np.ones(len(score)))
    groups = int(cluster.max()) + 1
    if len(starts) == 1 or groups < 4:
        return interval(0.0 if len(starts) == 1 else estimate, 0.0 if len(starts) == 1 else float("inf"))
    chance = np.random.default_rng(int(data_sha256[:16], 16))
    halves = np.empty(HALF_SAMPLES)
    for b in range(HALF_SAMPLES):
        drawn = np.zeros(groups)
        drawn[chance.permutation(groups)[: groups // 2]] = 1.0
        halves[b] = autoc(sorted_gamma, starts, drawn[sorted_cluster])
    return interval(estimate, float(np.std(halves, ddof=1)))


def qini_curve(y: Floats, score: Floats, contacted: Bools) -> tuple[Floats, Floats]:
    """Return the Qini curve by counts: rows targeted, and benefits gained over the held out (Radcliffe 2007)."""
    order = np.argsort(score, kind="mergesort")[::-1]
    y, score, treated = y[order], score[order], contacted[order].astype(np.float64)
    ends = np.r_[np.flatnonzero(np.diff(score)), len(score) - 1]
    rows = ends + 1.0
    n1 = np.cumsum(treated)[ends]
    n0 = rows - n1
    y1, y0 = np.cumsum(y * treated)[ends], np.cumsum(y * (1.0 - treated))[ends]
    gain = y1 - y0 * np.divide(n1, n0, out=np.zeros_like(n1), where=n0 > 0)
    return np.r_[0.0, rows], np.r_[0.0, gain]


def qini_sklift(y: Floats, score: Floats, contacted: Bools) -> float:
    """Return scikit-uplift's `qini_auc_score(y, score, contacted)` for a 0/1 outcome; NaN where no order can win."""
    treated = contacted.astype(np.float64)
    x, gain = qini_curve(y, score, contacted)
    x_best, gain_best = qini_curve(y, y * treated - y * (1.0 - treated), contacted)
    random = 0.5 * x_best[-1] * gain_best[-1]
    best = float(np.trapezoid(gain_best, x_best)) - random
    return (float(np.trapezoid(gain, x)) - random) / best if best != 0.0 else float("nan")
