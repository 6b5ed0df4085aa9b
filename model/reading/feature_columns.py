"""Feature columns as three kinds: number (float64, NaN missing), boolean (bool), category (text, None missing).

A boolean column with gaps, and every category, is an object array. What is none of these is refused with what to do;
an infinite number too, because JSON cannot carry one: online the same customer would be scored as if it were missing.

Example:
    >>> table = pa.table({"age": [31, None], "plan": ["plus", None], "vip": [True, False]})
    >>> {name: values.tolist() for name, values in arrays(table, ["age", "plan", "vip"]).items()}
    {'age': [31.0, nan], 'plan': ['plus', None], 'vip': [True, False]}
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from model.errors import InvalidTable
from model.reading.columns import (
    DATE,
    EXCLUDE_STEP,
    decoded,
    floats,
    is_nested,
    is_number,
    objects,
    refusal,
    refuse_where,
    shown,
)
from model.reading.csv import PROBE, all_match
from model.reading.strict import as_text

EXACT = 2**53  # up to which every whole number is a double
NUMBER_LIKE = r"^\s*[+-]?(\d+[.,]?\d*|[.,]\d+)([eE][+-]?\d+)?\s*$"

Array = NDArray[Any]


def rounded(table: pa.Table, names: Sequence[str]) -> tuple[str, ...]:
    """Return notes on whole numbers beyond 2^53, where neighbours become one double: mostly ids."""
    return tuple(
        f"feature `{name}` holds whole numbers beyond 2^53, read to 16 digits only; if it is an id, put it in `exclude`"
        for name in names
        if pa.types.is_integer(table.schema.field(name).type) and _beyond(table.column(name))
    )


def _beyond(cells: pa.ChunkedArray) -> bool:
    ends = pc.min_max(cells).as_py()
    return any(end is not None and abs(end) > EXACT for end in ends.values())


def arrays(table: pa.Table, names: Sequence[str]) -> dict[str, Array]:
    """Return the named columns of a table as feature arrays, in this order; raises `InvalidTable` (see above)."""
    return {name: _array(decoded(table.column(name)), name) for name in names}


def _array(cells: pa.ChunkedArray, name: str) -> Array:
    kind = cells.type
    if pa.types.is_null(kind):
        return np.full(len(cells), np.nan)
    if pa.types.is_boolean(kind):
        return objects(cells) if cells.null_count else cells.to_numpy()
    if is_number(kind):
        values = floats(cells)
        step = "correct it, or leave it empty where unknown"
        refuse_where(np.isinf(values), cells, name, "is not a finite number", step)
        return values
    if not pa.types.is_string(kind):
        what = "a list or record" if is_nested(kind) else str(kind)
        step = "write one column per part, or put it in `exclude`" if is_nested(kind) else EXCLUDE_STEP
        raise refusal(name, None, f"a feature cannot be of type {what}", step)
    if cells.null_count < len(cells) and all_match(cells, DATE):
        raise refusal(name, None, f"holds dates, such as {shown(_first(cells))}, which are no feature", EXCLUDE_STEP)
    return objects(cells)


def _first(cells: pa.ChunkedArray) -> Any:
    return cells[int(pc.index(cells.is_valid(), True).as_py())].as_py()


def telling(columns: Mapping[str, Array]) -> tuple[dict[str, Array], tuple[str, ...]]:
    """Return the columns that vary, and notes: what was dropped, and which categories look like something else."""
    kept: dict[str, Array] = {}
    notes: list[str] = []
    for name, values in columns.items():
        absent = pd.isna(values)
        if absent.all():
            notes.append(f"feature `{name}` dropped: every value is missing")
        elif (values == values[0]).all():  # a missing value equals nothing, so gaps keep a column
            notes.append(f"feature `{name}` dropped: every value is {shown(values[0])}")
        else:
            kept[name] = values
            notes.extend(_suspicions(name, values, absent) if values.dtype.kind == "O" else ())
    return kept, tuple(notes)


def _suspicions(name: str, values: Array, absent: NDArray[np.bool_]) -> tuple[str, ...]:
    """Say where a category is nearly all numbers (a stray word made it text) or differs in every row (an id)."""
    present = np.flatnonzero(~absent)
    if not isinstance(values[present[0]], str):
        return ()
    probe = pa.array(values[present[:PROBE]], pa.string())
    if pc.mean(pc.match_substring_regex(probe, NUMBER_LIKE)).as_py() >= 0.9:
        like = pc.match_substring_regex(pa.array(values[present], pa.string()), NUMBER_LIKE).to_numpy(False)
        odd = present[~like]
        where = f"row {odd[0] + 1} is {shown(values[odd[0]])}" if len(odd) else f"row 1 is {shown(values[present[0]])}"
        return (f"feature `{name}` is a category but mostly numbers: {where}; leave such cells empty to use numbers",)
    if (
        len(present) > 50
        and pc.count_distinct(probe).as_py() == len(probe)
        and pd.unique(values[present]).size == len(present)
    ):
        return (f"feature `{name}` differs in every row, so it says nothing about other rows; put it in `exclude`",)
    return ()


def from_frame(frame: pd.DataFrame) -> pa.Table:
    """Return a pandas frame as Arrow, its index left out; an object column of mixed types becomes text.

    Raises:
        InvalidTable: two columns have one name.
    """
    names = [str(name) for name in frame.columns]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InvalidTable(f"columns named twice: `{twice[0]}`; give each column a name of its own")
    return pa.table({name: _cells(frame.iloc[:, i]) for i, name in enumerate(names)})


def _cells(series: "pd.Series[Any]") -> pa.ChunkedArray:
    """Return one pandas column as Arrow: categories as their values, mixed values as their text, NaN and NA as null."""
    if isinstance(series.dtype, pd.CategoricalDtype):
        codes = series.cat.codes.to_numpy()
        return _cells(series.cat.categories.to_series()).take(pa.array(codes, mask=codes < 0))
    if isinstance(series.dtype, pd.DatetimeTZDtype):
        zoned = pa.timestamp(series.dtype.unit, tz="UTC")
        return pa.chunked_array([pa.array(series.dt.tz_convert(None).to_numpy(), zoned, from_pandas=True)])
    if isinstance(series.dtype, pd.SparseDtype):
        return _cells(series.astype(series.dtype.subtype))
    if not isinstance(series.dtype, pd.IntervalDtype | pd.PeriodDtype):
        try:
            cells = pa.array(series, from_pandas=True)
        except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError):
            return _mixed(series)  # no one Arrow type holds these values
        return cells if isinstance(cells, pa.ChunkedArray) else pa.chunked_array([cells])
    return _mixed(series)


def _mixed(series: "pd.Series[Any]") -> pa.ChunkedArray:
    """Return values of several types, or of one that Arrow lacks, as their text."""
    absent = pd.isna(series).to_numpy()
    values = [
        None if gone else as_text(value) if isinstance(value, str | int | float | bool) else str(value)
        for value, gone in zip(series.to_numpy(dtype=object), absent, strict=True)
    ]
    return pa.chunked_array([pa.array(values, pa.string())])
