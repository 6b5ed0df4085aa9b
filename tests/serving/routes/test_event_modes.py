import base64
import json
from typing import Any

import pytest

from tests.needs import shared
from tests.serving.routes.test_events import counts
from tests.serving.served import Served, event

JSON_TYPE = {"Content-Type": "application/json"}
STRUCTURED = {"Content-Type": "application/cloudevents+json"}


def attributes(**more: str) -> dict[str, str]:
    """Return the headers of a binary-mode event, some of them as given."""
    return {f"ce-{name}": value for name, value in event().items() if name != "data"} | more


def binary(api: Served, content: bytes = b"", kind: str = "application/json", **headers: str) -> Any:
    """Post one event in binary mode."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return api.call("POST", "/v1/events", content=content, headers=attributes(**named) | {"Content-Type": kind})


@pytest.mark.parametrize(
    ("sent", "source"),
    [
        ("Euro%20%E2%82%AC%20%F0%9F%98%80", "Euro € 😀"),
        ("Zo%c3%ab", "Zoë"),
        ('"two words"', "two words"),
        (r'"a \"b\" \\ c"', 'a "b" \\ c'),
        ('"Zo%C3%AB"', "Zoë"),
        ("%2541", "%41"),
        ("100%", "100%"),
        ("two words", "two words"),
    ],
)
def test_header_values_are_unquoted_then_decoded_once(api: Served, sent: str, source: str) -> None:
    """As the HTTP binding says; the structured form is a repeat of it."""
    answers = [binary(api, ce_source=sent), api.post("/v1/events", event(source=source))]

    assert [counts(answer) for answer in answers] == [(202, 1, 0, []), (202, 0, 1, [])]


def test_header_values_that_are_no_text_are_refused(api: Served) -> None:
    """An overlong or broken encoding, or none at all, could be read as another customer's name."""
    whole = {name.encode(): value.encode() for name, value in attributes().items()}
    sent = ["%C0%A0", "%FF", "%ED%A0%80", "%00", "Zoë"]

    answers = [api.call("POST", "/v1/events", headers=whole | {b"ce-subject": one.encode()}) for one in sent]

    assert [answer.status_code for answer in answers] == [422] * len(sent)


def test_a_header_that_is_no_attribute_is_refused(api: Served) -> None:
    """Data is the body and nothing else."""
    names = ["ce-data", "ce-data_base64", "ce-", "ce-x_y", "ce-" + "x" * 65]

    answers = [api.call("POST", "/v1/events", headers=attributes(**{name: "aGVsbG8="})) for name in names]

    said = {answer.json()["detail"][:14] for answer in answers}
    assert ([answer.status_code for answer in answers], said) == ([422] * len(names), {"a `ce-` header"})


def test_the_content_type_of_binary_data(api: Served) -> None:
    """JSON in UTF-8, whatever it is called; another format of CloudEvents is none of binary mode."""
    content = json.dumps(event()["data"]).encode()
    expected = {
        "application/json": 202,
        "application/json; charset=utf-8": 202,
        'Application/JSON; Charset="UTF-8"': 202,
        "application/vnd.shop+json": 202,
        "application/json; charset=latin-1": 415,
        "text/plain": 415,
        "application/cloudevents+avro": 415,
        "application/cloudevents-batch+avro": 415,
        "application/cloudevents-signed+json": 415,
    }

    actual = {kind: binary(api, content, kind).status_code for kind in expected}

    assert actual == expected


@pytest.mark.parametrize("mode", ["application/cloudevents+json", "APPLICATION/CLOUDEVENTS+JSON; charset=UTF-8"])
def test_the_payload_counts_in_structured_mode(api: Served, mode: str) -> None:
    """Its attributes may come as headers as well; then the body is the event."""
    content = json.dumps(event(subject="u-1")).encode()
    headers = attributes(**{"ce-id": "another"}) | {"Content-Type": mode}

    first = counts(api.call("POST", "/v1/events", content=content, headers=headers))

    assert (first, counts(api.post("/v1/events", event()))) == ((202, 1, 0, []), (202, 0, 1, []))


@pytest.mark.parametrize(
    ("kind", "data", "accepted"),
    [
        ("application/json", {"delay_hours": 14}, 1),
        (None, {"delay_hours": 14}, 1),
        ("application/vnd.shop+json; charset=utf-8", {"delay_hours": 14}, 1),
        ("application/json", {"delay_hours": "many"}, 0),
        (None, [1, 2], 0),
        ("application/protobuf", {"delay_hours": "many"}, 1),
    ],
)
def test_bytes_that_are_json_are_read_as_json(api: Served, kind: str | None, data: Any, accepted: int) -> None:
    """Some libraries write all data as base64: the same rules apply; bytes of another kind are kept unread."""
    body = {name: part for name, part in event().items() if name != "data"}
    body |= {"datacontenttype": kind, "data_base64": base64.b64encode(json.dumps(data).encode()).decode()}

    assert api.post("/v1/events", body).json()["accepted"] == accepted


def test_an_attribute_that_is_null_is_unset(api: Served) -> None:
    """The JSON format says so."""
    unset = dict.fromkeys(["subject", "datacontenttype", "dataschema", "comexample"])

    assert counts(api.post("/v1/events", event() | unset)) == (202, 1, 0, [])


def test_an_identification_is_an_event(api: Served) -> None:
    """A CloudEvent says who a visitor is as well as Segment's call does."""
    told = {"anonymous_id": "a-1", "timezone": "Europe/Paris", "consent": {"chat": True}, "traits": {"plan": "plus"}}

    answer = api.post("/v1/events", event(type="customer.identified", data=told))

    assert answer.text == '{"accepted":1,"duplicates":0,"rejected":[],"decisions":[]}'


def test_the_specifications_example_in_each_mode(api: Served) -> None:
    """Structured, then in an array, then with an array's media type: one event, recorded once."""
    content = shared("examples/payloads/cloudevents_structured.json").read_bytes()
    batched = {"Content-Type": "application/cloudevents-batch+json"}
    sent = [(content, STRUCTURED), (b"[" + content + b"]", JSON_TYPE), (b"[" + content + b"]", batched)]

    actual = [counts(api.call("POST", "/v1/events", content=body, headers=headers)) for body, headers in sent]

    assert actual == [(202, 1, 0, []), (202, 0, 1, []), (202, 0, 1, [])]


@pytest.mark.parametrize("name", ["segment_track.json", "segment_common_fields.json"])
def test_real_calls_of_segment_are_stored(api: Served, name: str) -> None:
    """Whatever they carry; a retry changes nothing, and the answer says that no rule reads their names."""
    content = shared(f"examples/payloads/{name}").read_bytes()
    answers = [api.call("POST", "/v1/events", content=content, headers=JSON_TYPE) for _ in range(2)]

    unknown = [one["index"] for one in answers[0].json()["unknown_types"]]
    assert ([counts(answer) for answer in answers], unknown) == ([(202, 1, 0, []), (202, 0, 1, [])], [0])
