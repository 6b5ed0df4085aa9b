import json
from datetime import timedelta
from typing import Any

import jsonschema
import pytest

from tests.serving.routes.test_events import counts
from tests.serving.served import NOON, Served, candidate, consent, event

CANARY = "canary7391"
JSON_TYPE = {"Content-Type": "application/json"}
DWELL = {"session": "s-1", "page": "pricing", "seconds": 31}


def call(number: int | str = 1, kind: str = "track", **more: Any) -> dict[str, Any]:
    """Return a call of Segment's about a parcel that is late."""
    body = {
        "type": kind,
        "messageId": f"m-{number}",
        "userId": "u-17",
        "event": "Shipment Delayed",
        "timestamp": NOON.isoformat(),
        "properties": {"parcel": f"A-{number}", "new_eta": "Friday"},
    }
    return body | more


def faults(answer: Any) -> dict[int, list[str]]:
    """Return the pointers of what is wrong, by the index of the element."""
    assert CANARY not in answer.text
    return {
        one["index"]: [fault["pointer"] for fault in one["problem"].get("errors", [])]
        for one in answer.json()["rejected"]
    }


def test_the_good_are_kept_and_the_bad_named_by_index_and_rule(api: Served) -> None:
    """Both dialects in one array, half of it broken in every way there is."""
    body: list[Any] = [
        event(0),
        event(1, type="page.dwelled", data={**DWELL, "seconds": -4}),
        call(2),
        call(3, messageId=None),
        event(4, type="customer.identified", data={"timezone": CANARY}),
        call(5, "identify", traits={"timezone": CANARY}),
        CANARY,
        event(7, time=(NOON + timedelta(minutes=6)).isoformat()),
        call(8, timestamp=(NOON + timedelta(minutes=6)).isoformat()),
        event(9, type="incident.update", data={"incident": "i-1", "affected": CANARY}),
        event(10, type="reminder.requested", data={"remind_at": CANARY, "due_at": 7}),
        event(11),
        event(12, type="customer.identified", data={"traits": {"timezone": CANARY, "consent": {CANARY: True}}}),
        call(13, "identify", traits={}, context=CANARY),
        call(14, "identify", traits={"consent": CANARY}),
    ]

    answer = api.post("/v1/events", body)

    expected = {
        1: ["#/data/seconds"],
        3: ["#"],
        4: ["#/data/timezone"],
        5: ["#/traits/timezone"],
        6: ["#"],
        7: ["#/time"],
        8: ["#/timestamp"],
        9: ["#/data/affected"],
        10: ["#/data/remind_at", "#/data/due_at"],
        12: ["#/data/traits/timezone", "#/data/traits/consent"],
        13: ["#/context"],
        14: ["#/traits/consent"],
    }
    assert (counts(answer)[:3], faults(answer)) == ((202, 3, 0), expected)


def test_each_rule_says_what_to_do(api: Served) -> None:
    """A rule is more than a no."""
    body = [
        event(1, type="page.dwelled", data={**DWELL, "seconds": -4}),
        event(2, type="customer.identified", data={"timezone": "Mars/Olympus"}),
        call(3, messageId=None),
    ]

    actual = [one["problem"]["errors"][0]["detail"] for one in api.post("/v1/events", body).json()["rejected"]]

    assert actual == [
        "must be a number of seconds, 0 or more",
        "is not a zone of the IANA database, such as Europe/Paris",
        "`messageId` is required: add it, without it a retry would count twice",
    ]


@pytest.mark.parametrize(
    "member",
    [
        *('"own": NaN', '"own": 1e999', f'"own": {"9" * 30}', '"own": "\\u0000"', '"own": "\\ud800"'),
        *('"\\u0000": 1', '"\\ud800": 1', f'"own": {"[" * 70}{"]" * 70}', '"own": 1, "own": 2'),
    ],
    ids=range(9),
)
def test_what_is_no_json_spoils_the_request(api: Served, member: str) -> None:
    """It cannot be said where the good elements end: nothing is kept."""
    bad = json.dumps(event(2, data={"MARK": 1})).replace('"MARK": 1', member)
    content = f"[{json.dumps(event(1))}, {bad}]".encode()

    answer = api.call("POST", "/v1/events", content=content, headers=JSON_TYPE)

    assert (answer.status_code, counts(api.post("/v1/events", event(1)))) == (422, (202, 1, 0, []))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ([], (202, 0, 0, [])),
        ({"batch": []}, (202, 0, 0, [])),
        ({"batch": [call(1), call(2), call(1)]}, (202, 2, 1, [])),
        ({"batch": [call(1), 7, {"type": "track"}, {"batch": [call(3)]}], "writeKey": "k"}, (202, 1, 0, [1, 2, 3])),
        ([event(1), event(1), call(1), call(1)], (202, 2, 2, [])),
        ({"batch": [event(1), call(1)]}, (202, 2, 0, [])),
    ],
)
def test_arrays_and_envelopes(api: Served, body: Any, expected: tuple[int, int, int, list[int]]) -> None:
    """Empty is fine, what comes twice counts once, and an envelope is its calls; it has no other envelope in it."""
    assert counts(api.post("/v1/events", body)) == expected


