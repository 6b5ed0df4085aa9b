import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from model.contracts import Event
from serving.schemas.segment import SegmentBody
from tests.needs import shared

CANARY = "canary7391"
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
TRACK: dict[str, Any] = {
    "type": "track",
    "messageId": "m-1",
    "userId": "u-17",
    "anonymousId": "a-1",
    "event": "Shipment Delayed",
    "timestamp": "2026-11-20T11:59:00Z",
    "properties": {"parcel": "A-7", "delay_hours": 14},
}
IDENTIFY: dict[str, Any] = {
    "type": "identify",
    "messageId": "m-2",
    "userId": "u-17",
    "anonymousId": "a-1",
    "timestamp": "2026-11-20T11:59:00Z",
    "traits": {
        "timezone": "Europe/Paris",
        "consent": {"chat": True, "sms": False},
        "plan": "plus",
        "tenure_days": 410,
        "newsletter": False,
        "email": "zoe@shop.example",
        "firstName": "Zoë",
        "address": {"city": "Paris"},
        "orders": [1, 2],
        "bio": "x" * 257,
        "nothing": None,
    },
}


def read(body: dict[str, Any], **more: Any) -> Event:
    """Return the event of a call in which nothing is wrong."""
    event, wrong = SegmentBody.model_validate(body | more).read(NOW)
    assert wrong == []
    return event


def called(kind: str, **more: Any) -> dict[str, Any]:
    """Return a call of another kind by the same customer, without properties."""
    common = ("messageId", "userId", "anonymousId", "timestamp")
    return {"type": kind, **{name: TRACK[name] for name in common}, **more}


def test_a_track_is_an_event() -> None:
    """Its words become our type, its message id the identity, its properties the data."""
    actual = read(TRACK)

    expected = Event(
        source="segment",
        id="m-1",
        type="shipment.delayed",
        time=NOW - timedelta(minutes=1),
        subject="u-17",
        data={"parcel": "A-7", "delay_hours": 14},
    )
    assert actual == expected


@pytest.mark.parametrize("name", ["shipment.delayed", "shipment_delayed", "ShipmentDelayed", "SHIPMENT DELAYED"])
def test_a_track_is_named_in_any_spelling(name: str) -> None:
    """Each library has a habit of its own."""
    assert read(TRACK, event=name) == read(TRACK)


def test_a_track_of_another_name_keeps_it() -> None:
    """What we do not know is stored under the name that its sender gave it."""
    assert read(TRACK, event="Report Submitted").type == "Report Submitted"


def test_an_identify_says_who_it_is_and_what_they_told() -> None:
    """The traits as they came: which of them are kept is the ledger's rule, for whatever way they come in."""
    actual = read(IDENTIFY)

    expected = {"anonymous_id": "a-1", "traits": IDENTIFY["traits"]}
    assert (actual.type, actual.subject, actual.data) == ("customer.identified", "u-17", expected)


@pytest.mark.parametrize(
    ("more", "subject", "data"),
    [
        ({"traits": None}, "u-17", {"anonymous_id": "a-1"}),
        ({"traits": {}, "anonymousId": "u-17"}, "u-17", {}),
        ({"traits": {"plan": "plus"}, "userId": None}, "a-1", {"traits": {"plan": "plus"}}),
        (
            {"traits": {}, "context": {"timezone": "Asia/Tokyo"}},
            "u-17",
            {"anonymous_id": "a-1", "timezone": "Asia/Tokyo"},
        ),
        (
            {"traits": {"timezone": "Europe/Paris"}, "context": {"timezone": "Asia/Tokyo"}},
            "u-17",
            {"anonymous_id": "a-1", "traits": {"timezone": "Europe/Paris"}},
        ),
        ({"traits": {"consent": None}}, "u-17", {"anonymous_id": "a-1", "traits": {"consent": None}}),
        ({"traits": {}, "context": {"timezone": "Mars/Olympus_Mons"}}, "u-17", {"anonymous_id": "a-1"}),
        ({"traits": {}, "context": {"timezone": -7}}, "u-17", {"anonymous_id": "a-1"}),
        (
            {"traits": None, "context": {"traits": {"plan": "plus", "consent": {"email": False}, "timezone": "PST"}}},
            "u-17",
            {"anonymous_id": "a-1", "traits": {"plan": "plus", "consent": {"email": False}}},
        ),
        (
            {"traits": {"plan": "pro"}, "context": {"traits": {"plan": "plus", "timezone": "Asia/Tokyo"}}},
            "u-17",
            {"anonymous_id": "a-1", "traits": {"plan": "pro", "timezone": "Asia/Tokyo"}},
        ),
        ({"traits": {}, "context": {"traits": ["plus"]}}, "u-17", {"anonymous_id": "a-1"}),
    ],
)
def test_an_identify_says_no_more_than_it_was_told(more: dict[str, Any], subject: str, data: dict[str, Any]) -> None:
    """What is absent or null stays so; a visitor without a user id is who they are."""
    actual = read(IDENTIFY, **more)

    assert (actual.subject, actual.data) == (subject, data)


