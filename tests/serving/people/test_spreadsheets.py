"""What goes into a spreadsheet: whole lines, and nothing that it would work out."""

import csv
import io
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.contracts import JSON
from serving.people.spreadsheets import cell, plain, table_line

WORDS = st.lists(st.text(max_size=20), min_size=2, max_size=4)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@sum", "\uff1d1", " =1", "\t=1"])
def test_no_text_begins_like_a_formula(text: str) -> None:
    """An apostrophe stands before it, whatever blanks it came with."""
    actual = cell(text)
    assert actual == "'" + plain(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Hi;=1+cmd|' /C calc'!A0;x", "Hi;'=1+cmd|' /C calc'!A0;x"),
        ("a;\t=1;\r+1; -1;;@sum", "a;' =1;' +1;' -1;;'@sum"),
        (';"=1"', ';\'"=1"'),
        ('"=1', "'\"=1"),
        ("a;\uff1d1", "a;'\uff1d1"),
        ("at 9 = 10; 2-3, a@b; me", "at 9 = 10; 2-3, a@b; me"),
    ],
    ids=["a program", "behind blanks", "in quotes", "quotes first", "looks alike", "no formula"],
)
def test_no_text_holds_a_formula_behind_a_semicolon(text: str, shown: str) -> None:
    """Where a comma is the decimal point, a spreadsheet begins the next cell there, quotes or not."""
    actual = cell(text)
    assert actual == shown


@pytest.mark.parametrize(("value", "shown"), [(-0.25, "-0.25"), (-3, "-3"), (None, ""), (True, "True"), ("a", "a")])
def test_a_number_stays_one(value: JSON, shown: str) -> None:
    """What is below nothing begins with a sign, and is no formula."""
    actual = cell(value)
    assert actual == shown


@given(WORDS)
def test_any_words_are_read_back_from_one_line(words: Sequence[str]) -> None:
    """Quotes, commas and line ends inside split nothing: RFC 4180."""
    written = table_line(words)
    actual = list(csv.reader(io.StringIO(written, newline="")))
    assert (actual, written.endswith("\r\n"), written.count("\n")) == ([[cell(word) for word in words]], True, 1)
