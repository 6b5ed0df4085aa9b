"""Customers who stand in several rows: all their rows are decided before any range of the file is.

    Spread   a range's rows of such customers, put aside by the hash of the customer
    Turns    some customers: their rows in the order of the file, what was sent to them so far counted

A range then picks its rows' answers up. Each task needs the memory of its range, or of its share of the customers.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from model.canonical import canonical
from serving.batch.contexts import Sends
from serving.batch.desk import Answered, Desk, Plan, Tell
from serving.batch.files import DECISIONS, REJECTS
from serving.batch.spills import ROW, numbered, read_part, spilling, with_numbers
from serving.batch.summary import Counts
from serving.candidates.files import Block
from serving.columnar.texts import Hashes, hashes

CUSTOMER = "user.id"
ANSWERS = DECISIONS.append(pa.field(ROW, pa.int64()))


@dataclass(frozen=True, slots=True)
class Spread:
    """Put aside a range's rows of customers who may stand in several."""

    index: int

    def about(self, plan: Plan) -> range:
        """Return the numbers of the rows that this is about."""
        return plan.source.span(self.index)

    def run(self, desk: Desk, tell: Tell) -> None:  # noqa: ARG002  (nothing is decided yet)
        """Write a part for each share of the customers; rows whose id came before are left out."""
        plan = desk.plan
        kept, parts = [], []
        for block in desk.ranges.blocks(self.index):
            mask = plan.users.among(block.batch.column(CUSTOMER)) & (plan.firsts.of(block.numbers) == 0)
            some = without(block, ~mask)
            kept.append(with_numbers(some))
            parts.append(hashes(some.batch.column(CUSTOMER)) % np.uint64(plan.partitions))
        rows, part = pa.Table.from_batches(kept), np.concatenate(parts)
        with spilling(_spread(plan, self.index), rows.schema, plan.hidden) as spill:
            for place in range(plan.partitions):
                spill.write(rows.filter(pa.array(part == place)))


@dataclass(frozen=True, slots=True)
class Turns:
    """Decide all rows of some customers."""

    partition: int

    def about(self, plan: Plan) -> range:
        """Return the numbers of the rows that this is about: they may stand anywhere."""
        return range(1, plan.source.rows + 1)

    def run(self, desk: Desk, tell: Tell) -> None:
        """Write their answers and rejects, a part for each range."""
        plan, sends = desk.plan, Sends(desk.plan.users)
        several = _several(plan, self.partition)
        answers, rejects = _turns(plan, self.partition)
        hidden = plan.hidden
        with spilling(answers, ANSWERS, hidden) as answered, spilling(rejects, REJECTS, hidden) as rejected:
            for index in range(plan.source.ranges):
                rows, _ = read_part(_spread(plan, index), self.partition)
                one = desk.decide(numbered(rows), sends, np.isin(hashes(rows.column(CUSTOMER)), several))
                answered.write(one.table.append_column(ROW, pa.array(one.numbers)), canonical(one.counts.to_json()))
                rejected.write(one.rejects)
                tell(index, rows.num_rows)


def without(block: Block, mask: NDArray[np.bool_]) -> Block:
    """Return a block without some of its well-formed rows."""
    if not mask.any():
        return block
    numbers = np.asarray(block.numbers)[~mask].tolist()
    return replace(block, batch=block.batch.filter(pa.array(~mask)), numbers=numbers)


def turns(plan: Plan, index: int, counts: Counts) -> Iterator[Answered]:
    """Yield the answers to a range's rows of customers with several rows; `counts` are of nothing."""
    for partition in range(plan.partitions if plan.users else 0):
        answers, rejects = _turns(plan, partition)
        rows, note = read_part(answers, index)
        refused, _ = read_part(rejects, index)
        yield Answered(
            numbers=rows.column(ROW).to_numpy(),
            table=pa.Table.from_batches([rows.select(DECISIONS.names)]),
            rejects=pa.Table.from_batches([refused]),
            counts=counts.with_json(json.loads(note)),
        )


def before(plan: Plan) -> list[Sequence[Spread | Turns]]:
    """Return the tasks that come before any range is decided, in groups that come one after the other."""
    if not plan.users:
        return []
    spread = [Spread(index) for index in range(plan.source.ranges)]
    return [spread, [Turns(partition) for partition in range(plan.partitions)]]


def _several(plan: Plan, partition: int) -> Hashes:
    """Return the hashes that stand in several rows of a share; the scan let some pass that stand in one."""
    paths = (_spread(plan, index) for index in range(plan.source.ranges))
    each = [hashes(read_part(path, partition)[0].column(CUSTOMER)) for path in paths]
    found, times = np.unique(np.concatenate(each), return_counts=True)
    return np.asarray(found[times > 1])


def _spread(plan: Plan, index: int) -> Path:
    return plan.work / f"spread-{index:05d}.arrow"


def _turns(plan: Plan, partition: int) -> tuple[Path, Path]:
    return plan.work / f"turns-{partition:05d}.arrow", plan.work / f"turned-away-{partition:05d}.arrow"
