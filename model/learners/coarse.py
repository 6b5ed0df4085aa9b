"""Columns with few enough values that boosting bins them exactly: its own weighted quantiles take minutes.

Example:
    >>> coarse(np.arange(6.0)[:, None], np.array([False]), most=3).ravel().tolist()
    [1.0, 1.0, 3.0, 3.0, 5.0, 5.0]
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

MOST = 254  # distinct values: one bin each


def coarse(codes: Floats, categories: Bools, most: int = MOST) -> Floats:
    """Return codes float64[n, f], every number raised to the next of at most `most` of its column's own quantiles."""
    out = codes.copy()
    for j in np.flatnonzero(~categories):
        seen = ~np.isnan(codes[:, j])
        values = codes[seen, j]
        if len(np.unique(values)) > most:
            steps = np.arange(1, most + 1) / most
            edges = np.unique(np.quantile(values, steps, method="inverted_cdf"))
            out[seen, j] = edges[np.searchsorted(edges, values)]
    return out
