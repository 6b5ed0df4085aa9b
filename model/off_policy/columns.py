"""The columns of a log as arrays, and the words with which a bad one is refused; rows count from 1."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from model.errors import InvalidInput

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def numbers(name: str, values: ArrayLike, *, rows: int, step: str) -> Floats:
    """Return a column as float64[rows], all finite; `step` says what to do where one is not."""
    try:
        column = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise InvalidInput(f"`{name}` holds something that is not a number; {step}") from None
    _refuse_shape(name, column, rows)
    refuse(name, column, ~np.isfinite(column), f"is not a finite number; {step}")
    return column


def rates(name: str, values: ArrayLike, *, rows: int, step: str) -> Floats:
    """Return a column of probabilities as float64[rows]."""
    column = numbers(name, values, rows=rows, step=step)
    refuse(name, column, (column < 0.0) | (column > 1.0), f"is not in [0, 1]; {step}")
    return column


def truths(name: str, values: ArrayLike, *, rows: int) -> Bools:
    """Return a column of 0 and 1, or of truth values, as bool[rows]."""
    step = "write 1 where it is so, else 0"
    column = numbers(name, values, rows=rows, step=step)
    refuse(name, column, ~np.isin(column, (0.0, 1.0)), f"is not 0 or 1; {step}")
    return np.asarray(column == 1.0)


def labels(name: str, values: ArrayLike, *, rows: int) -> NDArray[Any]:
    """Return a column of names or of whole numbers, none missing or empty."""
    column = np.asarray(values)
    _refuse_shape(name, column, rows)
    if column.dtype.kind == "O":
        bad = np.array([not isinstance(value, (str, int, np.integer)) for value in column])
        refuse(name, column, bad, "is no name; give every row one")
        column = column.astype(np.str_)
    if column.dtype.kind not in "iuU":
        raise InvalidInput(f"`{name}` is of type {column.dtype}; give every row a name or a whole number")
    if column.dtype.kind == "U":
        refuse(name, column, column == "", "is empty; give every row a name")
    return column


def refuse(name: str, column: NDArray[Any], bad: Bools, rest: str) -> None:
    """Raise `InvalidInput` with the first bad value and its row, if there is one."""
    if bad.any():
        row = int(np.argmax(bad))
        raise InvalidInput(f"`{name}`, row {row + 1}: `{column[row]}` {rest}")


def _refuse_shape(name: str, column: NDArray[Any], rows: int) -> None:
    if column.shape != (rows,):
        shape = " × ".join(str(size) for size in column.shape) or "one value, not a column"
        raise InvalidInput(f"`{name}` has the wrong length: {shape} for {rows} rows; give one value per row of the log")
