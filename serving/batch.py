"""The decisions of the API for a file of candidates: streamed, the same `decide()`, the same bytes on a second run.

Without a ledger the result is a plan: nothing is drawn, recorded or reserved but within the run itself. With a ledger
every decision is durable before its shard is published, and a row that was decided before (same row, clock, model and
policy) gets the recorded answer. One customer's candidates are decided one after the other, in the order of the file.

Example:
    >>> run_batch(Path("candidates.parquet"), Path("out"), now=now, policy=policy).actions       # doctest: +SKIP
    {'send': 812, 'hold': 90, 'deny': 9098}
"""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from model.errors import InvalidInput, Unavailable
from serving.arms import Exploration
from serving.batch_contexts import Sends
from serving.batch_deciding import Job
from serving.batch_files import SHARD_ROWS, Output
from serving.batch_summary import Counts, Run, Summary, decisions_table, rejects_table
from serving.candidate_files import Block, CandidateFile, open_candidates
from serving.candidate_scan import Scan, scan
from serving.candidates import Reject, Row, RowReader
from serving.columnar.firsts import Firsts
from serving.policy.policy import Policy
from serving.ports import Clock, Ledger, Scorer


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a run is; `rows_per_second` since deciding began."""

    done: int
    total: int
    rows_per_second: float


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
) -> Summary:
    """Decide every candidate of a file and publish the decisions in `out`; `dry_run` writes nothing anywhere.

    With a ledger, `exploration` carries the shares of the arms and the ledger's salt, and what a `shadow` would have
    said is recorded; no answer depends on it. `present` is the real clock, read for each part; None: it stands at
    `now`. Experiments end, the monitor looks and silence is found by it alone, and what may go out must be permitted
    at `now` and by it. A plan has the one clock `now`.

    Raises:
        InvalidInput: the file or a column cannot be used, or `out` holds another run; nothing was decided.
        Unavailable: disk or ledger went away; there is no `_SUCCESS`, and the same run can be repeated.
    """
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
    with TemporaryDirectory(prefix="outreach-") as aside:
        file = open_candidates(candidates)
        found = scan(file, Path(aside), whole=ledger is not None)
        run = Run.of(found.sha256, now=now.astimezone(UTC), policy=policy, scorer=scorer, ledger=ledger is not None)
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
        try:
            with nullcontext() if dry_run or out is None else Output(out, run.id, shard_rows=shard_rows) as output:
                return _publish(job, file, found, output, progress)
        except Unavailable as error:
            if ledger is None or dry_run:
                raise
            raise Unavailable(f"{error}; `--at {run.at}` goes on with the decisions that are recorded") from error


def _publish(
    job: Job, file: CandidateFile, found: Scan, output: Output | None, progress: Callable[[Progress], None] | None
) -> Summary:
    """Decide block after block into `output`, and finish it."""
    reader = RowReader(file.columns, file.csv, {name: one.facts for name, one in job.policy.templates.items()})
    once = _Once(found.firsts)
    sends = Sends(found.repeated_users)
    counts = Counts(frozenset(() if job.scorer is None else job.scorer.feature_names))
    began = perf_counter()
    for block in file.blocks():
        rows, rejects = once.read(reader, block)
        counts.reject(rejects)
        if output is not None and rejects:
            output.reject(rejects_table(rejects))
        for part in job.parts(rows):
            decided = job.decide(part, reader.absent, sends)
            counts.add(part, decided)
            if output is not None:
                output.add(decisions_table(part, decided))
        if progress is not None:
            done = counts.decided + counts.rejected
            progress(Progress(done=done, total=found.rows, rows_per_second=done / max(perf_counter() - began, 1e-9)))
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
                rule = f"stands in row {first} too; an id names one candidate"
                rejects.append(Reject(row=row.number, candidate_id=row.candidate_id, column="candidate_id", rule=rule))
        return kept, sorted(rejects, key=lambda reject: reject.row)
