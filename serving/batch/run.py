"""The decisions of the API for a file of candidates: streamed, the same `decide()`, the same bytes on a second run.

Without a ledger the result is a plan: nothing is drawn, recorded or reserved but within the run itself. With a ledger
every decision is durable before its shard is published, and a row that was decided before (same row, clock, model and
policy) gets the recorded answer. One customer's candidates are decided one after the other, in the order of the file.

Example:
    >>> run_batch(Path("candidates.parquet"), Path("out"), now=now, policy=policy).actions       # doctest: +SKIP
    {'send': 812, 'hold': 90, 'deny': 9098}
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

from model.errors import InvalidInput, Unavailable
from serving.arms import Exploration
from serving.batch.contexts import Sends
from serving.batch.deciding import Job
from serving.batch.desk import Origin, counts_for
from serving.batch.files import SHARD_ROWS
from serving.batch.folder import prepare, taken_up, workplace
from serving.batch.output import Output
from serving.batch.plan import PARTITION_ROWS, Means, decide_plan
from serving.batch.ranges import Source
from serving.batch.summary import Run, Summary, decisions_table, rejects_table
from serving.batch.walk import Compiling, is_worth
from serving.batch.workers import Muster
from serving.candidates.files import Block, CandidateFile, open_candidates
from serving.candidates.rows import Reject, Row, RowReader, late_reject
from serving.candidates.scan import Scan, scan
from serving.columnar.firsts import Firsts
from serving.columnar.repeats import Repeated
from serving.policy.policy import Policy
from serving.ports import Clock, Ledger, Scorer


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a run is; `rows_per_second` since deciding began."""

    done: int
    total: int
    rows_per_second: float

    @property
    def seconds_left(self) -> float | None:
        """How long the rest takes at this speed; None before anything is done."""
        return (self.total - self.done) / self.rows_per_second if self.rows_per_second > 0 else None


