"""`GET /v1/users/{id}`: one customer at a glance, for whoever answers for them."""

from typing import Any
from urllib.parse import quote

import pytest

from serving.schemas.people import PersonAnswer
from tests.serving.served import NOON, Served, Watch, candidate, consent, event, token


def asked(api: Served, user: str = "u-17") -> Any:
    """Return the answer about one customer."""
    answer = api.get(f"/v1/users/{quote(user, safe='')}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def decide(api: Served, number: int = 1, **more: Any) -> Any:
    """Tell what happened and ask whether to write."""
    api.post("/v1/events", event(number))
    return api.post("/v1/decisions", candidate(number, **more)).json()


def report(api: Served, **outcome: str) -> None:
    """Report an outcome of now."""
    assert api.post("/v1/outcomes", {"time": NOON.isoformat(), **outcome}).json()["accepted"] == 1


def test_a_customer_at_a_glance(api: Served) -> None:
    """Every field of the answer, in its order."""
    consent(api, "u-17")
    sent = decide(api)["decision_id"]
    report(api, decision_id=sent, kind="thanked")
    denied = decide(api, 2, message={"text": "Buy one, get one free!", "next_step": "Reply."})
    answer = asked(api)

    at = "2026-11-20T12:00:00Z"
    outcome = {"kind": "thanked", "time": at, "recorded_at": at, "channel": "chat"}
    said = {"at": at, "purpose": "delivery_update", "channel": "chat"}
    text = "Your parcel A-1 now arrives on Friday."
    told = answer["told"][0].pop("text")
    assert (list(answer), told.startswith(text)) == (list(PersonAnswer.model_fields), True)
    assert answer == {
        "id": "u-17",
        "ids": ["u-17"],
        "preferences": {"timezone": None, "consent": {"chat": True}},
        "attributes": {},
        "opted_out": {"everything": False, "channels": []},
        "complaint_open": False,
        "conversation_open": False,
        "embargo": {"until": "2026-11-21T12:00:00Z", "because": "service_message"},
        "contacts": {
            "last_60_minutes": {"used": 1, "limit": 1},
            "last_24_hours": {"used": 1, "limit": 2},
            "last_7_days": {"used": 1, "limit": 5},
        },
        "told": [{"decision_id": sent, **said, "template": "parcel_delayed", "outcomes": [outcome]}],
        "withheld": [
            {
                "decision_id": denied["decision_id"],
                **said,
                "template": None,
                "action": "deny",
                "reasons": [reason["code"] for reason in denied["reasons"]],
                "not_before": None,
            }
        ],
        "outcomes": [{"decision_id": sent, **outcome}],
        "earlier": False,
    }


def test_the_last_word_says_whether_they_were_told(api: Served, clock: Watch) -> None:
    """A send that is cancelled at its confirmation was withheld, then, and for the reasons of then."""
    consent(api, "u-17")
    sent = decide(api)["decision_id"]
    clock.turn(minutes=3)
    report(api, user_id="u-17", kind="opted_out")
    cancelled = api.post(f"/v1/decisions/{sent}/confirm", {}).json()
    answer = asked(api)

    entry = answer["withheld"][0]
    actual = (cancelled["action"], answer["told"], entry["action"], entry["reasons"], entry["at"])
    assert actual == ("cancel", [], "cancel", ["opted_out"], "2026-11-20T12:03:00Z")


def test_a_held_message_that_reached_them_was_told(api: Served) -> None:
    """Somebody sent it all the same: what the customer saw is what they were told."""
    consent(api, "u-17")
    decide(api)
    held = decide(api, 2)
    report(api, decision_id=held["decision_id"], kind="complained")
    answer = asked(api)

    actual = (held["action"], [one["decision_id"] for one in answer["told"]].count(held["decision_id"]))
    assert (actual, answer["complaint_open"]) == (("hold", 1), True)


def test_an_opt_out_names_its_channels(api: Served) -> None:
    """By a message: of its channel; by the customer, without a channel: of every one."""
    report(api, user_id="u-17", kind="opted_out", channel="sms")
    one = asked(api)["opted_out"]
    report(api, user_id="u-17", kind="opted_out")

    assert (one, asked(api)["opted_out"]) == (
        {"everything": False, "channels": ["sms"]},
        {"everything": True, "channels": ["sms"]},
    )


def test_of_many_decisions_the_newest_hundred_are_told(api: Served, clock: Watch) -> None:
    """Where there are more the answer says so, and the list of decisions has them all."""
    for number in range(101):
        clock.turn(seconds=1)
        api.post("/v1/decisions", candidate(number))
        if number == 99:
            assert asked(api)["earlier"] is False
    answer = asked(api)

    times = [one["at"] for one in answer["withheld"]]
    assert (len(times), times == sorted(times, reverse=True), answer["earlier"]) == (100, True, True)


def test_strangers_and_the_erased_are_404(api: Served) -> None:
    """In the same words: who was erased cannot be told from who never was."""
    consent(api, "u-17")
    decide(api)
    api.call("DELETE", "/v1/users/u-17")
    answers = [api.get(f"/v1/users/{user}") for user in ("u-17", "nobody", "u-17%0A", "%20x")]

    assert {(one.status_code, one.text) for one in answers} == {(404, answers[0].text)}


@pytest.mark.parametrize("user", ["a b", "a/b", "é", "u-1\n", "preferences", "../../x", "a?b=c&d"])
def test_any_id_can_be_asked_for(api: Served, user: str) -> None:
    """Percent-encoded, whatever signs it has."""
    api.call("PUT", f"/v1/users/{quote(user, safe='')}/preferences", json={"timezone": "UTC"})

    assert asked(api, user)["id"] == user


def test_it_needs_the_scope_read(api: Served) -> None:
    """As every record of a customer does; and it takes no parameter."""
    consent(api, "u-17")
    statuses = {
        key: api.get("/v1/users/u-17", key=key and token(key)).status_code for key in ("read", "decide", "admin", None)
    }

    assert (statuses, api.get("/v1/users/u-17?all=1").status_code) == (
        {"read": 200, "decide": 403, "admin": 403, None: 401},
        422,
    )
