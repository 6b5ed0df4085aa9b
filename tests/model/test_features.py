import json
import math
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.artefact import CAPS
from model.canonical import canonical
from model.errors import InvalidTable
from model.feature_rows import encode_rows
from model.features import (
    LONGEST,
    MAX_LEVELS,
    UNSEEN,
    Feature,
    encode,
    fit_features,
    from_json,
    to_json,
)
from model.learning.design import design

NAN = math.nan

ROWS: list[dict[str, Any]] = [
    {"age": 20, "member": True, "plan": "basic"},
    {"age": 40.0, "member": False, "plan": "plus"},
    {"age": None, "member": None, "plan": None},
    {"age": 60, "member": True, "plan": "basic"},
]
COLUMNS = {
    "age": np.array([20.0, 40.0, np.nan, 60.0]),
    "member": np.array([True, False, None, True], dtype=object),
    "plan": np.array(["basic", "plus", None, "basic"], dtype=object),
}
FEATURES = fit_features(COLUMNS)


def objects(*values: Any) -> np.ndarray:
    """An object array, also of lists."""
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def test_rows_and_columns_encode_to_the_same_bits() -> None:
    """Serving reads rows, training reads columns; there is one encoding."""
    alone, wrong = encode_rows(FEATURES, ROWS)
    assert not wrong.any()
    assert np.array_equal(alone, encode(FEATURES, COLUMNS, 4), equal_nan=True)


def test_codes_are_values_truths_and_places_of_levels() -> None:
    """One column per feature: a number itself, 0 or 1, the level's place by frequency; NaN is missing."""
    actual = encode(FEATURES, COLUMNS, 4)
    expected = [[20.0, 1.0, 0.0], [40.0, 0.0, 1.0], [NAN, NAN, NAN], [60.0, 1.0, 0.0]]
    np.testing.assert_array_equal(actual, expected)


def test_what_is_learned_of_a_number() -> None:
    """The median stands in for a gap; centre and scale are those of the filled column."""
    age = FEATURES[0]
    assert (age.fill, age.centre, age.scale, age.missing) == (40.0, 40.0, pytest.approx(200**0.5), True)


def test_what_is_learned_of_a_boolean() -> None:
    """The share of true: two of three members, an unknown one counts as ⅔."""
    member = FEATURES[1]
    assert (member.fill, member.missing) == (pytest.approx(2 / 3), True)


def test_an_unseen_level_is_minus_one_and_not_wrong() -> None:
    """A plan that came after training changes no type, and is not missing."""
    X, wrong = encode_rows(FEATURES, [{"age": 40, "member": True, "plan": "gold"}])
    assert (X.tolist(), wrong.tolist()) == ([[40.0, 1.0, UNSEEN]], [False])


def test_an_absent_name_is_missing_and_an_unknown_name_is_ignored() -> None:
    """What a caller leaves out or adds breaks nothing."""
    actual, wrong = encode_rows(FEATURES, [{"shoe_size": 43}])
    expected, _ = encode_rows(FEATURES, [{"age": None, "member": None, "plan": None}])
    assert not wrong.any()
    assert np.array_equal(actual, expected, equal_nan=True)


@pytest.mark.parametrize(
    "row",
    [
        {"age": True},
        {"age": "40"},
        {"age": [40]},
        {"age": math.inf},
        {"age": 10**400},
        {"member": "true"},
        {"member": 2},
        {"member": 0.5},
        {"plan": 3},
        {"plan": False},
        {"plan": ["basic"]},
        {"plan": {"basic": 1}},
    ],
)
def test_a_wrong_type_marks_the_row(row: dict[str, Any]) -> None:
    """A bool is no number, text is no number, a number is no category; the row alone is marked."""
    X, wrong = encode_rows(FEATURES, [ROWS[0], row])
    assert np.isnan(X[1]).all()
    assert wrong.tolist() == [False, True]


@pytest.mark.parametrize(("value", "expected"), [(True, 1.0), (0, 0.0), (1.0, 1.0), (np.True_, 1.0)])
def test_a_boolean_takes_true_and_false_or_one_and_zero(value: Any, expected: float) -> None:
    """JSON has booleans, many systems send 0 and 1."""
    X, wrong = encode_rows(FEATURES, [{"member": value}])
    assert not wrong[0]
    assert X[0, 1] == expected


@pytest.mark.parametrize("missing", [None, math.nan, np.float64("nan")])
def test_every_kind_of_missing_is_one(missing: Any) -> None:
    """Null in JSON, NaN in a frame."""
    actual = encode_rows(FEATURES, [{"age": missing, "member": missing, "plan": missing}])
    expected = encode_rows(FEATURES, [{}])
    assert np.array_equal(actual[0], expected[0], equal_nan=True)
    assert not actual[1].any()


