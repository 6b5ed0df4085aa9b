"""Learners of outcome means: response (contacted only), T (two arms apart), S (one model, contact as a column)."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from model.features import Feature
from model.heads import Heads
from model.learners.bases import Fitted, default_boosting, default_linear, fit_base, link_of
from model.learners.export import contact_heads, head_of
from model.learners.learner import Given, Learner
from model.learning.coded import Coded

Floats = NDArray[np.float64]

CONTACT = Feature(name="contacted", kind="boolean")  # the column that an S-learner adds, the last


class Response(Learner):
    """The mean outcome after contact, m1(x) = E[Y | x, T = 1]: a baseline to beat, not an effect.

    Ranking by response is what contact campaigns did before uplift (Radcliffe 2007; Devriendt et al. 2018 compare the
    two). It is a serious rival where effects are proportional to the outcome, and harmful where they are not.

    Args:
        base: the estimator of m1; None is `LogisticRegression` for a 0/1 outcome and `Ridge` for a number.

    Example:
        >>> from sklearn.linear_model import Ridge
        >>> X, contacted = np.arange(8.0)[:, None], np.tile([True, False], 4)
        >>> learner = Response(Ridge(alpha=1e-9)).fit(X, X[:, 0], contacted=contacted, propensity=0.5)
        >>> learner.predict(X[:2]).round(3).tolist()
        [0.0, 1.0]
    """

    contacted_: Fitted

    def __init__(self, base: Any = None) -> None:
        self.base = base

    def _learn(self, given: Given) -> None:
        """Fit m1 on the contacted."""
        self.link_ = link_of(self.base, given.y)
        base = default_linear(self.link_) if self.base is None else self.base
        self.contacted_ = given.fit_on(base, given.contacted, link=self.link_)

    def _effect(self, rows: Coded) -> Floats:
        return self.contacted_.mean(rows)

    def _heads(self) -> Heads:
        return Heads(self.link_, (1.0, 0.0), head_of(self.contacted_, self.features_))


class TLearner(Learner):
    """Two arms learned apart, τ(x) = m1(x) − m0(x) (Künzel et al. 2019); on `LogisticRegression` the T-logit.

    Args:
        base: the estimator of m1; None is `LogisticRegression` for a 0/1 outcome and `Ridge` for a number.
        base_held_out: the estimator of m0; None is `base`.

    Example:
        >>> from sklearn.linear_model import Ridge
        >>> X, contacted = np.tile([[0.0], [1.0]], (50, 1)), np.repeat([True, False], 50)
        >>> learner = TLearner(Ridge(alpha=1e-9)).fit(X, X[:, 0] * contacted, contacted=contacted, propensity=0.5)
        >>> learner.predict(X[:2]).round(3).tolist()
        [0.0, 1.0]
    """

    contacted_: Fitted
    held_out_: Fitted

    def __init__(self, base: Any = None, base_held_out: Any = None) -> None:
        self.base = base
        self.base_held_out = base_held_out

    def arms(self, X: Any) -> tuple[Floats, Floats]:
        """Return (m1, m0), the mean outcome with and without contact, float64[n] each."""
        check_is_fitted(self)
        rows = self._encoded(X)
        return self.contacted_.mean(rows), self.held_out_.mean(rows)

    def _learn(self, given: Given) -> None:
        """Fit m1 on the contacted and m0 on the held out."""
        base, held_out, self.link_ = arm_bases(self.base, self.base_held_out, given.y)
        self.contacted_ = given.fit_on(base, given.contacted, link=self.link_)
        self.held_out_ = given.fit_on(held_out, ~given.contacted, link=self.link_)

    def _effect(self, rows: Coded) -> Floats:
        return self.contacted_.mean(rows) - self.held_out_.mean(rows)

    def _heads(self) -> Heads:
        one, zero = (head_of(fitted, self.features_) for fitted in (self.contacted_, self.held_out_))
        return Heads(self.link_, (1.0, -1.0), one, zero)


class SLearner(Learner):
    """One model of both arms with contact as one more column, τ(x) = m(x, 1) − m(x, 0) (Künzel et al. 2019).

    A linear base without interactions gives a number the same effect for everyone; the default is boosting.

    Args:
        base: the estimator of m; None is histogram boosting.

    Example:
        >>> X, contacted = np.tile([[0.0], [1.0]], (500, 1)), np.repeat([True, False], 500)
        >>> learner = SLearner().fit(X, X[:, 0] * contacted, contacted=contacted, propensity=0.5)
        >>> (learner.predict(X[:2]) > 0.5).tolist()
        [False, True]
    """

    both_: Fitted

    def __init__(self, base: Any = None) -> None:
        self.base = base

    def _learn(self, given: Given) -> None:
        """Fit m on all rows."""
        self.link_ = link_of(self.base, given.y)
        base = default_boosting(self.link_, len(given.y)) if self.base is None else self.base
        self.both_ = fit_base(base, _with_contact(given.rows, given.contacted), given.y, link=self.link_)

    def _effect(self, rows: Coded) -> Floats:
        m1, m0 = (self.both_.mean(_with_contact(rows, value)) for value in (True, False))
        return m1 - m0

    def _heads(self) -> Heads:
        one, zero = contact_heads(self.both_, self.features_)
        return Heads(self.link_, (1.0, -1.0), one, zero)


def arm_bases(base: Any, held_out: Any, y: Floats) -> tuple[Any, Any, str]:
    """Return the estimators of m1 and m0 and their link.

    Raises:
        TypeError: one learns classes and the other numbers.
    """
    link = link_of(base, y)
    base = default_linear(link) if base is None else base
    held_out = base if held_out is None else held_out
    if link_of(held_out, y) != link:
        raise TypeError(
            f"`{type(base).__name__}` and `{type(held_out).__name__}`: one learns classes, the other numbers; "
            "give both arms bases of one kind"
        )
    return base, held_out, link


def _with_contact(rows: Coded, contacted: Any) -> Coded:
    """Return rows with contact as their last feature."""
    column = np.broadcast_to(np.asarray(contacted, dtype=np.float64), len(rows))
    return Coded(features=(*rows.features, CONTACT), codes=np.column_stack([rows.codes, column]))
