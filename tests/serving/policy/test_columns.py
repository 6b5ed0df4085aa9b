"""Rows become columns and stay what they were."""

import struct
from dataclasses import fields
from typing import Any

import numpy as np
import pytest

from serving.policy.columns import (
    ARRAYS,
    CONTACTS_KEPT,
    NAN,
    NEVER,
    NO,
    NO_END,
    YES,
    Columns,
    Flags,
    Numbers,
    Sends,
    among,
    at_least,
    before,
    differs,
    equal,
    pack,
    stack,
)
from serving.policy.rows import columns_of
from tests.occasions import NOW, candidate, context, policy
from tests.scenarios import Draw, occasion


def some() -> Columns:
    """Return three rows in which every place has a value of its own."""
    flags = [Flags(*[(row + place) % 3 - 1 for place in range(len(Flags._fields))]) for row in range(3)]
    numbers = [Numbers(*[row * 100.0 + place for place in range(len(Numbers._fields))]) for row in range(3)]
    sends = [Sends((3.0, 2.0, 1.0), timed=True, zones=("UTC",)), Sends(), Sends(tuple(map(float, range(20, 0, -1))))]
    return stack(flags, numbers, sends, 7.0)


def test_the_names_of_rows_and_columns_agree() -> None:
    """Flags, numbers, contacts, then zones and clock: the order in which `stack` fills them."""
    assert [field.name for field in fields(Columns)] == [*ARRAYS, "zones", "now", "doubtful"]


def test_every_value_arrives_under_its_own_name() -> None:
    """Each flag and number of each row stands in the column of its name."""
    c = some()
    for row in range(3):
        for place, name in enumerate(Flags._fields):
            own = (row + place) % 3 - 1
            assert getattr(c, name)[row] == (NO if name == "readable" else own)  # some values are none of their flag's
        for place, name in enumerate(Numbers._fields):
            assert getattr(c, name)[row] == row * 100.0 + place


def test_contacts_are_kept_newest_first_and_padded_with_never() -> None:
    """As many as the largest cap; a row without contacts has none at any time."""
    c = some()
    expected = np.full((3, CONTACTS_KEPT), NEVER)
    expected[0, :3] = [3, 2, 1]
    expected[2] = range(20, 10, -1)
    assert np.array_equal(c.contacts, expected)


def test_columns_are_compared_value_by_value() -> None:
    """Equal to, other than, one of, at least: for the usual small values and for any other."""
    column = np.array([-2, 0, 1, 100], dtype=np.int8)
    assert [equal(column, value).tolist() for value in (-2, 100)] == [[True, *[False] * 3], [*[False] * 3, True]]
    assert [differs(column, value).tolist() for value in (0, 100)] == [[True, False, True, True], [*[True] * 3, False]]
    assert among(column, (1, -2)).tolist() == [True, False, True, False]
    assert among(column, ()).tolist() == [False] * 4
    assert at_least(column, 1).tolist() == [False, False, True, True]


def test_an_instant_that_is_not_known_is_not_to_come() -> None:
    """NaN is before and after nothing."""
    assert before(5.0, np.array([4.0, 5.0, 6.0, NAN, NO_END, NEVER])).tolist() == [
        False,
        False,
        True,
        False,
        True,
        False,
    ]


def test_the_only_row_can_be_taken_out_of_its_arrays() -> None:
    """Plain numbers, the same values under the same names."""
    row = some().take(slice(2, 3))
    alone = row.single()
    assert all(np.array_equal(getattr(row, name)[0], getattr(alone, name)) for name in ARRAYS)
    assert (type(alone.consent), type(alone.minute)) == (int, float)


@pytest.mark.parametrize("rows", [slice(1, 2), np.array([1])])
def test_a_part_of_the_rows_is_those_rows(rows: slice) -> None:
    """By slice or by place, with zones and clock."""
    c, part = some(), some().take(rows)
    assert all(np.array_equal(getattr(part, name), getattr(c, name)[1:2]) for name in ARRAYS)
    assert (part.rows, part.zones, part.now) == (1, ((),), 7.0)


