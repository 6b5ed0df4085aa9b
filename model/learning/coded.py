"""Rows as learners read them: codes for trees, and the design that linear models read, made when it is first needed.

Example:
    >>> frame = pd.DataFrame({"age": [31.0, None], "plan": ["plus", "basic"]})
    >>> rows = as_coded(frame)
    >>> rows.codes.tolist(), rows.design.shape
    ([[31.0, 1.0], [nan, 0.0]], (2, 4))
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from model.errors import InvalidTable
from model.features import Feature, encode, fit_features
from model.learning.design import design

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Coded:
    """Rows encoded by `features`: codes float64[n, f], NaN missing (`model.features`)."""

    features: tuple[Feature, ...]
    codes: Floats

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.codes)

    @cached_property
    def design(self) -> Floats:
        """The columns that linear models read, float64[n, p]."""
        return design(self.features, self.codes)

    def take(self, rows: NDArray[Any]) -> Self:
        """Return some rows, by number or by mask."""
        taken = type(self)(features=self.features, codes=self.codes[rows])
        if "design" in self.__dict__:
            taken.__dict__["design"] = self.design[rows]
        return taken


def as_coded(X: Any, features: tuple[Feature, ...] | None = None) -> Coded:
    """Return a DataFrame, a two-dimensional array of numbers or a `Coded` as coded rows.

    `features` is an encoding learned before; without it one is learned from X. An array's columns are `x0`, `x1` …
    A pandas category is what its categories are: text, numbers or booleans. Columns that the features do not name are
    left out.

    Raises:
        InvalidTable: a column cannot be a feature or stands there twice, a value is of another kind than was learned,
            or a column is absent.
    """
    if isinstance(X, Coded):
        if features is not None and X.features != features:
            raise InvalidTable("the rows are encoded by other features than these; encode them with `as_coded`")
        return X
    columns = _columns(X)
    known = fit_features(columns) if features is None else features
    absent = [feature.name for feature in known if feature.name not in columns]
    if absent:
        raise InvalidTable(
            f"column `{absent[0]}` is absent, and was there when the model learned; add it, or leave gaps"
        )
    return Coded(features=known, codes=encode(known, columns, len(X)))


def _columns(X: Any) -> dict[str, NDArray[Any]]:
    """Return named columns; text and booleans with gaps as objects, everything else as numbers."""
    if isinstance(X, pd.DataFrame):
        names = [str(name) for name in X.columns]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise InvalidTable(f"column `{twice}` stands there twice; rename one of the two, or drop it")
        return {name: _values(X.iloc[:, j]) for j, name in enumerate(names)}
    array = np.asarray(X)
    if array.ndim != 2:
        raise InvalidTable(f"X has {array.ndim} dimensions, not 2; give one row per occasion, one column per feature")
    return {f"x{j}": array[:, j] for j in range(array.shape[1])}


def _values(column: "pd.Series[Any]") -> NDArray[Any]:
    """Return a column as `model.features` reads it; numbers that allow gaps (Int64, Float32 …) as float64."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(object)
    if pd.api.types.is_bool_dtype(column.dtype):
        return column.to_numpy(dtype=object if column.isna().any() else np.bool_)
    if pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_complex_dtype(column.dtype):
        return column.to_numpy(dtype=np.float64, na_value=np.nan)
    return column.to_numpy(dtype=object)
