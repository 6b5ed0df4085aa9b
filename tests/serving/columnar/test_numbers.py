"""Truths, counts, times and zones by column are those that `planned` and `forget` make of a row."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from serving.columnar.numbers import Filled, fill

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SECONDS = NOW.timestamp()
NAN, NEVER, END = float("nan"), float("-inf"), float("inf")


def filled(**columns: pa.Array) -> Filled:
    """Fill in a few columns, named with `__` for a dot."""
    named = {name.replace("__", "."): column for name, column in columns.items()}
    return fill(named, len(next(iter(named.values()))), NOW)


@pytest.mark.parametrize(
    ("column", "expected"),
    [(pa.array([True, False, None]), [1, 0, -1]), (pa.nulls(3), [-1, -1, -1])],
    ids=["truths", "nulls"],
)
def test_a_null_truth_is_unknown(column: pa.Array, expected: list[int]) -> None:
    """And so is every row of a column of nulls."""
    actual = filled(context__consent=column).flags["consent"].tolist()
    assert actual == expected


def test_what_has_no_column_is_unknown() -> None:
    """Unknown means no; only an expiry that nobody gives has no end."""
    found = filled(candidate_id=pa.array(["c"]))
    actual = {name: values.tolist()[0] for name, values in {**found.flags, **found.numbers}.items()}
    unknown = dict.fromkeys(("superseded", "already_told", "consent", "opted_out"), -1)
    unknown |= dict.fromkeys(("complaint_open", "conversation_open"), -1)
    times = dict.fromkeys(("contacts_60m", "contacts_24h", "contacts_7d", "last_complaint", "last_inbound"), NAN)
    expected = {**unknown, **times, "zoned": 0, "expires_at": END, "evidence_time": NAN, "minute": NAN}
    np.testing.assert_equal(actual, expected)


@pytest.mark.parametrize(
    ("column", "counts", "fit"),
    [
        (pa.array([0, 3, None, -1, 10**15, 10**15 + 1]), [0, 3, NAN, -1, 1e15, 1e15 + 1], [1, 1, 1, 0, 1, 0]),
        (pa.array([0.0, 3.0, None, NAN, 2.5, END]), [0, 3, NAN, NAN, 2.5, END], [1, 1, 1, 1, 0, 0]),
        (pa.array([0, 3, 255], pa.uint8()), [0, 3, 255], [1, 1, 1]),
        (pa.nulls(2), [NAN, NAN], [1, 1]),
    ],
    ids=["ints", "floats", "bytes", "nulls"],
)
def test_a_count_is_a_whole_number_or_unknown(column: pa.Array, counts: list[float], fit: list[int]) -> None:
    """Anything else makes its row one of the others."""
    found = filled(context__contacts_24h=column)
    actual = found.numbers["contacts_24h"].tolist(), found.fit.tolist()
    np.testing.assert_equal(actual, (counts, [bool(each) for each in fit]))


def test_all_sends_are_listed_where_none_is_counted() -> None:
    """A count that is unknown counts none here, as in a row."""
    actual = filled(context__contacts_7d=pa.array([0, 1, None])).timed.tolist()
    assert actual == [True, False, True]


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (pa.array([NOW, None], pa.timestamp("us", tz="UTC")), [SECONDS, NEVER]),
        (pa.array([NOW, None], pa.timestamp("s", tz="Asia/Tokyo")), [SECONDS, NEVER]),
        (pa.array([1_500, None], pa.int64()).cast(pa.timestamp("ns", tz="UTC")), [1e-6, NEVER]),
        (pa.array(["2026-11-20T13:00:00+01:00", None]), [SECONDS, NEVER]),
        (pa.nulls(2), [NEVER, NEVER]),
    ],
    ids=["µs", "s", "ns", "text", "nulls"],
)
def test_a_time_is_read_in_every_layout(column: pa.Array, expected: list[float]) -> None:
    """A null time means never; what follows the microsecond is cut off."""
    actual = filled(context__last_inbound_at=column).numbers["last_inbound"].tolist()
    assert actual == expected


@pytest.mark.parametrize(
    "column",
    [
        pa.array(["2026-11-20", "2026-11-20T12:00:00Z"]),
        pa.array([2**53 + 1, 0]).cast(pa.timestamp("us", tz="UTC")),
        pa.array([-(2**63), 0]).cast(pa.timestamp("us", tz="UTC")),
    ],
    ids=["no time", "far", "long ago"],
)
def test_what_is_no_time_or_a_far_one_is_not_fit(column: pa.Array) -> None:
    """It goes row by row, where it is rejected or read to the microsecond."""
    actual = filled(expires_at=column).fit.tolist()
    assert actual == [False, True]


def test_evidence_ahead_of_the_clock_is_not_fit() -> None:
    """A fast clock's event is set to now, one further ahead proves nothing: both go row by row."""
    times = [NOW, NOW + timedelta(microseconds=1), NOW - timedelta(days=9), None]
    kinds, ids = pa.array(["a.b"] * 4), pa.array(["e", "e", None, "e"])
    found = filled(evidence__time=pa.array(times, pa.timestamp("us", tz="UTC")), evidence__type=kinds, evidence__id=ids)
    actual = found.numbers["evidence_time"].tolist()[0::2], found.fit.tolist()
    np.testing.assert_equal(actual, ([SECONDS, NAN], [True, False, True, True]))


def test_zones_are_read_once_each() -> None:
    """The minute is the local one; none, and one that does not exist, are unknown."""
    zones: list[Any] = ["Europe/Paris", None, "Mars/Phobos", "Europe/Paris", " ", "x" * 65]
    found = filled(user__timezone=pa.array(zones))
    actual = found.flags["zoned"].tolist(), found.numbers["minute"].tolist(), found.fit.tolist()
    minutes = [780.0, NAN, NAN, 780.0, NAN, NAN]
    np.testing.assert_equal(actual, ([1, 0, 0, 1, 0, 0], minutes, [True] * 4 + [False] * 2))
    assert len(found.clocks) == 5


@pytest.mark.parametrize(
    "column",
    [
        pa.array([NOW, None, None], pa.timestamp("ms", tz="UTC")),
        pa.array(["2026-11-20T13:00:00+01:00", None, "2026-11-20T13:00:00"]),
    ],
    ids=["time", "text"],
)
def test_the_dates_of_a_reminder_are_read_as_the_policy_does(column: pa.Array) -> None:
    """A text without offset is none."""
    actual = filled(evidence__data__due_at=column).dates["due_at"].tolist()
    np.testing.assert_equal(actual, [SECONDS, NAN, NAN])


def test_a_date_of_another_kind_is_none() -> None:
    """A number is no date."""
    actual = filled(evidence__data__remind_at=pa.array([1, 2])).dates["remind_at"].tolist()
    np.testing.assert_equal(actual, [NAN, NAN])
