"""Nuisances that never saw the row they speak about: m1, m0 and, where it is not known, e.

On D1 they are cross-fitted (folds grouped by cluster, stratified on T and B); D2 uses what was fitted on all of D1.
The strength of the penalty is chosen per arm on D1 by grouped cross-validated loss, from `model.learners.STRENGTHS`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone

from model.learners import STRENGTHS, TLearner, fit_linear, mean_outcome
from model.split import Half

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.intp]

FOLDS = 5
LEAST_PROPENSITY = 0.01  # an estimated propensity is kept inside [.01, .99]
SMALLEST = 1e-9  # a probability in a log loss


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Nuisance:
    """One outcome's mean with and without contact: out of fold on D1, and the learner fitted on all of D1."""

    m1: Floats
    m0: Floats
    learner: TLearner


def make_folds(cluster: Ints, contacted: Bools, benefit: Floats, *, seed: int, folds: int = FOLDS) -> Ints:
    """Return each row's fold, intp[n]: whole clusters, dealt out within strata of (mostly contacted, any benefit)."""
    names, code = np.unique(cluster, return_inverse=True)
    mostly = np.bincount(code, weights=contacted) > 0.5 * np.bincount(code)
    any_benefit = np.bincount(code, weights=benefit > 0) > 0
    shuffled = np.random.default_rng(seed).permutation(len(names))
    stratum = 2 * mostly[shuffled] + any_benefit[shuffled]
    fold = np.empty(len(names), dtype=np.intp)
    fold[shuffled[np.argsort(stratum, kind="stable")]] = np.arange(len(names)) % folds
    return fold[code]


def cross_fit(half: Half, y: Floats, *, folds: Ints, link: str) -> Nuisance:
    """Fit both arms of one outcome on D1: out-of-fold means at the chosen strengths, and the final learner."""
    tried = [_out_of_fold(TLearner(l2_contacted=l2, l2_held_out=l2, link=link), half, y, folds) for l2 in STRENGTHS]
    contacted = half.contacted
    best1 = _best([m1[contacted] for m1, _ in tried], y[contacted], link)
    best0 = _best([m0[~contacted] for _, m0 in tried], y[~contacted], link)
    learner = TLearner(l2_contacted=STRENGTHS[best1], l2_held_out=STRENGTHS[best0], link=link)
    learner.fit(half.rows.design, y, contacted=contacted, propensity=half.propensity)
    return Nuisance(m1=tried[best1][0], m0=tried[best0][1], learner=learner)


def _out_of_fold(learner: TLearner, half: Half, y: Floats, folds: Ints) -> tuple[Floats, Floats]:
    """Return (m1, m0) of every row from learners that did not see its fold."""
    X, contacted, propensity = half.rows.design, half.contacted, half.propensity
    m1, m0 = np.empty(len(y)), np.empty(len(y))
    for fold in np.unique(folds):
        held = folds == fold
        fitted = clone(learner).fit(X[~held], y[~held], contacted=contacted[~held], propensity=propensity[~held])
        m1[held], m0[held] = fitted.arms(X[held])
    return m1, m0


def _best(predictions: list[Floats], y: Floats, link: str) -> int:
    """Return which prediction has the least loss; the strongest penalty among equals."""
    losses = [loss(y, mean, link) for mean in predictions]
    return max(range(len(losses)), key=lambda i: (-losses[i], i))


def loss(y: Floats, mean: Floats, link: str) -> float:
    """Return the mean log loss of a 0/1 outcome, or the mean squared error of a number; 0 without rows."""
    if not len(y):
        return 0.0
    if link == "identity":
        return float(np.mean((y - mean) ** 2))
    p = np.clip(mean, SMALLEST, 1.0 - SMALLEST)
    return float(-np.mean(np.where(y > 0, np.log(p), np.log1p(-p))))


def cross_fit_propensity(X: Floats, contacted: Bools, X_later: Floats, *, folds: Ints) -> tuple[Floats, Floats]:
    """Estimate P(contacted | x): out of fold on D1, and on later rows from all of D1. It allows no certificate."""
    y = contacted.astype(np.float64)
    out = np.empty(len(y))
    tried = []
    for l2 in STRENGTHS:
        for fold in np.unique(folds):
            held = folds == fold
            out[held] = mean_outcome(X[held], fit_linear(X[~held], y[~held], l2=l2, link="logistic"), "logistic")
        tried.append(out.copy())
    best = _best(tried, y, "logistic")
    later = mean_outcome(X_later, fit_linear(X, y, l2=STRENGTHS[best], link="logistic"), "logistic")
    low, high = LEAST_PROPENSITY, 1.0 - LEAST_PROPENSITY
    return np.clip(tried[best], low, high), np.clip(later, low, high)
