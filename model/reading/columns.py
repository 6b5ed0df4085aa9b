"""One Arrow column as what its role needs: 0/1, a number ≥ 0, a probability, an instant, a name, a feature.

Every function returns numpy arrays of the column's length, or raises `InvalidTable` naming column, first bad row
(1-based, the header not counted), value, rule and next step.

Example:
    >>> flags(pa.chunked_array([["0", "true", " 1"]]), "visit", "write 0 or 1").tolist()
    [0.0, 1.0, 1.0]
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from model.errors import InvalidTable
from model.reading.csv import MISSING, NUMBER

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Objects = NDArray[np.object_]

RFC3339 = r"^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)$"
DATE = r"^\d{4}-\d\d-\d\d([Tt ]\d\d:\d\d.*)?$"
AMOUNTS = (1e-9, 1e12)
NEAREST = 1e-6  # of a propensity to 0 or 1: a row beyond it would weigh a million others
CODED_ROWS = 20  # with so many rows and two values, neither of them 0, these are codes
OFFSET_STEP = "write RFC 3339 with an offset, such as 2026-11-20T18:00:00Z, or store timestamps with their zone"
EXCLUDE_STEP = "turn it into a number (such as days before the decision) or put it in `exclude`"


def refusal(column: str, row: int | None, rule: str, step: str) -> InvalidTable:
    """Compose the one line of a refusal; `row` counts from 0 here and from 1 in the message."""
    place = f"column `{column}`" if row is None else f"column `{column}`, row {row + 1}"
    return InvalidTable(f"{place}: {rule}; {step}")


def listed(names: Sequence[str], most: int = 40) -> str:
    """Return names for a message, the first `most` of them."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(shown(name) for name in names[:most]) + more


def shown(value: Any) -> str:
    """Return a value for a message: in backticks, on one line, cut at 40 characters."""
    text = " ".join(str(value).split())
    return f"`{text[:40]}…`" if len(text) > 40 else f"`{text}`"


def refuse_where(bad: Bools, cells: pa.ChunkedArray, column: str, rule: str, step: str) -> None:
    """Refuse the first row where `bad`, showing its value before the rule and how many rows more there are."""
    rows = np.flatnonzero(bad)
    if not len(rows):
        return
    value = cells[int(rows[0])].as_py()
    what = "a missing value" if value is None or value != value else shown(value)  # noqa: PLR0124  (NaN alone differs)
    more = f" (and {len(rows) - 1} more rows)" if len(rows) > 1 else ""
    raise refusal(column, int(rows[0]), f"{what} {rule}{more}", step)


