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

CLIP = 100.0  # standard deviations: beyond it a number says no more, and no sum can overflow


def width(features: Sequence[Feature]) -> int:
    """Return p, the number of columns that a linear model reads."""
    return sum(len(feature.columns) for feature in features)


def design(features: Sequence[Feature], codes: Floats) -> Floats:
    """Return float64[n, p] for codes float64[n, f]; `Feature.columns` names the p columns."""
    out = np.empty((len(codes), width(features)))
    start = 0
    for j, feature in enumerate(features):
        stop = start + len(feature.columns)
        _fill(feature, codes[:, j], out[:, start:stop])
        start = stop
    return out


def _fill(feature: Feature, read: Floats, block: Floats) -> None:
    """Write the columns of one feature into `block`, float64[n, k]."""
    missing = np.isnan(read)
    if feature.kind == "category":
        for code in range(len(feature.levels[:ONE_HOT])):
            block[:, code] = read == code
    else:
        filled = np.where(missing, feature.fill, read)
        with np.errstate(over="ignore"):
            np.clip((filled - feature.centre) / feature.scale, -CLIP, CLIP, out=block[:, 0])
    if feature.missing:
        block[:, -1] = missing
