"""Columns with few enough values that boosting bins them exactly: its own weighted quantiles take minutes.

scikit-learn splits half-way between two values, so that a bin's middle value stands for it: rows go the same way when
they teach and when they are predicted, but for a few between two middles.

Example:
    >>> coarse(np.arange(6.0)[:, None], np.array([False]), most=3).ravel().tolist()
    [0.0, 0.0, 2.0, 2.0, 4.0, 4.0]
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

MOST = 254  # distinct values: one bin each
SAMPLED = 200_000  # rows above which scikit-learn draws as many by weight, and takes plain quantiles of those


def coarse(codes: Floats, categories: Bools, most: int = MOST) -> Floats:
    """Return codes float64[n, f] with at most `most` values per number: the middles of its column's quantile bins."""
    if len(codes) > SAMPLED:
        return codes
    out = codes.copy()
    for j in np.flatnonzero(~categories):
        seen = ~np.isnan(codes[:, j])
        values = codes[seen, j]
        ordered = np.sort(values)
        if np.count_nonzero(np.diff(ordered)) >= most:
            edges = np.unique(np.quantile(ordered, np.arange(1, most + 1) / most, method="inverted_cdf"))
            stop = np.searchsorted(ordered, edges, side="right")
            start = np.r_[0, stop[:-1]]
            out[seen, j] = ordered[(start + stop - 1) // 2][np.searchsorted(edges, values)]
    return out
