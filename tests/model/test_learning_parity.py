import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge

from model.learners import DRLearner, RLearner, SLearner, TLearner, XLearner
from model.learners.learner import Learner

ORACLE = json.loads((Path(__file__).resolve().parent.parent / "cases" / "learning" / "econml.json").read_text())
DATA = {name: np.array(values) for name, values in ORACLE["data"].items()}
MEANS = (DATA["m1"], DATA["m0"])


def ridge() -> Ridge:
    """The penalised regression of the oracles."""
    return Ridge(alpha=ORACLE["penalty"])


def boosting() -> HistGradientBoostingRegressor:
    """The boosting of the oracles."""
    return HistGradientBoostingRegressor(**ORACLE["boosting"])


def logistic() -> LogisticRegression:
    """The logistic regression of the oracles."""
    return LogisticRegression(C=1.0 / ORACLE["penalty"], solver="newton-cholesky", tol=1e-12)


def effects(learner: Learner, *, outcome: str = "number", means: bool = True) -> np.ndarray:
    """Fit on the oracles' rows with their nuisances, and return the effects on the same rows."""
    given: dict[str, Any] = {"contacted": DATA["contacted"] == 1, "propensity": DATA["propensity"]}
    learner.fit(DATA["X"], DATA[outcome], **given, means=MEANS if means else None)
    return learner.predict(DATA["X"])


def differs(found: np.ndarray, name: str) -> float:
    """The largest difference from the peer's answer."""
    return float(np.abs(found - np.array(ORACLE["effects"][name])).max())


@pytest.mark.parametrize(("base", "name"), [(ridge, "econml T ridge"), (boosting, "econml T boosting")])
def test_two_arms_agree_with_econml(base: Any, name: str) -> None:
    """The same base learner per arm, the same effects, linear or boosted."""
    assert differs(effects(TLearner(base())), name) == pytest.approx(0.0, abs=1e-10)


def test_two_logistic_arms_agree_with_econml() -> None:
    """The difference of two probabilities, for a 0/1 outcome."""
    assert differs(effects(TLearner(logistic()), outcome="flag"), "econml T logistic") == pytest.approx(0.0, abs=1e-9)


def test_one_boosted_model_agrees_with_econml() -> None:
    """Contact as one more feature: EconML puts it elsewhere among the columns, which moves no split."""
    assert differs(effects(SLearner(boosting())), "econml S boosting") == pytest.approx(0.0, abs=1e-10)


@pytest.mark.parametrize(
    ("effect", "name"),
    [
        (ridge, "econml DR ridge"),
        (LinearRegression, "econml DR ols"),
        (LinearRegression, "econml DR linear"),
        (boosting, "econml DR boosting"),
    ],
    ids=["ridge", "ols", "statsmodels", "boosting"],
)
def test_doubly_robust_agrees_with_econml(effect: Any, name: str) -> None:
    """Given the same m1, m0 and e, the same pseudo-outcomes and so the same final regression."""
    assert differs(effects(DRLearner(effect=effect())), name) == pytest.approx(0.0, abs=1e-10)


@pytest.mark.parametrize(
    ("effect", "name"),
    [
        (ridge, "econml R ridge"),
        (ridge, "causalml R ridge"),
        (LinearRegression, "econml R linear"),
        (boosting, "econml R boosting"),
    ],
    ids=["ridge", "causalml", "statsmodels", "boosting"],
)
def test_residual_on_residual_agrees_with_the_peers(effect: Any, name: str) -> None:
    """Given the same m = e·m1 + (1 − e)·m0 and e, the weighted regression of EconML's DML and causalml's R."""
    assert differs(effects(RLearner(effect=effect())), name) == pytest.approx(0.0, abs=1e-10)


def test_imputed_effects_agree_with_causalml() -> None:
    """Given the same m1 and m0, both effect models and their mix by the mean propensity."""
    assert differs(effects(XLearner(effect=ridge())), "causalml X ridge") == pytest.approx(0.0, abs=1e-10)


def test_the_nuisances_matter() -> None:
    """An oracle that any means would satisfy proves nothing: without the given ones DR differs."""
    assert differs(effects(DRLearner(effect=ridge()), means=False), "econml DR ridge") > 1e-3


def test_the_oracles_are_of_the_peers_that_are_benchmarked() -> None:
    """The versions of `benchmarks/peers.txt`."""
    pinned = dict(
        line.split("==")
        for line in (Path(__file__).parents[2] / "benchmarks" / "peers.txt").read_text().splitlines()
        if "==" in line
    )
    assert ORACLE["versions"] == {name: pinned[name] for name in ORACLE["versions"]}
