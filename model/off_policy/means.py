"""A coarse model of outcomes for a log that comes without one: each part's mean by arm, cross-fitted.

It makes the doubly robust estimate less noisy than weighting alone; a wrong propensity it survives only as far as the
parts tell rows apart. That is why it is asked for by name and never filled in silently.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from model.errors import InvalidInput
from model.off_policy.log import Log

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.intp]

FOLDS = 5


def with_part_means(log: Log, *, folds: int = FOLDS) -> Log:
    """Return the log with `means`: for each row those of its part, by arm, without the clusters of its own fold.

    Where a part has no such row, the mean of the arm over all parts; where the arm has none, that of all rows.

    Raises:
        InvalidInput: fewer clusters than two.
    """
    if not log.cluster.any():
        raise InvalidInput("`cluster` is the same in every row; cross-fitting needs two: name each row's customer")
    fold = log.cluster % folds
    _, part = log.parts()
    everyone, one = np.ones(log.rows, dtype=np.bool_), np.zeros(log.rows, dtype=np.intp)
    overall = _elsewhere(log.outcome, everyone, (fold, one), np.zeros(log.rows))

    def mean(of_arm: Bools) -> Floats:
        return _elsewhere(log.outcome, of_arm, (fold, part), _elsewhere(log.outcome, of_arm, (fold, one), overall))

    return replace(log, means=(mean(log.contacted), mean(~log.contacted)))


def _elsewhere(y: Floats, counted: Bools, place: tuple[Ints, Ints], otherwise: Floats) -> Floats:
    """Return per row the mean of the counted rows of its group in the other folds; `place` is (fold, group)."""
    fold, group = place
    shape = int(fold.max()) + 1, int(group.max()) + 1
    cell = fold * shape[1] + group
    sums, counts = (
        np.bincount(cell, weights=weights, minlength=shape[0] * shape[1]).reshape(shape)
        for weights in (np.where(counted, y, 0.0), counted.astype(np.float64))
    )
    others, rows = (table.sum(axis=0) - table for table in (sums, counts))
    found = np.divide(others, rows, out=np.zeros(shape), where=rows > 0.0)
    return np.where(rows[fold, group] > 0.0, found[fold, group], otherwise)