def run_batch(  # noqa: PLR0913  (the options of `outreach batch`, each by its name)
    candidates: Path,
    out: Path | None,
    *,
    now: datetime,
    policy: Policy,
    scorer: Scorer | None = None,
    shadow: Scorer | None = None,
    ledger: Ledger | None = None,
    exploration: Exploration | None = None,
    present: Clock | None = None,
    dry_run: bool = False,
    progress: Callable[[Progress], None] | None = None,
    shard_rows: int = SHARD_ROWS,
    partition_rows: int = PARTITION_ROWS,
    origin: Origin | None = None,
    jobs: int | None = None,
    muster: Muster | None = None,
    clock_given: bool = True,
) -> Summary:
    """Decide every candidate of a file and publish the decisions in `out`; `dry_run` writes nothing anywhere.

    A plan is decided by `jobs` processes (None: one for each core), which load policy and model from `origin`; without
    one, or where there is one shard, by this process; `muster` calls others instead. Who decides changes no byte.
    Where `clock_given` is false, an unfinished plan of the same in `out` keeps its clock, if that is at most an hour
    old.

    With a ledger, `exploration` carries the shares of the arms and the ledger's salt, and what a `shadow` would have
    said is recorded; no answer depends on it. `present` is the real clock, read for each part; None: it stands at
    `now`. Experiments end, the monitor looks and silence is found by it alone, and what may go out must be permitted
    at `now` and by it. A plan has the one clock `now`.

    Raises:
        InvalidInput: the file or a column cannot be used, or `out` holds another run; nothing was decided.
        Unavailable: disk, ledger or a process went away; there is no `_SUCCESS`, and the same run can be repeated.
    """
    _check(out, now, ledger, exploration, dry_run=dry_run)
    file = open_candidates(candidates)
    seen = file.stamp()
    out = None if dry_run else out
    with workplace(out) as work:
        compiling = Compiling(worth=ledger is None and is_worth(file, scorer))
        found = scan(file, work, whole=ledger is not None, customers=ledger is None)
        run = Run.of(found.sha256, now=now.astimezone(UTC), policy=policy, scorer=scorer, ledger=ledger is not None)
        told = None if progress is None else _Told(progress, found.rows)
        if ledger is None:
            if out is not None and not clock_given:
                run = taken_up(out, run)
            source = Source(file=file, stamp=seen, rows=found.rows, size=shard_rows)
            means = Means(
                policy=policy,
                scorer=scorer,
                origin=origin,
                jobs=jobs,
                muster=muster,
                partition_rows=partition_rows,
                report=told,
                compiling=compiling,
            )
            summary = decide_plan(run, source, found, out, work, means)
            return replace(summary, resumed=run.now != now)
        job = Job(
            run=run,
            policy=policy,
            scorer=scorer,
            ledger=ledger,
            exploration=exploration,
            dry_run=dry_run,
            shadow=shadow,
            present=present,
        )
        output = None
        if out is not None:
            prepare(out, work, run, -(-found.rows // shard_rows))
            output = Output(out, work, run.id, shard_rows)
        return _record(job, file, found, output, told)


def _check(
    out: Path | None, now: datetime, ledger: Ledger | None, exploration: Exploration | None, *, dry_run: bool
) -> None:
    """Refuse a call that cannot be meant."""
    if now.tzinfo is None:
        raise InvalidInput(
            f"the clock `{now.isoformat()}` has no offset; give one, for example `--at {now.isoformat()}Z`"
        )
    if (ledger is None) != (exploration is None):
        raise InvalidInput(
            "the shares of the arms belong to a ledger: give both `ledger` and `exploration`, or neither"
        )
    if out is None and not dry_run:
        raise InvalidInput("no folder for the decisions; give `--out DIR`, or `--dry-run`")


class _Told:
    """Tells how far a run is, and how fast since deciding began."""

    def __init__(self, progress: Callable[[Progress], None], total: int) -> None:
        self._progress, self._total = progress, total
        self._began = perf_counter()

    def __call__(self, done: int, kept: int = 0) -> None:
        """Tell how many rows are done; `kept` of them were done by an earlier attempt."""
        speed = (done - kept) / max(perf_counter() - self._began, 1e-9)
        self._progress(Progress(done=done, total=self._total, rows_per_second=speed))


def _record(
    job: Job, file: CandidateFile, found: Scan, output: Output | None, told: Callable[[int], None] | None
) -> Summary:
    """Decide in a ledger, and say how to go on where it, or the disk, goes away."""
    try:
        return _publish(job, file, found, output, told)
    except Unavailable as error:
        if job.dry_run:
            raise
        raise Unavailable(f"{error}; `--at {job.run.at}` goes on with the decisions that are recorded") from error


def _publish(
    job: Job, file: CandidateFile, found: Scan, output: Output | None, told: Callable[[int], None] | None
) -> Summary:
    """Decide block after block into `output`, and finish it."""
    reader = RowReader(file.columns, file.csv, {name: one.facts for name, one in job.policy.templates.items()})
    once = _Once(found.firsts)
    counts = counts_for(job.scorer)
    for block in file.blocks():
        rows, rejects = once.read(reader, block)
        counts.reject(rejects)
        if output is not None and rejects:
            output.reject(rejects_table(rejects))
        for part in job.parts(rows):
            decided = job.decide(part, reader.absent, Sends(Repeated()))  # the ledger knows what was sent
            counts.add(part, decided)
            if output is not None:
                output.add(decisions_table(part, decided))
        if told is not None:
            told(counts.decided + counts.rejected)
    summary = counts.summary(job.run, rows=found.rows, forgotten=job.forgotten(counts.decided))
    return summary if output is None else replace(summary, manifest=output.finish(summary.manifest))


class _Once:
    """Lets each id through once: in the first row that has it."""

    def __init__(self, firsts: Firsts) -> None:
        self._firsts = firsts

    def read(self, reader: RowReader, block: Block) -> tuple[list[Row], list[Reject]]:
        """Return the rows to decide and the rejects of a block, each in the order of the file."""
        rows, rejects = reader.read(block)
        kept: list[Row] = []
        for row, first in zip(rows, self._firsts.of([row.number for row in rows]).tolist(), strict=True):
            if not first:
                kept.append(row)
            else:
                rejects.append(late_reject(row, first))
        return kept, sorted(rejects, key=lambda reject: reject.row)
