"""A shard: the decisions of one range of rows, published whole; and what is known of one that is there already."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet
from numpy.typing import NDArray

from model.canonical import canonical
from serving.batch.contexts import Sends
from serving.batch.desk import Answered, Desk, Plan, Tell
from serving.batch.files import DECISIONS, REJECTS, publish_bytes, publish_table, sha256_of, writable
from serving.batch.repeats import CUSTOMER, turns, without
from serving.batch.summary import Counts, rejects_table, versions
from serving.candidates.files import Block
from serving.candidates.rows import late_reject
from serving.columnar.repeats import Repeated


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A shard that is there: the file, its decisions, its hash, and what was counted; rejects have a file too."""

    index: int
    file: str
    rows: int
    sha256: str
    rejects: int
    rejects_sha256: str | None
    counts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Shard:
    """Decide a range and publish it."""

    index: int

    def about(self, plan: Plan) -> range:
        """Return the rows that this is about."""
        return plan.source.span(self.index)

    def run(self, desk: Desk, tell: Tell) -> Made:
        """Return what was made; when it returns, it is on disk, unless this is a dry run.

        Raises:
            InvalidInput: the file is not what was scanned.
            Unavailable: the disk said no.
        """
        plan, counts = desk.plan, desk.counts()
        parts = list(turns(plan, self.index, counts))
        for block in desk.ranges.blocks(self.index):
            some = _own(desk, block)
            parts += some
            tell(self.index, sum(len(one.numbers) + one.rejects.num_rows for one in some))
        for one in parts:
            counts.merge(one.counts)
        table = _in_order([one.table for one in parts], np.concatenate([one.numbers for one in parts]))
        rejects = pa.concat_tables([one.rejects for one in parts]).sort_by("row")
        if plan.out is None:
            table, rejects = table.slice(0, 0), rejects.slice(0, 0)
        return _publish(plan, self.index, table, rejects, counts)


def _own(desk: Desk, block: Block) -> list[Answered]:
    """Decide the rows of a block whose customer stands in no other row; reject those whose id came before."""
    late = desk.plan.firsts.of(block.numbers) > 0
    others = without(block, late | desk.plan.users.among(block.batch.column(CUSTOMER)))
    answered = [desk.decide(others, Sends(Repeated()))]
    if late.any():
        answered.append(_turned_away(desk, replace(without(block, ~late), malformed=())))
    return answered


def _turned_away(desk: Desk, block: Block) -> Answered:
    """Reject rows whose id came before."""
    rows, rejects = desk.reader.read(block)
    firsts = desk.plan.firsts.of([row.number for row in rows]).tolist()
    late = [late_reject(row, first) for row, first in zip(rows, firsts, strict=True)]
    counts = desk.counts()
    counts.reject([*rejects, *late])
    table = rejects_table([*rejects, *late])
    return Answered(numbers=np.empty(0, np.int64), table=DECISIONS.empty_table(), rejects=table, counts=counts)


def _in_order(tables: Sequence[pa.Table], numbers: NDArray[np.int64]) -> pa.Table:
    """Return decisions in the order of the file."""
    table = pa.concat_tables(tables)
    if (np.diff(numbers) > 0).all():
        return table
    return table.take(pa.array(np.argsort(numbers)))


def _publish(plan: Plan, index: int, table: pa.Table, rejects: pa.Table, counts: Counts) -> Made:
    """Publish a shard: its rejects, its decisions, then what is known of it."""
    file = f"decisions-{index:05d}-{plan.run.id[:16]}.parquet"
    refused, sha256 = None, ""
    if plan.out is not None:
        with writable(plan.out):
            if rejects.num_rows:
                refused = publish_table(plan.hidden, plan.kept, f"{index:05d}.parquet", rejects, REJECTS)
            sha256 = publish_table(plan.hidden, plan.out, file, table, DECISIONS)
    made = Made(
        index=index,
        file=file,
        rows=table.num_rows,
        sha256=sha256,
        rejects=rejects.num_rows,
        rejects_sha256=refused,
        counts=counts.to_json(),
    )
    if plan.out is not None:
        with writable(plan.out):
            publish_bytes(plan.hidden, plan.kept, f"{index:05d}.json", note_of(_said(plan, made)))
    return made


def _said(plan: Plan, made: Made) -> dict[str, Any]:
    span = plan.source.span(made.index)
    names = ("index", "file", "rows", "sha256", "rejects", "rejects_sha256", "counts")
    said = {name: getattr(made, name) for name in names}
    return said | {"span": [span.start, span.stop], "run": plan.run.id, "versions": versions()}


def note_of(said: Mapping[str, Any]) -> bytes:
    """Return a note with its own hash, by which one that was cut off or changed is known."""
    return canonical({"said": said, "sha256": _hash(said)}) + b"\n"


def _hash(said: Mapping[str, Any]) -> str:
    return hashlib.sha256(canonical(said)).hexdigest()


def made_before(plan: Plan, index: int) -> Made | None:
    """Return a shard that the same versions of ours published for the same run, if it is whole and unchanged."""
    try:
        note = json.loads((plan.kept / f"{index:05d}.json").read_bytes())
        said, span = note["said"], plan.source.span(index)
        if note["sha256"] != _hash(said) or said.pop("versions") != versions() or plan.out is None:
            return None
        if [said.pop("run"), said.pop("span")] != [plan.run.id, [span.start, span.stop]]:
            return None
        made = Made(**said)
        files = [(plan.out / made.file, made.sha256), (plan.kept / f"{index:05d}.parquet", made.rejects_sha256)]
        same = all(sha256_of(path) == sha256 for path, sha256 in files[: 1 + bool(made.rejects)])
    except (OSError, ValueError, TypeError, KeyError, AttributeError):  # gone or half-written: it is made anew
        return None
    return made if same else None
