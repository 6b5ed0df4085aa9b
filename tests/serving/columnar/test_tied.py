"""Rows that hang on single cells: every one has the flags of its own row-by-row reading, in whatever company."""

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pytest

from serving.candidates.files import without_views
from serving.columnar import kinds
from serving.columnar.planned import plan_columns
from serving.fakes import FakeScorer
from tests.serving.columnar.nasty_rows import NOW, nasty_batch
from tests.serving.columnar.reference import differences, reader_of
from tests.serving.columnar.test_whole import both
from tests.serving.columnar.tied_rows import TIED, tied_batch

SEEDS = range(40)


@pytest.mark.parametrize("seed", SEEDS)
def test_rows_are_tied_to_their_evidence_each_by_itself(seed: int) -> None:
    """What ties one row of a class to its evidence does so in all, or the class is not read as one."""
    _, actual = differences(tied_batch(seed), TIED, NOW)
    assert actual == []


def test_both_tied_and_untied_rows_are_plain() -> None:
    """The rows above would prove nothing if none took its flags from another one, or all had the same."""
    found = [plan_columns(batch, reader_of(batch), TIED, NOW) for batch in map(tied_batch, SEEDS)]
    shared = sum(len(each.plain) - len(each.kinds) for each in found)
    grounded = np.concatenate([each.columns.grounded for each in found])
    actual = shared > 500, 0.1 < grounded.mean() < 0.9
    assert actual == (True, True)


def wrong_rows(batches: list[pa.RecordBatch]) -> int:
    """Return in how many of these batches a row differs from its row-by-row reading."""
    return sum(differences(batch, TIED, NOW)[1] != [] for batch in batches)


def test_without_the_proof_these_rows_would_be_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    """That nothing differs is the proof's doing: left out, many files have rows with another row's flags."""
    monkeypatch.setattr(kinds, "holds_for_all", lambda *_: True)
    actual = wrong_rows([tied_batch(seed + 10_000) for seed in range(30)]) > 3
    assert actual is True


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("rows", [tied_batch, nasty_batch], ids=["tied", "nasty"])
def test_neither_order_nor_block_changes_an_answer(seed: int, rows: Callable[[int, int], pa.RecordBatch]) -> None:
    """The same rows in any order, cut anywhere, get the same answers: whose row stands for a class is no matter."""
    batch, chance = without_views(rows(seed + 500, 48)), np.random.default_rng(seed)
    whole, _, _ = both(batch, TIED, FakeScorer(cutoff=0.0))
    expected = {row["candidate_id"]: row for row in whole.drop(["decision_id"]).to_pylist()}
    mixed = batch.take(pa.array(chance.permutation(batch.num_rows)))
    cut = int(chance.integers(1, batch.num_rows))
    parts = [mixed, mixed.slice(0, cut), mixed.slice(cut), *(batch.slice(row, 1) for row in range(0, 48, 7))]

    answers = [both(part, TIED, FakeScorer(cutoff=0.0))[0].drop(["decision_id"]).to_pylist() for part in parts]

    assert [row for part in answers for row in part] == [
        expected[row["candidate_id"]] for part in answers for row in part
    ]
