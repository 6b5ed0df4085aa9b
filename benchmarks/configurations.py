"""Every configuration that is compared, fixed beforehand and written once: base learners and the peers made of them.

A *base* is what all learners of one comparison share; nobody tunes it, here or at the peers. `boosting` is moderately
regularised (few leaves, a small rate), as effects are weaker than outcomes; `linear` is scikit-learn's default on
standardised columns. EconML's T-, S- and X-learners call `predict`, so a 0/1 outcome gets regressors there;
where a peer takes classifiers it gets them. Runs in the peers' environment and in ours: imports of peers stand inside
their functions.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression, Ridge

Floats = NDArray[np.float64]

LIBRARIES = ("causalml", "econml", "sklift")
BOOSTING = {"learning_rate": 0.05, "max_iter": 100, "max_leaf_nodes": 8, "min_samples_leaf": 20, "random_state": 0}
TREES = 200  # of a forest
SEED = 0


@dataclass(frozen=True, slots=True)
class Peer:
    """A learner behind one shape: `fit(X, contacted, y, propensity)`, then `predict(X)` float64[n] effects."""

    fit: Callable[[Floats, NDArray[np.intp], Floats, Floats], object]
    predict: Callable[[Floats], Floats]


Make = Callable[[], Peer]


def classifier(base: str) -> Any:
    """Return a base for a 0/1 outcome."""
    if base == "boosting":
        return HistGradientBoostingClassifier(early_stopping=False, **BOOSTING)
    return LogisticRegression(max_iter=1000)


def regressor(base: str) -> Any:
    """Return a base for a number, and for effects."""
    return HistGradientBoostingRegressor(early_stopping=False, **BOOSTING) if base == "boosting" else Ridge()


def outcome(base: str, *, binary: bool) -> Any:
    """Return the base for an outcome."""
    return classifier(base) if binary else regressor(base)


def peers(library: str, *, binary: bool, constant: bool) -> dict[str, Make]:
    """Return what makes each peer of a library; `constant`: whether the propensity is one number."""
    return {"causalml": causalml, "econml": econml, "sklift": sklift}[library](binary=binary, constant=constant)


def causalml(*, binary: bool, constant: bool) -> dict[str, Make]:  # noqa: ARG001  (it is given the propensity)
    """Meta-learners with both bases and, for a 0/1 outcome, the uplift forest."""
    from causalml.inference import meta  # noqa: PLC0415  (only its own process has it)

    def t(base: str) -> Any:
        kind = meta.BaseTClassifier if binary else meta.BaseTRegressor
        return kind(outcome(base, binary=binary))

    def x(base: str) -> Any:
        if not binary:
            return meta.BaseXRegressor(regressor(base))
        return meta.BaseXClassifier(outcome_learner=classifier(base), effect_learner=regressor(base))

    def r(base: str) -> Any:
        if not binary:
            return meta.BaseRRegressor(regressor(base), random_state=SEED)
        return meta.BaseRClassifier(outcome_learner=classifier(base), effect_learner=regressor(base), random_state=SEED)

    def s(base: str) -> Any:
        return meta.BaseSClassifier(classifier(base)) if binary else meta.BaseSRegressor(regressor(base))

    def dr(base: str) -> Any:
        return meta.BaseDRRegressor(regressor(base))

    makes: dict[str, Make] = {"s_boosting": lambda: _causalml(s("boosting"), {})}
    for base in ("boosting", "linear"):
        makes |= {
            f"t_{base}": lambda base=base: _causalml(t(base), {}),
            f"x_{base}": lambda base=base: _causalml(x(base), {"p": True}),
            f"r_{base}": lambda base=base: _causalml(r(base), {"p": True, "verbose": False}),
            f"dr_{base}": lambda base=base: _causalml(dr(base), {"p": True, "seed": SEED}),
        }
    return makes | ({"uplift_forest": _uplift_forest} if binary else {})


def _causalml(learner: Any, options: dict[str, Any]) -> Peer:
    """Wrap one; X's prediction mixes both arms by the mean propensity, which is the rows' own where it is constant."""
    mean = [0.5]

    def fit(X: Floats, contacted: NDArray[np.intp], y: Floats, e: Floats) -> object:
        mean[0] = float(e.mean())
        given = {name: (e if name == "p" else value) for name, value in options.items()}
        return learner.fit(X, contacted, y, **given)

    def predict(X: Floats) -> Floats:
        known = {"p": np.full(len(X), mean[0])} if "X" in type(learner).__name__ else {}
        return np.asarray(learner.predict(X, **known)).reshape(len(X), -1)[:, 0]

    return Peer(fit, predict)


def _uplift_forest() -> Peer:
    """Return the forest that splits on uplift (KL divergence)."""
    from causalml.inference.tree import UpliftRandomForestClassifier  # noqa: PLC0415  (as above)

    forest = UpliftRandomForestClassifier(
        control_name="0",
        n_estimators=50,
        max_depth=5,
        min_samples_leaf=100,
        min_samples_treatment=50,
        random_state=SEED,
        n_jobs=1,
    )
    return Peer(
        lambda X, contacted, y, _e: forest.fit(X, treatment=contacted.astype(str), y=y.astype(int)),
        lambda X: np.asarray(forest.predict(X)).reshape(len(X), -1)[:, -1],
    )


def econml(*, binary: bool, constant: bool) -> dict[str, Make]:
    """Meta-learners, doubly robust and orthogonal learners, and the causal forest."""
    from econml import dml, dr, metalearners  # noqa: PLC0415  (as above)

    def assignment(base: str) -> Any:
        return DummyClassifier(strategy="prior") if constant else classifier(base)

    def meta(kind: Any, base: str) -> Peer:
        name = "overall_model" if kind is metalearners.SLearner else "models"
        more = {"propensity_model": assignment("linear")} if kind is metalearners.XLearner else {}
        learner = kind(**{name: regressor(base)}, **more)
        return Peer(lambda X, t, y, _e: learner.fit(y, t, X=X), lambda X: np.asarray(learner.effect(X)).ravel())

    def doubly(kind: Any, base: str, **more: Any) -> Peer:
        learner = kind(
            model_regression=outcome(base, binary=binary),
            model_propensity=assignment(base),
            discrete_outcome=binary,
            min_propensity=0.01,
            random_state=SEED,
            **more,
        )
        return Peer(lambda X, t, y, _e: learner.fit(y, t, X=X), lambda X: np.asarray(learner.effect(X)).ravel())

    def residual(kind: Any, base: str, **more: Any) -> Peer:
        learner = kind(
            model_y=outcome(base, binary=binary),
            model_t=assignment(base),
            discrete_treatment=True,
            discrete_outcome=binary,
            random_state=SEED,
            **more,
        )
        return Peer(lambda X, t, y, _e: learner.fit(y, t, X=X), lambda X: np.asarray(learner.effect(X)).ravel())

    return {
        "s_boosting": lambda: meta(metalearners.SLearner, "boosting"),
        "t_boosting": lambda: meta(metalearners.TLearner, "boosting"),
        "t_linear": lambda: meta(metalearners.TLearner, "linear"),
        "x_boosting": lambda: meta(metalearners.XLearner, "boosting"),
        "x_linear": lambda: meta(metalearners.XLearner, "linear"),
        "linear_dr": lambda: doubly(dr.LinearDRLearner, "boosting"),
        "dr_boosting": lambda: doubly(dr.DRLearner, "boosting", model_final=regressor("boosting")),
        "dr_linear": lambda: doubly(dr.DRLearner, "linear", model_final=regressor("linear")),
        "linear_dml": lambda: residual(dml.LinearDML, "boosting"),
        "nonparam_dml_boosting": lambda: residual(dml.NonParamDML, "boosting", model_final=regressor("boosting")),
        "causal_forest": lambda: residual(
            dml.CausalForestDML, "boosting", n_estimators=TREES, min_samples_leaf=20, n_jobs=1
        ),
    }


def sklift(*, binary: bool, constant: bool) -> dict[str, Make]:
    """One model, two models and, for a 0/1 outcome of an experiment, the transformed class."""
    from sklift import models  # noqa: PLC0415  (as above)

    def wrapped(learner: Any) -> Peer:
        return Peer(lambda X, t, y, _e: learner.fit(X, y, t), lambda X: np.asarray(learner.predict(X)).ravel())

    def base(name: str) -> Any:
        return outcome(name, binary=binary)

    makes: dict[str, Make] = {
        "solo_boosting": lambda: wrapped(models.SoloModel(base("boosting"))),
        "solo_linear": lambda: wrapped(models.SoloModel(base("linear"), method="treatment_interaction")),
        "two_boosting": lambda: wrapped(models.TwoModels(base("boosting"), base("boosting"))),
        "two_linear": lambda: wrapped(models.TwoModels(base("linear"), base("linear"))),
    }
    if binary and constant:
        makes |= {
            f"class_{name}": lambda name=name: wrapped(models.ClassTransformation(classifier(name)))
            for name in ("boosting", "linear")
        }
    return makes
