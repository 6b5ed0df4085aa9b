"""From fitted scikit-learn estimators to heads: coefficients, and trees whose raw scores are the same to the bit.

scikit-learn's boosting puts categorical columns first and numbers their levels anew; both are undone here. A level that
it did not see goes where missing values go, so those levels stand in the left set where that is the left.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn._loss.link import IdentityLink
from sklearn.linear_model import LogisticRegression, Ridge

from model.features import Feature
from model.heads import Boosted, Head, Linear
from model.learners.bases import Fitted, is_boosted
from model.trees import LEVELS, Tree

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


def constant_head(value: float, features: Sequence[Feature]) -> Linear:
    """Return the head that gives every row the same value."""
    coef = np.zeros(sum(len(feature.columns) for feature in features) + 1)
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
    baseline = float(np.ravel(estimator._baseline_prediction)[0])  # noqa: SLF001  (no public name; parity is tested)
    return Boosted(baseline, tuple(_trees(fitted)))


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


def _is_identity(estimator: Any) -> bool:
    """Whether a regressor's prediction is its raw score."""
    return isinstance(estimator._loss.link, IdentityLink)  # noqa: SLF001  (as above)


def _trees(fitted: Fitted) -> list[Tree]:
    """Return the trees of a boosted base, one per round."""
    estimator, width = fitted.estimator, fitted.estimator.n_features_in_
    levels = {j: np.array([level], dtype=np.intp) for j, level in fitted.single}
    original = np.arange(width, dtype=np.int64)
    if estimator.is_categorical_ is not None:
        mask = np.asarray(estimator.is_categorical_, dtype=np.bool_)
        original = np.concatenate([np.flatnonzero(mask), np.flatnonzero(~mask)])
        encoder = estimator._preprocessor.named_transformers_["encoder"]  # noqa: SLF001  (as above)
        for j, seen in zip(np.flatnonzero(mask), encoder.categories_, strict=True):
            levels[int(j)] = seen[~np.isnan(seen)].astype(np.intp)
    rounds = estimator._predictors  # noqa: SLF001  (as above)
    return [_tree(predictors[0], original, levels) for predictors in rounds]


def _tree(predictor: Any, original: Ints, levels: dict[int, NDArray[np.intp]]) -> Tree:
    """Return one tree in the columns and levels of the codes."""
    nodes = predictor.nodes
    split = nodes["is_leaf"] == 0
    feature = np.where(split, original[nodes["feature_idx"]], -1)
    missing_left = split & (nodes["missing_go_to_left"] > 0)
    asks = np.flatnonzero(split & np.isin(feature, list(levels)))
    sets = np.zeros((len(asks), LEVELS), dtype=np.bool_)
    for row, node in enumerate(asks):
        seen = levels[int(feature[node])]
        sets[row] = missing_left[node]
        sets[row, seen] = _goes_left(predictor, nodes[node], len(seen))
    number = np.full(len(nodes), -1, dtype=np.int64)
    number[asks] = np.arange(len(asks))
    return Tree(
        feature=feature,
        threshold=nodes["num_threshold"].astype(np.float64),
        left=nodes["left"].astype(np.int64),
        right=nodes["right"].astype(np.int64),
        missing_left=missing_left,
        set=number,
        sets=sets,
        value=nodes["value"].astype(np.float64),
    )


def _goes_left(predictor: Any, node: Any, count: int) -> Bools:
    """Return which of the levels that were seen go left, bool[count]; a single level is a number and all of it does."""
    if not node["is_categorical"]:
        return np.ones(count, dtype=np.bool_)
    words = np.ascontiguousarray(predictor.raw_left_cat_bitsets[node["bitset_idx"]], dtype="<u4")
    return np.unpackbits(words.view(np.uint8), bitorder="little")[:count].astype(np.bool_)
