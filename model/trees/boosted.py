"""scikit-learn's histogram boosting as portable trees on codes (`model.trees.forest`), to the bit.

scikit-learn puts the categorical columns first and numbers the levels that it saw; here both are undone, so that a tree
asks for the features and codes of `model.features`. A level that it did not see, and a level below 0, goes to the
missing side (`sklearn/ensemble/_hist_gradient_boosting/_predictor.pyx`).

Example:
    >>> model = HistGradientBoostingRegressor(categorical_features=[1]).fit(codes, y)     # doctest: +SKIP
    >>> Scorer.of("r", {"benefit": Heads("identity", (1.0, 0.0), boosted(model))}, features)     # doctest: +SKIP
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.heads import Boosted
from model.trees.forest import LEVELS, Tree

Codes = NDArray[np.float64]
Ints = NDArray[np.int64]


def boosted(model: Any) -> Boosted:
    """Return the raw score of a fitted HistGradientBoostingRegressor, or binary Classifier, as a head.

    The model learned from codes in which a negative level is missing. Its score is on the scale of its link: the logit
    of a classifier.

    Raises:
        ValueError: it learned from more than two classes, so it has several scores.
    """
    if model.n_trees_per_iteration_ != 1:
        raise ValueError(f"a model of {model.n_trees_per_iteration_} scores per row is no head; teach it two classes")
    order, known = _columns(model)
    trees = (_tree(each[0], order, known) for each in model._predictors)  # noqa: SLF001  (its trees have no public name)
    return Boosted(baseline=float(model._baseline_prediction.item()), trees=tuple(trees))  # noqa: SLF001  (as above)


def _columns(model: Any) -> tuple[Ints, list[Codes]]:
    """Return the feature of each column that scikit-learn's trees read, and the levels of those that are categories."""
    asked = model.is_categorical_
    if asked is None:
        return np.arange(model.n_features_in_), []
    encoder = model._preprocessor.named_transformers_["encoder"]  # noqa: SLF001  (what it did to the levels is kept there)
    known = [np.asarray(levels, dtype=np.float64) for levels in encoder.categories_]
    return np.concatenate([np.flatnonzero(asked), np.flatnonzero(~asked)]), [each[~np.isnan(each)] for each in known]


def _tree(predictor: Any, order: Ints, known: list[Codes]) -> Tree:
    """Return one tree."""
    nodes = predictor.nodes
    split = nodes["is_leaf"] == 0
    column = nodes["feature_idx"].astype(np.int64)
    asked = split & (nodes["is_categorical"] > 0)
    row = np.where(asked, np.cumsum(asked) - 1, -1)
    missing_left = split & (nodes["missing_go_to_left"] > 0)
    bits = np.unpackbits(predictor.raw_left_cat_bitsets.view(np.uint8), axis=1, bitorder="little").astype(np.bool_)
    sets = np.repeat(missing_left[asked, None], LEVELS, axis=1)
    for left, node in zip(sets, np.flatnonzero(asked), strict=True):
        levels = known[column[node]]
        seen = levels >= 0
        left[levels[seen].astype(np.int64)] = bits[nodes["bitset_idx"][node], : len(levels)][seen]
    return Tree(
        feature=np.where(split, order[column], -1),
        threshold=np.where(split & ~asked, nodes["num_threshold"], 0.0),
        left=np.where(split, nodes["left"], 0).astype(np.int64),
        right=np.where(split, nodes["right"], 0).astype(np.int64),
        missing_left=missing_left,
        set=row,
        sets=sets,
        value=np.where(split, 0.0, nodes["value"]),
    )
