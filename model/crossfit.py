"""Outcome means that never saw the row they speak about (METHOD section 3): folds are grouped by cluster, and kept.

`own` m1 and m0 of a row come from all folds but its own: they make Γ. A learner of effects that must not have seen
fold k needs means, on the other folds, that have not seen k either: `without(k)` come from all folds but k and the
row's own. The pair (j, k) serves both ways, so ten fits per arm are enough for five folds.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.learners.bases import Fitted, fit_base
from model.learning.coded import Coded
from model.parallel import Work

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.intp]

LEAST_PROPENSITY = 0.01  # an estimated propensity is kept inside [.01, .99]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Arms:
    """One outcome to be cross-fitted: n rows, y float64[n], who was contacted, folds, and an unfitted base per arm."""

    rows: Coded
    y: Floats
    contacted: Bools
    folds: Ints
    link: str
    bases: tuple[Any, Any]

    def fit(self, arm: int, left_out: tuple[int, ...] = ()) -> Fitted:
        """Fit arm 0 (contacted) or 1 (held out) on all folds but some."""
        taught = (self.contacted == (arm == 0)) & ~np.isin(self.folds, left_out)
        otherwise = float(self.y.mean()) if len(self.y) else 0.0
        return fit_base(self.bases[arm], self.rows.take(taught), self.y[taught], link=self.link, otherwise=otherwise)

    def predict(self, arm: int, left_out: tuple[int, ...]) -> tuple[Floats, ...]:
        """Return the mean of each fold left out, from one fit on the others."""
        fitted = self.fit(arm, left_out)
        return tuple(fitted.mean(self.rows.take(self.folds == fold)) for fold in left_out)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Means:
    """Cross-fitted means of one outcome, (m1, m0) float64[n] each: `own`, and for each fold k those without k."""

    own: tuple[Floats, Floats]
    inner: Mapping[int, tuple[Floats, Floats]]

    def without(self, fold: int) -> tuple[Floats, Floats]:
        """Return (m1, m0) of the rows outside a fold from fits that saw neither the row nor the fold; NaN inside."""
        return self.inner[fold]


def cross_fit(outcomes: Mapping[str, Arms], *, inner: bool, work: Work) -> dict[str, Means]:
    """Return the means of every outcome; the fits run side by side. `inner` also makes those without a fold."""
    plan = [
        (name, arm, left_out)
        for name, each in outcomes.items()
        for left_out in _left_out(each.folds, inner=inner)
        for arm in (0, 1)
    ]
    fits = [partial(outcomes[name].predict, arm, left_out) for name, arm, left_out in plan]
    found = dict(zip(plan, work.run(fits), strict=True))
    return {name: _gathered(name, each, found) for name, each in outcomes.items()}


def _left_out(folds: Ints, *, inner: bool) -> list[tuple[int, ...]]:
    """Return what each fit leaves out: every fold, and every pair of folds."""
    names = [int(fold) for fold in np.unique(folds)]
    return [(fold,) for fold in names] + (list(combinations(names, 2)) if inner else [])


def _gathered(name: str, arms: Arms, found: Mapping[tuple[str, int, tuple[int, ...]], tuple[Floats, ...]]) -> Means:
    """Put the predictions of one outcome in their places."""
    n = len(arms.y)
    own = (np.full(n, np.nan), np.full(n, np.nan))
    inner = {int(fold): (np.full(n, np.nan), np.full(n, np.nan)) for fold in np.unique(arms.folds)}
    for (outcome, arm, left_out), means in found.items():
        if outcome != name:
            continue
        for fold, mean in zip(left_out, means, strict=True):
            if len(left_out) == 1:
                own[arm][arms.folds == fold] = mean
            else:
                other = next(each for each in left_out if each != fold)
                inner[other][arm][arms.folds == fold] = mean
    return Means(own=own, inner=inner)