def test_no_missing_column_where_training_saw_none() -> None:
    """A gap that first shows online is filled, not marked: no coefficient was learned for it."""
    features = fit_features({"age": np.array([20.0, 40.0])})
    actual = (features[0].columns, design(features, encode_rows(features, [{}])[0]).tolist())
    assert actual == (("age",), [[0.0]])


def test_levels_are_the_most_frequent_with_ties_by_name() -> None:
    """The cap is decided by the data alone, not by the order of rows."""
    names = [f"level {i:05d}" for i in range(10_000)] + ["zebra", "zebra"]
    (feature,) = fit_features({"id": np.array(names[::-1], dtype=object)})
    assert feature.levels == ("zebra", *names[: MAX_LEVELS - 1])


def test_levels_beyond_the_cap_are_unseen() -> None:
    """Ten thousand categories: the first 254 have codes, the others share one, and no row is wrong."""
    names = np.array([f"level {i:05d}" for i in range(10_000)], dtype=object)
    features = fit_features({"id": names})
    codes, counts = np.unique(encode(features, {"id": names}, 10_000), return_counts=True)
    assert (codes.tolist(), counts[0]) == ([UNSEEN, *map(float, range(MAX_LEVELS))], 10_000 - MAX_LEVELS)


def test_a_long_text_is_no_level() -> None:
    """What a customer wrote is no category: it stays out of the artefact, and its rows are unseen."""
    texts = np.array(["a" * LONGEST, "b" * (LONGEST + 1), "b" * (LONGEST + 1)], dtype=object)
    features = fit_features({"note": texts})
    actual = (features[0].levels, encode(features, {"note": texts}, 3).tolist())
    assert actual == (("a" * LONGEST,), [[0.0], [UNSEEN], [UNSEEN]])


def test_the_description_of_many_categories_stays_small() -> None:
    """A hundred columns of the longest levels, letters beyond ASCII included, are some megabytes of JSON."""
    levels = tuple(f"{i:03d}" + "ü" * (LONGEST - 3) for i in range(MAX_LEVELS))
    feature = Feature(name="c", kind="category", levels=levels)
    assert 15 * len(canonical(to_json([feature]))) < CAPS["manifest.json"]


def test_a_constant_number_is_zero_and_stays_finite() -> None:
    """No spread to divide by."""
    features = fit_features({"one": np.full(5, 7.3)})
    assert design(features, encode(features, {"one": np.full(2, 7.3)}, 2)).tolist() == [[0.0], [0.0]]


@pytest.mark.parametrize("column", [np.full(3, np.nan), objects(None, None, None)])
def test_a_column_that_is_all_missing_is_encoded(column: np.ndarray) -> None:
    """Nothing is known, nothing breaks."""
    features = fit_features({"nothing": column})
    X = encode(features, {"nothing": column}, 3)
    assert np.isnan(X).all()
    assert design(features, X)[:, -1].tolist() == [1.0, 1.0, 1.0]


def test_numbers_in_objects_are_numbers() -> None:
    """A frame with gaps may hold Python's own numbers."""
    (feature,) = fit_features({"n": objects(1, 2.5, None)})
    assert (feature.kind, feature.missing) == ("number", True)


@pytest.mark.parametrize(
    ("column", "held"),
    [
        (objects(1, "two"), "category and number"),
        (objects("two", math.nan, 1.5), "category and number"),
        (objects(True, 1), "boolean and number"),
        (objects(True, 1.0), "boolean and number"),
        (objects("a", True, None), "boolean and category"),
        (objects({"a": 1}), "dict"),
        (objects("a", date(2026, 1, 1)), "category and date"),
        (np.array(["2026-01-01"], dtype="datetime64[D]"), "datetime64"),
        (np.array([1j]), "complex128"),
    ],
    ids=[
        "number and text",
        "text, gap and number",
        "truth and 1",
        "truth and 1.0",
        "text and truth",
        "dict",
        "date",
        "datetime64",
        "complex",
    ],
)
def test_a_column_of_mixed_or_other_kind_is_refused_by_name(column: np.ndarray, held: str) -> None:
    """Guessing would encode it differently online."""
    with pytest.raises(InvalidTable, match=f"column `odd` holds {held}"):
        fit_features({"odd": column})


