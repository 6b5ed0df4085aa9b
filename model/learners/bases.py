"""The scikit-learn estimators that learners stand on: which by default, what each reads, and one fitted on some rows.

Boosting reads `rows.codes`, with categories and missing values as they are; linear models, and any other estimator,
read `rows.design`. Where rows cannot teach (none at all, an outcome that never varies, fewer events than a leaf of a
tree has rows) the fit is a constant: the mean; for s events in n rows (s + ½)/(n + 1), Jeffreys, never 0 or 1.

Example:
    >>> from model.learning.coded import as_coded
    >>> rows = as_coded(np.arange(6.0)[:, None])
    >>> fit_base(Ridge(alpha=1e-9), rows, 2.0 * rows.codes[:, 0], link="identity").mean(rows).round(3).tolist()
    [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]
    >>> fit_base(LogisticRegression(), rows, np.ones(6), link="logistic").mean(rows.take([0])).round(3).tolist()
    [0.929]
"""

from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone, is_classifier
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression, Ridge

from model.heads import linked
from model.learners.binning import binning_alone
from model.learners.coarse import MOST, coarse
from model.learning.coded import Coded

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

LEAF = 100  # rows in a leaf of the default boosting, fewer where there are fewer than 20 leaves' worth of rows
FEW, FEW_SHARE = 12, 0.0002  # values of a number that is mostly missing: with fewer, boosting is not shown it
HUGE = 1e300  # numbers beyond it are cut before boosting averages neighbours, so that no sum overflows


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fitted:
    """A base after fitting: `estimator`, or None where it is the constant `raw` (log odds for the logistic link).

    `categories` are the features that boosting read as categories, bool[f]; `single` holds, for a category with one
    level among the rows, its column and the level's code: boosting read it as a number that may be missing.
    """

    estimator: Any
    link: str
    raw: float = 0.0
    categories: Bools | None = None
    single: tuple[tuple[int, float], ...] = ()

    def mean(self, rows: Coded) -> Floats:
        """Return the predicted mean outcome, float64[n]."""
        if self.estimator is None or not len(rows):
            return linked(np.full(len(rows), self.raw), self.link)
        read = _single(rows.codes, self.single) if is_boosted(self.estimator) else rows.design
        if self.link == "identity":
            return np.asarray(self.estimator.predict(read), dtype=np.float64)
        return np.asarray(self.estimator.predict_proba(read)[:, 1], dtype=np.float64)


def is_boosted(base: Any) -> bool:
    """Whether a base reads codes."""
    return isinstance(base, HistGradientBoostingClassifier | HistGradientBoostingRegressor)


def link_of(base: Any, y: Floats) -> str:
    """Return `logistic` for a 0/1 outcome, else `identity`, which a regressor keeps for a 0/1 outcome as well.

    Raises:
        TypeError: a classifier is to learn a number.
    """
    binary = bool(np.all((y == 0.0) | (y == 1.0)))
    if base is None:
        return "logistic" if binary else "identity"
    if is_classifier(base) and not binary:
        name = type(base).__name__
        raise TypeError(f"`y` is a number and `{name}` learns classes; give a regressor such as `Ridge()`")
    return "logistic" if is_classifier(base) else "identity"


def default_linear(link: str) -> Any:
    """Return the base of an analyst who names none: strong enough a penalty for a few thousand rows."""
    if link == "logistic":
        return LogisticRegression(C=0.1, solver="newton-cholesky")
    return Ridge(alpha=10.0, solver="cholesky")


