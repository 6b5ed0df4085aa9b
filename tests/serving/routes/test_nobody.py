"""Events about nobody, and bodies that are nearly right: the answer says what is missing, and repeats nothing."""

import json
from typing import Any

import jsonschema
import pytest

from serving.events.spelling import SHOWN
from serving.policy.purposes import SERVICES
from tests.serving.routes.test_bad_events import CANARY, call
from tests.serving.served import Served, event

ALONE = "no `subject` names the customer: stored, but it matches no trigger; send it about somebody, under a new id"
LISTED = (
    f"neither `subject` nor `data.affected` names a customer{ALONE.removeprefix('no `subject` names the customer')}"
)
OUTAGE = {"incident": "i-1", "service": "Mail", "action": "a repair"}
CALLS = "`type` must be one of track, identify, page, screen, alias, group"


def lost(number: int = 1, **more: Any) -> dict[str, Any]:
    """Return an event without a subject."""
    return {name: value for name, value in event(number, **more).items() if name != "subject"}


def outage(affected: Any) -> dict[str, Any]:
    """Return an incident that lists these customers."""
    return lost(type="incident.update", data=OUTAGE | {"affected": affected})


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (event(), None),
        (lost(), [(0, ALONE)]),
        ([event(1), CANARY, lost(2), call(3), lost(4)], [(2, ALONE), (4, ALONE)]),
        (lost(type="order.paid"), None),
        (lost(type="session.ended"), None),
        (outage([]), [(0, LISTED)]),
        (outage(None), [(0, LISTED)]),
        (outage(["u-1"]), None),
        (outage([]) | {"subject": "u-1"}, None),
        (lost(data={"affected": ["u-1"], "parcel": "A-7"}), [(0, ALONE)]),
    ],
    ids=["known", "lost", "several", "not listed", "no evidence", "none", "null", "some", "subject", "parcel"],
)
def test_events_about_nobody_are_stored_and_named(api: Served, body: Any, expected: Any) -> None:
    """By their index, with what is missing; what proves nothing may be about nobody."""
    answer = api.post("/v1/events", body).json()
    named = answer.get("about_nobody")
    actual = None if named is None else [(one["index"], one["detail"]) for one in named]
    assert (answer["accepted"] > 0, actual, CANARY in str(answer)) == (True, expected, False)


def test_a_thousand_of_them_are_not_all_named(api: Served) -> None:
    """The first say it as well."""
    answer = api.post("/v1/events", [lost(number) for number in range(100)]).json()
    assert [one["index"] for one in answer["about_nobody"]] == list(range(SHOWN))


def test_every_type_that_proves_something_is_named(api: Served) -> None:
    """Each has a customer whom it is about."""
    kinds = sorted({kind for service in SERVICES.values() for kind in service.evidence})
    body = [lost(number, type=kind, data={}) for number, kind in enumerate(kinds)]
    answers = [api.post("/v1/events", body[start : start + SHOWN]).json() for start in (0, SHOWN)]
    actual = sum(len(answer.get("about_nobody", [])) for answer in answers)
    assert (sum(len(answer["rejected"]) for answer in answers), actual) == (0, len(kinds))


def test_the_answer_fits_the_document(api: Served) -> None:
    """The OpenAPI document describes it."""
    document = api.get("/openapi.json", key=None).json()
    answers = document["paths"]["/v1/events"]["post"]["responses"]
    said = answers["202"]["content"]["application/json"]["schema"]
    check = jsonschema.Draft202012Validator({**said, "components": document["components"]})
    answer = api.post("/v1/events", lost()).json()
    assert ("about_nobody" in answer, check.is_valid(answer)) == (True, True)


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("trck", "; did you mean `track`?"),
        ("Track", "; did you mean `track`?"),
        ("identfy", "; did you mean `identify`?"),
        (CANARY, ""),
        ("", ""),
        (7, ""),
        (None, ""),
    ],
)
def test_a_call_of_another_type_says_which_there_are(api: Served, word: Any, hint: str) -> None:
    """A call is known by its ids; a slip of the pen gets the type that was meant."""
    answer = api.post("/v1/events", [call(kind=word), event()]).json()
    [rejected] = answer["rejected"]
    problem = rejected["problem"]
    expected = (1, f"{CALLS}{hint}", [{"pointer": "#/type", "detail": f"{CALLS[7:]}{hint}"}])
    assert (answer["accepted"], problem["detail"], problem["errors"], CANARY in str(answer)) == (*expected, False)


@pytest.mark.parametrize(
    ("body", "is_call"),
    [
        ({"type": "trck", "messageId": "m"}, True),
        ({"userId": "u"}, True),
        ({"anonymousId": "u"}, True),
        ({"type": "shipment.delayed", "id": "e", "subject": "u"}, False),
        ({"type": "trck", "userId": "u", "source": "s"}, False),
        ({"type": "trck", "userId": "u", "specversion": "1.0"}, False),
        ({}, False),
    ],
)
def test_what_is_no_call_gets_no_word_about_calls(api: Served, body: Any, is_call: bool) -> None:  # noqa: FBT001  (a case)
    """A CloudEvent has a source and a version; it is told what it lacks."""
    [rejected] = api.post("/v1/events", [body]).json()["rejected"]
    assert rejected["problem"]["detail"].startswith(CALLS) == is_call


@pytest.mark.parametrize("name", ["ce-id", "ce-type", "ce-source", "ce-subject", "CE-Time"])
@pytest.mark.parametrize("kind", ["application/json", "text/plain", ""])
def test_attributes_in_headers_need_their_version(api: Served, name: str, kind: str) -> None:
    """Without it nobody could say that the event is one in binary mode."""
    content = json.dumps(event()["data"]).encode()
    headers = {name: CANARY, "Content-Type": kind}
    answer = api.call("POST", "/v1/events", content=content, headers=headers)
    said = "there are `ce-` headers, but `ce-specversion: 1.0` is missing; send it with them"
    assert (answer.status_code, answer.json()["detail"], CANARY in answer.text) == (422, said, False)


def test_attributes_beside_a_structured_event_are_not_read(api: Served) -> None:
    """Its media type says that the event is the body."""
    headers = {"ce-id": "another", "Content-Type": "application/cloudevents+json"}
    answer = api.call("POST", "/v1/events", content=json.dumps(event()).encode(), headers=headers)
    assert (answer.status_code, answer.json()["accepted"]) == (202, 1)
