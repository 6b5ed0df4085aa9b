"""P(contacted | features) where it was not logged: cross-fitted, clipped, and never good enough for a certificate.

The better of logistic and boosted by log loss on folds that did not teach (METHOD section 3); D2 gets what was fitted
on all of D1.
"""

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from model.crossfit import LEAST_PROPENSITY
from model.learners.bases import fit_base
from model.learning.coded import Coded
from model.learning.regularisation import GROWTHS, in_words
from model.learning.tuning import Judged, Lesson, Lessons, best_boosted, best_linear, better, judging
from model.parallel import Work

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.intp]

LINK = "logistic"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Propensity:
    """Estimated propensities of both halves inside [.01, .99], how many rows were clipped to that, and by what."""

    first: Floats
    second: Floats
    clipped: int
    learned: str


def estimate(  # noqa: PLR0913  (both halves, and how the first is divided)
    rows: Coded, contacted: Bools, later: Coded, *, folds: Ints, selection: Ints, jobs: int = 1
) -> Propensity:
    """Estimate P(contacted | x): out of fold on D1, on later rows from all of D1; the rows of `selection` tune."""
    y = contacted.astype(np.float64)
    base = _tuned(rows.take(selection), y[selection], folds[selection], jobs=jobs).base
    places = [folds == fold for fold in np.unique(folds)]

    def fit(held: Bools, asked: Coded) -> Floats:
        return fit_base(base, rows.take(~held), y[~held], link=LINK, otherwise=float(y.mean())).mean(asked)

    tasks = [partial(fit, held, rows.take(held)) for held in places] + [
        partial(fit, np.zeros(len(y), dtype=np.bool_), later)
    ]
    *parts, second = Work(jobs=jobs).run(tasks)
    first = np.empty(len(y))
    for held, part in zip(places, parts, strict=True):
        first[held] = part
    low, high = LEAST_PROPENSITY, 1.0 - LEAST_PROPENSITY
    clipped = sum(int(np.count_nonzero((each < low) | (each > high))) for each in (first, second))
    return Propensity(
        first=np.clip(first, low, high), second=np.clip(second, low, high), clipped=clipped, learned=in_words(base)
    )


def _tuned(rows: Coded, y: Floats, folds: Ints, *, jobs: int) -> Judged:
    """Return the best setting of all."""

    def lesson(part: Bools) -> Lesson:
        return Lesson(rows=rows.take(part), y=y[part])

    def lessons() -> Lessons:
        return [(lesson(folds != fold), lesson(folds == fold)) for fold in judging(folds)]

    grown = [partial(lambda growth: best_boosted(lessons(), LINK, growth), growth) for growth in GROWTHS]
    return better(Work(jobs=jobs).run([lambda: best_linear(lessons(), LINK), *grown]))
