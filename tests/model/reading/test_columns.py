import doctest
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.reading import columns
from model.reading.columns import amounts, decoded, flags, instants, listed, names, probabilities, refusal, shown, texts
from tests.model.tables import message

OFFSET = "write RFC 3339 with an offset, such as 2026-11-20T18:00:00Z, or store timestamps with their zone"


def column(values: Any, kind: pa.DataType | None = None) -> pa.ChunkedArray:
    """Return values as one Arrow column in two chunks."""
    cells = pa.array(values, kind)
    return pa.chunked_array([cells[:1], cells[1:]])


def test_the_examples_run() -> None:
    """The docstring's example says what the code does."""
    actual = doctest.testmod(columns).failed

    assert actual == 0


def test_a_refusal_counts_rows_from_1() -> None:
    """Column, row, rule and step stand in this order."""
    actual = str(refusal("age", 16, "is odd", "correct it"))

    assert actual == "column `age`, row 17: is odd; correct it"


def test_a_shown_value_is_one_short_line() -> None:
    """A free text with line ends does not break the message."""
    actual = shown("a\nb\t" + "c" * 50)

    assert actual == "`a b " + "c" * 36 + "…`"


def test_a_long_list_of_names_is_cut() -> None:
    """Five hundred columns do not fill the screen."""
    actual = listed([f"c{i}" for i in range(5)], 2)

    assert actual == "`c0`, `c1` and 3 more"


@pytest.mark.parametrize(
    "cells",
    [
        column([1, 0, 1], pa.int8()),
        column([1, 0, 1], pa.uint64()),
        column([1.0, 0.0, 1.0]),
        column(np.array([1, 0, 1], dtype=np.float16)),
        column([True, False, True]),
        column(["1", "0", " 1 "]),
        column(["TRUE", "false", "1.0"]),
        column(["true", "false", "true"], pa.large_string()),
        column(["1", "0", "1"], pa.string_view()),
        column([Decimal("1.00"), Decimal("0.00"), Decimal("1.00")]),
        pa.chunked_array([pa.array(["1", "0", "1"]).dictionary_encode()]),
        pa.chunked_array([pa.array([1, 0, 1]).dictionary_encode()]),
    ],
)
def test_0_and_1_are_read_from_every_type(cells: pa.ChunkedArray) -> None:
    """Flags, integers of any width, floats, decimals, dictionaries and the words themselves."""
    actual = flags(cells, "visit", "write 0 or 1").tolist()

    assert actual == [1.0, 0.0, 1.0]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (column([1, 2, 0, 3]), "column `visit`, row 2: `2` is not 0 or 1 (and 1 more rows); write 0 or 1"),
        (column([1, None]), "column `visit`, row 2: a missing value is not 0 or 1; write 0 or 1"),
        (column([1.0, float("nan")]), "column `visit`, row 2: a missing value is not 0 or 1; write 0 or 1"),
        (column([0.5, 1.0]), "column `visit`, row 1: `0.5` is not 0 or 1; write 0 or 1"),
        (column(["1", "maybe"]), "column `visit`, row 2: `maybe` is not 0 or 1; write 0 or 1"),
        (column(["1", None]), "column `visit`, row 2: a missing value is not 0 or 1; write 0 or 1"),
        (column([None, None]), "column `visit`, row 1: a missing value is not 0 or 1 (and 1 more rows); write 0 or 1"),
        (column([[1], [0]]), "column `visit`, row 1: `[1]` is not 0 or 1 (and 1 more rows); write 0 or 1"),
        (
            column([date(2026, 1, 2)]),
            "column `visit`, row 1: `2026-01-02` is not 0 or 1; write 0 or 1",
        ),
    ],
)
def test_what_is_not_0_or_1_is_refused(cells: pa.ChunkedArray, expected: str) -> None:
    """The first bad row is named, with its value, the rule, and how many more there are; missing is never 0."""
    actual = message(lambda: flags(cells, "visit", "write 0 or 1"))

    assert actual == expected


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (column([0, 3, 10]), [0.0, 3.0, 10.0]),
        (column([Decimal("2.50"), Decimal("0.00")]), [2.5, 0.0]),
        (column([False, True]), [0.0, 1.0]),
        (column(["0", "1"]), [0.0, 1.0]),
    ],
)
def test_amounts_are_numbers_from_0(cells: pa.ChunkedArray, expected: list[float]) -> None:
    """A benefit may be a value, whole, decimal, or 0/1 in any dress."""
    actual = amounts(cells, "spend", "s").tolist()

    assert actual == expected


