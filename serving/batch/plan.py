"""A plan from beginning to end: ranges of rows decided by as many processes as there are, and published in order."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet

from serving.batch.desk import Desk, Origin, Plan, counts_for
from serving.batch.files import REJECTED, REJECTS, Published, Spool, writable
from serving.batch.folder import KEPT, finished, prepare, whole
from serving.batch.ranges import Source, stage
from serving.batch.repeats import before
from serving.batch.shards import Made, Shard, made_before
from serving.batch.summary import Run, Summary
from serving.batch.walk import Compiling
from serving.batch.workers import Crew, Hands, Muster
from serving.candidates.scan import Scan
from serving.policy.policy import Policy
from serving.ports import Scorer
from serving.processes import cores

Report = Callable[[int, int], None]
PARTITION_ROWS = 500_000  # of customers with several rows: some 100 MB of what was sent to whom


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What a plan is made with, and by whom: `origin` None keeps it in this process. `jobs` None: all cores.

    `muster` gathers other hands than processes of this machine. `report` is told how many rows are done, and how many
    of them an earlier attempt had done.
    """

    policy: Policy
    scorer: Scorer | None
    origin: Origin | None = None
    jobs: int | None = None
    muster: Muster | None = None
    partition_rows: int = PARTITION_ROWS
    report: Report | None = None
    compiling: Compiling = field(default_factory=Compiling)


@dataclass(slots=True)
class Track:
    """How many rows of which ranges are done."""

    report: Report | None
    pending: frozenset[int]
    kept: int
    done: int = field(init=False)

    def __post_init__(self) -> None:
        self.done = self.kept

    def tell(self, index: int, rows: int) -> None:
        """Count rows of a range, unless it is there already."""
        if index in self.pending:
            self.done += rows
            if self.report is not None:
                self.report(self.done, self.kept)


def decide_plan(  # noqa: PLR0913, PLR0917  (what a plan is about)
    run: Run, source: Source, found: Scan, out: Path | None, work: Path, means: Means
) -> Summary:
    """Decide a file as a plan, and publish it in `out` (None: a dry run); `work` holds what lives as long as the run.

    Raises:
        InvalidInput: `out` holds another run, or the file changed.
        Unavailable: a shard failed; those that are finished stay.
    """
    if out is not None:
        if (said := whole(out, run, source.ranges)) is not None:
            if means.report is not None:
                means.report(source.rows, source.rows)
            return Summary.of(said)
        prepare(out, work, run, source.ranges)
    plan = Plan(
        run=run,
        firsts=found.firsts,
        users=found.repeated_users,
        source=replace(source, staged=work if source.file.csv else None),
        work=work,
        hidden=work,
        out=out,
        kept=work if out is None else out / KEPT,
        partitions=-(-source.rows // means.partition_rows),
    )
    if source.file.csv:
        with writable(work):
            stage(plan.source, work)
    made = _made(plan, means)
    return _finish(plan, made, means)


def _made(plan: Plan, means: Means) -> list[Made]:
    """Make every shard that is not there yet; return all, in order."""
    found = {index: made for index in range(plan.source.ranges) if (made := made_before(plan, index)) is not None}
    pending = [index for index in range(plan.source.ranges) if index not in found]
    track = Track(means.report, frozenset(pending), sum(len(plan.source.span(index)) for index in found))

    def keep(made: Made) -> None:
        found[made.index] = made

    desk = Desk.of(plan, means.policy, means.scorer)
    if pending:
        with _hands(desk, means) as crew:
            for group in before(plan):
                crew.run(group, track.tell, lambda _: None)
            crew.run([Shard(index) for index in pending], track.tell, keep)
    return [found[index] for index in range(plan.source.ranges)]


def _hands(desk: Desk, means: Means) -> AbstractContextManager[Hands]:
    if means.muster is not None:
        return means.muster(desk.plan, means.compiling)
    return Crew(desk, means.origin, means.jobs or cores(), means.compiling)


def _finish(plan: Plan, made: list[Made], means: Means) -> Summary:
    """Sum up, and publish the rejects, the manifest, and `_SUCCESS`."""
    counts = counts_for(means.scorer)
    for one in made:
        counts.merge(counts.with_json(one.counts))
    summary = counts.summary(plan.run, rows=plan.source.rows)
    if plan.out is None:
        return summary
    shards = [{"file": one.file, "rows": one.rows, "sha256": one.sha256} for one in made]
    rejected = None
    if any(one.rejects for one in made):
        with writable(plan.out):
            rejected = asdict(_rejects(plan, made))
    manifest = {**summary.manifest, "shards": shards, "rejects": rejected}
    finished(plan.out, plan.work, manifest)
    return replace(summary, manifest=manifest)


def _rejects(plan: Plan, made: list[Made]) -> Published:
    """Gather the rejects of all shards in one file. Raises `OSError`."""
    assert plan.out is not None  # noqa: S101  (a dry run publishes nothing)
    spool = Spool(plan.work / REJECTED, REJECTS)
    for one in made:
        if one.rejects:
            spool.write(pa.parquet.read_table(plan.kept / f"{one.index:05d}.parquet"))
    return spool.publish(plan.out)
