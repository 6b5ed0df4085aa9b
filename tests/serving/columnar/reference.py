"""What the row-by-row way says of a batch, and how the columnar way's answer differs from it."""

from datetime import datetime

import numpy as np
import pyarrow as pa

from serving.batch.contexts import Sent, planned
from serving.candidates.files import Block
from serving.candidates.rows import Row, RowReader
from serving.columnar.planned import Planned, plan_columns
from serving.policy.columns import ARRAYS, Columns
from serving.policy.policy import Policy, digest_of
from serving.policy.rows import columns_of


def reader_of(batch: pa.RecordBatch) -> RowReader:
    """Return the reader of a Parquet file with these columns."""
    return RowReader(tuple(batch.schema.names), csv=False)


def one_by_one(batch: pa.RecordBatch, policy: Policy, now: datetime) -> tuple[list[Row], Columns]:
    """Read every row as the row-by-row way does; rejects are not among them."""
    reader = reader_of(batch)
    rows, _ = reader.read(Block(batch=batch, numbers=range(batch.num_rows)))
    contexts = [
        planned(row, reader.absent, Sent(), approved=digest_of(row.candidate, policy) is not None, now=now)
        for row in rows
    ]
    return rows, columns_of([row.candidate for row in rows], contexts, now=now, policy=policy).columns


def differences(batch: pa.RecordBatch, policy: Policy, now: datetime) -> tuple[Planned, list[str]]:
    """Return what was planned, and what of it is not what the row-by-row way says."""
    found = plan_columns(batch, reader_of(batch), policy, now)
    rows, columns = one_by_one(batch, policy, now)
    place = {row.number: at for at, row in enumerate(rows)}
    rejected = [f"row {row}: rejected" for row in found.plain.tolist() if row not in place]
    if rejected:
        return found, rejected
    expected = columns.take(np.array([place[row] for row in found.plain.tolist()], dtype=np.intp))
    return found, [*_sorted_out(found, batch.num_rows), *_columns_differ(expected, found.columns, found.plain.tolist())]


def _sorted_out(found: Planned, rows: int) -> list[str]:
    together = sorted([*found.plain.tolist(), *found.others.tolist()])
    wrong = [] if together == list(range(rows)) else ["plain and others are not all rows"]
    named = len(found.kind) == len(found.plain) and set(found.kind.tolist()) == set(range(len(found.kinds)))
    return wrong if named else [*wrong, "kinds are not those of the plain rows"]


def _columns_differ(expected: Columns, actual: Columns, rows: list[int]) -> list[str]:
    """Return the cells in which columns differ."""
    wrong = [f"row {rows[at]}: zones" for at, zones in enumerate(expected.zones) if zones != actual.zones[at]]
    for name in ARRAYS:
        one, other = getattr(expected, name), getattr(actual, name)
        same = (one == other) | ((one != one) & (other != other))  # noqa: PLR0124  (NaN)
        same = same.all(axis=1) if same.ndim > 1 else same
        wrong += [f"row {rows[at]}: {name} is {one[at]}, not {other[at]}" for at in np.flatnonzero(~same).tolist()]
        if same.shape != (len(rows),) or one.dtype != other.dtype:
            wrong.append(f"{name}: {other.dtype} {other.shape}")
        if one.dtype != np.bool_ and name != "contacts" and actual.unknown(name).any() and name not in actual.doubtful:
            wrong.append(f"{name} is not doubtful")
    return wrong if expected.now == actual.now else [*wrong, "now"]
