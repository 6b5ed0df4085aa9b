"""One batch of a plan: the plain rows by column, the others row by row, merged in the order of the batch."""

from collections import Counter
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from serving.batch.contexts import Sends
from serving.batch.deciding import Job
from serving.batch.files import DECISIONS
from serving.batch.summary import decisions_table
from serving.candidates.columns import ATTRIBUTES
from serving.candidates.files import Block
from serving.candidates.rows import Reject, Row, RowReader
from serving.columnar.answers import answered
from serving.columnar.asking import scores_codes
from serving.columnar.features import present
from serving.columnar.planned import Planned, none_plain
from serving.columnar.taking import taken
from serving.policy.columns import Mask

Places = NDArray[np.intp]
Plan = Callable[[pa.RecordBatch], Planned]
MOST_OBJECTS = 8192  # rows as objects at once: 60 MB
OWN_ID = DECISIONS.get_field_index("decision_id")
SAME = frozenset({"arm", "logging_propensity", "model_version", "policy_version"})  # on every row of a plan
Read = Callable[[Block], tuple[list[Row], list[Reject]]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Batched:
    """What became of a batch: columns of `DECISIONS` in its order, and its rejects.

    `ignored` counts the attributes of decided rows that the model does not know.
    """

    decisions: pa.Table
    rejects: list[Reject]
    ignored: Counter[str]


def decide_batch(  # noqa: PLR0913  (what is decided, by what, and what each of the two ways needs)
    block: Block,
    reader: RowReader,
    job: Job,
    *,
    plan: Plan,
    ids: pa.Array,
    sends: Sends,
    apart: Mask | None = None,
    read: Read | None = None,
) -> Batched:
    """Decide the rows of a block without a ledger.

    No row is plain in CSV, nor for a scorer that has to see the values themselves.

    Args:
        block: the rows.
        reader: of the file that they stand in.
        job: what decides; a plan.
        plan: finds the plain rows (`plan_columns`).
        ids: the decision ids of all rows of the block, rejects among them.
        sends: what this run has sent to customers who stand in it more than once.
        apart: the rows that another row has a say in, one each: of such a customer, or with an id that stands in the
            file before. They go row by row.
        read: reads the other rows (None: `reader.read`).
    """
    scorer = job.scorer if job.scorer is not None and scores_codes(job.scorer) else None
    if reader.csv or scorer is not job.scorer or (apart is not None and apart.all()):
        planned = none_plain(block.batch.num_rows, job.policy, job.run.now)
    else:
        planned = plan(block.batch) if apart is None else set_apart(plan(block.batch), apart)
    plain = answered(block.batch, planned, ids, scorer=scorer, policy=job.policy, now=job.run.now)
    some = _only(block, planned.others)
    place_of = dict(zip(some.numbers, planned.others.tolist(), strict=True))
    places, tables, rejects = np.empty(0, dtype=np.intp), [DECISIONS.empty_table()], []
    for part in _parts(some):
        rows, refused = (read or reader.read)(part)
        rejects += refused
        if rows:
            tables.append(decisions_table(rows, job.decide(rows, reader.absent, sends)))
            places = np.append(places, [place_of[row.number] for row in rows])
    other = pa.concat_tables(tables).combine_chunks()
    other = other.set_column(OWN_ID, DECISIONS.field(OWN_ID), ids.take(pa.array(places)))
    known = frozenset(() if job.scorer is None else job.scorer.feature_names)
    decided = np.concatenate([planned.plain, places])
    return Batched(
        decisions=merged(plain, other, decided),
        rejects=rejects,
        ignored=ignored(block.batch, decided, known),
    )


def _parts(block: Block) -> Iterator[Block]:
    """Split rows that become objects into as many as memory shall hold at once."""
    for start in range(0, max(block.batch.num_rows, 1), MOST_OBJECTS):
        yield Block(
            batch=block.batch.slice(start, MOST_OBJECTS),
            numbers=block.numbers[start : start + MOST_OBJECTS],
            malformed=() if start else block.malformed,
        )


def set_apart(planned: Planned, apart: Mask) -> Planned:
    """Return the same with these rows, one truth for each row of the batch, among the others."""
    keep = np.flatnonzero(~apart[planned.plain])
    if len(keep) == len(planned.plain):
        return planned
    return replace(
        planned,
        columns=planned.columns.take(keep),
        plain=planned.plain[keep],
        others=np.setdiff1d(np.arange(len(apart)), planned.plain[keep]),
        kind=planned.kind[keep],
    )


def _only(block: Block, rows: Places) -> Block:
    """Return these rows of a block, and what of it has no cells."""
    if len(rows) == block.batch.num_rows:
        return block
    numbers = [block.numbers[row] for row in rows.tolist()]
    batch = block.batch
    some = pa.RecordBatch.from_arrays([taken(column, rows) for column in batch.columns], names=batch.schema.names)
    return Block(batch=some, numbers=numbers, malformed=block.malformed)


def merged(plain: pa.Table, other: pa.Table, places: Places) -> pa.Table:
    """Return both in the order of the batch: `places` are those of the plain rows, then of the others."""
    if not other.num_rows or not plain.num_rows:
        return plain if plain.num_rows else other
    order = pa.array(np.argsort(places))
    columns = []
    for name in DECISIONS.names:
        both = pa.concat_arrays([table.column(name).combine_chunks() for table in (plain, other)])
        alike = name in SAME and both[0] == both[-1]  # of a plan, all rows have the same
        columns.append(both if alike else both.take(order))
    return pa.table(columns, schema=DECISIONS)


def ignored(batch: pa.RecordBatch, rows: Places, features: AbstractSet[str]) -> Counter[str]:
    """Count on these rows the attributes that no feature is named after."""
    counts: Counter[str] = Counter()
    columns = [name for name in batch.schema.names if name.startswith(ATTRIBUTES)]
    owners = {column: column.removeprefix(ATTRIBUTES).partition(".")[0] for column in columns}
    for name in set(owners.values()) - features:
        there = [present(batch.column(column)) for column in columns if owners[column] == name]
        counts[name] = int(np.logical_or.reduce(there)[rows].sum())
    return +counts
