"""Has the world moved between D1, which taught, and D2, which certifies? The population stability index.

PSI = Σ (q − p)·ln(q / p) over bins, p and q the shares on D1 and D2 (each count plus one half, so that none is 0).
Numbers fall into tenths of D1, categories into their levels (the most frequent of D1, the others together), missing
values into a bin of their own; what does not vary has PSI 0. The usual reading: above .1 worth a look, above .25 a
change. With few rows chance alone reaches that, so a flag must also pass the χ² bound of chance
(PSI·n₁n₂/(n₁ + n₂) is about χ² with bins − 1 degrees of freedom; Yurdakul & Naranjo 2020), at p < .001.
"""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import chi2

from model.contracts import JSON
from model.statistics.draw_sums import LEAST_P

Array = NDArray[Any]
Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

LOOK, FLAG = 0.1, 0.25
TENTHS = np.arange(1, 10) / 10.0
MOST_LEVELS = 30


def drift(first: Array, second: Array) -> dict[str, JSON]:
    """Return PSI of a column between D1 and D2, its bins, what chance alone may reach, and whether it is flagged."""
    one, two = _bins(first, second)
    index = psi(one, two)
    n1, n2 = int(one.sum()), int(two.sum())
    chance = float(chi2.isf(LEAST_P, max(1, len(one) - 1))) * (1.0 / n1 + 1.0 / n2)
    shown = "stable" if index <= max(LOOK, chance) else "worth a look" if index <= FLAG else "flagged"
    return {"psi": index, "bins": len(one), "chance": chance, "verdict": shown}


def psi(one: Ints, two: Ints) -> float:
    """Return the index of two histograms over the same bins; 0 for a single bin."""
    p, q = ((count + 0.5) / (count.sum() + 0.5 * len(count)) for count in (one, two))
    return float(np.sum((q - p) * np.log(q / p)))


def _bins(first: Array, second: Array) -> tuple[Ints, Ints]:
    """Return both histograms over the bins that D1 defines, empty ones of both left out."""
    codes = _numbers(first, second) if first.dtype.kind in "biuf" else _levels(first, second)
    most = max(int(each.max(initial=0)) for each in codes) + 1
    one, two = (np.bincount(each, minlength=most) for each in codes)
    some = (one + two) > 0
    return one[some], two[some]


def _numbers(first: Array, second: Array) -> tuple[Ints, Ints]:
    """Return the tenth of D1 that each number falls into; missing is bin 0."""
    one, two = first.astype(np.float64), second.astype(np.float64)
    known = one[~np.isnan(one)]
    edges = np.unique(np.quantile(known, TENTHS, method="inverted_cdf")) if len(known) else np.empty(0)
    binned = [np.where(np.isnan(each), 0, 1 + np.searchsorted(edges, each, side="left")) for each in (one, two)]
    return binned[0], binned[1]


def _levels(first: Array, second: Array) -> tuple[Ints, Ints]:
    """Return the level of each value: 0 missing, 1 any level that is not among the most frequent of D1."""
    known = pd.Series(first).value_counts().index[:MOST_LEVELS]
    place = {level: number + 2 for number, level in enumerate(known)}
    coded = []
    for each in (first, second):
        codes, levels = pd.factorize(each, use_na_sentinel=False)
        numbers = np.array([0 if pd.isna(level) else place.get(level, 1) for level in levels], dtype=np.intp)
        coded.append(numbers[codes] if len(codes) else codes)
    return coded[0], coded[1]
