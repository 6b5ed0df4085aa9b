import json
from datetime import timedelta
from typing import Any

import pytest

from tests.needs import shared
from tests.serving.served import NOON, Served, candidate, consent, event

STRUCTURED = {"Content-Type": "application/cloudevents+json"}
BATCHED = {"Content-Type": "application/cloudevents-batch+json; charset=utf-8"}


def counts(answer: Any) -> tuple[int, int, int, list[int]]:
    """Return status, accepted, duplicates and the indices that were rejected."""
    body = answer.json()
    return answer.status_code, body["accepted"], body["duplicates"], [one["index"] for one in body["rejected"]]


def test_one_event_is_accepted(api: Served) -> None:
    """The whole answer, key by key."""
    answer = api.post("/v1/events", event())

    assert answer.text == '{"accepted":1,"duplicates":0,"rejected":[],"decisions":[]}'


def test_the_same_identity_is_a_duplicate(api: Served) -> None:
    """`(source, id)` counts once, within a request and across requests; the first version stays."""
    first = counts(api.post("/v1/events", [event(1), event(1), event(2)]))

    second = counts(api.post("/v1/events", event(1, subject="u-99")))

    assert (first, second) == ((202, 2, 1, []), (202, 0, 1, []))


def test_good_ones_are_kept_and_bad_ones_named(api: Served) -> None:
    """Each element stands for itself; a rejected one is named by its index with its problem."""
    bad: list[Any] = [
        event(2, time="yesterday"),
        7,
        None,
        {"id": "x"},
        event(3, time=(NOON + timedelta(seconds=301)).isoformat()),
    ]

    answer = api.post("/v1/events", [event(0), *bad, event(1)])

    problems = [one["problem"]["status"] for one in answer.json()["rejected"]]
    assert (counts(answer), problems) == ((202, 2, 0, [1, 2, 3, 4, 5]), [422] * 5)


@pytest.mark.parametrize(("ahead", "accepted"), [(-86400 * 365, 1), (0, 1), (300, 1), (301, 0)])
def test_the_future_begins_in_five_minutes(api: Served, ahead: int, accepted: int) -> None:
    """Times more than five minutes ahead are rejected, the past is history."""
    answer = api.post("/v1/events", event(at=NOON + timedelta(seconds=ahead)))

    assert answer.json()["accepted"] == accepted


def test_types_that_nobody_knows_are_stored(api: Served) -> None:
    """An event of another system is kept, and a repeat of it is a duplicate."""
    body = event(type="com.example.unheard-of.v2")

    answers = [counts(api.post("/v1/events", body)) for _ in range(2)]

    assert answers == [(202, 1, 0, []), (202, 0, 1, [])]


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        (STRUCTURED, event(), 202),
        (BATCHED, [event()], 202),
        (BATCHED, [], 202),
        (STRUCTURED, [event()], 422),
        (BATCHED, event(), 422),
        ({"Content-Type": "application/json"}, [event()], 202),
        ({"Content-Type": "application/json"}, "text", 422),
    ],
)
def test_content_modes_say_what_they_hold(api: Served, headers: dict[str, str], body: Any, status: int) -> None:
    """Structured is one event, batched is an array, plain JSON is either."""
    answer = api.call("POST", "/v1/events", content=json.dumps(body).encode(), headers=headers)

    assert answer.status_code == status


def test_binary_mode(api: Served) -> None:
    """Attributes in `ce-` headers, data as the body; then the structured form of it is a duplicate."""
    whole = event()
    data = whole.pop("data")
    headers = {f"ce-{name}": value for name, value in whole.items()} | {"Content-Type": "application/json"}

    first = counts(api.call("POST", "/v1/events", content=json.dumps(data).encode(), headers=headers))

    assert (first, counts(api.post("/v1/events", event()))) == ((202, 1, 0, []), (202, 0, 1, []))


def test_binary_headers_are_percent_decoded(api: Served) -> None:
    """A subject beyond ASCII arrives as it was."""
    headers = {f"ce-{name}": value for name, value in event().items() if name not in ("data", "subject")}
    headers |= {"ce-subject": "Zo%C3%AB", "Content-Type": "application/json"}
    api.call("POST", "/v1/events", content=json.dumps(event()["data"]).encode(), headers=headers)
    consent(api, "Zo%C3%AB")

    answer = api.post("/v1/decisions", candidate(user="Zoë")).json()

    assert answer["action"] == "send"


@pytest.mark.parametrize("kind", ["application/xml", "application/octet-stream", ""])
def test_binary_data_that_is_no_json_is_415(api: Served, kind: str) -> None:
    """Nothing here reads XML."""
    headers = {f"ce-{name}": value for name, value in event().items() if name != "data"} | {"Content-Type": kind}

    answer = api.call("POST", "/v1/events", content=b"<canary7391/>", headers=headers)

    assert (answer.status_code, "canary7391" in answer.text) == (415, False)


@pytest.mark.parametrize("subject", ["%00", "a%FF", "%ED%A0%80"])
def test_binary_headers_must_be_text(api: Served, subject: str) -> None:
    """What strict JSON refuses does not come in through a header."""
    headers = {f"ce-{name}": value for name, value in event(subject=subject).items() if name != "data"}

    answer = api.call("POST", "/v1/events", headers=headers)

    assert (answer.status_code, answer.json()["status"]) == (422, 422)


def test_binary_mode_without_data(api: Served) -> None:
    """An event may have no data at all."""
    headers = {f"ce-{name}": value for name, value in event().items() if name != "data"}

    answer = api.call("POST", "/v1/events", headers=headers)

    assert counts(answer) == (202, 1, 0, [])


@pytest.mark.parametrize(("size", "status"), [(0, 202), (1000, 202), (1001, 422)])
def test_at_most_a_thousand(api: Served, size: int, status: int) -> None:
    """One more is refused as a whole, and nothing of it is kept."""
    answer = api.post("/v1/events", [event(number) for number in range(size)])

    kept = api.post("/v1/events", event(0)).json()["duplicates"]
    assert (answer.status_code, kept) == (status, int(status == 202 and size > 0))


def test_the_specifications_example_is_accepted(api: Served) -> None:
    """The structured example of the CloudEvents specification is stored like any other."""
    path = shared("examples/payloads/cloudevents_structured.json")

    answer = api.call("POST", "/v1/events", content=path.read_bytes(), headers=STRUCTURED)

    assert counts(answer) == (202, 1, 0, [])


def test_many_senders_at_once_lose_nothing(api: Served) -> None:
    """A hundred requests of ten events, each event sent twice: every one is recorded once."""
    calls = [
        ("POST", "/v1/events", {"json": [event(f"{batch}-{number}") for number in range(10)]})
        for batch in range(50)
        for _ in range(2)
    ]

    answers = [counts(answer) for answer in api.together(calls)]

    assert (sum(one[1] for one in answers), sum(one[2] for one in answers)) == (500, 500)
