"""The settings that are tried, and each as a scikit-learn estimator and in words.

Linear models: the strength l2 of the penalty ½·l2·‖coef‖² on standardised columns. Boosting: learning rate × leaves ×
leaf size, fixed beforehand, and the number of rounds, read off a validation curve. No rounds at all is a constant.

Example:
    >>> in_words(linear("logistic", 10.0)), in_words(boosted("identity", GROWTHS[0], rounds=12, leaf=50))
    ('logistic, penalty 10', 'boosting, 12 rounds at rate 0.1, 4 leaves of at least 50 rows')
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression, Ridge

Floats = NDArray[np.float64]

STRENGTHS = (1.0, 10.0, 100.0, 1000.0)  # of outcome means
EFFECT_STRENGTHS = (10.0, 100.0, 1e3, 1e4, 1e5)  # of effects, which are smaller and noisier
MOST_ROUNDS = 150
LEAST_LEAF = 5
UNDIVIDED = 1_000_000_000  # rows of a leaf: no split is ever made


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """How trees grow: the learning rate, the most leaves, and the least rows in a leaf."""

    rate: float
    leaves: int
    leaf: int


GROWTHS = (
    Growth(rate=0.1, leaves=4, leaf=50),
    Growth(rate=0.1, leaves=8, leaf=50),
    Growth(rate=0.05, leaves=8, leaf=200),
)


def linear(link: str, l2: float) -> Any:
    """Return an unfitted linear model with the penalty ½·l2·‖coef‖²."""
    if link == "logistic":
        return LogisticRegression(C=1.0 / l2, solver="newton-cholesky", max_iter=200)
    return Ridge(alpha=l2, solver="cholesky")


def boosted(link: str, growth: Growth, *, rounds: int, leaf: int) -> Any:
    """Return unfitted boosting of so many rounds; with none it stays the constant that it starts from."""
    kind = HistGradientBoostingClassifier if link == "logistic" else HistGradientBoostingRegressor
    return kind(
        learning_rate=growth.rate,
        max_leaf_nodes=growth.leaves,
        max_iter=max(rounds, 1),
        min_samples_leaf=leaf if rounds else UNDIVIDED,
        early_stopping=False,
        random_state=0,
    )


def leaf_rows(growth: Growth, y: Floats, link: str) -> int:
    """Return the leaf size for these outcomes: smaller where there are few rows, or few events to spread."""
    return max(LEAST_LEAF, min(growth.leaf, len(y) // 20, events(y, link) // 2))


def events(y: Floats, link: str) -> int:
    """Return how much there is to learn from: the rarer value of a 0/1 outcome, the rows of a number that are not 0."""
    some = int(np.count_nonzero(y))
    return min(some, len(y) - some) if link == "logistic" else some


def in_words(base: Any) -> str:
    """Return a base and its settings in plain words."""
    if isinstance(base, LogisticRegression):
        return f"logistic, penalty {1.0 / base.C:g}"
    if isinstance(base, Ridge):
        return f"ridge, penalty {base.alpha:g}"
    if not isinstance(base, HistGradientBoostingClassifier | HistGradientBoostingRegressor):
        return type(base).__name__
    if base.min_samples_leaf == UNDIVIDED:
        return "constant: boosting found nothing to learn"
    leaves = f"{base.max_leaf_nodes} leaves of at least {base.min_samples_leaf} rows"
    return f"boosting, {base.max_iter} rounds at rate {base.learning_rate:g}, {leaves}"
