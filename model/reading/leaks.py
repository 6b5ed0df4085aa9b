"""A feature that is a label in another coat: it makes every learner look perfect and knows nothing beforehand.

For a label of 0/1 (or the arm, or whether a valued benefit is above 0) a feature is refused where, row by row,

- its two values are the label's two, in whatever words, or the other way round;
- it is 0 (or missing) exactly where the label is 0, or exactly where it is 1 (the amount of a complaint's refund);
- it is missing exactly where the label is 0, or exactly where it is 1 (when the complaint was closed);
- its few values each go with one label only (the campaign's name and the arm).

The last three need `RARER` rows of the rarer label, the last one as many per value of the feature: below that chance
could do it. A valued benefit is also compared number by number.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from model.reading.columns import refusal

RARER = 5
FEW = 20
PROBE = 4096

Array = NDArray[Any]
Bools = NDArray[np.bool_]
STEP = "it says what it should foretell: put it in `exclude`, or take it out of `features`"


def refuse_leaks(features: Mapping[str, Array], labels: Mapping[str, NDArray[np.float64]]) -> None:
    """Refuse the first feature that equals a label; `labels` maps its name, as to be shown, to float64[n].

    Raises:
        InvalidTable: names the feature, the label, and how they agree.
    """
    for label, numbers in labels.items():
        some = _some_of_both(numbers > 0)
        for name, values in features.items():
            if next(_leaks(values[some], numbers[some], fewest=0), None) is None:
                continue
            how = next(_leaks(values, numbers, fewest=RARER), None)
            if how:
                raise refusal(name, None, f"{how} {label}", STEP)


def _some_of_both(label: Bools) -> NDArray[np.intp]:
    """Return evenly spread rows of either value: a feature that does not agree here agrees nowhere, at little cost."""
    halves = (np.flatnonzero(label), np.flatnonzero(~label))
    return np.concatenate([rows[:: max(1, len(rows) // PROBE)] for rows in halves])


def _leaks(values: Array, numbers: NDArray[np.float64], *, fewest: int) -> Iterator[str]:
    """Yield how a feature agrees with a label in every row; a subset of rows may agree more, never less."""
    kind = values.dtype.kind
    if kind == "f" and np.array_equal(values, numbers):
        yield "equals"
        return
    label = numbers > 0
    rarer = min(int(label.sum()), int((~label).sum()))
    absent = pd.isna(values)
    codes, levels = _few_levels(values)
    if len(levels) == 2 and _one_to_one(codes.astype(np.bool_), label):
        yield "maps one to one onto"
    if rarer < fewest:
        return
    if _one_to_one(absent, label):
        yield "its missing values give away"
    if kind == "f" and _one_to_one((values != 0) & ~absent, label):
        yield "its zeros give away"
    if 2 < len(levels) <= min(FEW, len(values) // RARER) and _decides(codes, label, len(levels)):
        yield "its few values each go with one value of"


def _few_levels(values: Array) -> tuple[NDArray[np.intp], Array]:
    """Return codes and distinct values, missing being one of them; none where a glance shows more than a few."""
    if pd.unique(values[:PROBE]).size > FEW:
        return np.empty(0, dtype=np.intp), np.empty(0)
    codes, levels = pd.factorize(values, use_na_sentinel=False)
    return codes, np.asarray(levels, dtype=object)


def _one_to_one(two: Bools, label: Bools) -> bool:
    same = two == label
    return bool(same.all() or not same.any())


def _decides(codes: NDArray[np.intp], label: Bools, levels: int) -> bool:
    """Whether each level's rows all have the same label."""
    total = np.bincount(codes, minlength=levels)
    ones = np.bincount(codes, weights=label, minlength=levels)
    return bool(((ones == 0) | (ones == total)).all())