@pytest.mark.parametrize(("size", "status"), [(1000, 202), (1001, 422)])
def test_an_envelope_holds_at_most_a_thousand(api: Served, size: int, status: int) -> None:
    """One more is refused as a whole, as in an array, and nothing of it is kept."""
    answer = api.post("/v1/events", {"batch": [call(number) for number in range(size)]})

    assert (answer.status_code, counts(api.post("/v1/events", call(0)))[2]) == (status, int(status == 202))


@pytest.mark.parametrize("batch", [7, None, "x", {"0": 1}])
def test_an_envelope_of_no_array_is_refused(api: Served, batch: Any) -> None:
    """With the place of what is wrong."""
    answer = api.post("/v1/events", {"batch": batch})

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "#/batch")


def test_a_track_is_evidence(api: Served) -> None:
    """What Segment tells of a parcel can be told to the customer."""
    consent(api, "u-17")
    api.post("/v1/events", call(1))
    evidence = {"type": "shipment.delayed", "id": "m-1", "source": "segment"}

    answer = api.post("/v1/decisions", candidate(1, evidence=evidence)).json()

    assert (answer["action"], answer["reasons"]) == ("send", [])


def test_a_million_affected_come_in_parts(api: Served) -> None:
    """The body is too large, and the answer says what to do instead."""
    names = [f"u-{number}" for number in range(1_000_000)]

    answer = api.post("/v1/events", event(type="incident.update", data={"incident": "i-1", "affected": names}))

    words = ("1048576", "`affected`", "several events")
    assert (answer.status_code, [word in answer.json()["detail"] for word in words]) == (413, [True, True, True])


def test_the_parts_of_an_incident_do_not_supersede_each_other(api: Served) -> None:
    """Who stands in the first part is told as well as who stands in the last."""
    consent(api, "u-1", "u-2")
    facts = {"service": "Checkout", "action": "being repaired"}
    for number in (1, 2):
        data = {"incident": "i-1", **facts, "affected": [f"u-{number}", *(f"x-{number}-{n}" for n in range(1000))]}
        api.post("/v1/events", {**event(number, type="incident.update", data=data), "subject": None})
    asked = [
        candidate(
            user=f"u-{number}",
            purpose="remediation",
            evidence={"type": "incident.update", "id": f"ev-{number}"},
            message={"template": "incident_update", "facts": facts},
        )
        for number in (1, 2)
    ]

    actual = [api.post("/v1/decisions", one).json()["action"] for one in asked]

    assert actual == ["send", "send"]


@pytest.mark.parametrize(
    ("body", "unknown"),
    [
        (event(), None),
        ([event(1), call(2)], None),
        (event(type="order.paid"), [(0, "")]),
        ([event(1), event(2, type="shipment.delayd")], [(1, "; did you mean `shipment.delayed`?")]),
        ({"batch": [7, call(1, event="Report Submitted"), call(2, event="Report Submitted")]}, [(1, "")]),
        (call(kind="group", groupId="g-1"), [(0, "")]),
        ([event(1, type=CANARY), event(2, type=CANARY, time="x")], [(0, "")]),
    ],
)
def test_types_that_nobody_reads_are_stored_and_named(
    api: Served, body: Any, unknown: list[tuple[int, str]] | None
) -> None:
    """They are accepted; a slip of the pen is seen, by its index, and nothing is repeated."""
    answer = api.post("/v1/events", body).json()

    stored = "stored; no rule and no trigger reads this type"
    expected = None if unknown is None else [{"index": index, "detail": f"{stored}{hint}"} for index, hint in unknown]
    assert (answer["accepted"] > 0, answer.get("unknown_types"), CANARY in str(answer)) == (True, expected, False)


@pytest.mark.parametrize(
    "body", [event(), [event(1, type="order.paid"), 7], call(), {"batch": [call()]}, [call(), event()]]
)
def test_bodies_and_answers_fit_the_document(api: Served, body: Any) -> None:
    """The OpenAPI document describes both dialects, and the answer to them."""
    document = api.get("/openapi.json", key=None).json()
    operation = document["paths"]["/v1/events"]["post"]
    asked = operation["requestBody"]["content"]["application/json"]["schema"]
    said = operation["responses"]["202"]["content"]["application/json"]["schema"]

    answer = api.post("/v1/events", body).json()

    checks = [jsonschema.Draft202012Validator({**one, "components": document["components"]}) for one in (asked, said)]
    assert [checks[0].is_valid(body), checks[1].is_valid(answer)] == [7 not in body, True]


@pytest.mark.parametrize("body", [{"type": "track"}, {"batch": [{"type": "track"}]}, {"type": "order.paid"}, [{}], 7])
def test_bodies_that_are_neither_do_not_fit_the_document(api: Served, body: Any) -> None:
    """What we refuse a sender's own validator refuses."""
    document = api.get("/openapi.json", key=None).json()
    asked = document["paths"]["/v1/events"]["post"]["requestBody"]["content"]["application/json"]["schema"]

    check = jsonschema.Draft202012Validator({**asked, "components": document["components"]})

    assert not check.is_valid(body)
