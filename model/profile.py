"""Which customers stand first and last: how the features of the outermost groups differ from everybody's.

It describes the score, on D2, and nothing causes anything here: a feature that differs is one the order goes by, or
one that goes along with it. Missing values are left out of a mean and counted as a share of their own.

Example:
    >>> rows = as_coded(pd.DataFrame({"age": [20.0, 30.0, 40.0, 50.0]}))                        # doctest: +SKIP
    >>> profile(rows, top=np.array([3]), bottom=np.array([0]))["features"][0]["highest"]        # doctest: +SKIP
    50.0
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from model.contracts import JSON
from model.features import Feature
from model.learning.coded import Coded

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

MOST_LINES = 40
MOST_LEVELS = 20  # of a category, the most frequent first
LEAST_SPREAD = 1e-12


def profile(rows: Coded, *, top: Ints, bottom: Ints) -> dict[str, JSON]:
    """Return the report's `profile`: means of numbers and shares of levels in the top group, the bottom, and all.

    `features` is sorted by how far the two groups are apart, in standard deviations of all rows; at most 40 lines.
    """
    lines: list[dict[str, JSON]] = []
    for name, kind, values in _values(rows):
        line = _line(values, top, bottom)
        if line is not None:
            lines.append({"name": name, "kind": kind} | line)
    lines.sort(key=lambda line: -abs(line["apart"]))
    return {
        "rows": {"highest": len(top), "lowest": len(bottom), "everyone": len(rows)},
        "features": lines[:MOST_LINES],
    }


def _values(rows: Coded) -> Iterator[tuple[str, str, Floats]]:
    """Yield what is compared: (words, `mean` or `share`, values float64[n] with NaN where not known)."""
    for j, feature in enumerate(rows.features):
        code = rows.codes[:, j]
        yield from _one(feature, code)
        unknown = np.isnan(code)
        if unknown.any():
            yield f"{feature.name}: missing", "share", unknown.astype(np.float64)


def _one(feature: Feature, code: Floats) -> Iterator[tuple[str, str, Floats]]:
    """Yield a number as it is, a truth value as a share, and each frequent level of a category as a share."""
    if feature.kind == "number":
        yield feature.name, "mean", code
    elif feature.kind == "boolean":
        yield f"{feature.name}: yes", "share", code
    else:
        for k, level in enumerate(feature.levels[:MOST_LEVELS]):
            yield f"{feature.name}: {level}", "share", np.where(np.isnan(code), np.nan, code == k)


def _line(values: Floats, top: Ints, bottom: Ints) -> dict[str, JSON] | None:
    """Return the three averages and how far apart the groups are; None where a group knows nothing or all are alike."""
    known = ~np.isnan(values)
    if not known[top].any() or not known[bottom].any():
        return None
    largest = float(np.abs(values[known]).max()) or 1.0  # sums of very large numbers stay finite
    high, low, all_of = (values[each][known[each]] / largest for each in (top, bottom, np.arange(len(values))))
    spread = float(all_of.std())
    if spread <= LEAST_SPREAD:
        return None
    means = {name: float(part.mean()) for name, part in (("highest", high), ("lowest", low), ("everyone", all_of))}
    return {name: mean * largest for name, mean in means.items()} | {
        "apart": (means["highest"] - means["lowest"]) / spread
    }
