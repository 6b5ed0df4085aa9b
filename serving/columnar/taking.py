"""Some rows of a column, of whatever type a file may hold."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray


def taken(column: pa.Array, rows: NDArray[np.intp]) -> pa.Array:
    """Return these rows of a column, `rows` rising; texts kept as views come back as plain texts.

    Example:
        >>> taken(pa.array(["a", "b", "c"], pa.string_view()), np.array([0, 2])).to_pylist()
        ['a', 'c']
    """
    if pa.types.is_string_view(column.type):
        column = column.cast(pa.large_string())
    if len(rows) == len(column):
        return column
    try:
        return column.take(pa.array(rows))
    except pa.ArrowNotImplementedError:  # lists of views
        parts = [column.slice(row, 1) for row in rows.tolist()]
        return pa.concat_arrays(parts) if parts else column.slice(0, 0)