@pytest.mark.parametrize(
    ("name", "values", "shown"),
    [
        ("age", objects(20, "forty"), "row 2: `forty` is not a number"),
        ("member", np.array([0.0, 0.5]), "row 2: `0.5` is not a boolean"),
        ("plan", objects("basic", 7), "row 2: `7` is not a category"),
        ("plan", objects("basic", ["basic"]), r"row 2: `\['basic'\]` is not a category"),
        ("plan", objects(None, True), "row 2: `True` is not a category"),
        ("age", np.array([1.0, np.inf]), "row 2: `inf` is not a number"),
    ],
)
def test_a_wrong_value_in_a_column_is_named_by_row(name: str, values: np.ndarray, shown: str) -> None:
    """A file is refused where a request would be marked."""
    with pytest.raises(InvalidTable, match=shown):
        encode(FEATURES, {name: values}, 2)


@pytest.mark.parametrize("unit", [1e300, 1e-300])
def test_very_large_and_very_small_numbers_are_standardised(unit: float) -> None:
    """A sum of squares would overflow, or vanish."""
    column = {"n": np.array([1.0, 2.0, 3.0]) * unit}
    X = design(fit_features(column), encode(fit_features(column), column, 3))
    assert X[:, 0].tolist() == pytest.approx([-(1.5**0.5), 0.0, 1.5**0.5])


def test_an_absent_column_is_missing() -> None:
    """A batch file without the column scores as rows without the name."""
    X = encode(FEATURES, {}, 2)
    assert np.array_equal(X, encode_rows(FEATURES, [{}, {}])[0], equal_nan=True)


GAPS = st.sampled_from([None, math.nan, float("nan"), np.float64("nan"), pd.NA, pd.NaT])


@given(st.lists(st.sampled_from(["basic", "plus", "gold", ""]) | GAPS, max_size=8))
def test_a_column_of_levels_is_read_as_its_rows_are(values: list[Any]) -> None:
    """Each level is looked up once for the column; the codes are those of the rows one by one."""
    whole = encode(FEATURES, {"plan": objects(*values)}, len(values))[:, 2]
    alone = encode_rows(FEATURES, [{"plan": value} for value in values])[0][:, 2]
    assert np.array_equal(whole, alone, equal_nan=True)


def test_no_features_and_no_rows_have_shapes() -> None:
    """Empty in, empty out."""
    shapes = [encode((), {}, 3).shape, encode_rows((), [{}])[0].shape, encode_rows(FEATURES, [])[0].shape]
    assert shapes == [(3, 0), (1, 0), (0, 3)]


def test_json_round_trip_is_exact() -> None:
    """What is stored is what was learned."""
    assert from_json(json.loads(json.dumps(to_json(FEATURES)))) == FEATURES


def test_column_names_follow_the_encoding() -> None:
    """Names for tables of coefficients."""
    actual = [name for feature in FEATURES for name in feature.columns]
    assert actual == [
        "age",
        "age is missing",
        "member",
        "member is missing",
        "plan=basic",
        "plan=plus",
        "plan is missing",
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"name": 3},
        {"kind": "vector"},
        {"missing": "yes"},
        {"scale": 0.0},
        {"scale": math.nan},
        {"fill": True},
        {"centre": "0"},
        {"levels": ["a"]},
        {"extra": 1},
    ],
)
def test_json_that_could_not_have_been_learned_is_refused(change: dict[str, Any]) -> None:
    """A forged description does not become an encoder."""
    with pytest.raises(ValueError, match="feature"):
        from_json([to_json([Feature(name="age", kind="number")])[0] | change])


@pytest.mark.parametrize("levels", [["a", "a"], [str(i) for i in range(MAX_LEVELS + 1)], ["a" * 257], "ab", [1]])
def test_json_with_wrong_levels_is_refused(levels: Any) -> None:
    """Twice the same, too many, too long, or no text."""
    with pytest.raises(ValueError, match="wrong `levels`"):
        from_json([to_json([Feature(name="plan", kind="category")])[0] | {"levels": levels}])


@pytest.mark.parametrize("value", [None, "x", [1], {}])
def test_json_of_another_shape_is_refused(value: Any) -> None:
    """Not a list of objects."""
    with pytest.raises(ValueError, match="not a list"):
        from_json(value)


def test_json_with_a_name_twice_is_refused() -> None:
    """Two columns would read one value."""
    with pytest.raises(ValueError, match="twice"):
        from_json(to_json(FEATURES) + to_json(FEATURES))


ANYTHING = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.lists(st.integers(), max_size=2)
)


@given(st.lists(st.fixed_dictionaries({}, optional=dict.fromkeys(COLUMNS, ANYTHING)), max_size=4))
def test_any_json_encodes_to_numbers_or_gaps(rows: list[dict[str, Any]]) -> None:
    """No value that a caller sends can break the encoder or leak infinity into a score."""
    X, wrong = encode_rows(FEATURES, rows)
    assert (X.shape, wrong.shape, bool(np.isinf(X).any())) == ((len(rows), 3), (len(rows),), False)
