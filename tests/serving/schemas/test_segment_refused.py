from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from serving.errors import Invalid
from serving.routes.event_bodies import event_of
from serving.schemas.faults import invalid
from serving.schemas.segment import SegmentBody, calls_of, is_batch, is_call
from tests.serving.schemas.test_segment import IDENTIFY, TRACK, called

CANARY = "canary7391"
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("body", "more", "pointer"),
    [
        (TRACK, {"properties": {"delay_hours": CANARY}}, "#/properties/delay_hours"),
        (TRACK, {"event": "Page Dwelled", "properties": {"seconds": -4}}, "#/properties/seconds"),
        (TRACK, {"event": "incident.update", "properties": {"affected": ["u", 7]}}, "#/properties/affected/1"),
        (called("page"), {"name": "p", "context": {"sessionId": " "}}, "#/properties/session"),
        (IDENTIFY, {"traits": {"timezone": CANARY}}, "#/traits/timezone"),
        (IDENTIFY, {"traits": {"consent": True}}, "#/traits/consent"),
        (IDENTIFY, {"traits": {"consent": {"chat": "yes"}}}, "#/traits/consent"),
        (IDENTIFY, {"traits": {"consent": {CANARY: True}}}, "#/traits/consent"),
    ],
)
def test_what_is_wrong_is_named_where_it_stands(body: dict[str, Any], more: dict[str, Any], pointer: str) -> None:
    """The place is that of the call, not of the event that it becomes."""
    _, wrong = SegmentBody.model_validate(body | more).read(NOW)

    assert ([place for place, _ in wrong], CANARY in str(wrong)) == ([pointer], False)


@pytest.mark.parametrize(
    ("body", "more", "words"),
    [
        (TRACK, {"messageId": None}, "`messageId` is required: add it, without it a retry would count twice"),
        (TRACK, {"messageId": " "}, "`messageId` is required: add it, without it a retry would count twice"),
        (TRACK, {"messageId": True}, "#/messageId"),
        (IDENTIFY, {"userId": None, "anonymousId": ""}, "`userId` or `anonymousId` is required"),
        (TRACK, {"userId": [CANARY]}, "must be a string"),
        (TRACK, {"userId": 7.5}, "must be a string"),
        (TRACK, {"userId": CANARY * 30}, "at most 256"),
        (TRACK, {"event": None}, "`event` is required"),
        (TRACK, {"event": CANARY * 30}, "at most 256"),
        (TRACK, {"timestamp": None}, "`timestamp` is required"),
        (TRACK, {"timestamp": CANARY}, "RFC 3339"),
        (TRACK, {"sentAt": "2026-11-20T12:00:00"}, "no offset"),
        (TRACK, {"properties": [CANARY]}, "#/properties"),
        (TRACK, {"context": CANARY}, "#/context"),
        (IDENTIFY, {"traits": CANARY}, "#/traits"),
        (called("alias"), {}, "`previousId` is required"),
        (called("alias", previousId="a-9"), {"userId": None}, "`userId` is required"),
    ],
)
def test_what_is_no_call_is_refused(body: dict[str, Any], more: dict[str, Any], words: str) -> None:
    """Each refusal names the field and what to do, and repeats nothing."""
    with pytest.raises(ValidationError) as refused:
        SegmentBody.model_validate(body | more)

    text = str(invalid(refused.value, SegmentBody).document())
    assert (words in text, CANARY in text) == (True, False), text


def test_a_message_id_that_is_not_there_is_missed() -> None:
    """Absent and null say the same."""
    with pytest.raises(ValidationError, match="retry would count twice"):
        SegmentBody.model_validate({name: part for name, part in TRACK.items() if name != "messageId"})


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (TRACK, True),
        ({"type": "identify"}, True),
        (TRACK | {"source": "urn:shop"}, False),
        (TRACK | {"specversion": "1.0"}, False),
        (TRACK | {"type": "shipment.delayed"}, False),
        (TRACK | {"type": ["track"]}, False),
        ({"event": "Shipment Delayed"}, False),
        ("track", False),
        (None, False),
    ],
)
def test_a_call_is_told_from_a_cloudevent(value: Any, *, expected: bool) -> None:
    """By its type, where neither source nor version is given."""
    assert is_call(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"batch": []}, True),
        ({"batch": 7, "writeKey": "k"}, True),
        ({"batch": [], "type": "track"}, False),
        ({"batch": "x", "source": "s", "id": "1"}, False),
        ({"specversion": "1.0", "batch": True}, False),
        ([], False),
        (None, False),
    ],
)
def test_an_envelope_is_told_from_an_event(value: Any, *, expected: bool) -> None:
    """`batch` is a fine name for an extension of a CloudEvent."""
    assert is_batch(value) == expected


def test_an_envelope_lends_its_clock_and_its_context() -> None:
    """Each call without its own gets the envelope's; one that has them keeps them, one that is none stays."""
    calls: list[Any] = [{"type": "track", "sentAt": None}, {"type": "page", "sentAt": "b", "context": {}}, 7]

    actual = calls_of({"batch": calls, "sentAt": "a", "context": {"ip": "x"}, "writeKey": "k"})

    expected = [
        {"type": "track", "sentAt": "a", "context": {"ip": "x"}},
        {"type": "page", "sentAt": "b", "context": {}},
        7,
    ]
    assert actual == expected


@pytest.mark.parametrize("batch", [7, None, {"type": "track"}, "text"])
def test_an_envelope_without_a_list_stays_what_it_is(batch: Any) -> None:
    """It is for the route to refuse."""
    assert calls_of({"batch": batch, "sentAt": "a"}) == batch


ODD = st.recursive(
    st.sampled_from(
        [None, True, 7, -1.5, "", " ", "u-1", "Europe/Paris", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"]
    ),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["page", "session", "timezone", "consent", "path", "seconds"]), inner, max_size=3
        )
    ),
    max_leaves=4,
)


@given(call=st.sampled_from([TRACK, IDENTIFY, called("page"), called("alias", previousId="a")]), data=st.data())
def test_a_call_with_any_odd_value_is_an_event_or_refused(call: dict[str, Any], data: st.DataObject) -> None:
    """Nothing that JSON can hold, in any place of a call, does anything else."""
    places = [*TRACK, "sentAt", "receivedAt", "traits", "context", "name"]
    more = data.draw(st.dictionaries(st.sampled_from([place for place in places if place != "type"]), ODD, max_size=3))

    try:
        actual = event_of(call | more, NOW).source
    except Invalid as refused:
        actual = "refused" if refused.errors or refused.detail else "no reason"

    assert actual in ("segment", "refused")
