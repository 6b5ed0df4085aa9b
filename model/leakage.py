"""How well each feature alone foretells a label or the draw: a leak shows as a figure that is too good (METHOD 5).

AUC = P(a row with the label outranks one without), ties a half; a feature may run either way, so that it is ≥ ½. A
number ranks by itself (mid-ranks), a missing one below all or above all, whichever says more; a category by the mean of
the label in its level, out of fold, a missing value being a level of its own. Within an arm, since what contact does is
no leak. A valued label also has Spearman's ρ. At most `MOST` rows of either label value are looked at, evenly spread;
the standard error of an AUC from so many is below .003.

Refused as a leak is a feature that alone reaches `LEAK` = .98 within every arm in which the label's rarer value has
`LEAST` = 20 rows; within one arm only where it also knows the draw (p < .001): a column written after the message
differs between the arms, one known beforehand cannot. Why .98: an honest predictor of what a customer will do rarely
passes .9, while a label with noise of a third of its step has .98.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import norm, rankdata

from model.reading.columns import refusal
from model.statistics.draw_sums import LEAST_P, p_of_draw

Array = NDArray[Any]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.intp]

LEAK = 0.98
LEAST = 20  # rows of the label's rarer value: below it an AUC of .98 may be chance
MOST = 20_000  # rows of either value that are ranked
MOST_DRAWN = 200_000  # rows on which a feature is compared with the draw
FOLDS = 5
ARMS = (("contacted", True), ("held_out", False))
STEP = "it is written after the outcome or because of it: put it in `exclude`, or take it out of `features`"


@dataclass(frozen=True, slots=True, kw_only=True)
class Foretold:
    """How one feature foretells one label: AUC by arm where it can be judged, and Spearman's |ρ| of a valued one."""

    feature: str
    label: str
    auc: Mapping[str, float]
    spearman: Mapping[str, float]

    @property
    def highest(self) -> float:
        """The largest AUC of the arms; ½ where none can be judged."""
        return max(self.auc.values(), default=0.5)

    @property
    def arms(self) -> tuple[str, ...]:
        """The arms in which it is too good to be known beforehand."""
        return tuple(arm for arm in self.judged if self.figure(arm) >= LEAK)

    @property
    def judged(self) -> tuple[str, ...]:
        """The arms that have enough rows."""
        return tuple(dict.fromkeys((*self.auc, *self.spearman)))

    def figure(self, arm: str) -> float:
        """The larger of AUC and |ρ| in an arm."""
        return max(self.auc.get(arm, 0.0), self.spearman.get(arm, 0.0))


def foretold(features: Mapping[str, Array], labels: Mapping[str, Floats], contacted: Bools) -> list[Foretold]:
    """Return every pair of feature and label; the labels are numbers ≥ 0, of which > 0 is foretold."""
    found = []
    for label, values in labels.items():
        rows = {arm: _spread(values > 0, contacted == is_it) for arm, is_it in ARMS}
        judged = {arm: each for arm, each in rows.items() if len(each)}
        valued = {}
        if not np.isin(values, (0.0, 1.0)).all():
            valued = {arm: evenly(np.flatnonzero(contacted == is_it), 2 * MOST) for arm, is_it in ARMS}
        for name, cells in features.items():
            auc = {arm: alone(cells[each], values[each] > 0) for arm, each in judged.items()}
            rho = {arm: _spearman(cells[each], values[each]) for arm, each in valued.items() if len(each) >= 2 * LEAST}
            found.append(Foretold(feature=name, label=label, auc=auc, spearman=rho))
    return found


def refuse_foretelling(
    features: Mapping[str, Array],
    labels: Mapping[str, Floats],
    contacted: Bools,
    propensity: Floats | None,
    cluster: Ints,
) -> None:
    """Refuse the first feature that foretells a label as nothing known beforehand can; rows of a `cluster` go together.

    Raises:
        InvalidTable: names the feature, the label, the AUC and what to do.
    """
    for each in foretold(features, labels, contacted):
        if not each.arms:
            continue
        everywhere = each.arms == each.judged
        if not everywhere and not _knows_the_draw(features[each.feature], contacted, propensity, cluster):
            continue
        arm = each.arms[0]
        what = "AUC" if each.auc.get(arm, 0.0) >= LEAK else "Spearman's ρ"
        among = arm.replace("_", " ")
        rule = f"foretells {each.label} almost perfectly ({what} {each.figure(arm):.3f} among the {among})"
        raise refusal(each.feature, None, rule, STEP)


def alone(values: Array, label: Bools, weight: Floats | None = None) -> float:
    """Return how well the values alone tell label from not, in [½, 1] for numbers; below ½ a category knows nothing.

    `weight` float64[n] makes rows count for more: 1 over the probability of their arm takes out what e knows.
    """
    if values.dtype.kind in "bf":
        return max(_either_way(area(rank, label, weight)) for rank in _ranks(values.astype(np.float64)))
    return area(_level_means(values, label.astype(np.float64)), label, weight)