@pytest.mark.parametrize(
    ("cells", "value"),
    [
        (column([1.0, -0.5]), "`-0.5`"),
        (column([1.0, float("inf")]), "`inf`"),
        (column([1.0, None]), "a missing value"),
        (column(["1", "2"]), "`2`"),
    ],
)
def test_a_negative_infinite_or_missing_amount_is_refused(cells: pa.ChunkedArray, value: str) -> None:
    """A refund below 0 is a harm in the benefit's place; a number written as text is text."""
    actual = message(lambda: amounts(cells, "spend", "correct it"))

    assert actual == f"column `spend`, row 2: {value} is not 0/1 or a finite number ≥ 0; correct it"


@pytest.mark.parametrize("value", [1e13, 1e300, 1e-10, 5e-324])
def test_an_amount_beyond_measure_is_refused(value: float) -> None:
    """Its square is no number any more, so no interval could be computed."""
    actual = message(lambda: amounts(column([1.0, value, 0.0]), "spend", "s"))

    assert actual == (
        f"column `spend`, row 2: `{value}` is not 0 and not between 1e-09 and 1e+12; write the amounts in another unit"
    )


@pytest.mark.parametrize("cells", [[1, 2] * 10, [2.5, 0.5] * 10])
def test_codes_that_are_no_amounts_are_refused(cells: list[float]) -> None:
    """1 for yes and 2 for no, read as amounts, would turn the effect round."""
    actual = message(lambda: amounts(column(cells), "visit", "s"))

    assert actual == (
        f"column `visit`: holds `{min(cells)}` and `{max(cells)}` only, which look like codes: neither is 0; "
        "write 0 for no benefit and 1 (or its value) for benefit"
    )


@pytest.mark.parametrize("cells", [[0, 2] * 10, [3, 3] * 10, [1, 2, 4, 4] * 5, [1, 2]])
def test_amounts_that_could_be_amounts_are_read(cells: list[float]) -> None:
    """A fixed value where there is benefit, one value (whose table is refused elsewhere), three, or too few rows."""
    actual = amounts(column(cells), "visit", "s").tolist()

    assert actual == cells


def test_a_stray_word_among_probabilities_is_the_one_named() -> None:
    """The column is text because of the word, but its numbers are numbers."""
    actual = message(lambda: probabilities(column(["0.5", "5e-1", "half", None]), "p"))

    assert actual.startswith("column `p`, row 3: `half` is not a probability between 0 and 1 (and 1 more rows)")


def test_probabilities_next_to_0_or_1_are_refused() -> None:
    """The row is named: its weight would be a thousand million."""
    actual = message(lambda: probabilities(column([0.5, 1e-9]), "p"))

    assert actual.startswith("column `p`, row 2: `1e-09` is within 1e-06 of 0 or 1, which no table can bear out; ")


def test_probabilities_are_read() -> None:
    """A logged propensity, as float or decimal."""
    actual = probabilities(column([Decimal("0.25"), Decimal("0.75")]), "p").tolist()

    assert actual == [0.25, 0.75]


@pytest.mark.parametrize(
    ("cells", "value"),
    [
        (column([0.5, 0.0]), "`0.0`"),
        (column([0.5, 1.0]), "`1.0`"),
        (column([0.5, 1.5]), "`1.5`"),
        (column([0.5, None]), "a missing value"),
        (column([0.5, float("nan")]), "a missing value"),
    ],
)
def test_a_certain_or_missing_probability_is_refused(cells: pa.ChunkedArray, value: str) -> None:
    """A row that was certain to be contacted, or not, has nothing to be compared with."""
    actual = message(lambda: probabilities(cells, "p"))

    assert actual == (
        f"column `p`, row 2: {value} is not a probability between 0 and 1; "
        "log P(contacted | history) of every row, or leave out the rows whose assignment was certain"
    )


@pytest.mark.parametrize("cells", [column(["high"]), column([True]), column([[0.5]])])
def test_a_probability_that_is_no_number_is_refused(cells: pa.ChunkedArray) -> None:
    """Text, truth values and lists are no probabilities."""
    actual = message(lambda: probabilities(cells, "p"))

    assert actual.startswith("column `p`, row 1: `")


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (column([1, None]), ["1", None]),
        (column([1.0, 2.5, float("nan"), 1e300]), ["1", "2.5", None, "1e+300"]),
        (column([True, False]), ["true", "false"]),
        (column(["a", None]), ["a", None]),
        (column([Decimal("7.00")]), ["7"]),
        (column([date(2026, 1, 2)]), ["2026-01-02"]),
        (column([timedelta(days=1), None]), ["1 day, 0:00:00", None]),
        (column([[1, 2]]), ["[1, 2]"]),
        (column([b"x"]), ["b'x'"]),
        (column([None, None]), [None, None]),
    ],
)
def test_every_type_has_a_text(cells: pa.ChunkedArray, expected: list[str | None]) -> None:
    """Values are compared as text, the same from CSV, Parquet and TOML."""
    actual = texts(cells).to_pylist()

    assert actual == expected


