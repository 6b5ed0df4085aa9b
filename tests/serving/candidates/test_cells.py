from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.candidates.cells import CellError, decode, guess, guess_nested, instant
from serving.candidates.columns import Kind

ZONES = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1), timezones=ZONES))  # noqa: DTZ001  (hypothesis adds zones)
def test_every_time_with_an_offset_is_read(time: datetime) -> None:
    """What `isoformat` writes with an offset comes back as the same instant."""
    actual = instant(time.isoformat())

    assert actual == time


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-20T18:00:00Z", datetime(2026, 11, 20, 18, tzinfo=UTC)),
        ("2026-11-20t18:00:00z", datetime(2026, 11, 20, 18, tzinfo=UTC)),
        ("2026-11-20 18:00:00+01:00", datetime(2026, 11, 20, 17, tzinfo=UTC)),
        ("2026-11-20T18:00:00.123456789-05:30", datetime(2026, 11, 20, 23, 30, 0, 123456, tzinfo=UTC)),
    ],
)
def test_times_are_rfc_3339(text: str, expected: datetime) -> None:
    """The forms of RFC 3339 are read, finer than a microsecond is cut off."""
    actual = instant(text)

    assert actual == expected


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("2026-11-20T18:00:00", "has no offset"),
        ("2026-11-20", "has no offset"),
        ("20261120T180000Z", "is not an RFC 3339 time"),
        ("2026-W47-5T18:00:00Z", "is not an RFC 3339 time"),
        ("tomorrow", "is not an RFC 3339 time"),
        ("1763661600", "is not an RFC 3339 time"),
        ("2026-02-30T18:00:00Z", "does not exist|that exists"),
        ("2026-11-20T18:00:60Z", "that exists"),
        ("0001-01-01T00:00:00+23:00", "that exists"),
        ("2026-11-20T18:00:00+24:00", "is not an RFC 3339 time"),
        ("", "is not an RFC 3339 time"),
        ("٢٠٢٦-11-20T18:00:00Z", "is not an RFC 3339 time"),
    ],
)
def test_other_times_are_refused(text: str, rule: str) -> None:
    """A time without an offset, in another form, or that does not exist is named."""
    with pytest.raises(CellError, match=rule):
        instant(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("14", 14),
        ("-2.5e3", -2500.0),
        ("true", True),
        ("False", False),
        ("A-7", "A-7"),
        ("007", "007"),
        ("1e999", "1e999"),
        ("9" * 30, "9" * 30),
        ("NaN", "NaN"),
        (" 1", " 1"),
        ("", ""),
    ],
)
def test_untyped_cells_are_what_json_would_say(text: str, expected: Any) -> None:
    """A JSON number or truth is one; everything else stays the text that it is."""
    actual = guess(text)

    assert (type(actual), actual) == (type(expected), expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [('["u-1","u-2"]', ["u-1", "u-2"]), ('{"a": 1}', {"a": 1}), ("[not json", "[not json"), ("5", 5)],
)
def test_evidence_may_hold_json(text: str, expected: Any) -> None:
    """An incident's customers are a list, which a CSV cell writes as JSON."""
    actual = guess_nested(text)

    assert actual == expected


@pytest.mark.parametrize(
    ("column", "kind", "csv", "values", "wrong"),
    [
        (pa.array(["a", None]), Kind.TEXT, False, ["a", None], {}),
        (pa.array(["a", "b"]).dictionary_encode(), Kind.TEXT, False, ["a", "b"], {}),
        (pa.array(["a\x00b"]), Kind.TEXT, False, [None], {0: "NUL"}),
        (pa.nulls(2), Kind.TRUTH, False, [None, None], {}),
        (pa.array([True, None]), Kind.TRUTH, False, [True, None], {}),
        (pa.array(["true", "FALSE", None]), Kind.TRUTH, True, [True, False, None], {}),
        (pa.array(["maybe", "1", "yes"]), Kind.TRUTH, True, [None] * 3, {0: "`maybe`", 1: "`1`", 2: "`yes`"}),
        (pa.array([0, 3, -1, None]), Kind.COUNT, False, [0, 3, None, None], {2: "`-1` is not a count"}),
        (pa.array([2.0, float("nan")]), Kind.COUNT, False, [2, None], {}),
        (pa.array([1.5, float("inf")]), Kind.COUNT, False, [None, None], {0: "`1.5`", 1: "`inf`"}),
        (pa.array(["2", "3.0"]), Kind.COUNT, True, [2, 3], {}),
        (pa.array(["1.5", "-1", "+1", "1e3"]), Kind.COUNT, True, [None] * 4, {0: "1.5", 1: "-1", 2: "+1", 3: "1e3"}),
        (pa.array([5, None]), Kind.JSON, False, [5, None], {}),
        (pa.array([0.5, float("nan"), float("-inf")]), Kind.JSON, False, [0.5, None, None], {2: "finite"}),
        (pa.array([["a"], ["b\x00"]]), Kind.JSON, False, [["a"], None], {1: "NUL"}),
        (pa.array([Decimal("1.50")]), Kind.JSON, False, [1.5], {}),
        (pa.array([date(2026, 11, 20), None]), Kind.JSON, False, ["2026-11-20", None], {}),
        (pa.array(["14"]), Kind.JSON, True, ["14"], {}),
    ],
)  # fmt: skip
def test_columns_are_decoded_strictly(
    column: pa.Array, kind: Kind, *, csv: bool, values: list[Any], wrong: dict[int, str]
) -> None:
    """Cells become values; those that cannot be read are named by row, and nothing is guessed in their place."""
    read, rules = decode(column, kind, csv=csv)

    actual = (read, sorted(rules), all(wrong[row] in rule for row, rule in rules.items()))

    assert actual == (values, sorted(wrong), True)


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_arrow_times_are_read_in_every_unit(unit: str) -> None:
    """A timestamp with a zone is an instant, to the microsecond, whatever its unit."""
    time = datetime(2026, 11, 20, 18, 30, tzinfo=UTC)

    actual = decode(pa.array([time, None], pa.timestamp(unit, tz="Europe/Paris")), Kind.TIME, csv=False)

    assert actual == ([time, None], {})


def test_arrow_times_among_the_facts_are_text() -> None:
    """JSON has no times: evidence says them as RFC 3339, as the API's body would."""
    time = datetime(2026, 11, 20, 18, 30, tzinfo=UTC)

    actual = decode(pa.array([time], pa.timestamp("ms", tz="UTC")), Kind.JSON, csv=False)

    assert actual == (["2026-11-20T18:30:00Z"], {})


def test_times_outside_the_calendar_are_named() -> None:
    """An instant in the year 200,000 is a wrong cell, not a crash."""
    values, wrong = decode(pa.array([2**62], pa.timestamp("us", tz="UTC")), Kind.TIME, csv=False)

    actual = (values, "is not a date" in wrong[0])

    assert actual == ([None], True)
