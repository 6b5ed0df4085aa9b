"""Columns of text as one buffer of letters, in every layout and wherever they begin."""

import numpy as np
import pyarrow as pa
import pytest

from serving.columnar.letters import dense, letters_of, rows_with, with_letters

TEXTS = ["a", None, "", "b\u00fc", "cc"]


@pytest.mark.parametrize(
    "column",
    [
        pa.array(TEXTS),
        pa.array(TEXTS, pa.large_string()),
        pa.array(TEXTS, pa.string_view()),
        pa.array(TEXTS).dictionary_encode(),
        pa.array(TEXTS).dictionary_encode(null_encoding="encode"),
        pa.array(["x", None, *TEXTS])[2:],
    ],
    ids=["string", "large", "view", "dictionary", "dictionary of nulls", "slice"],
)
def test_a_dense_column_says_the_same(column: pa.Array) -> None:
    """One layout, from its first row on."""
    found = dense(column)
    actual = found.to_pylist(), found.type, found.offset
    assert actual == (TEXTS, pa.string(), 0)


@pytest.mark.parametrize("column", [pa.array([1, None])[1:], pa.array([True]), pa.array([[1]]), pa.nulls(1)])
def test_other_columns_stay_as_they_are(column: pa.Array) -> None:
    """Only texts have letters."""
    actual = dense(column)
    assert actual.equals(column)


def test_letters_are_those_of_the_rows() -> None:
    """A null has none."""
    letters = letters_of(pa.array(TEXTS))
    actual = letters.bytes.tobytes().decode(), letters.starts.tolist(), letters.lengths.tolist()
    assert actual == ("ab\u00fccc", [0, 1, 1, 1, 4, 6], [1, 0, 0, 3, 2])


@pytest.mark.parametrize("column", [pa.array([], pa.string()), pa.nulls(2, pa.string())], ids=["no rows", "nulls"])
def test_where_there_is_no_letter_there_are_none(column: pa.Array) -> None:
    """A column may have no buffer of letters at all."""
    letters = letters_of(column)
    actual = letters.bytes.size, letters.starts.tolist()
    assert actual == (0, [0] * (len(column) + 1))


def test_other_letters_stand_in_the_same_places() -> None:
    """Nulls stay nulls."""
    column = pa.array(TEXTS)
    letters = letters_of(column)
    actual = with_letters(column, letters, letters.bytes.tobytes().replace(b"c", b"d")).to_pylist()
    assert actual == ["a", None, "", "b\u00fc", "dd"]


def test_a_byte_is_found_in_its_row() -> None:
    """Rows without letters lie between others."""
    letters = letters_of(pa.array(TEXTS))
    actual = rows_with(letters, letters.bytes == ord("c"), len(TEXTS)).tolist()
    assert actual == [False, False, False, False, True]
    assert not rows_with(letters, np.zeros(6, dtype=np.bool_), len(TEXTS)).any()