@given(st.lists(st.integers(-(2**53) + 1, 2**53 - 1), min_size=1, max_size=9))
def test_whole_floats_and_integers_have_one_text(values: list[int]) -> None:
    """A household 17 is household 17 whether or not a missing value made its column float."""
    as_floats = pa.chunked_array([pa.array([float(value) for value in values])])

    actual = texts(as_floats).to_pylist()

    assert actual == [str(value) for value in values]


@pytest.mark.parametrize("absent", [None, "", "NA", "null", "NaN"])
def test_a_missing_name_is_refused(absent: str | None) -> None:
    """Rows whose household is unknown are not one household."""
    actual = message(lambda: names(column(["h1", absent]), "household", "give it an id"))

    value = "a missing value" if absent is None else f"`{absent}`"
    assert actual == f"column `household`, row 2: {value} stands where a name is needed; give it an id"


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (column(["2026-11-20T18:00:00Z"]), "2026-11-20T18:00:00"),
        (column(["2026-11-20t18:00:00z"]), "2026-11-20T18:00:00"),
        (column(["2026-11-20 19:00:00+01:00"]), "2026-11-20T18:00:00"),
        (column(["2026-11-20T18:00:00.123456789-00:30"]), "2026-11-20T18:30:00.123456789"),
        (column([datetime(2026, 11, 20, 18, tzinfo=UTC)]), "2026-11-20T18:00:00"),
        (column([datetime(2026, 11, 20, 18, tzinfo=UTC)], pa.timestamp("s", tz="Europe/Paris")), "2026-11-20T18:00:00"),
    ],
)
def test_instants_are_utc_to_the_nanosecond(cells: pa.ChunkedArray, expected: str) -> None:
    """RFC 3339 in any zone, and timestamps that carry theirs."""
    actual = instants(cells, "at").tolist()

    assert actual == [np.datetime64(expected, "ns").astype(int)]


@pytest.mark.parametrize(
    "value", ["2026-11-20T18:00:00", "2026-11-20", "20/11/2026 18:00", "2026-11-20T18:00Z", "now", None, ""]
)
def test_text_without_offset_is_refused(value: str | None) -> None:
    """A naive time names no instant; nor does a date."""
    actual = message(lambda: instants(column(["2026-11-20T18:00:00Z", value], pa.string()), "at"))

    shown_value = "a missing value" if value is None else f"`{value}`"
    assert actual == f"column `at`, row 2: {shown_value} is not a time with an offset; {OFFSET}"


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (
            column([datetime(2026, 11, 20, 18)]),  # noqa: DTZ001  (naive on purpose: it is refused)
            "`2026-11-20 18:00:00` has no offset, so it names no instant",
        ),
        (column([date(2026, 11, 20)]), "`2026-11-20` is not a time with an offset"),
        (column([1_795_197_600]), "`1795197600` is not a time with an offset"),
        (column([None, None]), "a missing value is not a time with an offset"),
    ],
)
def test_columns_that_are_no_instants_are_refused(cells: pa.ChunkedArray, expected: str) -> None:
    """Naive timestamps, dates and epoch numbers are refused with how to write them."""
    actual = message(lambda: instants(cells, "at"))

    assert actual.startswith(f"column `at`, row 1: {expected}")


def test_a_missing_timestamp_is_refused() -> None:
    """A gap in a column with zones is refused like any other."""
    cells = column([datetime(2026, 11, 20, tzinfo=UTC), None])

    actual = message(lambda: instants(cells, "at"))

    assert actual == f"column `at`, row 2: a missing value is not a time with an offset; {OFFSET}"


@pytest.mark.parametrize("value", ["2026-02-30T00:00:00Z", "2026-11-20T25:00:00Z", "9999-01-01T00:00:00Z"])
def test_a_time_that_does_not_exist_is_refused(value: str) -> None:
    """The 30th of February, hour 25, and a year beyond nanoseconds."""
    actual = message(lambda: instants(column([value]), "at"))

    assert actual.startswith("column `at`: holds a time that does not exist or is out of range (")


def test_dictionaries_are_decoded_all_the_way() -> None:
    """A pandas category of text in a large string is plain text afterwards."""
    cells = pa.chunked_array([pa.array(["a", None, "a"], pa.large_string()).dictionary_encode()])

    actual = decoded(cells)

    assert (actual.type, actual.to_pylist()) == (pa.string(), ["a", None, "a"])
