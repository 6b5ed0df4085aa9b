"""`GET /v1/users/{id}/embargo`, as somebody who plans a promotion asks it."""

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest

from serving.settings import Settings
from tests.serving.served import NOON, Served, Watch, app_of, candidate, consent, event, token

NOTHING = {"until": None, "because": None}


def asked(api: Served, user: str = "u-17") -> Any:
    """Return the answer about one customer."""
    answer = api.get(f"/v1/users/{quote(user, safe='')}/embargo")
    assert answer.status_code == 200, answer.text
    return answer.json()


def told(api: Served, number: int = 1) -> str:
    """Send customer `u-17` a delivery message; return the decision's id."""
    consent(api, "u-17")
    api.post("/v1/events", event(number))
    answer = api.post("/v1/decisions", candidate(number)).json()
    assert answer["action"] == "send", answer
    identity: str = answer["decision_id"]
    return identity


def report(api: Served, **outcome: str) -> None:
    """Report an outcome of now."""
    assert api.post("/v1/outcomes", {"time": NOON.isoformat(), **outcome}).json()["accepted"] == 1


def incident(number: int = 1, **more: Any) -> dict[str, Any]:
    """Return an incident that names its customers."""
    data = {"incident": "i-1", "affected": ["u-17", "u-18"]}
    return event(f"i-{number}", type="incident.update", data=data) | more


def test_a_stranger_has_none(api: Served) -> None:
    """200 and two nulls, in this order: there is no customer to be found or not."""
    answer = api.get("/v1/users/nobody/embargo")

    assert (answer.status_code, answer.text) == (200, '{"until":null,"because":null}')


def test_a_service_message_keeps_promotions_away_for_a_day(api: Served, clock: Watch) -> None:
    """Until the same minute of the next day, then no more."""
    told(api)
    answers = []
    for hours in (0, 23, 1):
        clock.turn(hours=hours)
        answers.append(asked(api))

    active = {"until": "2026-11-21T12:00:00Z", "because": "service_message"}
    assert answers == [active, active, NOTHING]


def test_a_message_that_was_not_delivered_is_none(api: Served) -> None:
    """Nothing arrived, so nothing is in the way."""
    report(api, decision_id=told(api), kind="not_delivered")

    assert asked(api) == NOTHING


@pytest.mark.parametrize("trial", ["dry run", "refused"])
def test_what_was_not_sent_is_no_message(api: Served, trial: str) -> None:
    """Neither a question for the sake of asking nor a refusal tells the customer anything."""
    if trial == "dry run":
        consent(api, "u-17")
        api.post("/v1/events", event())
    answer = api.post(f"/v1/decisions{'?dry_run=true' if trial == 'dry run' else ''}", candidate()).json()

    assert (answer["action"], asked(api)) == ("send" if trial == "dry run" else "deny", NOTHING)


def test_a_complaint_cools_off(api: Served) -> None:
    """Fourteen days, also after it is closed; it ends later than the message that it is about."""
    report(api, decision_id=told(api), kind="complained")
    report(api, user_id="u-17", kind="complaint_closed")

    assert asked(api) == {"until": "2026-12-04T12:00:00Z", "because": "cooling_off"}


def test_a_longer_cooling_off_of_the_configuration_counts() -> None:
    """The embargo follows the policy's own limits."""
    with Served(app_of(settings=Settings(limits={"cooling_off_days": 30}))) as api:
        report(api, user_id="u-17", kind="complained")

        assert asked(api)["until"] == "2026-12-20T12:00:00Z"


def test_an_incident_keeps_promotions_from_everybody_affected(api: Served) -> None:
    """Its subject and those that it lists, 72 hours from its last event; nobody else."""
    api.post("/v1/events", [incident(subject="u-16", time=(NOON - timedelta(hours=9)).isoformat()), incident(2)])

    until = {"until": "2026-11-23T12:00:00Z", "because": "incident"}
    earlier = {"until": "2026-11-23T03:00:00Z", "because": "incident"}
    assert [asked(api, f"u-{number}") for number in (16, 17, 18, 19)] == [earlier, until, until, NOTHING]


def test_what_ends_last_is_the_answer(api: Served) -> None:
    """A message today, an incident a day ago: the incident ends later."""
    told(api)
    api.post("/v1/events", incident(time=(NOON - timedelta(hours=24)).isoformat()))

    assert asked(api) == {"until": "2026-11-22T12:00:00Z", "because": "incident"}


@pytest.mark.parametrize("user", ["a b", "a/b", "é", "embargo", "a/embargo", "a/preferences", "../../x", "a?b", "/"])
def test_any_id_can_be_a_path(api: Served, user: str) -> None:
    """Ids are the company's own; they come percent-encoded, and no other route takes them."""
    api.post("/v1/events", incident(subject=user, data={}))

    assert (asked(api, user)["because"], asked(api, user + "x")) == ("incident", NOTHING)


def test_the_other_route_of_a_customer_stays_itself(api: Served) -> None:
    """A customer whose id ends like this path still has preferences."""
    put = api.call("PUT", "/v1/users/a%2Fembargo/preferences", json={"timezone": "UTC"})

    assert (put.status_code, api.get("/v1/users/a%2Fembargo/preferences").json()["timezone"]) == (200, "UTC")


@pytest.mark.parametrize("user", ["%00", "a%00b", "%20", "a" * 257])
def test_an_id_that_is_nothing_is_refused(api: Served, user: str) -> None:
    """A problem document that repeats nothing."""
    answer = api.get(f"/v1/users/{user}/embargo")

    actual = (answer.status_code, answer.headers["content-type"], answer.json()["errors"][0]["pointer"])
    assert actual == (422, "application/problem+json", "#/user_id")


def test_parameters_are_refused(api: Served) -> None:
    """There is no asking as of another day; a parameter that does nothing would mislead."""
    assert api.get("/v1/users/u/embargo?at=2026-11-21T00:00:00Z").status_code == 422


@pytest.mark.parametrize(
    ("key", "status"), [(None, 401), ("unknown", 401), (token("decide"), 403), (token("admin"), 403)]
)
def test_it_needs_a_key_that_may_read(api: Served, key: str | None, status: int) -> None:
    """When somebody was told something is nobody else's business."""
    actual = (
        api.get("/v1/users/u/embargo", key=key).status_code,
        api.get("/v1/users/u/embargo", key=token("read")).status_code,
    )
    assert actual == (status, 200)


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
def test_nobody_lifts_it(api: Served, method: str) -> None:
    """It follows from what happened: there is nothing to set, and to erase `u/embargo` finds nobody of that id."""
    asked = {} if method == "DELETE" else {"json": {"until": None}}
    answer = api.call(method, "/v1/users/u/embargo", **asked)

    assert answer.status_code == (404 if method == "DELETE" else 405)


def test_asking_changes_nothing(api: Served) -> None:
    """Twice the same bytes, and no record of it."""
    told(api)
    answers = [api.get("/v1/users/u-17/embargo").content for _ in range(2)]

    assert (answers[0] == answers[1], len(api.get("/v1/decisions").json()["decisions"])) == (True, 1)
