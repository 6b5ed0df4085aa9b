"""What a class of rows agrees in."""

from typing import Any

import pyarrow as pa
import pytest

from serving.columnar.forms import Coded, form, key_cells
from serving.columnar.numbers import dates_of


def cells(*, fold: bool = True, **columns: pa.Array) -> list[Coded]:
    """Return the cells of the keys of a few columns, named with `__` for a dot."""
    named = {name.replace("__", "."): column for name, column in columns.items()}
    rows = len(next(iter(named.values())))
    return list(key_cells(named, dates_of(named), rows, fold=fold))


def said(cell: Coded) -> list[Any]:
    """Return each row's value, `...` where it is refused."""
    refused = [False] * len(cell.codes) if cell.refused is None else cell.refused.tolist()
    return [... if odd else cell.values[code] for code, odd in zip(cell.codes.tolist(), refused, strict=True)]


@pytest.mark.parametrize(
    ("text", "expected"), [("A-7123", "A-5555"), ("Friday", "Friday"), ("\u0663 \u00fc 9", "\u0663 \u00fc 5"), ("", "")]
)
def test_a_form_has_fives_for_the_figures_of_ascii(text: str, expected: str) -> None:
    """Figures of other scripts are letters to the policy, and stay."""
    actual = form(text)
    assert actual == expected


def test_facts_are_held_as_forms_and_words_as_they_are() -> None:
    """A template `v2` is another one than `v3`; parcels are alike."""
    actual = [
        said(cell)
        for cell in cells(message__template=pa.array(["v2", "v3"]), message__facts__parcel=pa.array(["A-1", "A-2"]))
    ]
    assert actual == [["v2", "v3"], ["A-5", "A-5"]]


def test_without_folding_a_text_is_held_as_it_is() -> None:
    """What is not proved by forms has a class of its own."""
    actual = said(cells(fold=False, message__facts__parcel=pa.array(["A-1", "A-2", "A-1"]))[0])
    assert actual == ["A-1", "A-2", "A-1"]


@pytest.mark.parametrize("text", ["\u00fc 7", " 7", "7 ", "7\n", "7 % off", "www.a7.com", "7" * 161, "7\u200b"])
def test_a_fact_whose_form_is_not_sure_is_refused(text: str) -> None:
    """Other scripts, blanks around it, what sells, and prose are not read by their form."""
    actual = said(cells(message__facts__parcel=pa.array([text, "A-7"]))[0])
    assert actual == [..., "A-5"]


@pytest.mark.parametrize("text", [" ", "\u00fc", "sale", "x" * 200, "a\nb"])
def test_a_fact_without_figures_is_held_as_it_is(text: str) -> None:
    """Nobody folds it: the class is that very text."""
    actual = said(cells(message__facts__parcel=pa.array([text]))[0])
    assert actual == [text]


def test_whether_a_fact_is_the_one_on_record_is_held() -> None:
    """Two forms alike are not two facts alike."""
    facts, data = pa.array(["A-1", "A-1", None]), pa.array(["A-1", "A-2", None])
    actual = [said(cell) for cell in cells(message__facts__parcel=facts, evidence__data__parcel=data)]
    assert actual == [["A-5", "A-5", None], ["A-5", "A-5", None], [1, 0, 0]]


def test_a_fact_that_is_always_the_one_on_record_is_coded_once() -> None:
    """Both cells of the key are the same one."""
    parcels = pa.array(["A-1", "A-2"])
    fact, data, same = cells(message__facts__parcel=parcels, evidence__data__parcel=parcels)
    actual = fact is data, said(same)
    assert actual == (True, [1, 1])


