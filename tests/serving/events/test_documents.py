import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.errors import Invalid
from serving.events.catalogue import TYPES
from serving.events.checking import CHANNELS, OF_TYPE
from serving.events.documents import document_of
from serving.routes.event_bodies import event_of
from serving.schemas.events import EventBody

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
ATTRIBUTES = EventBody.model_json_schema(mode="validation")["properties"]
CHECKS = {name: jsonschema.Draft202012Validator(document_of(name, ATTRIBUTES)) for name in TYPES}
BODY: dict[str, Any] = {
    "specversion": "1.0",
    "source": "urn:shop",
    "id": "1",
    "time": "2026-11-20T11:00:00Z",
    "subject": "u-17",
}
TIMES = ["2026-11-20T18:00:00Z", "2026-11-20T18:00:00+05:45", "2026-11-20T18:00:00", "2026-13-01T00:00:00Z", "soon"]
ODD_TIMES = ["2026-11-20t18:00:00z", "0001-06-01T00:00:00Z", "9999-06-01T00:00:00Z", "0000-01-01T00:00:00Z", ""]
ZONES = ["Europe/Paris", "UTC", "", "x" * 65]  # whether a zone exists is beyond a schema
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 400),
    st.sampled_from([0.0, -0.5, 31.5, 3.0, 1e308, -1e308]),
    st.sampled_from([*TIMES, *ODD_TIMES, *ZONES, "u-1", " ", "Friday", "x" * 256, "x" * 257, "\ufeff", "Zoë"]),
)
VALUES = st.one_of(
    SCALARS,
    st.lists(SCALARS, max_size=3),
    st.dictionaries(st.sampled_from([*CHANNELS, "fax", ""]), SCALARS, max_size=3),
)
TRAITS = st.dictionaries(st.sampled_from(["timezone", "consent", "plan"]), VALUES, max_size=3)


def accepted(body: Mapping[str, Any]) -> bool:
    """Whether our own check takes the event."""
    try:
        event_of(body, NOW)
    except Invalid:
        return False
    return True


@st.composite
def bodies(draw: st.DrawFn) -> dict[str, Any]:
    """Return an event of some type, with good, odd and bad values under names that we know and names that we do not."""
    event_type = draw(st.sampled_from(sorted(TYPES)))
    names = [*OF_TYPE[event_type], "own"]
    data: Any = draw(st.dictionaries(st.sampled_from(names), VALUES, max_size=4))
    if "traits" in data and draw(st.booleans()):
        data["traits"] = draw(TRAITS)
    if draw(st.integers(0, 9)) == 0:
        data = draw(VALUES)
    more = draw(
        st.dictionaries(st.sampled_from(["subject", "source", "comexample", "datacontenttype"]), VALUES, max_size=1)
    )
    return {**BODY, "type": event_type, "data": data, **more}


def unsaid(body: Mapping[str, Any]) -> bool:
    """Whether the only difference is one that a schema cannot say: a zone that nobody has."""
    data = body["data"] if isinstance(body["data"], dict) else {}
    places = [place for place in (data, data.get("traits")) if isinstance(place, dict)]
    zones = [place.get("timezone") for place in places]
    return body["type"] == "customer.identified" and any(isinstance(zone, str) and zone not in ZONES for zone in zones)


@given(body=bodies())
def test_a_senders_validator_agrees_with_our_check(body: dict[str, Any]) -> None:
    """What the schema of a type accepts we accept, and what it refuses we refuse; a zone's existence apart."""
    actual = CHECKS[body["type"]].is_valid(body)

    assert actual == accepted(body) or unsaid(body), body


@pytest.mark.parametrize("event_type", sorted(TYPES))
@pytest.mark.parametrize(
    ("more", "fits"),
    [
        ({}, True),
        ({"specversion": "0.3"}, False),
        ({"source": None}, False),
        ({"time": "2026-11-20T11:00:00"}, False),
        ({"time": "2026-11-20t11:00:00.5z"}, True),
        ({"time": "yesterday"}, False),
        ({"Time": 1}, False),
        ({"comexample": 1, "sampled": True}, True),
        ({"comexample": 1.5}, False),
        ({"comexample": 1.0}, True),
        ({"data": None}, True),
        ({"data": "<xml/>"}, False),
        ({"id": " "}, False),
    ],
)
def test_the_attributes_are_those_of_cloudevents(event_type: str, more: dict[str, Any], *, fits: bool) -> None:
    """Beside the data each schema holds what every event must have, and our check says the same."""
    body = {**BODY, "type": event_type, "data": {}, **more}

    assert (CHECKS[event_type].is_valid(body), accepted(body)) == (fits, fits)


@pytest.mark.parametrize("event_type", sorted(TYPES))
def test_a_schema_is_of_one_type(event_type: str) -> None:
    """An event of another type does not fit, whatever else it says."""
    others = [name for name in TYPES if name != event_type]

    actual = [name for name in others if CHECKS[event_type].is_valid({**BODY, "type": name})]

    assert actual == []


@pytest.mark.parametrize("event_type", sorted(TYPES))
def test_every_name_is_described(event_type: str) -> None:
    """An editor shows what each name means."""
    document = document_of(event_type, ATTRIBUTES)

    actual = {name: said["description"] for name, said in document["properties"]["data"]["properties"].items()}

    assert actual == {name: said.about for name, said in TYPES[event_type].names.items()}


def test_a_customer_must_be_named_to_be_identified() -> None:
    """The one type that says nothing without a subject."""
    without = {**BODY, "type": "customer.identified", "subject": None}

    assert (CHECKS["customer.identified"].is_valid(without), accepted(without)) == (False, False)


def test_the_patterns_are_read_alike_elsewhere() -> None:
    """Nothing in them is Python's own: no named groups, no anchors, possessive quantifiers or flags."""
    text = json.dumps([check.schema for check in CHECKS.values()])

    assert re.findall(r"\(\?[^!:]|\\\\[AZ]|[*+?}]\+", text) == []
