"""The referee: splits, folds and pseudo-outcomes that are nobody's own, the same for every learner.

Outcome means per arm, and e where it is not logged, come from a linear or a boosted model, whichever has the smaller
cross-validated loss on D1. On D1 they are out of fold, on D2 they come from all of D1. Γ as in METHOD section 3.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.configurations import outcome
from benchmarks.datasets import Case
from benchmarks.exchange import Floats, Ints, Repeat
from benchmarks.figures import Held
from model.evaluation import pseudo_outcome
from model.learners.folds import make_folds

FIRST_SHARE = 0.6
CLIP = 0.01  # an estimated propensity stays inside [.01, .99]
BASES = ("linear", "boosting")


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One repeat: what the learners get, what they are judged by, and the response ranker's scores of D2."""

    repeat: Repeat
    held: Held
    response: Floats


def halves(case: Case, repeat: int) -> tuple[Ints, Ints]:
    """Split whole clusters 60/40 by the repeat's own chance; where a case has draws, within the repeat's draw."""
    rows = np.arange(len(case.y)) if case.draw is None else np.flatnonzero(case.draw == repeat % (case.draw.max() + 1))
    names, code = np.unique(case.cluster[rows], return_inverse=True)
    chance = np.random.default_rng([repeat, 20260101])
    first = (chance.permutation(len(names)) < FIRST_SHARE * len(names))[code]
    return rows[first], rows[~first]


def judge(case: Case, X: Floats, repeat: int) -> Judged:
    """Prepare one repeat."""
    first, second = halves(case, repeat)
    treated, y = case.contacted, case.y
    folds = make_folds(case.cluster[first], treated[first], y[first], seed=repeat)
    learn = Learn(X=X, first=first, second=second, folds=folds)
    m1 = learn.mean(y, treated[first], binary=case.binary)
    m0 = learn.mean(y, ~treated[first], binary=case.binary)
    if case.propensity is None:
        everyone = np.ones(len(first), dtype=np.bool_)
        e = learn.mean(treated.astype(np.float64), everyone, binary=True)
        e1, e2 = (np.clip(each, CLIP, 1.0 - CLIP) for each in e)
    else:
        e1, e2 = case.propensity[first], case.propensity[second]
    gamma1, gamma2 = (
        pseudo_outcome(y[rows], arms=(m1[k], m0[k]), contacted=treated[rows], propensity=e)
        for k, (rows, e) in enumerate(((first, e1), (second, e2)))
    )
    truth = None if case.truth is None else case.truth[second]
    sklift = case.binary and case.propensity is not None and bool(np.ptp(case.propensity) == 0)
    return Judged(
        repeat=Repeat(first=first, second=second, folds=folds, gamma=gamma1, propensity=e1),
        held=Held(y=y[second], contacted=treated[second], gamma=gamma2, truth=truth, sklift=sklift),
        response=m1[1],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Learn:
    """Where means are learned from (`first`, with its folds) and for which rows they are wanted too (`second`)."""

    X: Floats
    first: Ints
    second: Ints
    folds: Ints

    def mean(self, y: Floats, arm: NDArray[np.bool_], *, binary: bool) -> tuple[Floats, Floats]:
        """Return the mean outcome of an arm for D1 (out of fold) and D2, from the base with the smaller loss on D1."""
        tried = {}
        for base in BASES:
            out = np.empty(len(self.first))
            for fold in np.unique(self.folds):
                held = self.folds == fold
                out[held] = self._predict(base, y, self.first[arm & ~held], self.first[held], binary=binary)
            tried[base] = out
        best = min(BASES, key=lambda base: float(np.mean((y[self.first] - tried[base])[arm] ** 2)))
        return tried[best], self._predict(best, y, self.first[arm], self.second, binary=binary)

    def _predict(self, base: str, y: Floats, learn: Ints, rows: Ints, *, binary: bool) -> Floats:
        """Fit on some rows and return the mean outcome of others; a constant where the outcome never varies."""
        if not len(learn) or np.ptp(y[learn]) == 0.0:
            return np.full(len(rows), y[learn].mean() if len(learn) else 0.0)
        model = outcome(base, binary=binary).fit(self.X[learn], y[learn])
        return np.asarray(model.predict_proba(self.X[rows])[:, 1] if binary else model.predict(self.X[rows]))
