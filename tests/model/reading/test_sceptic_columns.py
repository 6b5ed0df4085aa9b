from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from model.reading.sceptic_columns import BEFORE_STEP, WINDOW_STEP, amounts_or_missing
from model.table import Table
from tests.model.tables import checked, good_frame, message

NAN = float("nan")


def read(values: list[Any], *, binary: bool = False) -> list[float]:
    """Read one column of a window."""
    return amounts_or_missing(pa.chunked_array([values]), "w", "write 0 or 1", binary=binary).tolist()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, None, 0], [1.0, NAN, 0.0]),
        ([True, None, False], [1.0, NAN, 0.0]),
        ([1.5, NAN, 0.0], [1.5, NAN, 0.0]),
        (["1", None, "false"], [1.0, NAN, 0.0]),
        ([None, None], [NAN, NAN]),
    ],
)
def test_an_empty_cell_of_a_window_is_not_known(values: list[Any], expected: list[float]) -> None:
    """Whatever the column's type."""
    actual = read(values)

    np.testing.assert_array_equal(actual, expected)


@pytest.mark.parametrize(
    ("values", "binary", "expected"),
    [
        ([1, None, -1], False, "column `w`, row 3: `-1` is not 0/1 or a finite number ≥ 0; write 0 or 1"),
        ([1, None, 2], True, "column `w`, row 3: `2` is not 0 or 1; write 0 or 1"),
        (["1", "", None], False, "column `w`, row 2: `` is not 0/1 or a finite number ≥ 0; write 0 or 1"),
        (["late", None], True, "column `w`, row 1: `late` is not 0 or 1; write 0 or 1"),
    ],
)
def test_other_cells_are_checked_as_labels_are(values: list[Any], binary: bool, expected: str) -> None:  # noqa: FBT001  (by name)
    """Column, row, value, rule, next step."""
    actual = message(lambda: read(values, binary=binary))

    assert actual == expected


def with_all() -> pd.DataFrame:
    """Return the good table with every column that a sceptic reads."""
    frame = good_frame()
    late = np.where(np.arange(len(frame)) < 30, frame["visit"], np.nan)
    return frame.assign(visit_before=frame["complained"] * 2, visit_28=late, left_7=frame["left"], release="r1")


def given() -> Table:
    """Check it."""
    return checked(
        with_all(),
        version="release",
        before={"benefit": "visit_before"},
        windows={"benefit": {"3": "visit", "28": "visit_28"}, "opt_out": {"7": "left_7"}},
    )


def test_a_table_holds_what_a_sceptic_reads() -> None:
    """Amounts from before, windows by days with gaps, versions as text."""
    table = given()

    assert table.before["benefit"].max() == 2.0
    assert {outcome: list(days) for outcome, days in table.windows.items()} == {"benefit": [3, 28], "opt_out": [7]}
    assert int(np.isnan(table.windows["benefit"][28]).sum()) == 10
    assert table.version is not None
    assert set(table.version) == {"r1"}


def test_none_of_it_is_a_feature() -> None:
    """The features are those that the table has without these columns."""
    actual = list(given().features)

    assert actual == list(checked(good_frame()).features)


def test_a_gap_from_before_is_refused() -> None:
    """Nothing before is 0; an empty cell says nothing."""
    frame = good_frame().assign(visit_before=1.0)
    frame["visit_before"] = frame["visit_before"].mask(frame.index == 4)
    actual = message(lambda: checked(frame, before={"benefit": "visit_before"}))

    expected = "column `visit_before`, row 5: a missing value is not 0/1 or a finite number ≥ 0"
    assert actual == f"{expected}; {BEFORE_STEP}"


def test_a_gap_in_a_label_is_still_refused() -> None:
    """Only windows may have gaps."""
    frame = good_frame()
    frame["visit"] = frame["visit"].astype(float).mask(frame.index == 4)

    assert "column `visit`, row 5: a missing value" in message(lambda: checked(frame))


def test_a_window_of_a_harm_is_a_flag() -> None:
    """Two complaints are one customer who complained."""
    frame = good_frame().assign(c7=2)
    actual = message(lambda: checked(frame, windows={"complaint": {"7": "c7"}}))

    assert actual == f"column `c7`, row 1: `2` is not 0 or 1 (and 39 more rows); {WINDOW_STEP}"


def test_a_column_that_is_not_there_is_asked_for_by_its_key() -> None:
    """With the closest name, as for every role."""
    actual = message(lambda: checked(good_frame(), windows={"benefit": {"7": "visits"}}, version="plann"))

    assert (
        "`version` asks for `plann` (closest: `plan`); `windows.benefit.7` asks for `visits` (closest: `visit`)"
        in actual
    )
