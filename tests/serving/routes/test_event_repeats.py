"""`Idempotency-Key` on `POST /v1/events`: whoever lost the answer asks again, and has the message after all."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from serving.fakes import FakeScorer
from serving.loop.deciding import MEMORY
from serving.settings import Settings
from tests.occasions import mostly
from tests.serving.served import Served, Watch, app_of, event, token

NAME = {"Idempotency-Key": "a-1"}
STRUCTURED = {"Content-Type": "application/cloudevents+json"}
BINARY = {"Content-Type": "application/json"}


@pytest.fixture
def api(clock: Watch) -> Iterator[Served]:
    """Serve an API that asks the shipped triggers, with one customer who said yes."""
    shares = mostly("model")
    settings, scorer = Settings(shipped_triggers=True, shares=shares), FakeScorer(cutoff=0.004, shares=shares)
    with Served(app_of(clock=clock, settings=settings, scorer=scorer)) as served:
        told = {"timezone": "Europe/Paris", "consent": {"chat": True}}
        assert served.call("PUT", "/v1/users/u-17/preferences", json=told).status_code == 200
        yield served


def records(api: Served) -> int:
    """Return how many decisions are on record."""
    return len(api.get("/v1/decisions").json()["decisions"])


def test_a_lost_answer_comes_again(api: Served) -> None:
    """The send of the first request is in the second answer too, to the byte; nothing is decided twice."""
    first = api.post("/v1/events", [event(1), {"id": 7}], headers=NAME)

    again = api.post("/v1/events", [event(1), {"id": 7}], headers=NAME)

    (decision,) = again.json()["decisions"]
    replayed = [answer.headers.get("idempotency-replayed") for answer in (first, again)]
    assert (decision["action"], again.status_code, again.content == first.content) == ("send", 202, True)
    assert (replayed, records(api)) == ([None, "true"], 1)


def test_without_a_key_it_is_a_duplicate_and_stands_on_record(api: Served) -> None:
    """Another sender of the same event is not told to send; what was decided can be asked for."""
    (sent,) = api.post("/v1/events", event(1)).json()["decisions"]

    again = api.post("/v1/events", event(1)).json()

    found = api.get("/v1/decisions?user=u-17&since=2026-11-20T12:00:00Z").json()["decisions"]
    assert (again["duplicates"], again["decisions"], [one["decision_id"] for one in found]) == (
        1,
        [],
        [sent["decision_id"]],
    )


def test_another_key_is_another_request(api: Served) -> None:
    """What it holds is a duplicate; so is the same key of another client."""
    api.post("/v1/events", event(1), headers=NAME)

    others = [
        api.post("/v1/events", event(1), headers={"Idempotency-Key": "a-2"}),
        api.post("/v1/events", event(1), headers=NAME, key=token("events")),
    ]

    assert [one.json()["duplicates"] for one in others] == [1, 1]


@pytest.mark.parametrize("second", [event(2), [event(1), event(2)], [], {"batch": []}, event(1, subject="u-1")])
def test_another_body_is_refused(api: Served, second: Any) -> None:
    """And nothing of it is recorded."""
    api.post("/v1/events", event(1), headers=NAME)

    answer = api.post("/v1/events", second, headers=NAME)

    fresh = api.post("/v1/events", event(2)).json()["accepted"]
    assert (answer.status_code, "another body" in answer.json()["detail"], fresh) == (422, True, 1)


@pytest.mark.parametrize("body", [[], [{"id": 7}], event(1, type="com.example.unheard")])
def test_what_decides_nothing_is_remembered_too(api: Served, body: Any) -> None:
    """Every 202 is: the key stands for that body."""
    first, again = (api.post("/v1/events", body, headers=NAME) for _ in range(2))

    other = api.post("/v1/events", event(5), headers=NAME)

    assert (again.content == first.content, again.headers["idempotency-replayed"], other.status_code) == (
        True,
        "true",
        422,
    )


def test_refusals_are_not_remembered(api: Served) -> None:
    """After a 422 and a 415 the key is free."""
    wrong = [
        api.post("/v1/events", "text", headers=NAME),
        api.call("POST", "/v1/events", content=b"<a/>", headers=NAME | {"Content-Type": "application/xml"}),
    ]

    right = api.post("/v1/events", event(1), headers=NAME)

    assert ([one.status_code for one in wrong], right.json()["accepted"]) == ([422, 415], 1)


def test_in_headers_the_whole_event_is_the_body(api: Served) -> None:
    """The same data under another id is another body; the same event, structured, is the same one."""

    def binary(body: dict[str, Any]) -> Any:
        headers = {f"ce-{name}": value for name, value in body.items() if name != "data"}
        return api.call(
            "POST", "/v1/events", content=json.dumps(body["data"]).encode(), headers=headers | BINARY | NAME
        )

    first, again = binary(event(1)), binary(event(1))
    other = binary(event(1) | {"id": "ev-2"})
    structured = api.call("POST", "/v1/events", content=json.dumps(event(1)).encode(), headers=STRUCTURED | NAME)

    assert [first.status_code, again.content, other.status_code, structured.content] == [
        202,
        first.content,
        422,
        first.content,
    ]


def test_a_key_is_forgotten_after_a_day(api: Served, clock: Watch) -> None:
    """Then the same request is a duplicate like any other."""
    first = api.post("/v1/events", event(1), headers=NAME)
    clock.at += MEMORY
    clock.turn(seconds=-1)
    within = api.post("/v1/events", event(1), headers=NAME)
    clock.turn(seconds=2)

    after = api.post("/v1/events", event(1), headers=NAME).json()

    assert (within.content == first.content, after["duplicates"]) == (True, 1)


def test_of_many_at_once_one_decides(api: Served) -> None:
    """The others have that answer, or are told that it still runs."""
    answers = api.together(("POST", "/v1/events", {"json": event(1), "headers": NAME}) for _ in range(30))

    good = {answer.content for answer in answers if answer.status_code == 202}
    running = {answer.json()["type"] for answer in answers if answer.status_code == 409}
    kinds = {answer.status_code for answer in answers}
    assert (len(good), running, kinds, records(api)) == (1, {"urn:outreach:problem:still-running"}, {202, 409}, 1)


def test_keys_of_events_and_of_decisions_do_not_meet(api: Served) -> None:
    """Each path has its own."""
    api.post("/v1/events", event(1), headers=NAME)

    answer = api.post("/v1/decisions", event(1), headers=NAME)

    assert "another body" not in answer.json()["detail"]


@pytest.mark.parametrize("name", ["", " ", "x" * 256, "caf\xe9"])
def test_what_is_no_key_is_refused(api: Served, name: str) -> None:
    """Nothing is recorded then."""
    answer = api.post("/v1/events", event(1), headers={"Idempotency-Key": name.encode("latin-1")})

    assert (answer.status_code, api.post("/v1/events", event(1)).json()["accepted"]) == (422, 1)


def test_the_document_says_so(api: Served) -> None:
    """The header is a parameter, beside the one of widgets, and 409 an answer."""
    operation = api.get("/openapi.json").json()["paths"]["/v1/events"]["post"]

    assert ([one["name"] for one in operation["parameters"]], "409" in operation["responses"]) == (
        ["Idempotency-Key", "Outreach-Session"],
        True,
    )
