"""What EconML and causalml answer on small fixed data: writes tests/cases/learning/econml.json.

From the repository: PYTHONPATH=. benchmarks/.venv-peers/bin/python benchmarks/oracles.py   (the peers' environment)

Outcome means and propensity are given as arrays, so that only the learner itself is compared: EconML gets them through
the controls W, causalml through columns that its effect models do not read. X is standardised beforehand, since our
linear learners standardise by themselves and a penalty depends on the scale.
"""

import json
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import Any, Self

import numpy as np
from causalml.inference.meta import BaseRRegressor, BaseXRegressor
from econml.dml import LinearDML, NonParamDML
from econml.dr import DRLearner, LinearDRLearner
from econml.metalearners import SLearner, TLearner
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge

Floats = NDArray[np.float64]

PLACE = Path(__file__).resolve().parent.parent / "tests" / "cases" / "learning" / "econml.json"
ROWS, FEATURES, PENALTY = 120, 3, 10.0
BOOSTING = {"max_iter": 10, "max_leaf_nodes": 4, "min_samples_leaf": 10, "early_stopping": False}
M1, M0, E = -3, -2, -1  # where the nuisances stand among the columns given to the stubs


class OutcomeMean(RegressorMixin, BaseEstimator):
    """Answers m1 or m0, by the treatment in the last column (EconML's doubly robust learner)."""

    def fit(self, _XWT: Floats, _y: Floats) -> Self:
        """Learn nothing."""
        return self

    def predict(self, XWT: Floats) -> Floats:
        """Return the mean outcome of the arm."""
        return np.where(XWT[:, -1] == 1, XWT[:, M1 - 1], XWT[:, M0 - 1])


class Mean(RegressorMixin, BaseEstimator):
    """Answers one of the given columns, or the mean over both arms m = e·m1 + (1 − e)·m0."""

    def __init__(self, which: str) -> None:
        self.which = which

    def fit(self, _XW: Floats, _y: Floats) -> Self:
        """Learn nothing."""
        return self

    def predict(self, XW: Floats) -> Floats:
        """Return the column."""
        m1, m0, e = XW[:, M1], XW[:, M0], XW[:, E]
        return {"m1": m1, "m0": m0, "m": e * m1 + (1.0 - e) * m0}[self.which]


class Assignment(ClassifierMixin, BaseEstimator):
    """Answers P(contacted) = the given e."""

    def fit(self, _XW: Floats, t: Floats) -> Self:
        """Learn the classes."""
        self.classes_ = np.unique(t)
        return self

    def predict_proba(self, XW: Floats) -> Floats:
        """Return (1 − e, e)."""
        return np.stack([1.0 - XW[:, E], XW[:, E]], axis=1)

    def predict(self, XW: Floats) -> Floats:
        """Return the likelier arm."""
        return (XW[:, E] > 0.5).astype(float)


class Logit(RegressorMixin, BaseEstimator):
    """A logistic regression that answers the probability: EconML's T-learner calls `predict`."""

    def fit(self, X: Floats, y: Floats) -> Self:
        """Fit to high precision."""
        self.model_ = LogisticRegression(C=1.0 / PENALTY, solver="newton-cholesky", tol=1e-12).fit(X, y)
        return self

    def predict(self, X: Floats) -> Floats:
        """Return P(y = 1)."""
        return self.model_.predict_proba(X)[:, 1]


class First(RegressorMixin, BaseEstimator):
    """A ridge regression on the first columns only: causalml hands all columns to every model."""

    def fit(self, XW: Floats, y: Floats, sample_weight: Floats | None = None) -> Self:
        """Fit without the nuisances."""
        self.model_ = Ridge(alpha=PENALTY).fit(XW[:, :FEATURES], y, sample_weight=sample_weight)
        return self

    def predict(self, XW: Floats) -> Floats:
        """Return the prediction."""
        return self.model_.predict(XW[:, :FEATURES])


