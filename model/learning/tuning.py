"""How much regularisation: every setting is fitted on some folds of D1 and judged on others (METHOD section 3).

An outcome's mean is judged by log loss (0/1) or squared error, an effect by its learner's own loss. Ties go to the
linear model, then to the stronger penalty, then to fewer rounds. Boosting is not tried where the training rows hold
fewer than `LEAST_EVENTS` events.

Example:
    >>> from model.learning.coded import as_coded
    >>> from model.learning.regularisation import in_words
    >>> rows = as_coded(np.linspace(-1.0, 1.0, 400)[:, None])
    >>> halves = [np.arange(k, 400, 2) for k in (0, 1)]
    >>> taught, judged = (Lesson(rows=rows.take(half), y=np.sign(rows.codes[half, 0])) for half in halves)
    >>> in_words(best([(taught, judged)], "identity").base)
    'boosting, 88 rounds at rate 0.1, 4 leaves of at least 10 rows'
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.learners.bases import HUGE, fit_base, for_boosting
from model.learners.binning import binning_alone
from model.learners.coarse import coarse
from model.learning.coded import Coded
from model.learning.regularisation import GROWTHS, MOST_ROUNDS, STRENGTHS, Growth, boosted, events, leaf_rows, linear

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

JUDGING = 2  # folds
LEAST_EVENTS = 30
PATIENCE = 15  # rounds without a better validation loss after which a curve ends
SMALLEST = 1e-9  # a probability in a log loss
BETTER = 1e-7  # of a loss, relatively: less than that is a tie


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lesson:
    """Rows with what is to be learned on them, y float64[n], and how much each counts, float64[n] or all alike."""

    rows: Coded
    y: Floats
    weight: Floats | None = None


Lessons = Sequence[tuple[Lesson, Lesson]]  # each: what teaches, what judges


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Judged:
    """An unfitted estimator and its mean loss on rows that did not teach it."""

    base: Any
    loss: float


def judging(folds: Ints) -> list[int]:
    """Return the folds that judge what the others teach."""
    return [int(fold) for fold in np.unique(folds)[:JUDGING]]


def best(lessons: Lessons, link: str) -> Judged:
    """Return the best of all settings for these lessons."""
    return better([best_linear(lessons, link), *(best_boosted(lessons, link, growth) for growth in GROWTHS)])


def better(judged: Sequence[Judged]) -> Judged:
    """Return the least loss; the first among equals."""
    found = judged[0]
    for each in judged[1:]:
        if each.loss < found.loss - BETTER * abs(found.loss):
            found = each
    return found


def best_linear(lessons: Lessons, link: str, strengths: Sequence[float] = STRENGTHS) -> Judged:
    """Return the best strength of a linear model; the strongest among equals."""
    tried = []
    for l2 in sorted(strengths, reverse=True):
        base = linear(link, l2)
        losses = [
            loss(
                judged.y,
                fit_base(base, taught.rows, taught.y, link=link, weight=taught.weight).mean(judged.rows),
                link,
                judged.weight,
            )
            for taught, judged in lessons
        ]
        tried.append(Judged(base=base, loss=_mean(losses, lessons)))
    return better(tried)


def best_boosted(lessons: Lessons, link: str, growth: Growth) -> Judged:
    """Return boosting that grows so, with the rounds at which the mean validation curve is lowest.

    Its loss is infinite where a lesson holds too few events to try.
    """
    few = min(events(taught.y, link) for taught, _ in lessons)
    leaf = min(leaf_rows(growth, taught.y, link) for taught, _ in lessons)
    if few < LEAST_EVENTS or any(np.ptp(taught.y) == 0.0 for taught, _ in lessons):
        return Judged(base=boosted(link, growth, rounds=0, leaf=leaf), loss=np.inf)
    curves = [curve(taught, judged, link, growth, leaf) for taught, judged in lessons]
    length = max(len(each) for each in curves)
    padded = np.stack([np.r_[each, np.full(length - len(each), each[-1])] for each in curves])
    together = np.array([_mean(list(column), lessons) for column in padded.T])
    rounds = int(np.argmin(together))
    return Judged(base=boosted(link, growth, rounds=rounds, leaf=leaf), loss=float(together[rounds]))


def curve(taught: Lesson, judged: Lesson, link: str, growth: Growth, leaf: int) -> Floats:
    """Return the loss on `judged` after 0, 1, 2 … rounds; it ends when it has not improved for `PATIENCE` rounds."""
    if not len(judged.y):
        return np.zeros(1)
    base = boosted(link, growth, rounds=MOST_ROUNDS, leaf=leaf)
    read, categories, _ = for_boosting(taught.rows, base)
    seen = np.clip(judged.rows.codes, -HUGE, HUGE)
    if taught.weight is not None:
        read = coarse(read, categories)
    base.set_params(
        early_stopping=True,
        n_iter_no_change=PATIENCE,
        categorical_features=categories if categories.any() else None,
    )
    with binning_alone(base):
        base.fit(read, taught.y, taught.weight, X_val=seen, y_val=judged.y, sample_weight_val=judged.weight)
    halved = 2.0 if link == "identity" else 1.0  # scikit-learn's squared error is half of it
    return np.asarray(-halved * base.validation_score_)


def loss(y: Floats, mean: Floats, link: str, weight: Floats | None = None) -> float:
    """Return the mean log loss of a 0/1 outcome, or the mean squared error of a number; 0 without rows."""
    if not len(y) or (weight is not None and not weight.any()):
        return 0.0
    if link == "identity":
        return float(np.average((y - mean) ** 2, weights=weight))
    p = np.clip(mean, SMALLEST, 1.0 - SMALLEST)
    return float(-np.average(np.where(y > 0, np.log(p), np.log1p(-p)), weights=weight))


def _mean(losses: Sequence[float], lessons: Lessons) -> float:
    """Return the mean loss over all rows that judge."""
    counts = np.array(
        [len(each.y) if each.weight is None else each.weight.sum() for _, each in lessons], dtype=np.float64
    )
    return float(np.dot(losses, counts) / counts.sum()) if counts.sum() > 0.0 else 0.0
