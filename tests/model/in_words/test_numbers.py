from typing import Any

import pytest

from model.in_words.numbers import counted, figure, interval, number, percent, plain


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


@pytest.mark.parametrize(
    ("share", "shown"),
    [(0.0, "0 %"), (0.00001, "0.1 %"), (0.6, "60 %"), (0.7994, "79.9 %"), (0.99999, "99.9 %"), (1.0, "100 %")],
)
def test_only_all_is_a_hundred_per_cent(share: float, shown: str) -> None:
    """And only none is nought."""
    assert percent(share) == shown


def test_a_bound_that_is_not_nought_is_not_written_as_one() -> None:
    """More digits are taken until both ends show their sign; float dust stays nought."""
    given = {"estimate": 0.004, "low": 0.0004, "high": 0.009}
    dust = {"estimate": 0.0, "low": -1e-17, "high": 1e-17}
    assert [interval(given, 1, 100.0), interval(dust, 1)] == ["0.40 (0.04 to 0.90)", "0.0 (0.0 to 0.0)"]


def test_a_count_agrees_with_its_noun() -> None:
    """One pair, two pairs."""
    assert [counted(many, "pair") for many in (1, 2)] == ["1 pair", "2 pairs"]
