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

import numpy as np
from numpy.typing import NDArray

from model.features import ONE_HOT, Feature

Floats = NDArray[np.float64]

BLOCK = 1024  # rows written at once: what they become stays in the processor's cache
CLIP = 100.0  # standard deviations: beyond it a number says no more, and no sum can overflow


def width(features: Sequence[Feature]) -> int:
    """Return p, the number of columns that a linear model reads."""
    return sum(len(feature.columns) for feature in features)


def design(features: Sequence[Feature], codes: Floats) -> Floats:
    """Return float64[n, p] for codes float64[n, f]; `Feature.columns` names the p columns."""
    out = np.empty((len(codes), width(features)))
    for start in range(0, len(codes), BLOCK):
        _fill(features, codes[start : start + BLOCK], out[start : start + BLOCK])
    return out


def _fill(features: Sequence[Feature], codes: Floats, out: Floats) -> None:
    """Write the columns of some rows into `out`, float64[n, p]."""
    start = 0
    for j, feature in enumerate(features):
        stop = start + len(feature.columns)
        _write(feature, codes[:, j], out[:, start:stop])
        start = stop


def _write(feature: Feature, read: Floats, block: Floats) -> None:
    """Write the columns of one feature into `block`, float64[n, k]."""
    if feature.missing:
        block[:, -1] = np.isnan(read)
    if feature.kind == "category":
        levels = len(feature.levels[:ONE_HOT])
        block[:, :levels] = read[:, None] == np.arange(levels)
    else:
        filled = np.where(np.isnan(read), feature.fill, read)
        with np.errstate(over="ignore"):
            np.clip((filled - feature.centre) / feature.scale, -CLIP, CLIP, out=block[:, 0])
