import doctest
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from model.features import fit_features
from model.reading import feature_columns
from model.reading.feature_columns import arrays, from_frame, rounded, telling
from tests.model.tables import message

STEP = "turn it into a number (such as days before the decision) or put it in `exclude`"


def one(values: Any, kind: pa.DataType | None = None) -> np.ndarray:
    """Return one column as a feature array."""
    return arrays(pa.table({"x": pa.array(values, kind)}), ["x"])["x"]


def test_the_examples_run() -> None:
    """The docstring's example says what the code does."""
    actual = doctest.testmod(feature_columns).failed

    assert actual == 0


@pytest.mark.parametrize(
    ("values", "kind", "dtype", "expected"),
    [
        ([1, 0, 1], pa.int8(), "float64", [1.0, 0.0, 1.0]),
        ([3, 4], pa.uint64(), "float64", [3.0, 4.0]),
        ([Decimal("1.5"), Decimal("2.0")], None, "float64", [1.5, 2.0]),
        ([True, False], None, "bool", [True, False]),
        ([True, None], None, "object", [True, None]),
        (["a", None], None, "object", ["a", None]),
        (["a", "b"], pa.large_string(), "object", ["a", "b"]),
        (["1", "0"], None, "object", ["1", "0"]),
    ],
)
def test_each_type_becomes_one_of_three_kinds(values: Any, kind: Any, dtype: str, expected: list[Any]) -> None:
    """Integers of any width and decimals are numbers, flags booleans, text categories."""
    actual = one(values, kind)

    assert (str(actual.dtype), actual.tolist()) == (dtype, expected)


def test_missing_numbers_are_nan() -> None:
    """A nullable integer keeps its gaps."""
    actual = np.isnan(one([1, None], pa.int64())).tolist()

    assert actual == [False, True]


@pytest.mark.parametrize("values", [[1, 2, None], [True, False, None], ["a", None, "b"], [True, False, True]])
def test_the_encoder_takes_every_kind(values: list[Any]) -> None:
    """What this module returns is what `model.features` learns from."""
    actual = [feature.name for feature in fit_features({"x": one(values)})]

    assert actual == ["x"]


@pytest.mark.parametrize(
    ("values", "kind", "expected"),
    [
        ([date(2026, 1, 2)], None, f"column `x`: a feature cannot be of type date32[day]; {STEP}"),
        ([timedelta(days=1)], None, f"column `x`: a feature cannot be of type duration[us]; {STEP}"),
        ([1], pa.timestamp("s"), f"column `x`: a feature cannot be of type timestamp[s]; {STEP}"),
        ([1], pa.time32("s"), f"column `x`: a feature cannot be of type time32[s]; {STEP}"),
        ([b"x"], None, f"column `x`: a feature cannot be of type binary; {STEP}"),
        (["2026-01-02", None], None, f"column `x`: holds dates, such as `2026-01-02`, which are no feature; {STEP}"),
        (
            [None, "2026-01-02T10:00:00Z"],
            None,
            f"column `x`: holds dates, such as `2026-01-02T10:00:00Z`, which are no feature; {STEP}",
        ),
    ],
)
def test_times_and_bytes_are_no_features(values: Any, kind: Any, expected: str) -> None:
    """A date would be one category per day, as text in CSV as well as in Parquet."""
    actual = message(lambda: one(values, kind))

    assert actual == expected


@pytest.mark.parametrize("values", [[[1, 2]], [{"a": 1}]])
def test_lists_and_records_are_no_features(values: Any) -> None:
    """One cell is one value."""
    actual = message(lambda: one(values))

    assert actual == (
        "column `x`: a feature cannot be of type a list or record; write one column per part, or put it in `exclude`"
    )


def test_an_infinite_number_is_refused() -> None:
    """JSON has no infinity: online the same customer would be scored as if the value were missing."""
    actual = message(lambda: one([1.0, float("-inf"), float("inf")]))

    assert actual == (
        "column `x`, row 2: `-inf` is not a finite number (and 1 more rows); "
        "correct it, or leave it empty where unknown"
    )


@pytest.mark.parametrize("values", [["2026-01-02", "soon"], ["a 2026-01-02"], ["10:00"]])
def test_text_that_only_resembles_dates_is_a_category(values: list[str]) -> None:
    """One word that is no date makes the column text."""
    actual = one(values).tolist()

    assert actual == values


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([5.0, 5.0], ("feature `x` dropped: every value is `5.0`",)),
        (["a", "a"], ("feature `x` dropped: every value is `a`",)),
        ([None, None], ("feature `x` dropped: every value is missing",)),
    ],
)
def test_a_column_that_says_nothing_is_dropped_and_noted(values: list[Any], expected: tuple[str, ...]) -> None:
    """Constant and all-missing columns are no reason to refuse a table."""
    kept, notes = telling({"x": one(values), "y": np.array([1.0, 2.0])})

    assert (list(kept), notes) == (["y"], expected)


