"""The first portfolio of learners: average effect, response baseline, T-logit (two linear arms).

Estimators keep scikit-learn's promises (`fit` returns self, no logic in `__init__`, fitted names end in `_`, `clone`
works); what must not be mixed up is keyword-only: `fit(X, y, *, contacted, propensity)`. One estimator learns one
outcome; `link` is `logistic` for a 0/1 outcome and `identity` for a number. Coefficients are float64[p + 1] with the
intercept last, as `model.linear` deploys them. Sources: Künzel et al. 2019 (T-learner), Radcliffe 2007 (response is not
uplift: it stands here as the baseline to beat).

Example:
    >>> X, contacted = np.array([[0.0], [1.0]] * 50), np.repeat([True, False], 50)
    >>> learner = TLearner(link="identity").fit(X, 2.0 * contacted, contacted=contacted, propensity=np.full(100, 0.5))
    >>> learner.predict(X[:2]).round(6).tolist()
    [2.0, 2.0]
"""

from typing import Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.utils.validation import check_array, check_consistent_length, check_is_fitted

from model.linear import linked

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

STRENGTHS = (1.0, 10.0, 100.0, 1000.0)  # of the L2 penalty ½·l2·‖coef‖² on standardised columns, chosen on D1


def fit_linear(X: Floats, y: Floats, *, l2: float, link: str) -> Floats:
    """Fit one penalised linear model: float64[p + 1], the intercept (not penalised) last.

    An outcome that never varies, or no rows at all, gives a constant: the mean, for a 0/1 outcome with half a success
    and half a failure added (Jeffreys), so that no probability is exactly 0 or 1.
    """
    coef = np.zeros(X.shape[1] + 1)
    if link == "identity":
        if len(y):
            ridge = Ridge(alpha=l2, solver="cholesky").fit(X, y)
            coef[:-1], coef[-1] = ridge.coef_, ridge.intercept_
        return coef
    successes = float(np.sum(y > 0))
    if successes in (0.0, float(len(y))):
        coef[-1] = np.log((successes + 0.5) / (len(y) - successes + 0.5))
        return coef
    logit = LogisticRegression(C=1.0 / l2, solver="newton-cholesky", max_iter=200).fit(X, y > 0)
    coef[:-1], coef[-1] = logit.coef_[0], logit.intercept_[0]
    return coef


def mean_outcome(X: Floats, coef: Floats, link: str) -> Floats:
    """Return the predicted mean outcome of rows X float64[n, p]."""
    return linked(X @ coef[:-1] + coef[-1], link)


class AverageEffect(BaseEstimator):
    """The same effect for everyone: the inverse-propensity-weighted difference in means (Hájek)."""

    def fit(self, X: Floats, y: Floats, *, contacted: Bools, propensity: Floats) -> Self:
        """Estimate `effect_`; X only tells how many columns there are."""
        X, y, contacted = _checked(X, y, contacted)
        self.n_features_in_ = X.shape[1]
        w1, w0 = contacted / propensity, ~contacted / (1.0 - propensity)
        self.effect_ = float(y @ w1 / max(w1.sum(), 1e-300) - y @ w0 / max(w0.sum(), 1e-300))
        return self

    def predict(self, X: Floats) -> Floats:
        """Return the effect, float64[n], once per row."""
        check_is_fitted(self)
        return np.full(len(check_array(X)), self.effect_)


class Response(BaseEstimator):
    """The outcome to expect after contact, with no thought of what would happen without: a baseline, not an effect."""

    def __init__(self, l2: float = 10.0, link: str = "logistic") -> None:
        self.l2 = l2
        self.link = link

    def fit(self, X: Floats, y: Floats, *, contacted: Bools, propensity: Floats) -> Self:  # noqa: ARG002  (one interface for the portfolio)
        """Fit `coef1_` on the contacted."""
        X, y, contacted = _checked(X, y, contacted)
        self.n_features_in_ = X.shape[1]
        self.coef1_ = fit_linear(X[contacted], y[contacted], l2=self.l2, link=self.link)
        return self

    def predict(self, X: Floats) -> Floats:
        """Return the mean outcome under contact, float64[n]."""
        check_is_fitted(self)
        return mean_outcome(check_array(X), self.coef1_, self.link)


class TLearner(BaseEstimator):
    """Two arms learned apart; their difference is the effect. With `link="logistic"`: the T-logit."""

    def __init__(self, l2_contacted: float = 10.0, l2_held_out: float = 10.0, link: str = "logistic") -> None:
        self.l2_contacted = l2_contacted
        self.l2_held_out = l2_held_out
        self.link = link

    def fit(self, X: Floats, y: Floats, *, contacted: Bools, propensity: Floats) -> Self:  # noqa: ARG002  (one interface for the portfolio)
        """Fit `coef1_` on the contacted and `coef0_` on the held out."""
        X, y, contacted = _checked(X, y, contacted)
        self.n_features_in_ = X.shape[1]
        self.coef1_ = fit_linear(X[contacted], y[contacted], l2=self.l2_contacted, link=self.link)
        self.coef0_ = fit_linear(X[~contacted], y[~contacted], l2=self.l2_held_out, link=self.link)
        return self

    def arms(self, X: Floats) -> tuple[Floats, Floats]:
        """Return the mean outcome with and without contact, float64[n] each."""
        check_is_fitted(self)
        X = check_array(X)
        return mean_outcome(X, self.coef1_, self.link), mean_outcome(X, self.coef0_, self.link)

    def predict(self, X: Floats) -> Floats:
        """Return the effect of contact, float64[n]."""
        m1, m0 = self.arms(X)
        return m1 - m0


def _checked(X: Floats, y: Floats, contacted: Bools) -> tuple[Floats, Floats, Bools]:
    """Return finite, equally long arrays of the expected types."""
    check_consistent_length(X, y, contacted)
    return check_array(X), np.asarray(y, dtype=np.float64), np.asarray(contacted, dtype=np.bool_)