def test_whose_the_evidence_is_is_held() -> None:
    """And whether it says so at all."""
    subject, user = pa.array(["u-1", "u-2", None]), pa.array(["u-1", "u-1", "u-1"])
    actual = [said(cell) for cell in cells(**{"evidence.subject": subject, "user.id": user})]
    assert actual == [[1, 1, 0], [1, 0, 0]]


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (pa.array([1, 24, None]), [1, 1, 0]),
        (pa.array([1.5, float("nan"), None]), [1, 0, 0]),
        (pa.array([1.5, float("inf"), None]), [1, ..., 0]),
        (pa.array([1, 2, None], pa.timestamp("us", tz="UTC")), [1, 1, 0]),
        (pa.array([1, 2**62, None], pa.timestamp("us", tz="UTC")), [1, ..., 0]),
    ],
    ids=["int", "nan", "inf", "time", "far"],
)
def test_of_a_number_that_no_fact_repeats_it_only_matters_that_it_is_there(
    column: pa.Array, expected: list[Any]
) -> None:
    """NaN is none, as in a file; what cannot be read is refused."""
    actual = said(cells(evidence__data__hours=column)[0])
    assert actual == expected


def test_numbers_that_a_fact_repeats_are_held_bit_by_bit() -> None:
    """0.0 and -0.0 are two, and so is every count."""
    data, facts = pa.array([0.0, -0.0, 0.0]), pa.array([1, 2, 1])
    found = [said(cell) for cell in cells(evidence__data__n=data, message__facts__n=facts)]
    actual = [[row.index(value) for value in row] for row in found]
    assert actual == [[0, 1, 0], [0, 1, 0]]


@pytest.mark.parametrize(
    "column",
    [pa.array([[1], None, [1]]), pa.array([["a"], None, ["a"]])],
    ids=["numbers", "texts"],
)
def test_lists_are_refused(column: pa.Array) -> None:
    """They are no facts, and whom an incident lists stands in one."""
    actual = said(cells(evidence__data__affected=column)[0])
    assert actual == [..., None, ...]


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (pa.array([True, None, False]), [1, None, 0]),
        (pa.array([1, None, 2], pa.date32()), [1, None, 2]),
        (pa.array([1, None, 1], pa.decimal128(4, 1)), [4607182418800017408, None, 4607182418800017408]),
        (pa.nulls(3), [None, None, None]),
    ],
    ids=["truths", "days", "decimals", "nulls"],
)
def test_other_values_are_held_exactly(column: pa.Array, expected: list[Any]) -> None:
    """As whole numbers that are equal where the values are."""
    actual = said(cells(evidence__data__n=column)[0])
    assert actual == expected


def test_what_a_reminder_is_asked_by_is_held_besides_its_form() -> None:
    """Whether it is a date; the channels that they asked for are held as they are."""
    dates = pa.array(["2026-11-20T10:00:00Z", "2026-99-20T10:00:00Z", None])
    actual = [
        said(cell) for cell in cells(evidence__data__due_at=dates, evidence__data__channel=pa.array(["b4", "b5", "x"]))
    ]
    assert actual == [[1, 0, 0], ["5555-55-55T55:55:55Z", "5555-55-55T55:55:55Z", None], ["b4", "b5", "x"]]


def test_a_channel_that_a_fact_repeats_is_held_as_it_is() -> None:
    """A reminder goes where it was asked for, whatever the message says of it."""
    channels = pa.array(["b4", "b5"])
    fact, data, same = cells(message__facts__channel=channels, evidence__data__channel=channels)
    actual = said(fact), said(data), said(same)
    assert actual == (["b5", "b5"], ["b4", "b5"], [1, 1])


def test_a_text_beside_a_day_is_held_as_it_is() -> None:
    """Whether it says the day on record is not held, as it is of two texts."""
    days, texts = pa.array([1, 1], pa.date32()), pa.array(["1970-01-02", "1970-01-03"])
    found = cells(message__facts__day=texts, evidence__data__day=days)
    turned = cells(message__facts__day=days, evidence__data__day=texts)
    actual = [said(cell) for cell in found], [said(cell) for cell in turned]
    assert actual == ([texts.to_pylist(), [1, 1]], [[1, 1], texts.to_pylist()])


def test_numbers_inside_objects_are_held_exactly() -> None:
    """Nobody looks into objects to prove anything."""
    actual = said(cells(evidence__data__deep__n=pa.array([7, 8, None]))[0])
    assert actual == [7, 8, None]
