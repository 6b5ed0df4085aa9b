"""From fitted estimators to heads: coefficients, and trees (`model.trees.boosted`), raw scores to the bit.

Two things are done to the trees. A category with one level was read as a number; it asks for that level again. Contact,
the last column of an S-learner, is answered: what remains are two heads on x alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn._loss.link import IdentityLink
from sklearn.linear_model import LogisticRegression, Ridge

from model.features import Feature
from model.heads import Boosted, Head, Linear
from model.learners.bases import Fitted, is_boosted
from model.learning.design import width
from model.trees.boosted import boosted
from model.trees.forest import LEVELS, Tree

Floats = NDArray[np.float64]


def constant_head(value: float, features: Sequence[Feature]) -> Linear:
    """Return the head that gives every row the same value."""
    coef = np.zeros(width(features) + 1)
    coef[-1] = value
    return Linear(coef)


def head_of(fitted: Fitted, features: Sequence[Feature]) -> Head:
    """Return the head of one fitted base.

    Raises:
        TypeError: the base has no portable form.
    """
    estimator = fitted.estimator
    if estimator is None:
        return constant_head(fitted.raw, features)
    if isinstance(estimator, LogisticRegression | Ridge):
        return Linear(np.append(np.ravel(estimator.coef_), np.ravel(estimator.intercept_)))
    if not is_boosted(estimator) or (fitted.link == "identity" and not _is_identity(estimator)):
        raise TypeError(
            f"`{type(estimator).__name__}` has no portable form; learn with LogisticRegression, Ridge, "
            "HistGradientBoostingClassifier or HistGradientBoostingRegressor (its loss not `poisson` or `gamma`)"
        )
    head = boosted(estimator)
    return Boosted(head.baseline, tuple(_with_levels(tree, dict(fitted.single)) for tree in head.trees))


def contact_heads(fitted: Fitted, features: Sequence[Feature]) -> tuple[Head, Head]:
    """Return the heads with and without contact of a base that read contact as its last column, on the others alone.

    Raises:
        TypeError: the base has no portable form.
    """
    if fitted.estimator is None:
        head = constant_head(fitted.raw, features)
        return head, head
    both = head_of(fitted, features)
    if isinstance(both, Linear):
        rest, contact, intercept = both.coef[:-2], both.coef[-2], both.coef[-1]
        return Linear(np.append(rest, intercept + contact)), Linear(np.append(rest, intercept))
    column = len(features)
    one, zero = (tuple(fixed(tree, column, value) for tree in both.trees) for value in (1.0, 0.0))
    return Boosted(both.baseline, one), Boosted(both.baseline, zero)


def fixed(tree: Tree, column: int, value: float) -> Tree:
    """Return a tree that asks no more for a number, answered by `value`; its nodes keep their order."""
    jump = np.where(value <= tree.threshold, tree.left, tree.right)

    def reached(node: int) -> int:
        while tree.feature[node] == column:
            node = int(jump[node])
        return node

    kept, left, right = [], {}, {}
    waiting = [reached(0)]
    while waiting:
        node = waiting.pop()
        kept.append(node)
        if tree.feature[node] >= 0:
            left[node], right[node] = reached(int(tree.left[node])), reached(int(tree.right[node]))
            waiting += [right[node], left[node]]
    place = {node: new for new, node in enumerate(kept)}
    asks = tree.set[kept] >= 0
    return Tree(
        feature=tree.feature[kept],
        threshold=tree.threshold[kept],
        left=np.array([place[left[node]] if node in left else 0 for node in kept], dtype=np.int64),
        right=np.array([place[right[node]] if node in right else 0 for node in kept], dtype=np.int64),
        missing_left=tree.missing_left[kept],
        set=np.where(asks, np.cumsum(asks) - 1, -1),
        sets=tree.sets[tree.set[kept][asks]],
        value=tree.value[kept],
    )


def _with_levels(tree: Tree, single: Mapping[int, float]) -> Tree:
    """Return a tree that asks for the one level of each feature in `single`: it goes left, other levels are missing."""
    asks = np.flatnonzero(np.isin(tree.feature, list(single)))
    if not len(asks):
        return tree
    added = np.repeat(tree.missing_left[asks, None], LEVELS, axis=1)
    added[np.arange(len(asks)), [int(single[int(j)]) for j in tree.feature[asks]]] = True
    rows = tree.set.copy()
    rows[asks] = len(tree.sets) + np.arange(len(asks))
    return replace(tree, set=rows, sets=np.concatenate([tree.sets, added]))


def _is_identity(estimator: Any) -> bool:
    """Whether a regressor's prediction is its raw score."""
    return isinstance(estimator._loss.link, IdentityLink)  # noqa: SLF001  (it has no public name)
