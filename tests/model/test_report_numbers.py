from typing import Any

import pytest

from model.report_numbers import figure, interval, number, plain


@pytest.mark.parametrize(
    ("value", "shown"), [(-12.94, "−12.9"), (-0.04, "0.0"), (1234.5, "1,234.5"), (0.0, "0.0"), (3.26, "3.3")]
)
def test_numbers_are_written_as_print_does(value: float, shown: str) -> None:
    """A real minus, thousands apart, no minus nought."""
    assert number(value) == shown


def test_a_sign_is_written_where_asked() -> None:
    """Changes carry their sign."""
    assert [number(value, signed=True) for value in (3.0, -3.0)] == ["+3.0", "−3.0"]


def test_an_interval_is_an_estimate_and_its_ends() -> None:
    """By a factor, to some digits; what is not known is a dash."""
    given = {"estimate": 0.012, "low": -0.001, "high": 0.025}
    actual = [interval(given, 1, 100.0), interval(None), interval(given | {"estimate": None}), figure(None)]
    assert actual == ["1.2 (−0.1 to 2.5)", "–", "–", "–"]


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, "–"), (True, "yes"), (False, "no"), (12345, "12,345"), (-0.000123456, "−0.0001235"), ("as is", "as is")],
    ids=str,
)
def test_any_leaf_has_words(value: Any, shown: str) -> None:
    """Null, truth, counts, small numbers and text."""
    assert plain(value) == shown
