"""Whichever way a row goes, the same table results, to the same bytes."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from model.contracts import JSON
from model.features import Bools, Feature, Floats
from serving.batch.contexts import Sends
from serving.batch.deciding import Job
from serving.batch.summary import Counts, Run, decisions_table
from serving.candidates.files import Block
from serving.columnar.answers import stamps
from serving.columnar.deciding import Batched, decide_batch
from serving.columnar.repeats import Repeated, Repeats
from serving.fakes import FakeScorer
from serving.policy.zones import moment
from serving.policy_files.templates import load_policy
from serving.ports import Scorer, Scores
from serving.scorer import load_scorer
from tests.occasions import FixedScorer
from tests.serving.candidate_examples import NOW, Row, candidate
from tests.serving.columnar.files import block_of, generated, ids_of, plan_of, reader_of_block
from tests.serving.test_scorer import artefact

POLICY = load_policy()
FAKE = FakeScorer(feature="tenure_days", cutoff=100.0)
ROWS = 200


@dataclass
class OddScorer(FixedScorer):
    """A scorer of codes that answers something else than it should, row by row as by column."""

    answer: Any = None
    feature_names: tuple[str, ...] = ("age",)

    @property
    def features(self) -> tuple[Feature, ...]:
        """Return the one number that it reads, or raise."""
        if self.answer == "no features":
            raise RuntimeError(self.answer)
        return tuple(Feature(name=name, kind="number") for name in self.feature_names)

    def score(self, rows: Sequence[Mapping[str, JSON]]) -> Scores:
        """Answer rows."""
        return self._scores(len(rows), np.array([row["age"] for row in rows], dtype=np.float64))

    def score_codes(self, codes: Floats, wrong: Bools) -> Scores:
        """Answer codes."""
        return self._scores(len(wrong), codes[:, 0])

    def _scores(self, rows: int, ages: Floats) -> Scores:
        if isinstance(self.answer, Exception):
            raise self.answer
        if self.answer == "wrong shape":
            return _scores(np.zeros(rows + 1))
        if self.answer == "of ages":
            return replace(_scores(np.full(rows, 0.01)), opt_out=np.where(ages > 1, np.inf, np.nan_to_num(ages)))
        return _scores(np.full(rows, self.answer))


def _scores(values: Any) -> Scores:
    return Scores(benefit=values, complaint_effect=values, opt_out=values, net_benefit=values)


@cache
def some_block(seed: int) -> Block:
    """Return a generated block; what judges its texts keeps its verdicts."""
    return block_of(generated(ROWS, seed))


def job_of(scorer: Scorer | None, **limits: Any) -> Job:
    """Return a plan at the tests' clock."""
    policy = load_policy(None, limits) if limits else POLICY
    run = Run.of("0" * 64, now=NOW, policy=policy, scorer=scorer, ledger=False)
    return Job(run=run, policy=policy, scorer=scorer, ledger=None, exploration=None, dry_run=False)


def by_row(block: Block, job: Job, sends: Sends | None = None) -> tuple[pa.Table, Counts]:
    """Decide a block row by row, and count."""
    reader = reader_of_block(block)
    rows, rejects = reader.read(block)
    decided = job.decide(rows, reader.absent, sends or Sends(Repeated()))
    counts = counts_of(job)
    counts.add(rows, decided)
    counts.reject(rejects)
    return decisions_table(rows, decided), counts


def by_column(block: Block, job: Job, *, plain: float, sends: Sends | None = None, **options: Any) -> Batched:
    """Decide a block by column but for a share of rows."""
    return decide_batch(
        block,
        reader_of_block(block),
        job,
        plan=lambda _: plan_of(block, job.policy, plain=plain),
        ids=ids_of(block, job.run),
        sends=sends or Sends(Repeated()),
        **options,
    )


def counts_of(job: Job) -> Counts:
    """Return counts of nothing yet."""
    return Counts(frozenset(() if job.scorer is None else job.scorer.feature_names))


