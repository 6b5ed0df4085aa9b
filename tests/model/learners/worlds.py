"""Occasions that the learners' tests share, small enough to fit in milliseconds."""

from typing import Any

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression, Ridge

from model.learners import AverageEffect, DRLearner, Response, RLearner, SLearner, TLearner, XLearner
from model.learning.coded import Coded, as_coded

PORTFOLIO = (AverageEffect, Response, TLearner, SLearner, XLearner, RLearner, DRLearner)
LOGIT = LogisticRegression(C=0.1, solver="newton-cholesky")
RIDGE = Ridge(alpha=10.0, solver="cholesky")
TREES = {"max_iter": 8, "max_leaf_nodes": 6, "min_samples_leaf": 10, "early_stopping": False, "random_state": 0}
BOOSTED = HistGradientBoostingClassifier(**TREES)
BOOSTED_NUMBER = HistGradientBoostingRegressor(**TREES)


def occasions(rows: int = 600, *, seed: int = 0, e: float = 0.6, number: bool = False) -> dict[str, Any]:
    """What `fit` takes: three numbers, and an outcome whose effect grows with the first of them."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(rows, 3))
    contacted = rng.random(rows) < e
    effect = contacted * (0.5 + 1.5 * X[:, 0])
    y = X[:, 1] + effect + rng.normal(size=rows) if number else rng.random(rows) < 1 / (1 + np.exp(1.0 - effect))
    return {"X": X, "y": y.astype(float), "contacted": contacted, "propensity": np.full(rows, e)}


def mixed(rows: int = 600, *, seed: int = 0) -> pd.DataFrame:
    """A table as it comes: text, booleans and numbers with gaps, one level only, nothing at all, constants."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "age": np.where(rng.random(rows) < 0.2, np.nan, rng.normal(40.0, 10.0, rows)),
            "plan": rng.choice(np.array(["basic", "plus", "pro", None], dtype=object), rows),
            "tier": rng.choice(np.array([f"level {level}" for level in range(12)], dtype=object), rows),
            "member": rng.choice(np.array([True, False, None], dtype=object), rows),
            "flag": rng.random(rows) < 0.3,
            "solo": rng.choice(np.array(["yes", None], dtype=object), rows),
            "nothing": np.full(rows, np.nan),
            "nobody": np.full(rows, None, dtype=object),
            "constant": np.ones(rows),
            "visits": rng.integers(0, 5, rows),
        }
    )


def table(rows: int = 600, *, seed: int = 0, number: bool = False) -> dict[str, Any]:
    """What `fit` takes for such a table; plan, gaps in `solo` and age change the effect."""
    frame, rng = mixed(rows, seed=seed), np.random.default_rng(seed + 1)
    contacted = rng.random(rows) < 0.6
    push = contacted * frame["plan"].eq("plus") + 0.7 * frame["solo"].isna() - 0.02 * (frame["age"].fillna(60.0) - 40.0)
    noise = rng.logistic(size=rows)
    y = push + noise if number else (push + noise > 0.5)
    return {
        "X": frame,
        "y": y.to_numpy().astype(float),
        "contacted": contacted,
        "propensity": np.full(rows, 0.6),
    }


def awkward(features: Any, fitted: Coded, seed: int = 0) -> Coded:
    """Rows that a stored tree may meet: infinities, gaps, unseen levels, values exactly as in training."""
    rng = np.random.default_rng(seed)
    codes = fitted.codes[rng.integers(0, len(fitted.codes), 400)].copy()
    for j, feature in enumerate(features):
        choices = [np.nan, -1.0, float(len(feature.levels)), 200.0] if feature.kind == "category" else [np.nan, np.inf]
        choices += [] if feature.kind == "category" else [-np.inf, 0.0, 1.0, 1e308, -1e308]
        hit = rng.random(400) < 0.3
        codes[hit, j] = rng.choice(choices, hit.sum())
    return Coded(features=tuple(features), codes=codes)


def coded(given: dict[str, Any]) -> Coded:
    """The rows of what `fit` takes, encoded."""
    return as_coded(given["X"])