@pytest.mark.parametrize("values", [[5.0, None], [True, None], ["a", None]])
def test_one_value_with_gaps_is_kept(values: list[Any]) -> None:
    """That a value is missing may say something."""
    kept, notes = telling({"x": one(values)})

    assert (list(kept), notes) == (["x"], ())


def test_a_category_of_numbers_is_noted() -> None:
    """One stray word turned a column of ages into text; the note says which."""
    values = [str(i % 30) for i in range(60)]
    values[16] = "unknown"

    actual = telling({"age": one(values)})[1]

    assert actual == (
        "feature `age` is a category but mostly numbers: row 17 is `unknown`; leave such cells empty to use numbers",
    )


def test_an_identifier_is_noted() -> None:
    """A text that differs in every row can only be remembered, not learned from."""
    actual = telling({"mail": one([f"user-{i}" for i in range(60)])})[1]

    assert actual == ("feature `mail` differs in every row, so it says nothing about other rows; put it in `exclude`",)


@pytest.mark.parametrize(
    ("series", "expected"),
    [
        (pd.Series([1, None], dtype="Int64"), [1, None]),
        (pd.Series([True, None], dtype="boolean"), [True, None]),
        (pd.Series(["a", None], dtype="category"), ["a", None]),
        (pd.Series(["a", None], dtype="string"), ["a", None]),
        (pd.Series([1.5, float("nan")]), [1.5, None]),
        (pd.Series([1, "a", None, True, 2.0], dtype=object), ["1", "a", None, "true", "2"]),
        (pd.Series([True, 2.5], dtype=object), ["true", "2.5"]),
        (pd.Series([10**30, 1], dtype=object), ["1" + "0" * 30, "1"]),
        (pd.Series([{1}, "a"], dtype=object), ["{1}", "a"]),
        (pd.Series(pd.array([1, 2], dtype="int64[pyarrow]")), [1, 2]),
        (pd.Series([2, None], dtype="category"), [2, None]),
        (pd.Series(pd.cut([1, 9], [0, 5, 10])), ["(0, 5]", "(5, 10]"]),
        (pd.Series(pd.period_range("2026-01", periods=2, freq="M")), ["2026-01", "2026-02"]),
        (pd.Series(pd.arrays.SparseArray([0, 3])), [0, 3]),
        (pd.Series([1 + 2j, 0j]), ["(1+2j)", "0j"]),
        (pd.Series([datetime(2026, 1, 2, tzinfo=UTC), None], dtype=object), [datetime(2026, 1, 2, tzinfo=UTC), None]),
    ],
)
def test_pandas_columns_keep_their_meaning(series: "pd.Series[Any]", expected: list[Any]) -> None:
    """Nullable types keep gaps, categories their words; a mix of types becomes text."""
    actual = decode(from_frame(pd.DataFrame({"x": series})))

    assert actual == expected


def test_a_column_with_a_zone_keeps_its_instants() -> None:
    """Paris noon in January is eleven in UTC; a gap stays a gap."""
    series = pd.Series([pd.Timestamp("2026-01-02T12:00:00+01:00"), pd.NaT]).dt.tz_convert("Europe/Paris")

    actual = decode(from_frame(pd.DataFrame({"x": series})))

    assert actual == [datetime(2026, 1, 2, 11, tzinfo=UTC), None]


def decode(table: pa.Table) -> list[Any]:
    """Return the column `x` as Python values."""
    values: list[Any] = table.column("x").to_pylist()
    return values


def test_the_index_is_no_column() -> None:
    """Row labels are left out."""
    actual = from_frame(pd.DataFrame({"x": [1, 2]}, index=["r1", "r2"])).column_names

    assert actual == ["x"]


def test_column_names_become_text() -> None:
    """A frame made from an array has numbers for names."""
    actual = from_frame(pd.DataFrame(np.zeros((1, 2)))).column_names

    assert actual == ["0", "1"]


def test_duplicate_names_are_refused() -> None:
    """Also where they differ only as number and text."""
    frame = pd.DataFrame([[1, 2]], columns=pd.Index([0, "0"], dtype=object))

    actual = message(lambda: from_frame(frame))

    assert actual == "columns named twice: `0`; give each column a name of its own"


@pytest.mark.parametrize(
    ("values", "kind", "noted"),
    [
        ([2**53, -(2**53), None], pa.int64(), False),
        ([1, 2**53 + 1, None], pa.int64(), True),
        ([-(2**60)], pa.int64(), True),
        ([2**63 + 1], pa.uint64(), True),
        ([None], pa.int32(), False),
        ([1e200], pa.float64(), False),
        (["99999999999999999999"], pa.string(), False),
    ],
)
def test_whole_numbers_that_lose_digits_are_noted(values: list[Any], kind: pa.DataType, *, noted: bool) -> None:
    """Account numbers of 19 digits become the same double as their neighbours; nobody should learn it from a model."""
    actual = rounded(pa.table({"x": pa.array(values, kind)}), ["x"])

    note = "feature `x` holds whole numbers beyond 2^53, read to 16 digits only; if it is an id, put it in `exclude`"
    assert actual == ((note,) if noted else ())
