"""Whether a name or a reason says something."""

import pytest

from model.named import says_something

EMPTY = ["", " ", "\n\t", "\u200b", "\u00a0", "\ufeff\u2060", "–", "…", "?!", "\u3164", "\uffa0 \u115f\u1160", "\u2800"]


@pytest.mark.parametrize("words", ["anna", "7", "a", " the strike is over. ", "林", "Ωmega", "ب", "\u200bx"], ids=ascii)
def test_a_letter_or_a_digit_says_something(words: str) -> None:
    """Of any script, however little it is."""
    assert says_something(words) is True


@pytest.mark.parametrize("words", EMPTY, ids=ascii)
def test_what_cannot_be_read_says_nothing(words: str) -> None:
    """Blanks of every kind, dots and dashes, and the letters that nobody sees."""
    assert says_something(words) is False
