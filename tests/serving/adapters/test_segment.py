"""Segment's calls as its webhook brings them: what each becomes, and that nothing is lost that could be kept."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.contracts import Event
from serving.adapters.platform import Delivery
from serving.adapters.segment import SEGMENT
from serving.errors import Invalid
from serving.events.checking import CHANNELS
from serving.routes.event_bodies import event_of
from tests.needs import shared

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
AT = "2026-11-20T11:59:00.000Z"
TRACK: dict[str, Any] = {
    "type": "track",
    "messageId": "ajs-next-1793966340000-7f0d",
    "userId": "u-17",
    "anonymousId": "2f3c41d6-05b4",
    "event": "Shipment Delayed",
    "timestamp": AT,
    "properties": {"parcel": "A-7", "new_eta": "Friday", "delay_hours": 14},
}
JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["type", "messageId", "userId", "timestamp", "traits", "context", "consent", "batch", "source"]
            )
            | st.text(max_size=5),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


def delivered(body: Any, *, at: datetime = NOON) -> Delivery:
    """Return what the route makes of a signed body."""
    return Delivery(body=body, id="0" * 32, sent_at=at, now=at)


def events(body: Any, *, at: datetime = NOON) -> list[Event | None]:
    """Return what becomes of each value in a body; None where it is rejected."""
    read: list[Event | None] = []
    for value in SEGMENT.events(delivered(body, at=at)):
        try:
            read.append(event_of(value, at))
        except Invalid:
            read.append(None)
    return read


def one(**more: Any) -> Event:
    """Return the event of a track that is altered."""
    (event,) = events({**TRACK, **more})
    assert event is not None
    return event


@pytest.mark.parametrize("wrap", [lambda call: call, lambda call: [call], lambda call: {"batch": [call], "sentAt": AT}])
def test_a_track_is_an_event_of_ours(wrap: Any) -> None:
    """Alone, in an array, or in an envelope."""
    expected = Event(
        source="segment",
        id="ajs-next-1793966340000-7f0d",
        type="shipment.delayed",
        time=NOON - timedelta(minutes=1),
        subject="u-17",
        data={"parcel": "A-7", "new_eta": "Friday", "delay_hours": 14},
    )
    assert events(wrap(TRACK)) == [expected]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"event": "Report Submitted"}, ("Report Submitted", "u-17")),
        ({"userId": None, "anonymousId": None}, ("shipment.delayed", None)),
        ({"userId": "", "anonymousId": 77}, ("shipment.delayed", "77")),
        ({"type": "delete", "timestamp": AT}, ("segment.delete", "u-17")),
        ({"type": "Track"}, ("segment.Track", "u-17")),
        ({"type": "shipment.delayed"}, ("segment.shipment.delayed", "u-17")),
        ({"type": 7, "userId": None, "anonymousId": None}, ("segment.7", None)),
    ],
)
def test_what_we_do_not_know_is_kept(more: dict[str, Any], expected: tuple[str, str | None]) -> None:
    """Under a name that no rule reads; without a user it concerns nobody."""
    event = one(**more)
    assert (event.type, event.subject) == expected


def test_of_an_unknown_word_nothing_is_kept_but_whom_it_concerns() -> None:
    """A `parcel` in it would take the place of what is known of that parcel."""
    assert dict(one(type="delete").data) == {}


@pytest.mark.parametrize(
    ("traits", "context", "expected"),
    [
        ({"timezone": "Europe/Paris"}, {}, {"traits": {"timezone": "Europe/Paris"}}),
        ({"timezone": "Mars/Olympus_Mons", "plan": "plus"}, {}, {"traits": {"plan": "plus"}}),
        ({"timezone": 5}, {"timezone": "Asia/Tokyo"}, {"timezone": "Asia/Tokyo"}),
        ({"timezone": "PST"}, {"timezone": "GMT+25"}, {}),
        ({}, {"timezone": "Mars/Olympus_Mons"}, {}),
    ],
)
def test_a_zone_that_does_not_exist_is_left_out(traits: Any, context: Any, expected: dict[str, Any]) -> None:
    """The identification counts without it; what is a zone counts."""
    event = one(type="identify", anonymousId=None, traits=traits, context=context)
    assert (event.type, dict(event.data)) == ("customer.identified", expected)


CONSENTS: dict[str, tuple[Any, Any]] = {
    "all of it can be read": ({"email": False, "sms": True, "chat": None}, {"email": False, "sms": True, "chat": None}),
    "a channel that is none of ours": ({"email": False, "sms": True, "fax": True}, {"email": False}),
    "a text": ({"email": False, "sms": "true"}, {"email": False}),
    "a text that says no": ({"email": "no", "sms": False}, {"sms": False}),
    "a number": ({"email": 1, "sms": 0, "push": False}, {"push": False}),
    "a name in another spelling": ({"Email": False, " SMS ": False, "Push": True}, {"email": False, "sms": False}),
    "one name in two spellings": ({"email": True, "EMAIL": False}, {"email": False}),
    "nothing but yes": ({"email": True, "fax": True}, None),
    "a text alone": ("all", None),
    "a list": (["email"], None),
    "yes to everything": (True, None),
    "no to everything": (False, dict.fromkeys(CHANNELS, False)),
}


@pytest.mark.parametrize("place", ["traits", "context"])
@pytest.mark.parametrize(("given", "expected"), CONSENTS.values(), ids=CONSENTS)
def test_of_a_consent_that_cannot_be_read_every_no_counts(given: Any, expected: Any, place: str) -> None:
    """Nobody at Segment reads a rejection: the opt-out beside it would be lost. Nothing of it becomes a yes."""
    told = {"plan": "plus", "consent": given}
    event = one(type="identify", **({"traits": told} if place == "traits" else {"context": {"traits": told}}))
    traits = {"plan": "plus"} | ({} if expected is None else {"consent": expected})
    assert event.data["traits"] == traits


@pytest.mark.parametrize(
    ("traits", "known", "expected"),
    [
        ({"fax": True}, {"sms": False, "email": True}, {"sms": False}),
        ({"fax": True, "email": False}, {"sms": False}, {"email": False, "sms": False}),
        ({"email": True}, {"sms": "no", "push": False}, {"email": True, "push": False}),
        ({"email": True}, {"email": False, "fax": True}, {"email": False}),
        ({"email": True}, {"sms": True}, {"email": True}),
    ],
)
def test_a_no_counts_in_whichever_place_it_stands(traits: Any, known: Any, expected: Any) -> None:
    """Where one of the two cannot be read, the other does not hide its no, nor does it stand in with a yes."""
    event = one(type="identify", traits={"consent": traits}, context={"traits": {"consent": known}})
    assert event.data["traits"] == {"consent": expected}


def test_without_an_id_a_call_has_one_that_stays() -> None:
    """The same whenever it is sent again, another for another call: a retry does not count twice."""
    bare = {name: part for name, part in TRACK.items() if name != "messageId"}
    (first,) = events({**bare, "sentAt": AT, "receivedAt": AT})
    _, again, other = events([TRACK, {**bare, "sentAt": "2026-11-20T12:00:00Z"}, {**bare, "userId": "u-18"}])
    assert first is not None
    assert again is not None
    assert other is not None
    assert (first.id == again.id, first.id == other.id, len(first.id)) == (True, False, 32)


def test_without_any_time_it_happened_when_it_came() -> None:
    """Segment's own examples of deletions have one; a test from its page may have none."""
    assert one(timestamp=None).time == NOON


