"""A batch of candidates as the columns that the filters read: the rows whose class is proved, and the others.

A *plain* row's columns are those that `serving.policy.rows.columns_of` gives for it: flags are read from one real row
of its class, times and counts are arithmetic. A row of which that is not proved is one of the others; they go row by
row. No rule is written down a second time here.

Example:
    >>> planned = plan_columns(batch, reader, policy, now)                                       # doctest: +SKIP
    >>> len(planned.plain), len(planned.others), len(planned.kinds)                              # doctest: +SKIP
    (65530, 6, 28)
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from model.contracts import Candidate
from serving.candidates.rows import RowReader
from serving.columnar.forms import key_cells
from serving.columnar.kinds import Kind, Kinds, classes_of
from serving.columnar.letters import dense
from serving.columnar.numbers import Filled, fill
from serving.columnar.plain import readable
from serving.columnar.spreading import spread
from serving.policy.columns import Columns
from serving.policy.policy import Policy
from serving.policy.reading import epoch
from serving.policy.rows import columns_of

FILES_KEPT = 4  # whose classes are known


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Planned:
    """What was found out about a batch: `columns` are those of its plain rows, in their order.

    `plain` and `others` are places in the batch, rising; together they are all of them. `kind` is the class of each
    plain row, `kinds` holds one real candidate of each class.
    """

    columns: Columns
    plain: NDArray[np.intp]
    others: NDArray[np.intp]
    kind: NDArray[np.intp]
    kinds: Sequence[Candidate]


def plan_columns(batch: pa.RecordBatch, reader: RowReader, policy: Policy, now: datetime) -> Planned:
    """Return the columns of a batch's plain rows, as a plan knows them before anything was sent in this run.

    `batch` has the columns of `reader`; `now` is aware.
    """
    rows = batch.num_rows
    if reader.csv or not rows:
        return none_plain(rows, policy, now)
    try:
        columns = {name: dense(batch.column(name)) for name in reader.columns}
        filled = fill(columns, rows, now)
        fit = filled.fit & readable(columns, rows)
        kind, kinds = _sort(columns, filled, fit, _kinds_of(reader, policy, now, batch.schema))
    except pa.ArrowException:  # a time or a text that Arrow cannot hold in one layout
        return none_plain(rows, policy, now)
    plain = np.flatnonzero(kind >= 0)
    if not len(plain):
        return none_plain(rows, policy, now)
    flags = np.stack([each.flags for each in kinds], axis=1)
    numbers = np.stack([each.numbers for each in kinds], axis=1)
    return Planned(
        columns=spread(flags, numbers, kind[plain], filled, plain, epoch(now)),
        plain=plain,
        others=np.flatnonzero(kind < 0),
        kind=kind[plain],
        kinds=[each.candidate for each in kinds],
    )


def _sort(
    columns: Mapping[str, pa.Array], filled: Filled, fit: NDArray[np.bool_], known: Kinds
) -> tuple[NDArray[np.intp], list[Kind]]:
    """Return each row's class, -1 for none, and the classes: first by forms, then what is left as it stands."""
    rows = len(fit)
    kind = np.full(rows, -1, dtype=np.intp)
    kinds: list[Kind] = []
    for fold in (True, False):
        left = np.flatnonzero(fit & (kind < 0))
        if not len(left):
            break
        cells = list(key_cells(columns, filled.dates, rows, fold=fold))
        refused = [cell.refused for cell in cells if cell.refused is not None]
        if refused:
            left = left[~np.logical_or.reduce(refused)[left]]
        if len(left):
            found = classes_of(cells, left, fold=fold)
            read = known.of(columns, found, filled)
            places = np.array([-1 if each is None else 0 for each in read], dtype=np.intp)
            places[places == 0] = len(kinds) + np.arange(np.count_nonzero(places == 0))
            kind[left] = places[found.of]
            kinds += [each for each in read if each is not None]
    return kind, kinds


def none_plain(rows: int, policy: Policy, now: datetime) -> Planned:
    """Return a plan in which every row of a batch is one of the others."""
    none = np.zeros(0, dtype=np.intp)
    columns = columns_of([], [], now=now, policy=policy).columns
    return Planned(columns=columns, plain=none, others=np.arange(rows), kind=none, kinds=[])


_KEPT: OrderedDict[tuple[int, datetime, tuple[str, ...], pa.Schema], Kinds] = OrderedDict()


def _kinds_of(reader: RowReader, policy: Policy, now: datetime, schema: pa.Schema) -> Kinds:
    """Return what is known of such a file's classes; the policy is kept beside it, so that its id stays its own."""
    name = (id(policy), now, reader.columns, schema.remove_metadata())
    if name not in _KEPT:
        _KEPT[name] = Kinds(reader, policy, now)
    _KEPT.move_to_end(name)
    while len(_KEPT) > FILES_KEPT:
        _KEPT.popitem(last=False)
    return _KEPT[name]