def written(table: pa.Table) -> bytes:
    """Return a table as the bytes of a shard."""
    sink = io.BytesIO()
    pa.parquet.write_table(table.combine_chunks(), sink, compression="zstd")
    return sink.getvalue()


SCORERS: Mapping[str, Scorer | None] = {
    "none": None,
    "fake": FAKE,
    "always": FakeScorer(cutoff=0.0),
    "no cut-off": FakeScorer(cutoff=None),
    "expired": FakeScorer(cutoff=0.0, expires=NOW),
    "scope": FakeScorer(
        feature="age", cutoff=2.0, scope=frozenset({("delivery_update", "push"), ("progress_update", "sms")})
    ),
    "rows only": FixedScorer(),
    "fails": OddScorer(answer=RuntimeError("no")),
    "nan": OddScorer(answer=float("nan")),
    "inf": OddScorer(answer=float("inf")),
    "some inf": OddScorer(answer="of ages"),
    "wrong shape": OddScorer(answer="wrong shape"),
    "no number": OddScorer(answer="many"),
    "odd cut-off": OddScorer(answer=0.02, cutoff=float("nan")),
}


@pytest.mark.parametrize("plain", [0.7, 1.0])
@pytest.mark.parametrize("name", list(SCORERS))
def test_a_row_has_one_answer_whichever_way_it_goes(name: str, plain: float) -> None:
    """The table of a generated file, its bytes, and all that is counted of it, under every kind of scorer."""
    block, job = some_block(len(name) % 2), job_of(SCORERS[name])
    expected, expected_counts = by_row(block, job)

    actual = by_column(block, job, plain=plain)
    counts = counts_of(job)
    counts.add_table(actual.decisions, actual.ignored)
    counts.reject(actual.rejects)

    assert actual.decisions.to_pylist() == expected.to_pylist()
    assert (written(actual.decisions), counts) == (written(expected), expected_counts)


@pytest.mark.parametrize("seed", range(2))
def test_so_it_is_for_an_artefact(tmp_path: Path, seed: int) -> None:
    """Numbers, truths and words read from columns are those that the rows say, and so are their figures."""
    scorer = load_scorer(artefact(tmp_path / "model", scope=[["delivery_update", "push"], ["progress_update", "sms"]]))
    block, job = block_of(generated(ROWS, seed, trouble=0.02)), job_of(scorer)
    expected, _ = by_row(block, job)

    actual = by_column(block, job, plain=0.9).decisions

    assert actual.to_pylist() == expected.to_pylist()
    assert len(set(expected.column("benefit").to_pylist())) > 5


@pytest.mark.parametrize("most", [1, 7])
@pytest.mark.parametrize("plain", [0.0, 0.7])
def test_few_objects_at_a_time_are_as_good_as_all(monkeypatch: pytest.MonkeyPatch, plain: float, most: int) -> None:
    """Rows that become objects do so part by part: the same table, the same bytes, the same rejects."""
    block, job = some_block(0), job_of(FAKE)
    whole = by_column(block, job, plain=plain)
    monkeypatch.setattr("serving.columnar.deciding.MOST_OBJECTS", most)

    actual = by_column(block, job, plain=plain)

    assert (written(actual.decisions), actual.rejects, actual.ignored) == (
        written(whole.decisions),
        whole.rejects,
        whole.ignored,
    )


def test_so_it_is_under_tighter_limits() -> None:
    """Whatever the filters are asked with."""
    job = job_of(FAKE, quiet_start="15:00", quiet_end="11:00", cooling_off_days=20, evidence_hours=10)
    block = some_block(0)
    assert by_column(block, job, plain=1.0).decisions.to_pylist() == by_row(block, job)[0].to_pylist()


