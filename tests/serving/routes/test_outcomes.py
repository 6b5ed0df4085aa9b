from datetime import timedelta
from typing import Any

import pytest

from tests.serving.served import NOON, Served, Watch, candidate, consent, event

TIME = NOON.isoformat()


@pytest.fixture
def sent(api: Served) -> str:
    """Send one message and return its decision id."""
    api.post("/v1/events", [event(1), event(2)])
    consent(api, "u-17")
    answer = api.post("/v1/decisions", candidate(1)).json()
    assert answer["action"] == "send"
    return str(answer["decision_id"])


def counts(answer: Any) -> tuple[int, int, int, list[tuple[int, int]]]:
    """Return status, accepted, duplicates, and index with status of what was rejected."""
    body = answer.json()
    rejected = [(one["index"], one["problem"]["status"]) for one in body["rejected"]]
    return answer.status_code, body["accepted"], body["duplicates"], rejected


def test_an_outcome_is_on_the_record(api: Served, sent: str) -> None:
    """What followed stands with the decision."""
    answer = api.post("/v1/outcomes", {"decision_id": sent, "kind": "thanked", "time": TIME})

    outcomes = api.get(f"/v1/decisions/{sent}").json()["outcomes"]
    assert (answer.text, [one["kind"] for one in outcomes]) == (
        '{"accepted":1,"duplicates":0,"rejected":[]}',
        ["thanked"],
    )


def test_twice_the_same_is_a_duplicate(api: Served, sent: str) -> None:
    """A repeat changes nothing."""
    body = {"decision_id": sent, "kind": "delivered", "time": TIME}

    answer = api.post("/v1/outcomes", [body, body])

    assert counts(answer) == (202, 1, 1, [])


def test_good_ones_are_kept_and_bad_ones_named(api: Served, sent: str) -> None:
    """An unknown decision, a wrong kind, a time ahead: each is named, the others stay."""
    ahead = (NOON + timedelta(minutes=6)).isoformat()
    bodies = [
        {"decision_id": sent, "kind": "engaged", "time": TIME},
        {"decision_id": "01J0000000000000000000CANARY", "kind": "engaged", "time": TIME},
        {"decision_id": sent, "kind": "contacted_us", "time": TIME},
        {"decision_id": sent, "kind": "thanked", "time": ahead},
        {"user_id": "u-18", "kind": "contacted_us", "time": TIME},
    ]

    answer = api.post("/v1/outcomes", bodies)

    assert (counts(answer), "CANARY" in answer.text) == ((202, 2, 0, [(1, 404), (2, 422), (3, 422)]), False)


def test_an_opt_out_stops_the_next_message(api: Served, sent: str, clock: Watch) -> None:
    """What a customer answers counts from the next decision on."""
    clock.turn(hours=2)
    api.post("/v1/outcomes", {"decision_id": sent, "kind": "opted_out", "time": TIME})

    answer = api.post("/v1/decisions", candidate(2)).json()

    assert (answer["action"], "opted_out" in [reason["code"] for reason in answer["reasons"]]) == ("deny", True)


def test_not_delivered_gives_the_place_back(api: Served, sent: str) -> None:
    """A message that never arrived counts for no cap."""
    held = api.post("/v1/decisions", candidate(2)).json()["action"]
    api.post("/v1/outcomes", {"decision_id": sent, "kind": "not_delivered", "time": TIME})

    answer = api.post("/v1/decisions", candidate(2)).json()

    assert (held, answer["action"]) == ("hold", "send")


def test_a_complaint_cools_off(api: Served, sent: str, clock: Watch) -> None:
    """Two weeks and more without discretionary messages, until the complaint is closed and cold."""
    api.post("/v1/outcomes", {"user_id": "u-17", "kind": "complained", "time": TIME})
    clock.turn(hours=2)

    answer = api.post("/v1/decisions", candidate(2)).json()

    codes = {reason["code"] for reason in answer["reasons"]}
    assert (sent != "", answer["action"], {"cooling_off", "complaint_open"} <= codes) == (True, "hold", True)
