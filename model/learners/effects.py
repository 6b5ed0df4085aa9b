"""Learners of the effect itself, on outcome means that never saw the row: X, R and doubly robust."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import is_classifier

from model.evaluation import pseudo_outcome
from model.heads import Heads
from model.learners.arms import arm_bases
from model.learners.bases import Fitted, default_linear, fit_base, link_of
from model.learners.export import head_of
from model.learners.folds import make_folds
from model.learners.learner import Given, Learner, inside
from model.learning.coded import Coded

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def imputed(y: Floats, *, arms: tuple[Floats, Floats], contacted: Bools) -> Floats:
    """Return what X learns, float64[n]: Y − m0 of the contacted, m1 − Y of the held out."""
    m1, m0 = arms
    return np.where(contacted, y - m0, m1 - y)


def residuals(y: Floats, *, arms: tuple[Floats, Floats], contacted: Bools, propensity: Floats) -> tuple[Floats, Floats]:
    """Return what R learns and with which weights, float64[n] each: (Y − m)/(T − e) and (T − e)²."""
    m1, m0 = arms
    drawn = contacted - propensity
    return (y - (propensity * m1 + (1.0 - propensity) * m0)) / drawn, drawn**2


class EffectLearner(Learner):
    """What X, R and doubly robust share: the bases, and the outcome means of the rows they learn from.

    Args:
        base: the estimator of m1; None is `LogisticRegression` for a 0/1 outcome and `Ridge` for a number.
        base_held_out: the estimator of m0; None is `base`.
        effect: the estimator of the effect, a regressor; None is `Ridge`.
        folds: how many inner folds cross-fit the outcome means; not used where `fit` is given `means`.
        random_state: deals rows out to the inner folds.
    """

    def __init__(
        self, base: Any = None, base_held_out: Any = None, effect: Any = None, folds: int = 2, random_state: int = 0
    ) -> None:
        self.base = base
        self.base_held_out = base_held_out
        self.effect = effect
        self.folds = folds
        self.random_state = random_state

    def _effect_base(self) -> Any:
        """Return the regressor of the effect."""
        if self.effect is not None and is_classifier(self.effect):
            raise TypeError(f"`effect` is `{type(self.effect).__name__}`, and effects are numbers; give a regressor")
        return default_linear("identity") if self.effect is None else self.effect

    def _means(self, given: Given, *, other_arm: bool = False) -> tuple[Floats, Floats]:
        """Return (m1, m0) of every row, as given or cross-fitted; `other_arm`: only of the arm a row was not in.

        What one arm teaches has seen no row of the other: with `other_arm` only clusters in both need folds.
        """
        if given.means is not None:
            self.link_ = link_of(None, given.y)
            return given.means
        if self.folds < 2:
            raise ValueError(f"`folds` is {self.folds}; give 2 or more, or `means` that were cross-fitted elsewhere")
        base, held_out, self.link_ = arm_bases(self.base, self.base_held_out, given.y)
        apart = other_arm and given.groups is None
        fold = np.zeros(len(given.y), dtype=np.intp) if apart else self._folds(given)
        means = []
        for arm, estimator in ((given.contacted, base), (~given.contacted, held_out)):
            mean = np.zeros(len(given.y))
            for number in range(1 if apart else self.folds):
                wanted = (fold == number) & ~arm if other_arm else fold == number
                taught = arm if apart else arm & (fold != number)
                mean[wanted] = given.fit_on(estimator, taught, link=self.link_).mean(given.take(estimator, wanted))
            means.append(mean)
        return means[0], means[1]

    def _folds(self, given: Given) -> NDArray[np.intp]:
        """Deal the rows out to inner folds: events, or numbers above the mean, as evenly as the others."""
        above = given.y > (0.0 if self.link_ == "logistic" else given.y.mean())
        cluster = np.arange(len(given.y)) if given.groups is None else given.groups
        return make_folds(cluster, given.contacted, above, seed=self.random_state, folds=self.folds)


class XLearner(EffectLearner):
    """Effects imputed with the other arm's mean, learned per arm and mixed (Künzel et al. 2019).

        τ1 learns Y − m0(x) of the contacted,   τ0 learns m1(x) − Y of the held out
        τ(x) = (1 − g)·τ1(x) + g·τ0(x),         g the mean propensity of the training rows

    g is one number, since a new customer's propensity is not known before the decision. With few held out (g near 1)
    the effect is mostly τ0, whose m1 is learned from the many contacted. Each mean is learned on the other arm, so that
    it saw none of the rows it speaks about; with `groups` it is cross-fitted as well, for clusters with rows in both.

    Args:
        base: the estimator of m1; None is `LogisticRegression` for a 0/1 outcome and `Ridge` for a number.
        base_held_out: the estimator of m0; None is `base`.
        effect: the estimator of τ1 and of τ0, a regressor; None is `Ridge`.
        folds: how many inner folds cross-fit the outcome means where `fit` is given `groups` and no `means`.
        random_state: deals rows out to the inner folds.

    Example:
        >>> from sklearn.linear_model import Ridge
        >>> X, contacted = np.tile([[0.0], [1.0]], (50, 1)), np.repeat([True, False], 50)
        >>> learner = XLearner(Ridge(alpha=1e-9), effect=Ridge(alpha=1e-9))
        >>> learner = learner.fit(X, X[:, 0] * contacted, contacted=contacted, propensity=0.5)
        >>> learner.predict(X[:2]).round(3).tolist()
        [0.0, 1.0]
    """

    contacted_: Fitted
    held_out_: Fitted
    mix_: float

    def _learn(self, given: Given) -> None:
        """Fit τ1 and τ0; `mix_` is g."""
        effect, t = self._effect_base(), given.contacted
        target = imputed(given.y, arms=self._means(given, other_arm=True), contacted=t)
        self.mix_ = float(given.propensity.mean())
        self.contacted_ = fit_base(effect, given.take(effect, t), target[t], link="identity")
        self.held_out_ = fit_base(effect, given.take(effect, ~t), target[~t], link="identity")

    def _effect(self, rows: Coded) -> Floats:
        return (1.0 - self.mix_) * self.contacted_.mean(rows) + self.mix_ * self.held_out_.mean(rows)

    def _heads(self) -> Heads:
        one, zero = (head_of(fitted, self.features_) for fitted in (self.contacted_, self.held_out_))
        return Heads("identity", (1.0 - self.mix_, self.mix_), one, zero)


class OneEffect(EffectLearner):
    """What R and doubly robust share: one regression gives the effect."""

    effect_: Fitted

    def _effect(self, rows: Coded) -> Floats:
        return self.effect_.mean(rows)

    def _heads(self) -> Heads:
        return Heads("identity", (1.0, 0.0), head_of(self.effect_, self.features_))


class RLearner(OneEffect):
    """Residual on residual: τ minimises Σ ((Y − m) − (T − e)·τ(x))² (Nie & Wager 2021).

        m = e·m1 + (1 − e)·m0,   learned as a regression on (Y − m)/(T − e) with weights (T − e)²

    Args:
        base: the estimator of m1; None is `LogisticRegression` for a 0/1 outcome and `Ridge` for a number.
        base_held_out: the estimator of m0; None is `base`.
        effect: the estimator of the effect, a regressor that takes `sample_weight`; None is `Ridge`.
        folds: how many inner folds cross-fit the outcome means; not used where `fit` is given `means`.
        random_state: deals rows out to the inner folds.

    Example:
        >>> from sklearn.linear_model import Ridge
        >>> X, contacted = np.tile([[0.0], [1.0]], (50, 1)), np.repeat([True, False], 50)
        >>> learner = RLearner(Ridge(alpha=1e-9), effect=Ridge(alpha=1e-9))
        >>> learner = learner.fit(X, X[:, 0] * contacted, contacted=contacted, propensity=0.5)
        >>> learner.predict(X[:2]).round(3).tolist()
        [0.0, 1.0]
    """

    def _learn(self, given: Given) -> None:
        """Fit `effect_`."""
        e, effect = inside(given.propensity), self._effect_base()
        target, weight = residuals(given.y, arms=self._means(given), contacted=given.contacted, propensity=e)
        self.effect_ = fit_base(effect, given.rows, target, link="identity", weight=weight)


class DRLearner(OneEffect):
    """The doubly robust pseudo-outcome as the target of one regression (Kennedy 2023).

        Γ = m1 − m0 + T·(Y − m1)/e − (1 − T)·(Y − m0)/(1 − e)

    Right on average when either the propensity or both means are right: with logged propensities the means only
    reduce noise.

    Args:
        base: the estimator of m1; None is `LogisticRegression` for a 0/1 outcome and `Ridge` for a number.
        base_held_out: the estimator of m0; None is `base`.
        effect: the estimator of the effect, a regressor; None is `Ridge`.
        folds: how many inner folds cross-fit the outcome means; not used where `fit` is given `means`.
        random_state: deals rows out to the inner folds.

    Example:
        >>> from sklearn.linear_model import Ridge
        >>> X, contacted = np.tile([[0.0], [1.0]], (50, 1)), np.repeat([True, False], 50)
        >>> learner = DRLearner(Ridge(alpha=1e-9), effect=Ridge(alpha=1e-9))
        >>> learner = learner.fit(X, X[:, 0] * contacted, contacted=contacted, propensity=0.5)
        >>> learner.predict(X[:2]).round(3).tolist()
        [0.0, 1.0]
    """

    def _learn(self, given: Given) -> None:
        """Fit `effect_`."""
        e, effect = inside(given.propensity), self._effect_base()
        gamma = pseudo_outcome(given.y, arms=self._means(given), contacted=given.contacted, propensity=e)
        self.effect_ = fit_base(effect, given.rows, gamma, link="identity")