def test_generated_rows_come_out_in_many_ways() -> None:
    """Or the others would prove little."""
    table, counts = by_row(some_block(1), job_of(FAKE))
    actual = {action: count > 10 for action, count in counts.actions.items()}
    assert actual == {"send": True, "hold": True, "deny": True}
    assert (len(counts.reasons) > 12, counts.rejected > 0, table.column("not_before").null_count < ROWS) == (True,) * 3


def test_rejects_are_those_of_the_reader() -> None:
    """The same rows, in the order of the batch, with the numbers of the file."""
    block = some_block(1)
    assert by_column(block, job_of(FAKE), plain=1.0).rejects == reader_of_block(block).read(block)[1]


@pytest.mark.parametrize("rows", [[], [candidate(1)], [candidate(1, channel="pigeon")]], ids=["none", "one", "reject"])
def test_few_rows_are_decided_too(rows: Sequence[Row]) -> None:
    """None, one, or none that can be read."""
    block = block_of(rows) if rows else block_of([candidate()])
    block = replace(block, batch=block.batch.slice(0, len(rows)), numbers=range(1, len(rows) + 1))
    actual = by_column(block, job_of(FAKE), plain=1.0).decisions
    assert actual.equals(by_row(block, job_of(FAKE))[0])


def test_one_customers_rows_go_one_after_the_other(tmp_path: Path) -> None:
    """Whoever says that they stand apart has their caps counted over all of them, in the order of the batch."""
    rows = [candidate(number, user__id=f"u-{number % 5}", evidence__subject=f"u-{number % 5}") for number in range(40)]
    block, job = block_of(rows), job_of(FAKE)
    repeats = Repeats(tmp_path, "users")
    repeats.add(block.batch.column("user.id"))
    repeated = repeats.finish()
    apart = np.array([number % 5 != 4 for number in range(40)])
    expected, _ = by_row(block, job, Sends(repeated))

    actual = by_column(block, job, plain=1.0, apart=apart, sends=Sends(repeated))

    shown = actual.decisions.filter(pa.array(apart)).to_pylist()
    assert shown == expected.filter(pa.array(apart)).to_pylist()
    assert [row["action"] for row in shown].count("send") == 4


def test_a_csv_goes_row_by_row() -> None:
    """Its cells are texts that mean what the template says."""
    block, job = block_of([candidate(1), candidate(2)]), job_of(FAKE)
    reader = replace(reader_of_block(block), csv=True)
    texts = [pa.array([str(value) for value in column.to_pylist()]) for column in block.batch.columns]
    text = Block(batch=pa.RecordBatch.from_arrays(texts, names=block.batch.schema.names), numbers=block.numbers)
    seen: list[int] = []

    def read(some: Block) -> Any:
        seen.extend(some.numbers)
        return [], []

    plan = plan_of(block, POLICY)
    options: dict[str, Any] = {"ids": ids_of(block, job.run), "sends": Sends(Repeated())}
    decide_batch(text, reader, job, plan=lambda _: plan, read=read, **options)
    assert seen == [1, 2]


def test_an_instant_is_rounded_as_a_datetime_is() -> None:
    """To the microsecond, halves to even, before 1970 too; what no calendar shows is none."""
    chance = np.random.default_rng(0)
    seconds = np.concatenate([chance.uniform(-(10**9), 10**10, 2000), chance.integers(0, 10**7, 500) / 2**21])
    expected = [moment(each) for each in seconds.tolist()]
    actual = stamps(np.append(seconds, [np.nan, np.inf, -np.inf])).to_pylist()
    assert actual == [*expected, None, None, None]


def test_waits_are_shown_to_the_microsecond() -> None:
    """A hold ends where the row by row way says: after a complaint at an odd instant."""
    late = NOW - timedelta(days=13, hours=23, microseconds=1)
    block = block_of([candidate(1, context__last_complaint_at=late, expires_at=NOW + timedelta(days=9))])
    actual = by_column(block, job_of(FAKE), plain=1.0).decisions.to_pylist()
    assert [row["not_before"] for row in actual] == [late + timedelta(days=14)]