@pytest.mark.parametrize(
    "more",
    [
        {"timestamp": "2026-11-20 11:59:00 UTC"},
        {"timestamp": "2026-11-20 12:59:00 +0100"},
        {"timestamp": "2026-11-20T11:59:00.000+0000"},
        {"timestamp": "2026-11-20t11:59:00z"},
        {"timestamp": 1795175940},
        {"timestamp": 1795175940000},
        {"timestamp": "soon", "originalTimestamp": AT},
        {"originalTimestamp": "2026-11-20T11:59:00", "sentAt": "", "receivedAt": "Fri Nov 20 2026"},
    ],
    ids=str,
)
def test_a_time_is_read_as_others_write_it(more: dict[str, Any]) -> None:
    """One that cannot be read costs no more than itself beside one that can."""
    assert one(**more).time == NOON - timedelta(minutes=1)


@pytest.mark.parametrize("odd", [[], [1], "", "text", 7, None], ids=str)
def test_what_is_no_object_costs_no_more_than_itself(odd: Any) -> None:
    """PHP writes an empty object as a list."""
    track = one(properties=odd, traits=odd, context=odd)
    told = one(type="identify", traits=odd, context={"traits": odd, "timezone": "Asia/Tokyo"})
    actual = (track.type, dict(track.data), dict(told.data))
    assert actual == ("shipment.delayed", {}, {"anonymous_id": "2f3c41d6-05b4", "timezone": "Asia/Tokyo"})


@pytest.mark.parametrize(
    "body",
    [
        {**TRACK, "source": "urn:shop"},
        {"specversion": "1.0", "source": "urn:shop", "id": "ev-1", "type": "shipment.delayed", "time": AT},
        {**TRACK, "type": None},
        {**TRACK, "type": "x" * 300},
        {**TRACK, "timestamp": "soon"},
        {**TRACK, "timestamp": "2026-11-20T11:59:00", "receivedAt": AT},
        {**TRACK, "timestamp": "2026-11-20T12:06:00Z"},
        {**TRACK, "properties": {"delay_hours": "many"}},
        {"type": "identify", "messageId": "m-1", "timestamp": AT},
        [7],
        [None],
        [[TRACK]],
    ],
)
def test_what_breaks_a_rule_is_rejected(body: Any) -> None:
    """Whoever has the secret makes no evidence under another source; nothing is fresher than it is known to be."""
    assert events(body) == [None]


@given(body=JSONS)
def test_any_json_is_read_or_refused(body: Any) -> None:
    """No exception but a refusal, whatever is signed."""
    try:
        read = events(body)
    except Invalid:
        read = []
    assert {event.source for event in read if event is not None} <= {"segment"}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("segment_track.json", ("Course Clicked", "AiUGstSDIg", "2015-12-12T19:11:01.249000+00:00")),
        ("segment_common_fields.json", ("Report Submitted", "97980cfea0067", "2015-12-10T04:08:31.905000+00:00")),
    ],
)
def test_real_calls_are_events_of_their_own_time(name: str, expected: tuple[str, str, str]) -> None:
    """What happened years ago is stored as of then: it proves nothing that is fresh."""
    (event,) = events(json.loads(shared(f"examples/payloads/{name}").read_text(encoding="utf-8")))
    assert event is not None
    assert (event.type, event.subject, event.time.isoformat()) == expected
