import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.reading import strict
from model.reading.strict import Scalar, as_text, closest, name, names, numbers, refuse_unknown, scalars
from tests.model.tables import message

KNOWN = ("contacted", "benefit", "complaint", "weights")


def test_the_examples_run() -> None:
    """The docstring's example says what the code does."""
    actual = doctest.testmod(strict).failed

    assert actual == 0


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("benifit", "benefit"),
        ("Contacted", "contacted"),
        ("complaints", "complaint"),
        ("unit", None),
        ("zzz", None),
        ("", None),
    ],
)
def test_the_closest_name_is_found_letter_case_aside(asked: str, expected: str | None) -> None:
    """A slip of one or two letters finds its name; what resembles nothing finds nothing."""
    actual = closest(asked, KNOWN)

    assert actual == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(1, "1"), (1.0, "1"), ("1", "1"), (True, "true"), (False, "false"), (1.5, "1.5"), ("Mens E-Mail", "Mens E-Mail")],
)
def test_equal_values_are_written_alike(value: Scalar, expected: str) -> None:
    """A whole float is written like the integer, a truth value as TOML writes it."""
    actual = as_text(value)

    assert actual == expected


@given(st.integers(-(2**53), 2**53))
def test_an_integer_and_its_float_are_one_text(number: int) -> None:
    """CSV, Parquet and TOML may disagree on int or float; the comparison does not."""
    actual = as_text(float(number))

    assert actual == as_text(number)


@pytest.mark.parametrize(
    ("key", "table", "expected"),
    [
        ("benifit", "", "key `benifit` is not known; did you mean `benefit`?"),
        (
            "zzz",
            "",
            "key `zzz` is not known; known are `contacted`, `benefit`, `complaint`, `weights`",
        ),
        ("complain", "weights", "key `weights.complain` is not known; did you mean `complaint`?"),
    ],
)
def test_an_unknown_key_is_refused_with_the_closest(key: str, table: str, expected: str) -> None:
    """The refusal names the key where it stands and what was probably meant, or all there is."""
    actual = message(lambda: refuse_unknown(key, KNOWN, table=table))

    assert actual == expected


def test_a_key_below_the_wrong_header_is_told_where_to_go() -> None:
    """In TOML everything after `[weights]` belongs to it: a top-level key written there is the commonest slip."""
    actual = message(lambda: refuse_unknown("features", ("contact",), table="weights", top=("features",)))

    assert (
        actual == "key `weights.features` stands below `[weights]`; move `features` above the first `[…]` of the file"
    )


def test_a_known_key_passes() -> None:
    """Nothing is raised for a key that is known."""
    refuse_unknown("benefit", KNOWN)


@pytest.mark.parametrize("value", [3, True, None, [], ["a"], "", 0.5])
def test_a_name_is_a_string_with_letters(value: object) -> None:
    """Anything but a string that is not empty is refused by its key."""
    actual = message(lambda: name("benefit", value))

    assert actual == f"key `benefit`: `{value}` is not the name of a column; write it in double quotes"


def test_a_propensity_may_also_be_a_number() -> None:
    """The refusal of a wrong propensity says that a number would do."""
    actual = message(lambda: name("propensity", value=True))

    assert actual == "key `propensity`: `True` is not the name of a column or a number; write it in double quotes"


def test_a_list_of_names_is_returned_as_a_tuple() -> None:
    """Values are frozen: a list becomes a tuple in the same order."""
    actual = names("features", ["b", "a"])

    assert actual == ("b", "a")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("age", 'key `features`: `age` is not a list; write `features = ["age"]`'),
        (["age", 3], "key `features`: `3` is not the name of a column; write it in double quotes"),
        (["age", "age"], "key `features` names `age` twice; leave one out"),
    ],
)
def test_a_list_of_names_is_checked(value: object, expected: str) -> None:
    """A bare string, a number inside and a repetition are refused."""
    actual = message(lambda: names("features", value))

    assert actual == expected


@pytest.mark.parametrize("value", ["a", [], [["a"]], [None], 3, {"a": 1}])
def test_values_of_an_arm_are_a_list_of_scalars(value: object) -> None:
    """An empty list, a bare value or a nested one is refused."""
    actual = message(lambda: scalars("contacted.yes", value))

    assert actual == f'key `contacted.yes`: `{value}` is not a list of values; write one, such as ["A", "B"]'


def test_whole_numbers_become_floats() -> None:
    """`complaint = 2` and `complaint = 2.0` mean the same weight."""
    actual = numbers("weights", {"complaint": 2}, KNOWN)

    assert actual == {"complaint": 2.0}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (3, "key `weights`: `3` is not a table; write `[weights]` on a line of its own"),
        ({"benefit": "1"}, "key `weights.benefit`: `1` is not a number; write one without quotes"),
        ({"benefit": True}, "key `weights.benefit`: `True` is not a number; write one without quotes"),
        ({"benefits": 1.0}, "key `weights.benefits` is not known; did you mean `benefit`?"),
    ],
)
def test_a_table_of_numbers_is_checked(value: object, expected: str) -> None:
    """Only a table, only known keys, only numbers; true is no number."""
    actual = message(lambda: numbers("weights", value, KNOWN))

    assert actual == expected