def test_unknown_is_minus_one_or_nan() -> None:
    """And nothing else: zero, never and no end are known."""
    numbers = [Numbers(minute=0.0), Numbers(minute=NEVER), Numbers(minute=NAN)]
    c = stack([Flags(consent=value) for value in (-1, 0, 1)], numbers, [Sends()] * 3, 0.0)
    assert (c.unknown("consent").tolist(), c.unknown("minute").tolist()) == ([True, False, False], [False, False, True])


def test_doubtful_names_every_input_that_is_unknown_anywhere() -> None:
    """The engine looks at no others, so none may be left out."""
    c = some()
    names = [*Flags._fields, *Numbers._fields]
    assert c.doubtful == {name for name in names if c.unknown(name).any()}


def test_the_default_row_is_all_unknown_or_no() -> None:
    """What could not be read claims nothing that would help it."""
    flags = Flags()._asdict()
    yes = {name for name, value in flags.items() if value == 1}
    assert yes == {"outbound"}


def test_a_row_that_cannot_be_read_spoils_no_other() -> None:
    """A context of the wrong shape refuses its own row."""
    broken = [
        context(last_inbound_at="yesterday"),
        context(contacts=(NOW.replace(tzinfo=None),)),
        context(consent=None),
    ]
    read = columns_of([candidate()] * 4, [*broken, context()], now=NOW, policy=policy())
    c = read.columns
    assert (c.readable.tolist(), c.consent.tolist()) == ([0, 0, 1, 1], [-1, -1, -1, 1])
    assert [message is None for message in read.messages] == [True, True, False, False]


def test_a_row_reads_the_same_alone_as_among_others() -> None:
    """Step by step for all rows, or all steps for one: the same columns, messages and fact keys."""
    draw = Draw(7)
    pairs = [occasion(draw, NOW, trouble=0.1) for _ in range(60)]
    pairs[20] = pairs[20][0], context(last_inbound_at="yesterday")
    together = columns_of([one for one, _ in pairs], [known for _, known in pairs], now=NOW, policy=policy())
    for row, (one, known) in enumerate(pairs):
        alone = columns_of([one], [known], now=NOW, policy=policy())
        for name in ARRAYS:
            here, there = (getattr(read.columns, name) for read in (alone, together))
            assert np.array_equal(here[0], there[row], equal_nan=here.dtype == np.float64), (name, row)
        assert (alone.messages[0], alone.fact_keys[0]) == (together.messages[row], together.fact_keys[row])


@pytest.mark.parametrize("flag", [128, 0.5, None, "yes"])
def test_a_value_that_is_no_flag_is_an_error(flag: Any) -> None:
    """It does not fit, or is of another kind: whoever packs a row hears of it."""
    with pytest.raises(struct.error):
        pack(Flags(consent=flag), Numbers())


def test_no_rows_have_columns_too() -> None:
    """Every one of them empty."""
    read = columns_of([], [], now=NOW, policy=policy())
    assert (read.columns.rows, read.messages, read.fact_keys) == (0, [], [])
    assert {len(getattr(read.columns, name)) for name in ARRAYS} == {0}


def test_a_naive_clock_is_an_error_of_the_caller() -> None:
    """Without an offset `now` could be any hour of the day."""
    with pytest.raises(ValueError, match="without offset"):
        columns_of([candidate()], [context()], now=NOW.replace(tzinfo=None), policy=policy())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("outbound", -1), ("outbound", 2), ("opted_out", 2), ("opted_out", -2), ("opted_out", 127), ("live", -128)],
        *[("mark", 3), ("mark", -1), ("purpose", -3), ("purpose", 9), ("channel", 6), ("approval", 3), ("ages_as", 4)],
    ],
)
def test_a_flag_out_of_its_range_makes_its_row_unreadable(name: str, value: int) -> None:
    """A value that is none of the flag's cannot mean no harm; the rows beside it stay as they are."""
    fine = Flags(*[1] * len(Flags._fields))
    rows = [fine, fine._replace(**{name: value}), fine]
    actual = stack(rows, [Numbers()] * 3, [Sends()] * 3, 0.0).readable.tolist()
    assert actual == [YES, NO, YES]
