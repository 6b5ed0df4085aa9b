"""What one process of a plan decides with, and how it decides some rows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from model.contracts import JSON
from model.errors import Unavailable
from serving.batch.contexts import Sends
from serving.batch.deciding import Job
from serving.batch.ranges import Ranges, Source
from serving.batch.summary import Counts, Run, rejects_table
from serving.candidates.files import Block
from serving.candidates.rows import RowReader
from serving.columnar.deciding import decide_batch
from serving.columnar.digests import decision_ids, row_digests
from serving.columnar.firsts import Firsts
from serving.columnar.planned import plan_columns
from serving.columnar.repeats import Repeated
from serving.policy.policy import Policy
from serving.policy_files.templates import load_policy
from serving.ports import Scorer
from serving.scorer import load_scorer

Tell = Callable[[int, int], None]  # (range, how many of its rows are done now)


class Origin(Protocol):
    """Where a process of its own finds policy and model: small, and picklable."""

    def load(self) -> tuple[Policy, Scorer | None]:
        """Load both. Raises `InvalidInput` where they cannot be trusted."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class FromFiles:
    """The policy folder (None: the shipped one) under limits, and the artefact folder, if any.

    `version` is what a registry calls the artefact, where one named it; by None it is called by its own hash.
    """

    policy: Path | None
    limits: Mapping[str, JSON]
    model: Path | None
    version: str | None = None

    def load(self) -> tuple[Policy, Scorer | None]:
        """Load them as the command does."""
        return load_policy(self.policy, self.limits), load_scorer(
            self.model, version=self.version
        ) if self.model else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What every process of one plan is told; it can be pickled.

    `firsts` and `users` are what the scan found. `work` holds what lives as long as the run; in `out` shards are
    published (None: a dry run), what is known of them in `kept`. `partitions` is in how many shares the customers with
    several rows are decided. Every file is written in `hidden` and moved when it is whole: a folder of whoever writes.
    """

    run: Run
    source: Source
    firsts: Firsts
    users: Repeated
    work: Path
    hidden: Path
    out: Path | None
    kept: Path
    partitions: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Answered:
    """Some rows' answers: `table` has the columns of `DECISIONS`, row i of it is about the row `numbers[i]`."""

    numbers: NDArray[np.int64]
    table: pa.Table
    rejects: pa.Table
    counts: Counts


@dataclass(slots=True)
class Desk:
    """The policy, the model, and a reader that stands somewhere in the file."""

    plan: Plan
    job: Job
    reader: RowReader = field(init=False)
    ranges: Ranges = field(init=False)

    def __post_init__(self) -> None:
        file, templates = self.plan.source.file, self.job.policy.templates
        self.reader = RowReader(file.columns, file.csv, {name: one.facts for name, one in templates.items()})
        self.ranges = Ranges(self.plan.source)

    @classmethod
    def of(cls, plan: Plan, policy: Policy, scorer: Scorer | None) -> "Desk":
        """Make a desk with a policy and a model that are loaded already."""
        job = Job(run=plan.run, policy=policy, scorer=scorer, ledger=None, exploration=None, dry_run=plan.out is None)
        return cls(plan, job)

    @classmethod
    def load(cls, plan: Plan, origin: Origin) -> "Desk":
        """Load policy and model, and check that they are still those of the run.

        Raises:
            Unavailable: they changed since it began.
        """
        policy, scorer = origin.load()
        now, sha256 = plan.run.now, plan.run.input_sha256
        if Run.of(sha256, now=now, policy=policy, scorer=scorer, ledger=False) != plan.run:
            raise Unavailable("the model or the policy changed since this run began; put it back and run again")
        return cls.of(plan, policy, scorer)

    def counts(self) -> Counts:
        """Return counts of nothing."""
        return counts_for(self.job.scorer)

    def decide(self, block: Block, sends: Sends, apart: NDArray[np.bool_] | None = None) -> Answered:
        """Decide the rows of a block, each customer's one after the other; by column but for those `apart`."""
        run = self.plan.run
        batched = decide_batch(
            block,
            self.reader,
            self.job,
            plan=lambda batch: plan_columns(batch, self.reader, self.job.policy, run.now),
            ids=decision_ids(row_digests(block.batch), run.stem, run.now),
            sends=sends,
            apart=apart,
        )
        counts = self.counts()
        counts.add_table(batched.decisions, batched.ignored)
        counts.reject(batched.rejects)
        refused = np.fromiter((reject.row for reject in batched.rejects), dtype=np.int64)
        numbers = np.asarray(block.numbers, dtype=np.int64)
        return Answered(
            numbers=numbers[~np.isin(numbers, refused)],
            table=batched.decisions,
            rejects=rejects_table(batched.rejects),
            counts=counts,
        )


def counts_for(scorer: Scorer | None) -> Counts:
    """Return counts of nothing, for decisions with this model."""
    return Counts(frozenset(() if scorer is None else scorer.feature_names))
