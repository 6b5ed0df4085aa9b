"""Why logged propensities contradict the arms: the likely mistake, named, where another reading of the column fits.

A table wants e = P(contacted | history) in every row. A log holds the probability of the *logged action*, which is e
for a contacted row and 1 − e for one that was held out; exported as it stands it makes a propensity that knows the arm.
"""

import numpy as np
from numpy.typing import NDArray

from model.contracts import EXACT
from model.diagnostics.ratio import MOST_LEVELS, sample_ratio
from model.statistics.draw_sums import LEAST_P, p_of_draw

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.intp]

TENTHS = 10
SURELY = 10.0  # rows of the other arm that a level of e promises: with none of them e was written after the draw

ACTION = "it looks like the probability of the logged action; for held-out rows use 1 − p"
REVERSED = "it looks like the probability of being held out; use 1 − p in every row"


def likely_cause(contacted: Bools, e: Floats, cluster: Ints) -> str:
    """Return what the propensity column seems to hold instead of P(contacted), and what to do; empty if none fits."""
    readings = ((ACTION, np.where(contacted, e, 1.0 - e)), (REVERSED, 1.0 - e))
    for words, other in readings:
        if _fits(contacted, np.round(other, EXACT), cluster):
            return words
    return _one_armed(contacted, e)


def _fits(contacted: Bools, e: Floats, cluster: Ints) -> bool:
    """Whether the arms agree with e in number: overall, at every level, and in every tenth of e if there are many."""
    cuts = np.quantile(e, np.arange(1, TENTHS) / TENTHS, method="inverted_cdf")
    tenth = np.searchsorted(np.unique(cuts), e)
    parts = [tenth == number for number in np.unique(tenth)]
    found = [p_of_draw(np.ones(int(rows.sum())), contacted[rows], e[rows], cluster[rows]) for rows in parts]
    return sample_ratio(contacted, e, cluster)["p"] >= LEAST_P and min(found) * len(found) >= LEAST_P


def _one_armed(contacted: Bools, e: Floats) -> str:
    """Say where a level of e has rows of one arm only, though it promises both: then e differs between the arms."""
    levels = np.unique(e)
    for level in levels if len(levels) <= MOST_LEVELS else ():
        rows = e == level
        count, arm = int(rows.sum()), contacted[rows]
        absent = count * (1.0 - level) if arm.all() else count * level if not arm.any() else 0.0
        if absent >= SURELY:
            words = "contacted" if arm.all() else "held out"
            return (
                f"all {count:,} rows with {level:.6g} were {words}, so the column depends on the arm; give both "
                "arms the P(contacted) that was drawn with"
            )
    return ""
