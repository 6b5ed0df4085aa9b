"""The words of senders, on a terminal and in a spreadsheet: shown, never obeyed."""

from datetime import timedelta
from typing import Any

import pytest

from serving.cli.policy.refused_figures import LONGEST, cells, group_json, lines, words
from serving.people.refused import Audit, Group, Said
from serving.people.spreadsheets import cell, plain
from tests.contracts.ledgers import NOW


def group(**given: Any) -> Group:
    """Describe a refused win-back, or one that says something else."""
    said = Said(
        purpose=given.get("purpose", "win_back"),
        channel="email",
        template=given.get("template"),
        text=given.get("text"),
        next_step=given.get("next_step"),
        reasons=("purpose_is_marketing",),
    )
    times = given.get("times", 1)
    return Group(
        said=said,
        times=times,
        customers=times,
        first=NOW - timedelta(days=1),
        last=NOW,
        last_id="d-1",
        last_facts=given.get("facts", {}),
    )


def table(*groups: Group) -> list[str]:
    """Return the table of these groups."""
    times = sum(each.times for each in groups)
    return lines(Audit(groups=groups, messages=times, customers=times))


def test_columns_stand_under_one_another() -> None:
    """Numbers to the right, words to the left, and no blanks at the end of a line."""
    heading, *actual = table(group(text="Come back", times=12_345), group(purpose="upsell", template="more", times=7))
    assert actual == [
        '12,345     12,345  2026-11-19 12:00  2026-11-20 12:00  win_back  email    purpose_is_marketing  "Come back"',
        "     7          7  2026-11-19 12:00  2026-11-20 12:00  upsell    email    purpose_is_marketing  template more",
        "in all 12,352 messages for 12,352 customers; none was sent",
    ]
    places = [heading.index(title) for title in ("FIRST", "LAST", "PURPOSE", "CHANNEL", "REFUSED", "WOULD")]
    assert places == [
        actual[1].index(text) for text in ("2026-11-19", "2026-11-20", "upsell", "email", "purpose_", "temp")
    ]


def test_one_is_said_as_one() -> None:
    """Plain English at the end."""
    actual = table(group(text="Come back"))[-1]
    assert actual == "in all 1 message for 1 customer; none was sent"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"text": "Come back"}, '"Come back"'),
        ({"text": "Come back", "next_step": "Reply."}, '"Come back Reply."'),
        ({"text": "Come\n\n  back\t!"}, '"Come back !"'),
        ({"template": "we_miss_you"}, "template we_miss_you"),
        ({"template": "late", "facts": {"eta": "save 20 %", "n": 3}}, "template late (eta: save 20 %, n: 3)"),
        ({"template": "late", "facts": {"eta": {"a": ["b", None]}}}, 'template late (eta: {"a": ["b", null]})'),
        ({"template": "late", "facts": {"eta\n": "x\x1b[2J"}}, "template late (eta : x?[2J)"),
        ({"template": "late", "facts": {"eta": "a" * 99}}, f"template late (eta: {'a' * 51}…"),
        ({}, '""'),
        ({"text": "a" * 72}, f'"{"a" * 72}"'),
        ({"text": "a" * 73}, f'"{"a" * 71}…"'),
    ],
)
def test_the_beginning_of_a_text_is_shown(given: dict[str, str], expected: str) -> None:
    """On one line, in quotes; a template by its name."""
    actual = words(group(**given))
    assert actual == expected


@pytest.mark.parametrize("sign", ["\x1b[2J", "\x07", "\r", "\u202e", "\x9b31m", "\ud800"], ids=ascii)
def test_no_sign_steers_a_terminal(sign: str) -> None:
    """Not in a text, and not in a purpose word, which is the sender's as well."""
    shown = "".join(table(group(text=f"a{sign}b", purpose=f"win{sign}back")))
    actual = (sign in shown, shown.isprintable())
    assert actual == (False, True)


WIDE = ("\uff1d1+1", "\uff0b1", "\uff0d1", "\uff20x1", " \uff1d1+1", "\ufe661+1", "\ufe63 1")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1+1", "  =1+1", "\r\n@x", *WIDE])
def test_no_cell_is_a_formula(text: str) -> None:
    """A spreadsheet that opens the list runs nothing of it."""
    actual = [cell(text), *(each for each in cells(group(text=text, purpose=text)) if "1" in each and "'" in each)]
    assert all(each.startswith("'") for each in actual)
    assert cells(group(text=text))[7] == "'" + plain(text)
    assert cells(group(facts={text: 1}))[10] == f"'{plain(text)}: 1"


def test_other_cells_are_as_they_are() -> None:
    """Numbers, times and words; null is empty, letters of any script stay."""
    actual = [cell(value) for value in (12, None, "2026-11-20T12:00:00Z", "Zürich 🚚, 50 % + more")]
    assert actual == ["12", "", "2026-11-20T12:00:00Z", "Zürich 🚚, 50 % + more"]


def test_half_a_pair_can_be_printed() -> None:
    """No record of the API holds one; if any does, the list is still written."""
    actual = group_json(
        group(text="a\ud800b", template="t\udfff", purpose="p\ud800", facts={"f\ud800": ["g\udfff", 1]})
    )
    assert (actual["text"], actual["template"], actual["purpose"]) == ("a?b", "t?", "p?")
    assert actual["last_facts"] == {"f?": ["g?", 1]}


def test_a_long_purpose_word_is_cut() -> None:
    """It is the sender's word, of whatever length; the JSON has it whole."""
    one = group(purpose="x" * 64, text="Come back")
    actual = (f"{'x' * (LONGEST['PURPOSE'] - 1)}…  email" in table(one)[1], group_json(one)["purpose"])
    assert actual == (True, "x" * 64)