def decoded(cells: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return plain cells: dictionaries as their values, every kind of text as one, decimals and halves as float64."""
    kind = cells.type
    if pa.types.is_dictionary(kind):
        return decoded(pc.cast(cells, kind.value_type))
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return pc.cast(cells, pa.string())
    if pa.types.is_decimal(kind) or pa.types.is_float16(kind):
        return pc.cast(cells, pa.float64())
    return cells


def is_number(kind: pa.DataType) -> bool:
    """Whether a decoded type is a whole or floating number."""
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))


def floats(cells: pa.ChunkedArray) -> Floats:
    """Return decoded numbers or truth values as float64, NaN where missing."""
    as_float = pc.cast(cells, pa.float64(), safe=False)
    values: Floats = pc.fill_null(as_float, float("nan")).to_numpy()
    return values


def flags(cells: pa.ChunkedArray, column: str, step: str) -> Floats:
    """Return 0/1 or true/false (or these as text) as float64 of 0 and 1; missing is refused, never read as 0."""
    cells = decoded(cells)
    values = _words(cells) if pa.types.is_string(cells.type) else _numbers(cells)
    refuse_where(~np.isin(values, (0.0, 1.0)), cells, column, "is not 0 or 1", step)
    return values


def amounts(cells: pa.ChunkedArray, column: str, step: str) -> Floats:
    """Return finite numbers ≥ 0 (or 0/1 as text) as float64; missing is refused, and codes such as 1 and 2.

    Amounts so large or small that their squares are no longer numbers are refused too.
    """
    cells = decoded(cells)
    values = _words(cells) if pa.types.is_string(cells.type) else _numbers(cells)
    refuse_where(~(np.isfinite(values) & (values >= 0)), cells, column, "is not 0/1 or a finite number ≥ 0", step)
    outside = (values > AMOUNTS[1]) | ((values > 0) & (values < AMOUNTS[0]))
    rule = f"is not 0 and not between {AMOUNTS[0]:g} and {AMOUNTS[1]:g}"
    refuse_where(outside, cells, column, rule, "write the amounts in another unit")
    low, high = float(values.min(initial=np.inf)), float(values.max(initial=0.0))
    if 0.0 < low < high and ((values == low) | (values == high)).all() and len(values) >= CODED_ROWS:
        rule = f"holds `{low:g}` and `{high:g}` only, which look like codes: neither is 0"
        raise refusal(column, None, rule, "write 0 for no benefit and 1 (or its value) for benefit")
    return values


def probabilities(cells: pa.ChunkedArray, column: str) -> Floats:
    """Return numbers strictly between 0 and 1 as float64; missing is refused."""
    cells = decoded(cells)
    step = "log P(contacted | history) of every row, or leave out the rows whose assignment was certain"
    values = _numbers(cells) if is_number(cells.type) else _written(cells)
    refuse_where(~((values > 0) & (values < 1)), cells, column, "is not a probability between 0 and 1", step)
    near = (values < NEAREST) | (values > 1.0 - NEAREST)
    refuse_where(near, cells, column, f"is within {NEAREST:g} of 0 or 1, which no table can bear out", step)
    return values


def _numbers(cells: pa.ChunkedArray) -> Floats:
    """Return the numbers of a decoded column, all NaN where it holds something else."""
    if is_number(cells.type) or pa.types.is_boolean(cells.type):
        return floats(cells)
    return np.full(len(cells), np.nan)


def _written(cells: pa.ChunkedArray) -> Floats:
    """Return the numbers of text that holds a stray word, so that a refusal names the word; NaN for all else."""
    if not pa.types.is_string(cells.type):
        return np.full(len(cells), np.nan)
    read = pc.if_else(pc.match_substring_regex(cells, NUMBER), cells, pa.scalar(None, pa.string()))
    return floats(pc.cast(read, pa.float64()))


def _words(cells: pa.ChunkedArray) -> Floats:
    """Read 0, 1, true and false as text, in any letter case; NaN for every other word."""
    words = pc.utf8_lower(pc.utf8_trim_whitespace(cells))
    position = pc.index_in(words, value_set=pa.array(["0", "1", "false", "true", "0.0", "1.0"]))
    found = floats(position)
    return np.where(np.isnan(found), np.nan, found % 2)


def texts(cells: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return cells as the text by which values are compared (`strict.as_text`): 1.0 is "1", true is "true"."""
    cells = decoded(cells)
    kind = cells.type
    if pa.types.is_string(kind):
        return cells
    if pa.types.is_floating(kind):
        cells = pc.if_else(pc.is_nan(cells), pa.scalar(None, kind), cells)
        whole = pc.and_(pc.equal(pc.floor(cells), cells), pc.less(pc.abs(cells), 2.0**53))
        integers = pc.cast(pc.cast(pc.if_else(whole, cells, pa.scalar(0.0, kind)), pa.int64()), pa.string())
        return pc.if_else(whole, integers, pc.cast(cells, pa.string()))
    if is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_fixed_size_binary(kind) or pa.types.is_duration(kind):
        return _as_python(cells)
    return pc.cast(cells, pa.string())


def _as_python(cells: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return cells as Python writes them: bytes, lists, records and durations, none of which Arrow casts to text."""
    return pa.chunked_array([[None if value is None else str(value) for value in cells.to_pylist()]], pa.string())


def is_nested(kind: pa.DataType) -> bool:
    """Whether one cell holds several values."""
    return bool(pa.types.is_nested(kind))


def names(cells: pa.ChunkedArray, column: str, step: str) -> Objects:
    """Return names as text; a missing one, or a word for it such as `NA`, is refused: it would stand for many."""
    as_text = texts(cells)
    absent = pc.is_in(pc.fill_null(as_text, ""), value_set=pa.array(MISSING)).to_numpy()
    refuse_where(absent, as_text, column, "stands where a name is needed", step)
    return objects(as_text)


def objects(cells: pa.ChunkedArray) -> Objects:
    """Return cells as Python objects, None where missing."""
    values: Objects = cells.to_numpy(zero_copy_only=False).astype(object)
    return values


def instants(cells: pa.ChunkedArray, column: str) -> NDArray[np.datetime64]:
    """Return instants as datetime64[ns] in UTC; a time without an offset, a date or a bare number is refused."""
    cells = decoded(cells)
    if pa.types.is_timestamp(cells.type) and cells.type.tz is None:
        refuse_where(np.arange(len(cells)) == 0, cells, column, "has no offset, so it names no instant", OFFSET_STEP)
    if pa.types.is_string(cells.type):
        good = pc.fill_null(pc.match_substring_regex(cells, RFC3339), False).to_numpy()
        refuse_where(~good, cells, column, "is not a time with an offset", OFFSET_STEP)
        cells = pc.utf8_upper(cells)
    elif not pa.types.is_timestamp(cells.type):
        refuse_where(np.arange(len(cells)) == 0, cells, column, "is not a time with an offset", OFFSET_STEP)
    refuse_where(cells.is_null().to_numpy(), cells, column, "is not a time with an offset", OFFSET_STEP)
    try:
        stamps = pc.cast(cells, pa.timestamp("ns", tz="UTC"))
    except pa.ArrowInvalid as error:
        reason = str(error).splitlines()[0].removesuffix(".")
        raise refusal(
            column, None, f"holds a time that does not exist or is out of range ({reason})", OFFSET_STEP
        ) from error
    instants_ns: NDArray[np.datetime64] = pc.cast(stamps, pa.int64()).to_numpy().astype("datetime64[ns]")
    return instants_ns
