from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from model.errors import InvalidTable
from model.features import UNSEEN, Feature, fit_features
from model.learning.coded import Coded, as_coded
from model.learning.design import design

NAN = float("nan")
COLUMNS: dict[str, tuple[Any, str, list[float]]] = {
    "str": (pd.Series(["plus", None, "basic", "plus"], dtype="str"), "category", [0.0, NAN, 1.0, 0.0]),
    "object text": (pd.Series(["plus", None, "basic", NAN], dtype=object), "category", [1.0, NAN, 0.0, NAN]),
    "category": (pd.Series(["plus", None, "basic", "plus"], dtype="category"), "category", [0.0, NAN, 1.0, 0.0]),
    "category of numbers": (pd.Series([3, 1, None, 3], dtype="category"), "number", [3.0, 1.0, NAN, 3.0]),
    "category of booleans": (pd.Series([True, False], dtype="category"), "boolean", [1.0, 0.0]),
    "Int64 with gaps": (pd.Series([1, None, 3], dtype="Int64"), "number", [1.0, NAN, 3.0]),
    "Float32 with gaps": (pd.Series([0.5, None], dtype="Float32"), "number", [0.5, NAN]),
    "float32": (pd.Series([0.5, NAN], dtype="float32"), "number", [0.5, NAN]),
    "uint8": (pd.Series([0, 255], dtype="uint8"), "number", [0.0, 255.0]),
    "bool": (pd.Series([True, False]), "boolean", [1.0, 0.0]),
    "boolean with gaps": (pd.Series([True, None, False], dtype="boolean"), "boolean", [1.0, NAN, 0.0]),
    "object booleans": (pd.Series([True, None, False], dtype=object), "boolean", [1.0, NAN, 0.0]),
    "object numbers": (pd.Series([1, None, 2.5], dtype=object), "number", [1.0, NAN, 2.5]),
    "arrow text": (pd.Series(["b", None, "b"], dtype="string[pyarrow]"), "category", [0.0, NAN, 0.0]),
    "all missing": (pd.Series([None, None], dtype=object), "category", [NAN, NAN]),
    "all NaN": (pd.Series([NAN, NAN]), "number", [NAN, NAN]),
    "constant": (pd.Series([7.0, 7.0]), "number", [7.0, 7.0]),
}


@pytest.mark.parametrize("kind", sorted(COLUMNS))
def test_columns_are_read_as_they_are(kind: str) -> None:
    """Whatever type pandas has for it: numbers, truths and texts, with their gaps, and nothing to prepare."""
    column, expected, codes = COLUMNS[kind]
    rows = as_coded(pd.DataFrame({"x": column}))
    assert rows.features[0].kind == expected
    np.testing.assert_array_equal(rows.codes[:, 0], codes)


@pytest.mark.parametrize("kind", sorted(COLUMNS))
def test_every_design_is_finite(kind: str) -> None:
    """Gaps, constants and columns without any value: a linear model reads finite numbers."""
    rows = as_coded(pd.DataFrame({"x": COLUMNS[kind][0]}))
    assert np.isfinite(rows.design).all()


REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "datetime": (lambda: pd.Series(pd.date_range("2026-01-01", periods=2)), "column `x` holds Timestamp"),
    "datetime with zone": (lambda: pd.Series(pd.date_range("2026", periods=2, tz="UTC")), "column `x` holds Timestamp"),
    "timedelta": (lambda: pd.Series(pd.to_timedelta([1, 2], unit="D")), "column `x` holds Timedelta"),
    "period": (lambda: pd.Series(pd.period_range("2026-01", periods=2, freq="M")), "column `x` holds Period"),
    "complex": (lambda: pd.Series([1j, 2j]), "column `x` holds complex"),
    "lists": (lambda: pd.Series([[1], [2]]), "column `x` holds list"),
    "text and numbers": (lambda: pd.Series(["a", 1], dtype=object), "column `x` holds category and number"),
    "truths and numbers": (lambda: pd.Series([True, 1], dtype=object), "column `x` holds boolean and number"),
    "infinite": (lambda: pd.Series([1.0, -np.inf]), "column `x`, row 2: `-inf` is not a finite number"),
}


@pytest.mark.parametrize("kind", sorted(REFUSED))
def test_what_is_no_feature_is_refused(kind: str) -> None:
    """The message names the column, says what it holds and what to do."""
    make, message = REFUSED[kind]
    with pytest.raises(InvalidTable, match=rf"{message}.*; (make it all numbers|correct the value)"):
        as_coded(pd.DataFrame({"x": make()}))


@pytest.mark.parametrize("names", [["a", "a"], [1, "1"]])
def test_a_column_that_stands_twice_is_refused(names: list[Any]) -> None:
    """Neither of the two is the feature."""
    frame = pd.DataFrame(np.zeros((2, 2)))
    frame.columns = pd.Index(names, dtype=object)
    with pytest.raises(InvalidTable, match=rf"column `{names[0]}` stands there twice; rename one"):
        as_coded(frame)


def test_levels_that_were_not_learned_are_unseen() -> None:
    """A new plan is −1, a gap NaN, and the design of both is all zeros but for the gap's own column."""
    known = as_coded(pd.DataFrame({"plan": ["basic", "plus", None]}))
    rows = as_coded(pd.DataFrame({"plan": ["gold", None, "plus"]}), known.features)
    np.testing.assert_array_equal(rows.codes[:, 0], [UNSEEN, NAN, 1.0])
    assert rows.design.tolist() == [[0.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 1.0, 0.0]]


