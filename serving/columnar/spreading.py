"""The flags and numbers of classes spread over their rows, with what is filled in row by row on top."""

import numpy as np
from numpy.typing import NDArray

from serving.columnar.letters import Mask
from serving.columnar.numbers import Filled
from serving.policy.columns import (
    ARRAYS,
    CONTACTS_KEPT,
    NEVER,
    NO,
    Columns,
    Flags,
    Floats,
    Ints,
    Numbers,
    put_together,
)
from serving.policy.values import COUNTS
from serving.policy.zone_names import Zones

OUTBOUND = Flags._fields.index("outbound")
REMIND_AT = Numbers._fields.index("remind_at")  # −inf where it is no reminder


def spread(  # noqa: PLR0913, PLR0917  (the classes, and what goes on top)
    flags: Ints, numbers: Floats, kind: NDArray[np.intp], filled: Filled, rows: NDArray[np.intp], now: float
) -> Columns:
    """Return the columns of rows of these kinds.

    Args:
        flags: of each kind [fields, kinds].
        numbers: of each kind [fields, kinds].
        kind: of each row [n].
        filled: of the whole batch.
        rows: which of its rows these are [n].
        now: in epoch seconds.
    """
    every = len(rows) == len(filled.timed)
    yes_no = np.empty((len(Flags._fields), len(rows)), dtype=np.int8)
    for place, name in enumerate(Flags._fields):
        _put(yes_no[place], flags[place], kind, filled.flags.get(name), None if every else rows)
    amounts = np.empty((len(Numbers._fields), len(rows)))
    for place, name in enumerate(Numbers._fields):
        _put(amounts[place], numbers[place], kind, filled.numbers.get(name), None if every else rows)
    if (flags[OUTBOUND] == NO).any():
        inside = yes_no[OUTBOUND] == NO
        for name in COUNTS:
            amounts[Numbers._fields.index(name), inside] = 0.0  # what is not outbound counts against no cap
    asked = amounts[REMIND_AT] != NEVER
    if asked.any():
        for name, dates in filled.dates.items():
            amounts[Numbers._fields.index(name), asked] = dates[rows[asked]]
    contacts = np.broadcast_to(np.float64(NEVER), (len(rows), CONTACTS_KEPT))
    zones = Zones(tuple(each.known for each in filled.clocks), filled.zone[rows])
    return put_together(yes_no, amounts, contacts, filled.timed[rows], zones, now)


def _put(
    into: NDArray[np.generic],
    of_kinds: NDArray[np.generic],
    kind: NDArray[np.intp],
    cells: NDArray[np.generic] | None,
    rows: NDArray[np.intp] | None,
) -> None:
    """Put one column in its place: its cells where it is filled by row, else what its kind says."""
    if cells is not None:
        into[:] = cells if rows is None else cells[rows]
    elif len(of_kinds) and (of_kinds == of_kinds[0]).all():
        into[:] = of_kinds[0]
    else:
        into[:] = of_kinds[kind]


def same_rows(first: Columns, second: Columns) -> Mask:
    """Return on which rows two columns say the same, NaN the same as NaN."""
    same: Mask = np.array([one == other for one, other in zip(first.zones, second.zones, strict=True)], dtype=np.bool_)
    for name in ARRAYS:
        one, other = getattr(first, name), getattr(second, name)
        equal = (one == other) | ((one != one) & (other != other))  # noqa: PLR0124  (only NaN is not itself)
        same &= equal.all(axis=1) if equal.ndim > 1 else equal
    return same
