"""A line of a file is read as the body of `POST /v1/events` would be."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from serving.feeding.fed import Arrived
from serving.routes.event_lines import arrived

CLOCK = datetime(2026, 11, 20, 12, tzinfo=UTC)
PRESENT = CLOCK + timedelta(days=30)
Json = dict[str, Any]


def event(number: int = 1, *, at: str = "2026-11-20T13:00:00Z", **more: Any) -> Json:
    """Return a parcel's delay as a CloudEvent."""
    body = {"specversion": "1.0", "source": "urn:shop", "id": f"ev-{number}", "type": "shipment.delayed", "time": at}
    return body | {"subject": "u-1", "data": {"parcel": "A-7"}} | more


def call(**more: Any) -> Json:
    """Return the same as a call of Segment's."""
    body = {"type": "track", "event": "Shipment Delayed", "messageId": "m-1", "userId": "u-1"}
    return body | {"timestamp": "2026-11-20T13:00:00Z", "properties": {"parcel": "A-7"}} | more


def read(body: Any, *, clock: datetime = CLOCK, present: datetime = PRESENT) -> Arrived:
    """Read a value as a line."""
    return arrived(json.dumps(body).encode(), clock, present=present)


def hour(body: Any, **more: Any) -> str:
    """Return when a line came, as hours and minutes."""
    return f"{read(body, **more).at:%d %H:%M}"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (event(), "20 13:00"),
        (event(recordedtime="2026-11-20T14:30:00+01:00"), "20 13:30"),
        (event(recordedtime=None), "20 13:00"),
        (event(at="2026-11-20T11:00:00Z"), "20 12:00"),
        ([event(), event(2, at="2026-11-20T15:00:00Z"), event(3, at="2026-11-20T14:00:00Z")], "20 15:00"),
        ([event(recordedtime="2026-11-20T13:02:00Z"), event(2)], "20 13:02"),
        ([], "20 12:00"),
        (call(), "20 13:00"),
        (call(receivedAt="2026-11-20T16:00:00Z"), "20 16:00"),
        (call(sentAt="2026-11-20T13:05:00Z"), "20 13:05"),
        ({"batch": [call()], "sentAt": "2026-11-20T13:06:00Z"}, "20 13:06"),
        (call(timestamp=None, originalTimestamp="2026-11-20T13:07:00Z"), "20 13:07"),
        (call(recordedtime="2026-11-20T18:00:00Z"), "20 13:00"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_line_came_when_it_says(body: Any, expected: str) -> None:
    """At its recorded time, else at that of its event; the latest of an array; never before the line above it."""
    assert hour(body) == expected


def test_the_events_are_those_of_the_api() -> None:
    """In order, from an array of both dialects."""
    found = read([event(), call(), event(2, type="unheard.of")])
    actual = [(one.source, one.id, one.type, one.subject) for one in found.events]
    expected = [
        ("urn:shop", "ev-1", "shipment.delayed", "u-1"),
        ("segment", "m-1", "shipment.delayed", "u-1"),
        ("urn:shop", "ev-2", "unheard.of", "u-1"),
    ]
    assert actual == expected
    assert found.wrong == []


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        (b"{", "the body is not JSON: syntax error at line 1, column 2"),
        (b"7", "send one object, or an array of objects"),
        (b'{"a": NaN}', "`NaN` and `Infinity` are not JSON numbers; send null or leave the field out"),
        (b"[" + b"{}," * 1000 + b"{}]", "the array has more than 1000 elements; send several"),
        (b'{"batch": 1}', "`#/batch` must be an array of calls"),
        (None, "the body is larger than 1048576 bytes"),
    ],
    ids=["no json", "number", "nan", "many", "batch", "long"],
)
def test_a_line_that_cannot_be_read_is_wrong_as_a_whole(line: bytes | None, rule: str) -> None:
    """The rule is the API's; the clock stays."""
    found = arrived(line, CLOCK, present=PRESENT)
    actual = (found.at, found.events, [(element, said.startswith(rule)) for element, said in found.wrong])
    assert actual == (CLOCK, (), [(None, True)])


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        (event(data={"delay_hours": "many"}), "`#/data/delay_hours` must be a number"),
        (event(time=None), "`#/time` must be a time as in RFC 3339, for example 2026-11-20T18:00:00Z"),
        (event(at="2026-11-20T13:00:00"), "`#/time` has no offset; add `Z` or for example `+01:00`"),
        (
            event(recordedtime="noon"),
            "`#/recordedtime` must be a time as in RFC 3339, for example 2026-11-20T18:00:00Z",
        ),
        (event(recordedtime=7), "`#/recordedtime` must be a time as in RFC 3339, for example 2026-11-20T18:00:00Z"),
        (event(at="2027-03-01T00:00:00Z"), "`#/time` is more than 5 minutes ahead"),
        (call(receivedAt="2027-03-01T00:00:00Z"), "`#/receivedAt` is more than 5 minutes ahead"),
    ],
    ids=["data", "null", "naive", "word", "number", "ahead of the present", "received later"],
)
def test_an_element_that_breaks_a_rule_is_named_and_the_others_are_kept(body: Json, rule: str) -> None:
    """By its place in the array; a line of one event is wrong as a whole, and moves no clock."""
    among, alone = read([event(8), body, event(9)]), read(body)
    assert [one.id for one in among.events] == ["ev-8", "ev-9"]
    assert (among.wrong, among.at) == ([(1, rule)], CLOCK + timedelta(hours=1))
    assert (alone.wrong, alone.at, alone.events) == ([(None, rule)], CLOCK, [])


def test_what_happened_after_it_came_is_refused() -> None:
    """As the API refuses it: the clock is that of the whole line."""
    ahead = event(recordedtime="2026-11-20T12:30:00Z")
    alone, among = read(ahead), read([ahead, event(2)])
    actual = (alone.wrong, alone.at, among.wrong, len(among.events))
    assert actual == ([(None, "`#/time` is more than 5 minutes ahead")], CLOCK, [], 2)


def test_several_elements_are_named_in_their_order() -> None:
    """Those whose time cannot be read among those that break another rule."""
    body = [
        event(data=[]),
        event(recordedtime=""),
        event(),
        7,
        event(at="2027-03-01T00:00:00Z"),
        event(data={"reason": []}),
    ]
    found = read(body)
    actual = ([element for element, _ in found.wrong], len(found.events))
    assert actual == ([0, 1, 3, 4, 5], 1)


@pytest.mark.parametrize(
    ("body", "late"),
    [
        (event(at="2026-11-20T11:54:59Z"), True),
        (event(at="2026-11-20T11:55:00Z"), False),
        ([event(at="2026-11-20T11:00:00Z"), event(2)], False),
        (event(at="2026-11-20T11:00:00Z", data=[]), False),
    ],
    ids=["late", "a little", "one of two", "wrong"],
)
def test_a_line_that_came_clearly_before_the_clock_is_late(body: Any, late: bool) -> None:  # noqa: FBT001
    """By more than the five minutes that clocks may be apart."""
    assert read(body).late is late
