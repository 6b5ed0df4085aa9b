"""What all learners share: checked rows in, one encoding for fit and predict, scikit-learn's fitted names."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from model.features import Feature
from model.heads import Heads
from model.learners.bases import Fitted, fit_base, is_boosted
from model.learning.coded import Coded, as_coded

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Means = tuple[ArrayLike, ArrayLike]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Given:
    """What one fit is given, checked: n rows, their outcome, contact, P(contacted), clusters and outcome means."""

    rows: Coded
    y: Floats
    contacted: Bools
    propensity: Floats
    groups: NDArray[Any] | None
    means: tuple[Floats, Floats] | None

    def fit_on(self, base: Any, some: Bools, *, link: str) -> Fitted:
        """Fit a base to the outcome of some rows; without any, a number's mean is that of all rows."""
        return fit_base(base, self.take(base, some), self.y[some], link=link, otherwise=float(self.y.mean()))

    def take(self, base: Any, some: Bools) -> Coded:
        """Return some rows as a base reads them; the design of all rows is made once."""
        if not is_boosted(base):
            _ = self.rows.design
        return self.rows.take(some)


class Learner(BaseEstimator, ABC):
    """One outcome's learner. Fitted: `features_` (the encoding), `n_features_in_`, `feature_names_in_`, `link_`."""

    features_: tuple[Feature, ...]
    n_features_in_: int
    feature_names_in_: NDArray[Any]
    link_: str

    def fit(  # noqa: PLR0913  (what may be swapped is keyword-only)
        self,
        X: Any,
        y: ArrayLike,
        *,
        contacted: ArrayLike,
        propensity: ArrayLike,
        groups: ArrayLike | None = None,
        means: Means | None = None,
    ) -> Self:
        """Learn from n rows.

        Args:
            X: a DataFrame (numbers, true/false, text, any with gaps), a float array[n, f], or a `Coded`.
            y: the outcome, float[n]: 0/1 or a number.
            contacted: bool[n] or 0/1, by assignment.
            propensity: P(contacted | history), one float or float[n].
            groups: clusters [n], kept whole by inner folds; without them every row is its own.
            means: (m1, m0), float[n] each: cross-fitted outcome means with and without contact, where they are known.

        Raises:
            ValueError: lengths differ, a label is missing, contact is not 0/1 or a propensity is no probability.
            InvalidTable: a column of X cannot be a feature.
        """
        rows = as_coded(X)
        n = len(rows)
        if not n:
            raise ValueError("there are no rows to learn from; give at least one")
        given = Given(
            rows=rows,
            y=_finite("y", y, n),
            contacted=_arms(contacted, n),
            propensity=_probabilities(propensity, n),
            groups=None if groups is None else _column("groups", groups, n),
            means=None if means is None else (_finite("means", means[0], n), _finite("means", means[1], n)),
        )
        self._remember(X, rows.features)
        self._learn(given)
        return self

    def predict(self, X: Any) -> Floats:
        """Return the effect of contact on the outcome, float64[n]."""
        check_is_fitted(self)
        return self._effect(self._encoded(X))

    def heads(self) -> Heads:
        """Return the portable form (`model.heads`).

        Raises:
            TypeError: a base is not one of those that have a portable form.
        """
        check_is_fitted(self)
        return self._heads()

    def _remember(self, X: Any, features: tuple[Feature, ...]) -> None:
        """Name what was seen, as scikit-learn does."""
        self.features_ = features
        self.n_features_in_ = len(features)
        self.__dict__.pop("feature_names_in_", None)
        if isinstance(X, Coded | pd.DataFrame):
            self.feature_names_in_ = np.array([feature.name for feature in features], dtype=object)

    def _encoded(self, X: Any) -> Coded:
        """Return rows in the encoding that was learned."""
        if not isinstance(X, Coded | pd.DataFrame) and np.ndim(X) == 2 and np.shape(X)[1] != self.n_features_in_:
            raise ValueError(f"X has {np.shape(X)[1]} columns, and had {self.n_features_in_} when it was learned from")
        return as_coded(X, self.features_)

    @abstractmethod
    def _learn(self, given: Given) -> None:
        """Fit what the learner needs."""

    @abstractmethod
    def _effect(self, rows: Coded) -> Floats:
        """Return the effect of every row."""

    @abstractmethod
    def _heads(self) -> Heads:
        """Return the portable form of a fitted learner."""


def inside(propensity: Floats) -> Floats:
    """Return propensities that weights can divide by.

    Raises:
        ValueError: one is 0 or 1, where the row could only have gone one way.
    """
    wrong = np.flatnonzero((propensity <= 0.0) | (propensity >= 1.0))
    if len(wrong):
        raise ValueError(
            f"`propensity`, row {wrong[0] + 1}: `{propensity[wrong[0]]:.6g}` is not between 0 and 1; "
            "leave out rows that could only be contacted, or only be held out"
        )
    return propensity


def _column(name: str, values: ArrayLike, rows: int) -> NDArray[Any]:
    """Return one value per row."""
    array = np.asarray(values)
    if array.ndim != 1:
        raise ValueError(f"`{name}` has {array.ndim} dimensions, not 1; give one value per row")
    if len(array) != rows:
        check_consistent_length(np.empty(rows), array)
    return array


def _finite(name: str, values: ArrayLike, rows: int) -> Floats:
    """Return one finite number per row."""
    array = _column(name, values, rows).astype(np.float64)
    wrong = np.flatnonzero(~np.isfinite(array))
    if len(wrong):
        raise ValueError(f"`{name}`, row {wrong[0] + 1}: `{array[wrong[0]]}` is NaN or infinity; leave such rows out")
    return array


def _probabilities(propensity: ArrayLike, rows: int) -> Floats:
    """Return P(contacted) of every row."""
    e = _finite("propensity", np.full(rows, propensity) if np.ndim(propensity) == 0 else propensity, rows)
    wrong = np.flatnonzero((e < 0.0) | (e > 1.0))
    if len(wrong):
        raise ValueError(f"`propensity`, row {wrong[0] + 1}: `{e[wrong[0]]:.6g}` is no probability; give P(contacted)")
    return e


def _arms(contacted: ArrayLike, rows: int) -> Bools:
    """Return who was contacted, bool[n]."""
    array = _column("contacted", contacted, rows)
    if array.dtype == np.bool_:
        return array
    numbers = _finite("contacted", array, rows)
    wrong = np.flatnonzero((numbers != 0.0) & (numbers != 1.0))
    if len(wrong):
        raise ValueError(f"`contacted`, row {wrong[0] + 1}: `{numbers[wrong[0]]:.6g}` is not 0 or 1")
    return numbers > 0.0
