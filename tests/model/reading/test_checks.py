import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from model.reading.checks import refuse_missing_columns
from model.table import Table
from tests.model.tables import ROWS, changed, checked, good_frame, message, refused, replaced, roles


def test_missing_columns_are_shown_as_a_difference() -> None:
    """What each role asked for, the closest name, and what the table has: one look finds the slip."""
    asked = roles(benefit="vist", cluster="zzz", exclude=["Spend", "agee"])

    actual = message(lambda: refuse_missing_columns(list(good_frame()), asked))

    assert actual == (
        "missing columns: `benefit` asks for `vist` (closest: `visit`); `cluster` asks for `zzz`; "
        "`exclude` asks for `Spend` (closest: `sent`); `exclude` asks for `agee` (closest: `age`); the table has "
        "`occasion`, `household`, `decided_at`, `observed_at`, `sent`, `visit`, `complained`, `left`, `purpose`, "
        "`age`, `plan`, `app`; correct the roles"
    )


def test_of_many_missing_columns_five_are_shown(tmp_path: Path) -> None:
    """And the file, which may be another one than was meant."""
    (tmp_path / "t.csv").write_text("a,b\n1,2\n")

    actual = message(lambda: Table.read(tmp_path / "t.csv", roles(features=[f"f{number}" for number in range(20)])))

    assert (actual.startswith(f"missing columns in `{tmp_path}/t.csv`: "), actual.count("asks for")) == (True, 5)
    assert re.search(r"; and \d+ more; the table has `a`, `b`", actual)


@pytest.mark.parametrize(
    "changes",
    [
        {"contacted": "x"},
        {"benefit": "x"},
        {"complaint": "x"},
        {"opt_out": "x"},
        {"propensity": "x"},
        {"cluster": "x"},
        {"time": "x"},
        {"id": "x"},
        {"features_time": "x"},
        {"features": ["x"]},
        {"exclude": ["x"]},
        {"segments": ["x"]},
    ],
)
def test_every_role_s_column_must_be_there(changes: dict[str, Any]) -> None:
    """A misspelt `exclude` matters most: the column that it meant would stay among the features."""
    actual = refused(good_frame(), **changes)

    assert actual.startswith(f"missing columns: `{next(iter(changes))}` asks for `x`")


def test_a_table_without_rows_is_refused() -> None:
    """A header alone is no table."""
    actual = refused(good_frame().iloc[:0])

    assert actual == "the table has no rows; write one row per occasion below the header"


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        (0, "no contacted rows; add the rows that were contacted, or check the mapping"),
        (
            1,
            "no held-out rows; add the rows that were not contacted: without them nothing tells benefit from habit",
        ),
    ],
)
def test_both_arms_must_be_there(value: int, rule: str) -> None:
    """Without the held out nothing can be learned, without the contacted nothing is to be."""
    actual = refused(changed(sent=value))

    assert actual == f"column `sent`: {rule}"


@pytest.mark.parametrize("value", ["maybe", 2, 0.5, None])
def test_a_contacted_value_that_is_not_0_or_1_is_refused(value: Any) -> None:
    """The refusal shows how to map words."""
    actual = refused(replaced("sent", 17, value))

    shown = "a missing value" if value is None else f"`{value}`"
    assert actual == (
        f"column `sent`, row 17: {shown} is not 0 or 1; "
        'map its values with `contacted = { column = "…", yes = […], no = […] }`'
    )


ARMS = {"column": "arm", "yes": ["mail", "call"], "no": ["none"]}


def arms(*words: str) -> pd.DataFrame:
    """Return the good table with an arm told by words, in turn."""
    return good_frame().assign(arm=[words[i % len(words)] for i in range(ROWS)]).drop(columns="sent")


def test_arms_are_mapped_by_their_words() -> None:
    """Two words for contacted, one for held out."""
    actual = checked(arms("mail", "none", "call", "none"), contacted=ARMS).contacted.mean()

    assert actual == 0.5


@pytest.mark.parametrize(
    ("column", "yes", "no"),
    [
        ([1, 2, 0, 0] * 10, [1, 2.0], [0]),
        ([1.0, 2.0, 0.0, 0.0] * 10, ["1", 2], [0]),
        ([True, True, False, False] * 10, [True], [False]),
        (pd.Categorical(["a", "a", "b", "b"] * 10), ["a"], ["b"]),
        (["1", "2", "0", "0"] * 10, [1, 2], ["0"]),
    ],
)
def test_mapped_values_match_whatever_their_type(column: Any, yes: list[Any], no: list[Any]) -> None:
    """A 1 in TOML is 1.0 in a float column and "1" in text."""
    frame = good_frame().assign(arm=column).drop(columns="sent")

    actual = checked(frame, contacted={"column": "arm", "yes": yes, "no": no}, exclude=["plan"]).contacted[:4].tolist()

    assert actual == [True, True, False, False]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (
            ("mail", "none", "none"),
            "column `arm`: `call` of `yes` never occurs; the values are `mail`, `none`; correct `contacted.yes`",
        ),
        (
            ("mail", "call", "fax"),
            "column `arm`: `none` of `no` never occurs; the values are `mail`, `call`, `fax`; correct `contacted.no`",
        ),
        (
            ("mail", "none", "call", "fax", "none"),
            (
                "column `arm`, row 4: `fax` is neither in `contacted.yes` nor in `contacted.no` (and 7 more rows); "
                "add it to one of them, or leave these rows out"
            ),
        ),
    ],
)
def test_a_mapping_that_does_not_fit_is_refused(words: tuple[str, ...], expected: str) -> None:
    """A value that never occurs is a slip, a value in neither list an arm that nobody thought of."""
    actual = refused(arms(*words), contacted=ARMS)

    assert actual == expected


def test_a_missing_arm_is_refused_under_a_mapping() -> None:
    """A row whose arm is unknown is in neither."""
    frame = arms("mail", "none", "call")
    frame.loc[2, "arm"] = None

    actual = refused(frame, contacted=ARMS)

    assert actual == (
        "column `arm`, row 3: a missing value is neither in `contacted.yes` nor in `contacted.no`; "
        "add it to one of them, or leave these rows out"
    )
