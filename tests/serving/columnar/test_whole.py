"""The whole columnar way of a plan, classes and all: the table of the row-by-row way, whatever the file."""

from typing import Any

import pyarrow as pa
import pytest

from serving.batch.contexts import Sends
from serving.batch.deciding import Job
from serving.batch.summary import Run, decisions_table
from serving.candidates.files import Block
from serving.columnar.deciding import decide_batch
from serving.columnar.planned import plan_columns
from serving.columnar.repeats import Repeated
from serving.fakes import FakeScorer
from serving.policy.policy import Policy
from serving.policy_files.templates import load_policy
from serving.ports import Scorer
from tests.serving.columnar.files import block_of, generated, ids_of
from tests.serving.columnar.nasty_rows import NOW, POLICY, nasty_batch
from tests.serving.columnar.ordinary_rows import ordinary_batch
from tests.serving.columnar.reference import reader_of

SHIPPED = load_policy()


def both(batch: pa.RecordBatch, policy: Policy, scorer: Scorer | None) -> tuple[pa.Table, pa.Table, int]:
    """Return the decisions by column and row by row, and how many rows were plain."""
    run = Run.of("0" * 64, now=NOW, policy=policy, scorer=scorer, ledger=False)
    job = Job(run=run, policy=policy, scorer=scorer, ledger=None, exploration=None, dry_run=False)
    block, reader = Block(batch=batch, numbers=range(1, batch.num_rows + 1)), reader_of(batch)
    plain: list[int] = []

    def plan(some: pa.RecordBatch) -> Any:
        found = plan_columns(some, reader, policy, NOW)
        plain.append(len(found.plain))
        return found

    actual = decide_batch(block, reader, job, plan=plan, ids=ids_of(block, run), sends=Sends(Repeated()))
    rows, rejects = reader.read(block)
    assert actual.rejects == rejects
    expected = decisions_table(rows, job.decide(rows, reader.absent, Sends(Repeated())))
    return actual.decisions, expected, sum(plain)


@pytest.mark.parametrize("seed", range(20))
def test_a_nasty_file_gets_the_same_decisions(seed: int) -> None:
    """Values that could tell two rows of a class apart, and a text from what its template seems to say."""
    actual, expected, _ = both(nasty_batch(seed), POLICY, FakeScorer(cutoff=0.0))
    assert actual.to_pylist() == expected.to_pylist()


@pytest.mark.parametrize("scorer", [FakeScorer(feature="tenure_days", cutoff=900.0), None], ids=["scorer", "none"])
def test_an_ordinary_file_gets_the_same_decisions(scorer: Scorer | None) -> None:
    """Nearly all rows go by column."""
    actual, expected, plain = both(ordinary_batch(600), SHIPPED, scorer)
    assert actual.to_pylist() == expected.to_pylist()
    assert plain > 590


@pytest.mark.parametrize("seed", range(3))
def test_a_generated_file_gets_the_same_decisions(seed: int) -> None:
    """Every purpose, channel and evidence, with troubles; rows are taken from the middle of a batch, too."""
    batch = block_of(generated(200, seed)).batch.slice(seed)
    actual, expected, plain = both(batch, SHIPPED, FakeScorer(feature="tenure_days", cutoff=100.0))
    assert actual.to_pylist() == expected.to_pylist()
    assert plain > 20