def data() -> dict[str, Floats]:
    """Return X float64[n, 3] standardised, arms, both outcomes and imperfect nuisances, e between .2 and .8."""
    chance = np.random.default_rng(20260101)
    X = chance.normal(size=(ROWS, FEATURES))
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    e = 0.2 + 0.6 / (1.0 + np.exp(-X[:, 0]))
    t = (chance.random(ROWS) < e).astype(float)
    number = X[:, 1] + t * (0.5 + X[:, 2]) + chance.normal(size=ROWS)
    flag = (chance.random(ROWS) < 1.0 / (1.0 + np.exp(-(X[:, 1] - 1.0 + t * X[:, 2])))).astype(float)
    means = {"m1": 0.8 * X[:, 1] + X[:, 2] + 0.4, "m0": 0.9 * X[:, 1] + 0.1}
    return {"X": X, "contacted": t, "number": number, "flag": flag, "propensity": e, **means}


def answers(given: dict[str, Floats]) -> dict[str, Floats]:
    """Return each peer's effects on the rows, float64[n]."""
    X, t, y, flag = (given[name] for name in ("X", "contacted", "number", "flag"))
    W = np.stack([given["m1"], given["m0"], given["propensity"]], axis=1)
    ridge, ols, boosting = Ridge(alpha=PENALTY), LinearRegression(), HistGradientBoostingRegressor(**BOOSTING)
    doubly: dict[str, Any] = {"model_regression": OutcomeMean(), "model_propensity": Assignment()}
    residual: dict[str, Any] = {"model_y": Mean("m"), "model_t": Assignment(), "discrete_treatment": True}
    learners = {
        "econml T ridge": TLearner(models=ridge).fit(y, t, X=X),
        "econml T logistic": TLearner(models=Logit()).fit(flag, t, X=X),
        "econml T boosting": TLearner(models=boosting).fit(y, t, X=X),
        "econml S boosting": SLearner(overall_model=boosting).fit(y, t, X=X),
        "econml DR ridge": DRLearner(**doubly, model_final=ridge).fit(y, t, X=X, W=W),
        "econml DR ols": DRLearner(**doubly, model_final=ols).fit(y, t, X=X, W=W),
        "econml DR linear": LinearDRLearner(**doubly).fit(y, t, X=X, W=W),
        "econml DR boosting": DRLearner(**doubly, model_final=boosting).fit(y, t, X=X, W=W),
        "econml R ridge": NonParamDML(**residual, model_final=ridge).fit(y, t, X=X, W=W),
        "econml R linear": LinearDML(**residual).fit(y, t, X=X, W=W),
        "econml R boosting": NonParamDML(**residual, model_final=boosting).fit(y, t, X=X, W=W),
    }
    found = {name: np.asarray(learner.effect(X)).ravel() for name, learner in learners.items()}
    return found | _causalml(np.hstack([X, W]), t.astype(int), y)


def _causalml(XW: Floats, t: NDArray[np.int_], y: Floats) -> dict[str, Floats]:
    """Return causalml's R- and X-learner; X mixes by the mean propensity, as ours does."""
    e = XW[:, E]
    r = BaseRRegressor(outcome_learner=Mean("m"), effect_learner=First())
    r.fit(XW, t, y, p=e, verbose=False)
    x = BaseXRegressor(
        control_outcome_learner=Mean("m0"),
        treatment_outcome_learner=Mean("m1"),
        control_effect_learner=First(),
        treatment_effect_learner=First(),
    )
    x.fit(XW, t, y, p=e)
    mean = np.full(len(y), e.mean())
    return {"causalml R ridge": r.predict(XW).ravel(), "causalml X ridge": x.predict(XW, p=mean).ravel()}


def main() -> None:
    """Write data, settings and answers; numbers keep all their digits."""
    warnings.simplefilter("ignore")
    given = data()
    packages = {name: version(name) for name in ("econml", "causalml", "scikit-learn", "numpy")}
    settings = {"penalty": PENALTY, "boosting": BOOSTING}
    page = {"versions": packages, **settings, "data": given, "effects": answers(given)}
    PLACE.write_text(json.dumps(page, default=lambda array: array.tolist()) + "\n")
    print(f"wrote {PLACE.name}")


if __name__ == "__main__":
    main()
