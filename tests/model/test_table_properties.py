from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.errors import InvalidTable
from model.reading.roles import Roles
from model.table import Table
from tests.model.tables import ROWS, checked, good_frame, message

Spoil = Callable[[pd.DataFrame], pd.DataFrame]


def cell(column: str, value: Any) -> Spoil:
    """Return what puts a value into the fifth row of a column."""

    def spoil(frame: pd.DataFrame) -> pd.DataFrame:
        cells = frame[column].astype(object)
        cells.iloc[4] = value
        return frame.assign(**{column: cells})

    return spoil


SPOILS: dict[str, Spoil] = {
    "no rows": lambda frame: frame.iloc[:0],
    "no label": lambda frame: frame.drop(columns="visit", errors="ignore"),
    "nobody contacted": lambda frame: frame.assign(sent=0),
    "nobody held out": lambda frame: frame.assign(sent=1),
    "constant complaint": lambda frame: frame.assign(complained=0),
    "constant opt-out": lambda frame: frame.assign(left=1),
    "arm not 0 or 1": cell("sent", "perhaps"),
    "complaint not 0 or 1": cell("complained", 3),
    "missing opt-out": cell("left", None),
    "missing household": cell("household", None),
    "repeated id": cell("occasion", "o-0"),
    "time without offset": cell("decided_at", pd.Timestamp("2026-03-01T00:00:00").to_pydatetime()),
    "hindsight": cell("observed_at", pd.Timestamp("2030-01-01T00:00:00Z")),
    "marketing": cell("purpose", "win_back"),
    "infinite feature": cell("age", float("inf")),
    "label among features": lambda frame: frame.assign(copy=[f"is {each}" for each in frame["complained"]]),
    "list feature": lambda frame: frame.assign(basket=[[1, 2]] * len(frame)),
    "date feature": lambda frame: frame.assign(born="1990-01-02"),
}


@pytest.mark.parametrize("name", SPOILS)
def test_each_defect_alone_is_refused(name: str) -> None:
    """The good table is good, and each defect by itself makes it refused, in one line with a next step."""
    actual = message(lambda: checked(SPOILS[name](good_frame())))

    assert ("; " in actual, "`" in actual or name == "no rows") == (True, True)


@settings(max_examples=60, deadline=None)
@given(st.permutations(sorted(SPOILS)), st.integers(1, 4))
def test_defects_never_cancel(names: list[str], count: int) -> None:
    """No combination of defects, in any order, becomes a table."""
    frame = good_frame()
    for name in names[:count]:
        try:
            frame = SPOILS[name](frame)
        except (KeyError, IndexError):
            continue  # an earlier defect took the column or the row away

    actual = message(lambda: checked(frame))

    assert "; " in actual


@settings(max_examples=30, deadline=None)
@given(st.permutations(range(ROWS)))
def test_the_order_of_rows_is_the_table_s(order: list[int]) -> None:
    """Shuffled rows give the same values in shuffled order, no other verdict."""
    straight, shuffled = checked(good_frame()), checked(good_frame().iloc[order])

    actual = (
        shuffled.benefit.tolist() == straight.benefit[order].tolist(),
        shuffled.features.equals(straight.features.iloc[order].reset_index(drop=True)),
        [shuffled.cluster_names[code] for code in shuffled.cluster]
        == [straight.cluster_names[code] for code in straight.cluster[order]],
    )

    assert actual == (True, True, True)


values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(),
    st.text(max_size=4),
    st.datetimes(),
    st.lists(st.integers(), max_size=2),
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(values, values, values), max_size=8),
    st.lists(st.sampled_from([0, 1]), min_size=8, max_size=8),
)
def test_any_frame_is_checked_or_refused(rows: list[tuple[Any, Any, Any]], arm: list[int]) -> None:
    """Columns of anything raise nothing but the refusal; what passes has no missing label."""
    frame = pd.DataFrame(rows, columns=["a", "b", "c"], dtype=object).assign(sent=arm[: len(rows)])
    asked = Roles.from_mapping({"contacted": "sent", "benefit": "a", "features": ["b", "c"]})

    try:
        actual = bool(np.isfinite(Table.from_frame(frame, asked).benefit).all())
    except InvalidTable as error:
        actual = "\n" not in str(error)

    assert actual
