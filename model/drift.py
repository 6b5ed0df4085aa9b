"""How far what is scored now lies from what was learned: the population stability index (PSI) of features and score.

Each column of codes is cut into bins when the model is trained: numbers at their deciles, booleans at ½, a category's
ten most frequent levels each by itself; what is unseen, beyond, or missing has a bin too. With smoothed shares pᵢ (now)
and qᵢ (then), (countᵢ + ½) / (n + k/2) over k bins,

    PSI = Σᵢ (pᵢ − qᵢ) · ln(pᵢ / qᵢ)

By custom below 0.1 is no change to speak of, above 0.25 is a large one. Without any change its mean is about
(k − 1)(1/n + 1/m), so it is read only from `MINIMUM` rows on. numpy and the standard library only.

Example:
    >>> round(psi(np.array([90.0, 10.0]), np.array([50.0, 50.0])), 2)
    0.86
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.contracts import JSON
from model.features import Feature, Floats

TENTHS = 10
LARGEST = 2**53
MINIMUM = 500  # rows now: below, chance alone may pass 0.02
SMOOTHED = 0.5
SCORE = "score"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Column:
    """One column as it was learned: where its bins end, and how many rows fell into each; the last one is missing."""

    name: str
    ends: Floats
    counts: Floats

    def bins(self, codes: Floats) -> NDArray[np.intp]:
        """Return the bin of each code: the first whose end is at least it."""
        return np.where(np.isnan(codes), len(self.ends) + 1, np.searchsorted(self.ends, codes))

    def count(self, codes: Floats) -> Floats:
        """Count codes into the bins."""
        return np.bincount(self.bins(codes), minlength=len(self.counts)).astype(np.float64)


Reference = tuple[Column, ...]  # of the features, in the model's order, and of the score


def psi(now: Floats, then: Floats) -> float:
    """Return the index of two columns of counts over the same bins."""
    p, q = ((counts + SMOOTHED) / (counts.sum() + SMOOTHED * len(counts)) for counts in (now, then))
    return float(((p - q) * np.log(p / q)).sum())


def learned(features: Sequence[Feature], codes: Floats, score: Floats) -> list[dict[str, JSON]]:
    """Return the reference as a report states it, of codes float64[n, f] and their scores [n]."""
    made = [_learned(feature.name, codes[:, j], _ends(feature, codes[:, j])) for j, feature in enumerate(features)]
    return [*made, _learned(SCORE, score, _deciles(score))]


def reference_of(value: JSON, features: Sequence[Feature]) -> Reference | None:
    """Read what `learned` made of these features; None where a report has none.

    Raises:
        ValueError: it is something else.
    """
    if value is None:
        return None
    names = [*(feature.name for feature in features), SCORE]
    if not isinstance(value, list) or len(value) != len(names):
        raise ValueError(f"`reference` does not have the {len(names)} columns of features and score")
    return tuple(_column(item, name) for item, name in zip(value, names, strict=True))


def _ends(feature: Feature, codes: Floats) -> Floats:
    if feature.kind == "number":
        return _deciles(codes)
    levels = min(len(feature.levels), TENTHS) if feature.kind == "category" else 0
    return np.arange(levels + 1, dtype=np.float64) + (-0.5 if feature.kind == "category" else 0.5)


def _deciles(codes: Floats) -> Floats:
    """Return the deciles between the least and the largest, each once; none where nothing was seen."""
    seen = np.sort(codes[~np.isnan(codes)])
    return np.unique(seen[(np.arange(1, TENTHS) * len(seen)) // TENTHS]) if len(seen) else seen


def _learned(name: str, codes: Floats, ends: Floats) -> dict[str, JSON]:
    column = Column(name=name, ends=ends, counts=np.zeros(len(ends) + 2))
    return {"name": name, "ends": ends.tolist(), "counts": [int(count) for count in column.count(codes)]}


def _column(item: JSON, name: str) -> Column:
    if not isinstance(item, Mapping) or set(item) != {"name", "ends", "counts"} or item["name"] != name:
        raise ValueError(f"`reference` of `{name[:40]}` is not its name, ends and counts")
    ends, counts = item["ends"], item["counts"]
    lists = isinstance(ends, list) and isinstance(counts, list)
    if not lists or len(ends) > TENTHS + 1 or len(counts) != len(ends) + 2:
        raise ValueError(f"`reference` of `{name[:40]}` has no such bins")
    if not all(type(end) in (int, float) and abs(end) <= sys.float_info.max for end in ends):
        raise ValueError(f"`reference` of `{name[:40]}`: an end is not a finite number")
    if not all(type(count) is int and 0 <= count <= LARGEST for count in counts):
        raise ValueError(f"`reference` of `{name[:40]}`: a count is none")
    column = Column(name=name, ends=np.array(ends, dtype=np.float64), counts=np.array(counts, dtype=np.float64))
    if not np.isfinite(column.ends).all() or (np.diff(column.ends) <= 0).any():
        raise ValueError(f"`reference` of `{name[:40]}`: the ends do not rise")
    return column
