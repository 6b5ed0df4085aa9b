"""Learners on occasions whose effects are known: found where they are, not found where there are none."""

from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import Ridge

from model.learners import DRLearner, RLearner, SLearner, TLearner, XLearner

ROWS = 6000
GROWTH = {"max_iter": 40, "max_leaf_nodes": 6, "min_samples_leaf": 50, "learning_rate": 0.1}
GROWTH |= {"early_stopping": False, "random_state": 0}
CLASSES, NUMBERS = HistGradientBoostingClassifier(**GROWTH), HistGradientBoostingRegressor(**GROWTH)
STRONG = Ridge(alpha=10.0, solver="cholesky")
LEARNERS = {
    "t_logit": TLearner(),
    "t_boosting": TLearner(CLASSES),
    "s_boosting": SLearner(CLASSES),
    "x": XLearner(effect=STRONG),
    "x_boosting": XLearner(effect=NUMBERS),
    "r": RLearner(),
    "r_boosting": RLearner(effect=NUMBERS),
    "dr": DRLearner(),
    "dr_boosting": DRLearner(effect=NUMBERS),
}
each_learner = pytest.mark.parametrize("name", list(LEARNERS))


def truth(*, seed: int = 0, permuted: bool = False, confounded: bool = False) -> tuple[dict[str, Any], np.ndarray]:
    """Occasions and the true effect: it follows the first column, harmful below 0; contact may follow the second."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(ROWS, 4))
    e = np.where(X[:, 1] > 0.0, 0.8, 0.3) if confounded else np.full(ROWS, 0.6)
    contacted = rng.random(ROWS) < e
    effect = 0.3 * np.tanh(2.0 * X[:, 0])
    base = 0.35 + 0.25 * (X[:, 1] > 0.0)
    y = (rng.random(ROWS) < np.clip(base + contacted * effect, 0.0, 1.0)).astype(float)
    if permuted:
        contacted = rng.permutation(contacted)
    return {"X": X, "y": y, "contacted": contacted, "propensity": e}, effect


@each_learner
def test_predictions_follow_the_true_effect(name: str) -> None:
    """On new rows: the correlation with the truth is high."""
    given, _ = truth()
    new, effect = truth(seed=1)
    predicted = clone(LEARNERS[name]).fit(**given).predict(new["X"])
    assert np.corrcoef(predicted, effect)[0, 1] > 0.85


@each_learner
def test_permuted_contact_has_hardly_any_effect(name: str) -> None:
    """Where contact was shuffled, effects spread far less than with the true contact."""
    (given, _), (shuffled, _) = truth(), truth(permuted=True)
    real, none = (clone(LEARNERS[name]).fit(**each).predict(each["X"]).std() for each in (given, shuffled))
    assert none < 0.4 * real


@pytest.mark.parametrize("name", ["t_boosting", "r", "dr", "dr_boosting"])
def test_contact_that_follows_a_feature_is_allowed_for(name: str) -> None:
    """Those who need help anyway are contacted more often: the mean effect is still the true one."""
    given, effect = truth(confounded=True)
    predicted = clone(LEARNERS[name]).fit(**given).predict(given["X"])
    plain = given["y"][given["contacted"]].mean() - given["y"][~given["contacted"]].mean()
    assert abs(predicted.mean() - effect.mean()) < 0.03 < abs(plain - effect.mean())