@pytest.mark.parametrize(
    ("more", "subject"),
    [
        ({"userId": 7391}, "7391"),
        ({"userId": ""}, "a-1"),
        ({"userId": " ", "anonymousId": 8}, "8"),
        ({"userId": None, "anonymousId": None}, None),
        ({"userId": "", "anonymousId": ""}, None),
    ],
)
@pytest.mark.parametrize("kind", ["track", "page", "screen", "group"])
def test_an_id_is_a_text_or_a_number_and_a_blank_is_none(kind: str, more: dict[str, Any], subject: str | None) -> None:
    """RudderStack's libraries write a blank for a visitor; what names nobody is stored, and concerns nobody."""
    assert read(TRACK | {"type": kind}, **more).subject == subject


def test_an_alias_is_an_identification() -> None:
    """The id before is bound to the id now."""
    actual = read(called("alias", previousId="a-9"))

    assert (actual.type, actual.subject, actual.data) == ("customer.identified", "u-17", {"anonymous_id": "a-9"})


@pytest.mark.parametrize(
    ("more", "page"),
    [
        ({"name": "pricing", "properties": {"path": "/p"}}, "pricing"),
        ({"properties": {"page": "pricing", "name": "Prices", "path": "/p"}}, "pricing"),
        ({"properties": {"name": "Prices", "path": "/p"}}, "Prices"),
        ({"properties": {"path": "/p"}}, "/p"),
        ({"context": {"page": {"path": "/p"}}}, "/p"),
        ({"context": {"page": "/p"}}, None),
        ({}, None),
    ],
)
@pytest.mark.parametrize("kind", ["page", "screen"])
def test_a_page_is_viewed_by_its_name_else_its_path(kind: str, more: dict[str, Any], page: str | None) -> None:
    """The name that somebody gave it comes first."""
    actual = read(called(kind, **more))

    assert (actual.type, actual.data.get("page")) == ("page.viewed", page)


@pytest.mark.parametrize(
    ("more", "session"),
    [
        ({"properties": {"session": "s-1", "session_id": "s-2"}}, "s-1"),
        ({"properties": {"session_id": "s-1"}}, "s-1"),
        ({"properties": {"sessionId": 1795435200123}}, "1795435200123"),
        ({"context": {"sessionId": "s-1"}}, "s-1"),
        ({"properties": {"sessionId": "s-1"}, "context": {"session": "s-2"}}, "s-1"),
        ({"properties": {"session": None}}, None),
        ({}, None),
    ],
)
def test_the_session_is_found_where_libraries_put_it(more: dict[str, Any], session: str | None) -> None:
    """A number is an id like any other."""
    assert read(called("page", **more)).data.get("session") == session


def test_a_fact_is_not_told_twice_for_another_session() -> None:
    """Only what happens in a visit gets the visit's id: a parcel's delay is the same fact in every session."""
    actual = read(TRACK, context={"sessionId": "s-1"})

    assert actual == read(TRACK)


def test_a_group_is_stored_under_its_own_name() -> None:
    """No rule reads it; nothing is lost."""
    actual = read(called("group", groupId="g-1", traits={"plan": "team"}))

    assert (actual.type, actual.data) == ("group", {"group_id": "g-1", "traits": {"plan": "team"}})


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ({"timestamp": "12:00"}, "12:00"),
        ({"timestamp": "11:00", "originalTimestamp": "10:00"}, "11:00"),
        ({"originalTimestamp": "10:00"}, "10:00"),
        ({"receivedAt": "11:30"}, "11:30"),
        ({"timestamp": "15:00", "sentAt": "15:10"}, "11:50"),
        ({"originalTimestamp": "15:00", "sentAt": "15:10"}, "11:50"),
        ({"timestamp": "09:00", "sentAt": "09:01"}, "09:00"),
        ({"timestamp": "15:00", "sentAt": "14:50"}, "12:10"),
        ({"timestamp": "15:00", "sentAt": "15:10", "receivedAt": "15:10"}, "15:00"),
        ({"timestamp": "11:00", "sentAt": "15:10", "receivedAt": "11:10"}, "11:00"),
        ({"originalTimestamp": "15:00", "sentAt": "15:10", "receivedAt": "11:40"}, "11:30"),
        ({"originalTimestamp": "09:00", "sentAt": "09:10", "receivedAt": "11:40"}, "09:00"),
    ],
)
def test_a_clock_that_runs_fast_is_set_right(times: dict[str, str], expected: str) -> None:
    """By when it was sent; nothing ever looks fresher than its sender says, and what Segment corrected stays."""
    stated = {name: f"2026-11-20T{clock}:00Z" for name, clock in times.items()}

    actual = read({name: part for name, part in TRACK.items() if name != "timestamp"} | stated).time

    assert actual == datetime.fromisoformat(f"2026-11-20T{expected}:00Z")


def test_clocks_that_no_clock_can_show_overflow() -> None:
    """A difference of ten thousand years is no correction."""
    body = TRACK | {"timestamp": "0001-01-01T00:00:00Z", "sentAt": "9999-12-31T00:00:00Z"}

    with pytest.raises(OverflowError):
        SegmentBody.model_validate(body).read(NOW)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("segment_track.json", ("Course Clicked", "AiUGstSDIg", {"title": "Intro to Analytics"})),
        ("segment_common_fields.json", ("Report Submitted", "97980cfea0067", {})),
    ],
)
def test_real_calls_are_read(name: str, expected: tuple[str, str, dict[str, Any]]) -> None:
    """The examples of Segment's own documentation, with all that they carry."""
    path = shared(f"examples/payloads/{name}")

    actual = read(json.loads(path.read_text(encoding="utf-8")))

    assert (actual.type, actual.subject, actual.data) == expected
