import json
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from model.contracts import Event
from serving.schemas.events import EventBody, from_headers
from serving.schemas.faults import invalid
from tests.needs import shared

CANARY = "canary7391"
WHOLE: dict[str, Any] = {
    "specversion": "1.0",
    "source": "urn:shop",
    "id": "ev-1",
    "type": "shipment.delayed",
    "time": "2026-11-20T18:00:00+01:00",
    "subject": "u-17",
    "datacontenttype": "application/json",
    "data": {"parcel": "A-7", "delay_hours": 14},
}
TIME = datetime(2026, 11, 20, 17, tzinfo=UTC)


def read(body: dict[str, Any]) -> Event:
    """Return the event that a body is."""
    told = EventBody.model_validate(body)
    return told.event_with(told.content())


def test_a_cloudevent_is_an_event() -> None:
    """The attributes arrive under our own words."""
    actual = read(WHOLE)

    expected = Event(
        source="urn:shop",
        id="ev-1",
        type="shipment.delayed",
        time=TIME,
        subject="u-17",
        data={"parcel": "A-7", "delay_hours": 14},
    )
    assert actual == expected


def test_the_smallest_event() -> None:
    """Version, subject and data may be absent."""
    body = {"source": "s", "id": "1", "type": "incident.opened", "time": "2026-11-20T17:00:00Z"}
    actual = read(body)

    assert actual == Event(source="s", id="1", type="incident.opened", time=TIME)


def test_extension_attributes_are_accepted() -> None:
    """CloudEvents lets producers add attributes of their own; they change nothing."""
    actual = read({**WHOLE, "traceparent": "00-x", "sampled": True, "priority": 3})

    assert actual == read(WHOLE)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"data": '<much wow="xml"/>'}, {"value": '<much wow="xml"/>'}),
        ({"data": [1, 2]}, {"value": [1, 2]}),
        ({"data": None}, {}),
        ({"data": None, "data_base64": "aGVsbG8="}, {"base64": "aGVsbG8="}),
    ],
)
def test_data_that_is_no_object_is_kept_under_one_key(more: dict[str, Any], expected: dict[str, Any]) -> None:
    """Text, arrays and bytes are legal CloudEvents data; they are kept where no rule reads them."""
    actual = read({**WHOLE, **more}).data

    assert actual == expected


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"specversion": "0.3"}, "'1.0'"),
        ({"source": ""}, "at least 1"),
        ({"source": None}, "must be a string"),
        ({"id": 7}, "must be a string"),
        ({"id": CANARY * 30}, "at most 256"),
        ({"type": ""}, "at least 1"),
        ({"type": CANARY * 30}, "at most 256"),
        ({"time": "2026-11-20T17:00:00"}, "no offset"),
        ({"time": CANARY}, "RFC 3339"),
        ({"time": None}, "RFC 3339"),
        ({"subject": {"id": CANARY}}, "must be a string"),
        ({"data_base64": "aGVsbG8="}, "both"),
        ({"data": None, "data_base64": CANARY + "!"}, "not base64"),
        ({CANARY.upper(): 1}, "unknown attribute"),
        ({f"{CANARY}_x": 1}, "unknown attribute"),
        ({CANARY: {"nested": 1}}, "must be a string, an integer or a boolean"),
        ({CANARY: 1.5}, "must be a string, an integer or a boolean"),
    ],
)
def test_what_is_no_cloudevent_is_refused(more: dict[str, Any], words: str) -> None:
    """Each refusal says which rule of CloudEvents is broken and repeats nothing."""
    with pytest.raises(ValidationError) as refused:
        EventBody.model_validate({**WHOLE, **more})

    text = str(invalid(refused.value, EventBody).document())
    assert (words in text, CANARY in text.lower()) == (True, False), text


@pytest.mark.parametrize("name", ["source", "id", "type", "time"])
def test_required_attributes_are_required(name: str) -> None:
    """Without identity, type or time it is no evidence."""
    with pytest.raises(ValidationError) as refused:
        EventBody.model_validate({key: value for key, value in WHOLE.items() if key != name})

    problem = invalid(refused.value, EventBody).document()
    assert problem["errors"] == [{"pointer": f"#/{name}", "detail": "is required"}]


def test_binary_mode_is_the_same_event() -> None:
    """`ce-` headers and a body say what the structured form says."""
    headers = {f"ce-{name}": value for name, value in WHOLE.items() if name not in ("data", "datacontenttype")}
    actual = read(from_headers({**headers, "host": "x"}, WHOLE["data"]))

    assert actual == read(WHOLE)


def test_the_example_of_the_specification_is_read() -> None:
    """An event of a type that we do not know, with XML as data, is kept like any other."""
    path = shared("examples/payloads/cloudevents_structured.json")

    actual = read(json.loads(path.read_text(encoding="utf-8")))

    assert (actual.type, actual.subject) == ("com.github.pull_request.opened", "123")