def default_boosting(link: str, rows: int) -> Any:
    """Return boosting of shallow trees, their leaves no smaller than a twentieth of few rows."""
    kind = HistGradientBoostingClassifier if link == "logistic" else HistGradientBoostingRegressor
    leaf = max(1, min(LEAF, rows // 20))
    return kind(
        max_iter=100, learning_rate=0.05, max_leaf_nodes=8, min_samples_leaf=leaf, early_stopping=False, random_state=0
    )


def fit_base(  # noqa: PLR0913  (rows, outcome and weights are one sample; link and mean say what it is of)
    base: Any, rows: Coded, y: Floats, *, link: str, weight: Floats | None = None, otherwise: float = 0.0
) -> Fitted:
    """Fit a clone of `base` on n rows; `weight` float64[n] weighs them, `otherwise` is the mean without any rows.

    Chance in a base without a `random_state` is drawn from 0: the same rows give the same bits.
    """
    if _teaches_nothing(base, y, link, weight):
        return Fitted(estimator=None, link=link, raw=_constant(y, link, weight, otherwise))
    estimator = clone(base)
    if estimator.get_params(deep=False).get("random_state", 0) is None:
        estimator.set_params(random_state=0)
    if not is_boosted(estimator):
        return Fitted(estimator=_fit(estimator, rows.design, y, weight), link=link)
    codes, categories, single = for_boosting(rows, estimator)
    estimator.set_params(categorical_features=categories if categories.any() else None)
    read = codes if weight is None else coarse(codes, categories, min(MOST, estimator.max_bins))
    return Fitted(estimator=_fit(estimator, read, y, weight), link=link, categories=categories, single=single)


def _fit(estimator: Any, read: Floats, y: Floats, weight: Floats | None) -> Any:
    """Fit, with weights only where there are any: without them it is faster."""
    with binning_alone(estimator) if is_boosted(estimator) else nullcontext():
        return estimator.fit(read, y) if weight is None else estimator.fit(read, y, sample_weight=weight)


def _teaches_nothing(base: Any, y: Floats, link: str, weight: Floats | None) -> bool:
    """Whether these rows give a constant."""
    if not len(y) or bool(np.all(y == y[0])) or (weight is not None and not weight.sum() > 0.0):
        return True
    if link == "identity" or not is_boosted(base):
        return False
    events = int(y.sum())
    return min(events, len(y) - events) < max(2, int(base.min_samples_leaf))


def _constant(y: Floats, link: str, weight: Floats | None, otherwise: float) -> float:
    """Return the constant, in raw units."""
    if link == "logistic":
        events = float(y.sum())
        return float(np.log((events + 0.5) / (len(y) - events + 0.5)))
    if not len(y):
        return otherwise
    weighted = weight is not None and weight.sum() > 0.0
    return float(np.average(y, weights=weight if weighted else None))


def for_boosting(rows: Coded, estimator: Any) -> tuple[Floats, Bools, tuple[tuple[int, float], ...]]:
    """Return codes as scikit-learn's boosting takes them, which columns are categories, and those with one level.

    A level that training did not keep, or beyond the bins, is missing. A category with one level is left to be a
    number: as a category its split between that level and missing would be stored without its level. A column with
    too few values to split on becomes constant: boosting fails where its sample of the rows holds none of them.
    """
    codes = np.clip(rows.codes, -HUGE, HUGE)
    categories = np.zeros(len(rows.features), dtype=np.bool_)
    single: list[tuple[int, float]] = []
    for j in (j for j, feature in enumerate(rows.features) if feature.kind == "category"):
        column = codes[:, j]
        column[(column < 0.0) | (column >= estimator.max_bins)] = np.nan
        seen = column[~np.isnan(column)]
        if len(seen) and seen.min() < seen.max():
            categories[j] = True
        else:
            single.append((j, float(seen[0]) if len(seen) else 0.0))
    known = len(codes) - np.isnan(codes).sum(axis=0)
    few = known < max(estimator.min_samples_leaf, FEW, FEW_SHARE * len(codes))
    codes[:, few & ~categories & (known < len(codes))] = 0.0
    return codes, categories, tuple(single)


def _single(codes: Floats, single: tuple[tuple[int, float], ...]) -> Floats:
    """Return codes in which any other level of a category with a `single` one is missing."""
    if not single:
        return codes
    out = codes.copy()
    for j, level in single:
        out[:, j] = np.where(out[:, j] == level, level, np.nan)
    return out
