"""Classes of rows, and what is kept of them."""

from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from serving.columnar import kinds
from serving.columnar.forms import Coded, key_cells
from serving.columnar.kinds import Kinds, classes_of
from serving.columnar.letters import dense
from serving.columnar.numbers import fill
from tests.serving.columnar.nasty_rows import NOW, POLICY
from tests.serving.columnar.ordinary_rows import ordinary_batch
from tests.serving.columnar.reference import reader_of


def coded(*values: Any) -> Coded:
    """Return a cell of the key for each row."""
    column = pa.array(values).dictionary_encode(null_encoding="encode")
    return Coded(column.indices.to_numpy(zero_copy_only=False), column.dictionary.to_pylist())


def test_rows_of_one_class_agree_in_every_cell() -> None:
    """The class is named by the values, whatever their order in the block."""
    cells = [coded("a", "b", "a", "a"), coded(None, None, None, "x"), coded(1, 1, 1, 1)]
    found = classes_of(cells, np.arange(4), fold=True)
    actual = found.of.tolist(), found.first.tolist(), list(found.names)
    assert actual == ([0, 1, 0, 2], [0, 1, 3], [(True, "a", None, 1), (True, "b", None, 1), (True, "a", "x", 1)])


def test_only_some_rows_are_sorted() -> None:
    """The first of a class is a place in the batch."""
    found = classes_of([coded("a", "b", "a", "b")], np.array([1, 2, 3]), fold=False)
    actual = found.of.tolist(), found.first.tolist(), list(found.names)
    assert actual == ([0, 1, 0], [1, 2], [(False, "b"), (False, "a")])


def test_many_wide_cells_fit_one_number() -> None:
    """Where their product would not, the keys are numbered anew."""
    chance = np.random.default_rng(0)
    rows = [chance.integers(0, 500, 600).tolist() for _ in range(9)]
    found = classes_of([coded(*row) for row in rows], np.arange(600), fold=True)
    actual = len(found.names), found.of.tolist()
    assert actual == (600, list(range(600)))


def known_of(rows: int, seed: int, known: Kinds) -> list[kinds.Kind | None]:
    """Read the classes of an ordinary batch."""
    batch = ordinary_batch(rows, seed)
    columns = {name: dense(batch.column(name)) for name in batch.schema.names}
    found = classes_of(list(key_cells(columns, {}, rows, fold=True)), np.arange(rows), fold=True)
    return known.of(columns, found, fill(columns, rows, NOW))


def test_no_more_classes_are_kept_than_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest are forgotten, and every class of the block is answered all the same."""
    monkeypatch.setattr(kinds, "MOST_KEPT", 5)
    known = Kinds(reader_of(ordinary_batch(1)), POLICY, NOW)
    found = known_of(64, 0, known)
    actual = len(known.known), None in found, len(found) > 5
    assert actual == (5, False, True)


def test_small_classes_are_not_read_where_there_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """To read a class costs as much as to read its row."""
    monkeypatch.setattr(kinds, "FEW", 3)
    monkeypatch.setattr(kinds, "LEAST_ROWS", 65)
    known = Kinds(reader_of(ordinary_batch(1)), POLICY, NOW)
    actual = set(known_of(64, 0, known)), len(known.known)
    assert actual == ({None}, 0)


def test_a_class_whose_row_is_not_what_was_filled_in_is_not_proved() -> None:
    """The guard: both ways must say the same of the representative."""
    batch = ordinary_batch(16)
    columns = {name: dense(batch.column(name)) for name in batch.schema.names}
    found = classes_of(list(key_cells(columns, {}, 16, fold=True)), np.arange(16), fold=True)
    filled = fill(columns, 16, NOW)
    wrong = replace(filled, numbers={**filled.numbers, "expires_at": np.zeros(16)})
    actual = set(Kinds(reader_of(batch), POLICY, NOW).of(columns, found, wrong))
    assert actual == {None}


@pytest.mark.parametrize("name", ["consent", "zoned"])
def test_the_guard_looks_at_flags_too(name: str) -> None:
    """As at numbers."""
    batch = ordinary_batch(16)
    columns = {column: dense(batch.column(column)) for column in batch.schema.names}
    found = classes_of(list(key_cells(columns, {}, 16, fold=True)), np.arange(16), fold=True)
    filled = fill(columns, 16, NOW)
    wrong = replace(filled, flags={**filled.flags, name: np.full(16, -1, dtype=np.int8)})
    actual = set(Kinds(reader_of(batch), POLICY, NOW).of(columns, found, wrong))
    assert actual == {None}
