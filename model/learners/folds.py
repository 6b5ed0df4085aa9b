"""Folds of whole clusters: what is said of a row comes from learners that saw neither the row nor its cluster.

Example:
    >>> contacted = np.array([True, False] * 4)
    >>> make_folds(np.repeat(np.arange(4), 2), contacted, np.zeros(8), seed=0, folds=2).tolist()
    [1, 1, 0, 0, 0, 0, 1, 1]
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.intp]

FOLDS = 5  # of D1


def make_folds(
    cluster: NDArray[Any], contacted: Bools, outcome: Floats | Bools, *, seed: int, folds: int = FOLDS
) -> Ints:
    """Return each row's fold, intp[n]: whole clusters, dealt out within strata of (mostly contacted, any outcome)."""
    names, code = np.unique(cluster, return_inverse=True)
    rows = np.bincount(code)
    mostly = np.bincount(code, weights=contacted) > 0.5 * rows
    any_outcome = np.bincount(code, weights=outcome > 0) > 0
    shuffled = np.random.default_rng(seed).permutation(len(names))
    stratum = 2 * mostly[shuffled] + any_outcome[shuffled]
    fold = np.empty(len(names), dtype=np.intp)
    fold[shuffled[np.argsort(stratum, kind="stable")]] = np.arange(len(names)) % folds
    return fold[code]