def area(score: Floats, label: Bools, weight: Floats | None = None) -> float:
    """Return P(score with the label > score without), ties a half; ½ where the label has one value."""
    _, code = np.unique(score, return_inverse=True)
    mass = np.ones(len(code)) if weight is None else weight
    ones, zeros = np.bincount(code, weights=mass * label), np.bincount(code, weights=mass * ~label)
    both = float(ones.sum() * zeros.sum())
    return float(ones @ (np.cumsum(zeros) - zeros / 2.0)) / both if both > 0.0 else 0.5


def draw_p(values: Array, contacted: Bools, propensity: Floats, cluster: Ints) -> float:
    """Return the two-sided p-value of "the feature does not know T − e": Σ g(x)(T − e) is centred at 0.

    g is the mid-rank and, apart, whether the value is missing (Bonferroni); of a category the mean of T − e of its
    level in the other folds (one-sided). Rows of one cluster move together.
    """
    residual = contacted - propensity
    if values.dtype.kind in "bf":
        numbers = values.astype(np.float64)
        absent = np.isnan(numbers)
        tried = [_centred(rankdata(numbers, nan_policy="omit"), ~absent)]
        if absent.any() and not absent.all():
            tried.append(_centred(absent.astype(np.float64), np.ones(len(absent), dtype=np.bool_)))
        return min(1.0, len(tried) * min(p_of_draw(g, contacted, propensity, cluster) for g in tried))
    known = np.ones(len(residual), dtype=np.bool_)
    return float(norm.sf(_z(_centred(_level_means(values, residual, cluster), known), residual, cluster)))


def evenly(rows: Ints, most: int) -> Ints:
    """Return at most `most` of the rows, evenly spread."""
    return rows if len(rows) <= most else rows[np.linspace(0, len(rows) - 1, most).astype(np.intp)]


def _spread(label: Bools, arm: Bools) -> Ints:
    """Return the rows of an arm to look at, none where the rarer value has fewer than `LEAST`."""
    ones, zeros = np.flatnonzero(label & arm), np.flatnonzero(~label & arm)
    if min(len(ones), len(zeros)) < LEAST:
        return np.empty(0, dtype=np.intp)
    return np.sort(np.concatenate([evenly(ones, MOST), evenly(zeros, MOST)]))


def _knows_the_draw(values: Array, contacted: Bools, propensity: Floats | None, cluster: Ints) -> bool:
    """Whether the feature is shown to know T − e; where e must be estimated, features may foretell contact."""
    if propensity is None:
        return False
    rows = evenly(np.arange(len(contacted)), MOST_DRAWN)
    return draw_p(values[rows], contacted[rows], propensity[rows], cluster[rows]) < LEAST_P


def _ranks(numbers: Floats) -> list[Floats]:
    """Return the numbers to rank: as they are, or with missing ones below all and above all."""
    absent = np.isnan(numbers)
    if not absent.any():
        return [numbers]
    return [np.where(absent, end, numbers) for end in (-np.inf, np.inf)]


def _either_way(found: float) -> float:
    return max(found, 1.0 - found)


def _spearman(values: Array, amounts: Floats) -> float:
    """Return |ρ| of a number with the label's value; 0 for other kinds and for what does not vary."""
    if values.dtype.kind not in "bf":
        return 0.0
    known = ~np.isnan(values.astype(np.float64))
    if known.sum() < 2 * LEAST:
        return 0.0
    x, y = (rankdata(each[known]) for each in (values.astype(np.float64), amounts))
    if np.ptp(x) == 0.0 or np.ptp(y) == 0.0:
        return 0.0
    return float(abs(np.corrcoef(x, y)[0, 1]))


def _level_means(values: Array, target: Floats, cluster: Ints | None = None) -> Floats:
    """Return the mean target of each row's level in the other folds, drawn to the mean of all by one row."""
    codes, levels = pd.factorize(values, use_na_sentinel=False)
    fold = (np.arange(len(codes)) if cluster is None else cluster) % FOLDS
    cell = codes * FOLDS + fold
    rows = np.bincount(cell, minlength=len(levels) * FOLDS).reshape(-1, FOLDS)
    sums = np.bincount(cell, weights=target, minlength=len(levels) * FOLDS).reshape(-1, FOLDS)
    others = (sums.sum(axis=1, keepdims=True) - sums + target.mean()) / (rows.sum(axis=1, keepdims=True) - rows + 1.0)
    return np.asarray(others[codes, fold])


def _centred(g: Floats, known: Bools) -> Floats:
    """Return g less its mean over the known rows, 0 elsewhere."""
    return np.where(known, g - g[known].mean(), 0.0) if known.any() else np.zeros(len(g))


def _z(g: Floats, residual: Floats, cluster: Ints) -> float:
    """Return Σ g·r over its cluster-robust standard error."""
    _, codes = np.unique(cluster, return_inverse=True)
    sums = np.bincount(codes, weights=g * residual)
    spread = float(np.sqrt(sums @ sums))
    return float(sums.sum()) / spread if spread > 0.0 else 0.0
