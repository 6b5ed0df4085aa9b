"""From codes to the columns that a linear model reads: standardised numbers, one column per level, gaps apart.

One column per feature comes in (`model.features.encode`), several may go out: a *number* is filled with the training
median, centred, scaled and cut at ±`CLIP`; a *boolean* is centred likewise; a *category* is one column per level (the
`ONE_HOT` most frequent), all zeros for any other. A missing value has a column of its own only where training saw one.

Example:
    >>> features = (Feature(name="age", kind="number", fill=30.0, centre=30.0, scale=10.0, missing=True),)
    >>> design(features, np.array([[40.0], [np.nan]])).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from model.features import ONE_HOT, Feature

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

BLOCK = 1024  # rows written at once: what they become stays in the processor's cache
CLIP = 100.0  # standard deviations: beyond it a number says no more, and no sum can overflow


def width(features: Sequence[Feature]) -> int:
    """Return p, the number of columns that a linear model reads."""
    return sum(len(feature.columns) for feature in features)


def design(features: Sequence[Feature], codes: Floats) -> Floats:
    """Return float64[n, p] for codes float64[n, f]; `Feature.columns` names the p columns."""
    plan = Design.of(features)
    out = np.empty((len(codes), plan.width))
    for start in range(0, len(codes), BLOCK):
        out[start : start + BLOCK] = plan.columns(codes[start : start + BLOCK]).T
    return out


def span(places: Ints) -> Ints | slice:
    """Return a slice where the places stand side by side: it copies nothing."""
    side_by_side = len(places) and places[-1] - places[0] == len(places) - 1
    return slice(int(places[0]), int(places[-1]) + 1) if side_by_side else places


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Design:
    """Which columns come of which features, made once: all numbers, all levels and all gaps are a few calls each.

    `numbers`, `levels` and `gaps` are the features, `…_columns` where they go; `fill`, `centre`, `scale` and `level`
    stand upright, float64[k, 1].
    """

    width: int
    numbers: Ints | slice  # a slice where they stand side by side: the rest is copied once more
    number_columns: Ints
    fill: Floats
    centre: Floats
    scale: Floats
    levels: Ints
    level_columns: Ints
    level: Floats
    gaps: Ints
    gap_columns: Ints

    @classmethod
    def of(cls, features: Sequence[Feature]) -> Self:
        """Place the columns of each feature one after the other."""
        numbers, levels, gaps = [], [], []
        column = 0
        for j, feature in enumerate(features):
            if feature.kind == "category":
                levels += [(j, column + code, float(code)) for code in range(len(feature.levels[:ONE_HOT]))]
            else:
                numbers.append((j, column, feature.fill, feature.centre, feature.scale))
            column += len(feature.columns)
            gaps += [(j, column - 1)] * feature.missing
        standing = np.array(numbers, dtype=np.float64).reshape(-1, 5)
        at_levels, at_gaps = np.array(levels).reshape(-1, 3), np.array(gaps).reshape(-1, 2)
        return cls(
            width=column,
            numbers=span(standing[:, 0].astype(np.intp)),
            number_columns=standing[:, 1].astype(np.intp),
            fill=standing[:, 2:3],
            centre=standing[:, 3:4],
            scale=standing[:, 4:5],
            levels=at_levels[:, 0].astype(np.intp),
            level_columns=at_levels[:, 1].astype(np.intp),
            level=at_levels[:, 2:3],
            gaps=at_gaps[:, 0].astype(np.intp),
            gap_columns=at_gaps[:, 1].astype(np.intp),
        )

    def columns(self, codes: Floats) -> Floats:
        """Return the columns as rows, float64[p, n], for codes float64[n, f]."""
        read = codes.T
        numbers = np.array(read[self.numbers], order="C")
        np.copyto(numbers, self.fill, where=np.isnan(numbers))
        with np.errstate(over="ignore"):
            numbers -= self.centre
            numbers /= self.scale
        np.maximum(numbers, -CLIP, out=numbers)
        np.minimum(numbers, CLIP, out=numbers)
        if len(numbers) == self.width:
            return numbers
        out = np.empty((self.width, len(codes)))
        out[self.number_columns] = numbers
        out[self.level_columns] = read[self.levels] == self.level
        out[self.gap_columns] = np.isnan(read[self.gaps])
        return out
