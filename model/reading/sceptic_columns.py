"""What only a sceptic reads of a table: outcomes before the decision, outcomes after other windows, the version.

A label must be known in every row. Here an empty cell is allowed in the windows: not closed yet, or lost, which is just
what the check asks about. Everything else is refused in one line, as for labels.

Example:
    >>> amounts_or_missing(pa.chunked_array([[1, None, 0]]), "engaged_28d", "write 0 or 1").tolist()
    [1.0, nan, 0.0]
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from model.reading.columns import Objects, amounts, decoded, flags, is_number, objects, texts
from model.reading.roles import Roles

Floats = NDArray[np.float64]

BEFORE_STEP = "write how much of it there was in the 14 days before the decision, 0 where there was none"
WINDOW_STEP = "write 0 or 1, or the value; leave the cell empty where the window has not closed"


def before(table: pa.Table, roles: Roles) -> dict[str, Floats]:
    """Return each given outcome of the 14 days before, float64[n] ≥ 0; raises `InvalidTable` where a cell is none."""
    return {outcome: amounts(table.column(column), column, BEFORE_STEP) for outcome, column in roles.before.named()}


def windows(table: pa.Table, roles: Roles) -> dict[str, dict[int, Floats]]:
    """Return outcome → days → float64[n], NaN where the cell is empty; harms are 0/1, a benefit may be a value."""
    found: dict[str, dict[int, Floats]] = {}
    for each in roles.windows:
        cells = table.column(each.column)
        read = amounts_or_missing(cells, each.column, WINDOW_STEP, binary=each.outcome != "benefit")
        found.setdefault(each.outcome, {})[each.days] = read
    return found


def version(table: pa.Table, roles: Roles) -> Objects | None:
    """Return the version of the model or policy that logged each row as text, None where the cell is empty."""
    return None if roles.version is None else objects(texts(table.column(roles.version)))


def amounts_or_missing(cells: pa.ChunkedArray, column: str, step: str, *, binary: bool = False) -> Floats:
    """Return numbers ≥ 0 (`binary`: 0/1) as float64, NaN where empty; anything else is refused."""
    cells = decoded(cells)
    kind = cells.type
    absent = np.asarray(pc.is_null(cells, nan_is_null=True), dtype=np.bool_)
    if absent.all():
        return np.full(len(cells), np.nan)
    if pa.types.is_string(kind) or pa.types.is_boolean(kind) or is_number(kind):
        nothing = pa.scalar("0" if pa.types.is_string(kind) else 0).cast(kind)
        cells = pc.if_else(pa.array(absent), nothing, cells)
    values = flags(cells, column, step) if binary else amounts(cells, column, step)
    return np.where(absent, np.nan, values)