def test_a_value_of_another_kind_than_was_learned_is_refused() -> None:
    """Text in a column that was numbers is named by row."""
    known = as_coded(pd.DataFrame({"age": [1.0, 2.0]}))
    with pytest.raises(InvalidTable, match="column `age`, row 2: `old` is not a number, as the model learned it"):
        as_coded(pd.DataFrame({"age": [3.0, "old"]}), known.features)


def test_columns_are_found_by_name() -> None:
    """Another order and further columns change nothing."""
    known = as_coded(pd.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0]}))
    rows = as_coded(pd.DataFrame({"c": ["x"], "b": [3.5], "a": [1.5]}), known.features)
    assert rows.codes.tolist() == [[1.5, 3.5]]


def test_an_absent_column_is_refused() -> None:
    """A model that learned from it does not guess."""
    known = as_coded(pd.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0]}))
    with pytest.raises(InvalidTable, match="column `b` is absent, and was there when the model learned"):
        as_coded(pd.DataFrame({"a": [1.0]}), known.features)


@pytest.mark.parametrize("index", [[0, 0, 0], ["x", "y", "z"], [2, 1, 0]])
def test_the_index_of_a_frame_means_nothing(index: list[Any]) -> None:
    """Rows are rows, in the order that they stand."""
    assert as_coded(pd.DataFrame({"a": [1.0, 2.0, 3.0]}, index=index)).codes[:, 0].tolist() == [1.0, 2.0, 3.0]


@pytest.mark.parametrize(
    ("array", "kinds", "codes"),
    [
        (np.array([[1.0, NAN], [2.0, 3.0]]), ("number", "number"), [[1.0, NAN], [2.0, 3.0]]),
        (np.array([[1, 2], [3, 4]], dtype=np.int32), ("number", "number"), [[1.0, 2.0], [3.0, 4.0]]),
        (np.array([[True], [False]]), ("boolean",), [[1.0], [0.0]]),
        (np.array([["a"], ["b"]]), ("category",), [[0.0], [1.0]]),
        (np.array([["a", 1.5], [None, NAN]], dtype=object), ("category", "number"), [[0.0, 1.5], [NAN, NAN]]),
        ([[1.0, 2.0]], ("number", "number"), [[1.0, 2.0]]),
    ],
    ids=["gaps", "integers", "truths", "text", "objects", "lists"],
)
def test_an_array_is_columns_by_number(array: Any, kinds: tuple[str, ...], codes: list[list[float]]) -> None:
    """`x0`, `x1` …, each of its own kind."""
    rows = as_coded(array)
    assert [(f.name, f.kind) for f in rows.features] == [(f"x{j}", kind) for j, kind in enumerate(kinds)]
    np.testing.assert_array_equal(rows.codes, codes)


@pytest.mark.parametrize("array", [np.zeros(3), np.zeros((2, 2, 2)), np.float64(1.0)])
def test_an_array_of_another_shape_is_refused(array: Any) -> None:
    """One row per occasion, one column per feature."""
    with pytest.raises(InvalidTable, match=rf"X has {np.ndim(array)} dimensions, not 2"):
        as_coded(array)


@pytest.mark.parametrize("X", [pd.DataFrame({"a": [], "b": pd.Series([], dtype=object)}), np.zeros((0, 2))])
def test_no_rows_are_coded_rows(X: Any) -> None:
    """Nothing is known and nothing breaks."""
    rows = as_coded(X)
    assert (len(rows), rows.codes.shape, len(rows.design)) == (0, (0, 2), 0)


def test_no_rows_are_coded_by_what_was_learned() -> None:
    """An empty batch for a fitted learner."""
    known = as_coded(pd.DataFrame({"a": [1.0, 2.0], "b": ["x", "y"]}))
    rows = as_coded(pd.DataFrame({"a": [], "b": []}), known.features)
    assert (rows.codes.shape, rows.design.shape) == ((0, 2), (0, 3))


def test_coded_rows_stay_what_they_are() -> None:
    """The very same object; with other features they are refused."""
    rows = as_coded(np.eye(2))
    assert as_coded(rows, rows.features) is rows
    with pytest.raises(InvalidTable, match="encoded by other features"):
        as_coded(rows, fit_features({"x0": np.zeros(2)}))


@pytest.mark.parametrize("taken", [np.array([2, 0]), np.array([True, False, True])], ids=["numbers", "mask"])
@pytest.mark.parametrize("read_before", [False, True])
def test_some_rows_are_taken_with_their_design(taken: np.ndarray, *, read_before: bool) -> None:
    """By number or by mask, whether or not the design had been made: the same bits."""
    rows = as_coded(pd.DataFrame({"a": [1.0, NAN, 3.0], "b": ["x", "y", None]}))
    if read_before:
        assert rows.design.shape == (3, 5)
    part = rows.take(taken)
    np.testing.assert_array_equal(part.codes, rows.codes[taken])
    assert part.design.tobytes() == design(rows.features, rows.codes[taken]).tobytes()


def test_the_design_is_made_once() -> None:
    """Learners read it again and again."""
    rows = Coded(features=(Feature(name="a", kind="number"),), codes=np.ones((2, 1)))
    assert rows.design is rows.design
