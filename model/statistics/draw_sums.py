"""Sums by the draw: is Σ g(T − e) what chance makes of it, where g was known before T was drawn? (Fisher 1935).

The sum is centred at 0 whatever g is, and its variance and skew follow from e alone. What the rows of an arm themselves
show of the variance is far too little where a rare arm holds a handful of rows with g, so only what e does not tell is
taken from them: how rows of one cluster move together. The tail is the heavier of the normal one and of Pearson's
type III, a gamma with the design's skew.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm, pearson3

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Codes = NDArray[np.signedinteger[Any]]

LEAST_P = 0.001  # below it a draw is not what it was logged as (METHOD section 5)


def drawn_together(contacted: Bools, cluster: Codes) -> bool:
    """Whether no cluster is in both arms: then each was drawn as one, or is a single row."""
    _, codes = np.unique(cluster, return_inverse=True)
    ones = np.bincount(codes, weights=contacted)
    return bool(np.all((ones == 0.0) | (ones == np.bincount(codes))))


def p_of_draw(g: Floats, contacted: Bools, e: Floats, cluster: Codes, *, together: bool | None = None) -> float:
    """Return the two-sided p-value of Σ g(T − e) = 0, g float64[n]; 1 where it cannot vary.

    The variance is Σ g²e(1 − e), and more where rows of a cluster move together: by their products, or, where clusters
    are drawn `together` (None: where none is in both arms), Σ_c (Σ g√(e(1 − e)))², for constant e Σ_c (Σ g)²e(1 − e).
    """
    _, codes = np.unique(cluster, return_inverse=True)
    if together is None:
        together = drawn_together(contacted, cluster)
    parts, unit = g * (contacted - e), g * np.sqrt(e * (1.0 - e))
    skew = (1.0 - 2.0 * e) / np.sqrt(e * (1.0 - e))  # of a single draw
    spread = float(unit @ unit)
    if together:
        unit = np.asarray(np.bincount(codes, weights=unit))
        skew = np.bincount(codes, weights=skew) / np.bincount(codes)
        spread = max(spread, float(unit @ unit))
    else:
        spread += max(0.0, float(np.sum(np.bincount(codes, weights=parts) ** 2) - parts @ parts))
    if spread == 0.0:
        return 1.0
    return _two_sided(float(parts.sum()) / spread**0.5, float(unit**3 @ skew) / spread**1.5)


def _two_sided(z: float, skew: float) -> float:
    """Return twice the heavier tail beyond z of a normal and of a Pearson III with this skew, at most 1."""
    beyond = float(pearson3.sf(abs(z), skew if z > 0.0 else -skew))
    return min(1.0, 2.0 * max(float(norm.sf(abs(z))), beyond))
