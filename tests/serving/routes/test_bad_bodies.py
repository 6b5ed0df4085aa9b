"""Bad events, outcomes, preferences and approvals: none of them opens what was shut, and none is half on record."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from serving.policy.templates import text_digest
from serving.schemas.approvals import ApprovalBody
from serving.schemas.events import EventBody
from serving.schemas.requests import OutcomeBody, PreferencesBody
from tests.serving.bad_values import KINDS, MISSING, places, spoilt
from tests.serving.routes.refusing import AGO, Desk, badly_answered, desk, misread
from tests.serving.served import NOON

Body = dict[str, Any]
ABSENT = {MISSING, "null"}
ANY_ID = {"text", "naive time", "far past", "far future", "out of the calendar", "an address"}
ANYTHING = frozenset(KINDS)
CHAT = "Your parcel A-{} comes on Friday."
STEP = "Reply to change the address."
GOOD = {"reviewer": "Ann", "agent_would_send": True, "customer_would_thank": True, "comment": "Says what happened."}


def candidate(number: int, **more: Any) -> Body:
    """Return what would be sent to this customer, were it not for what is shut."""
    body: Body = {
        "user": {"id": f"u-{number}", "timezone": "Europe/Paris", "attributes": {"tenure_days": 410}},
        "purpose": "delivery_update",
        "channel": "chat",
        "evidence": {"type": "shipment.delayed", "id": f"ev-{number}"},
        "message": {"template": "parcel_delayed", "facts": {"parcel": f"A-{number}", "new_eta": "Friday"}},
    }
    return body | more


def news(number: int) -> Body:
    """Return an event without which there is no evidence."""
    return {
        "specversion": "1.0",
        "source": "urn:carrier",
        "id": f"new-{number}",
        "type": "shipment.delayed",
        "time": AGO.isoformat(),
        "subject": f"u-{number}",
        "data": {"parcel": f"B-{number}", "new_eta": "Friday", "delay_hours": 14},
    }


def about_news(number: int) -> Body:
    """Return what such an event would prove."""
    facts = {"parcel": f"B-{number}", "new_eta": "Friday"}
    evidence = {"type": "shipment.delayed", "id": f"new-{number}"}
    return candidate(number, evidence=evidence, message={"template": "parcel_delayed", "facts": facts})


def unzoned(number: int) -> Body:
    """Return a candidate whose zone only the preferences know."""
    return candidate(number, user={"id": f"u-{number}", "attributes": {"tenure_days": 410}})


def said(number: int) -> Body:
    """Return a candidate with a text of its own that waits for its approval."""
    return candidate(number, message={"text": CHAT.format(number), "next_step": STEP})


def send_first(made: Desk, numbers: range) -> None:
    """Let every customer be told once: the fact is told, the hour is used up."""
    for start in range(0, len(numbers), 100):
        bodies = [candidate(number) for number in numbers[start : start + 100]]
        answers = made.send("POST", "/v1/decisions/batch", json.dumps(bodies).encode()).json()
        assert {answer["action"] for answer in answers} == {"send"}
        made.clock.turn(minutes=1)
        made.sent += [answer["decision_id"] for answer in answers]


def complain_first(made: Desk, numbers: range) -> None:
    """Let every customer complain, long ago; nobody closed it."""
    time = "2026-10-01T12:00:00Z"
    bodies = [{"user_id": f"u-{number}", "kind": "complained", "time": time} for number in numbers]
    assert made.send("POST", "/v1/outcomes", json.dumps(bodies).encode()).json()["accepted"] == len(bodies)


@dataclass(frozen=True)
class Lock:
    """What keeps a message back, the good body that would open it, and which bad values open it all the same.

    `path` and `key` are made from the desk and the customer's number; `ask` is the candidate.
    """

    schema: Any
    key: Callable[[Desk, int], Body]
    ask: Callable[[int], Body]
    path: Callable[[int], str]
    method: str = "POST"
    before: Callable[[Desk, range], None] = lambda *_: None
    open_places: tuple[str, ...] = ()
    opens: Mapping[str, frozenset[str] | set[str]] = field(default_factory=dict)
    others: Mapping[str, str] = field(default_factory=dict)

    def cases(self) -> list[tuple[str, str]]:
        """Return every field with every kind of bad value."""
        return [(place, kind) for place in (*places(self.schema), *self.open_places) for kind in KINDS]


LOCKS = {
    "an event": Lock(
        schema=EventBody,
        key=lambda _, number: news(number),
        ask=about_news,
        path=lambda _: "/v1/events",
        open_places=("data.parcel", "data.new_eta", "data.delay_hours", "comexample"),
        opens={
            "specversion": {MISSING},
            "source": {*ANY_ID, "another customer's"},
            "datacontenttype": {*ANY_ID, "another customer's"},
            "dataschema": {*ANY_ID, "another customer's"},
            "data.parcel": {MISSING},  # the parcel is a plain word, the day stands in the evidence
            "data.new_eta": {MISSING},
            "data.delay_hours": ANYTHING,  # no rule reads it
            "comexample": ANYTHING,  # an extension is not kept
        },
        others={"subject": '"u-other"', "data.parcel": '"A-other"', "id": '"ev-other"'},
    ),
    "not delivered": Lock(
        schema=OutcomeBody,
        key=lambda made, number: {
            "decision_id": made.sent[number],
            "kind": "not_delivered",
            "time": NOON.isoformat(),
        },
        ask=candidate,
        path=lambda _: "/v1/outcomes",
        before=send_first,
        others={"user_id": '"u-other"', "decision_id": '"d-other"'},
    ),
    "a complaint closed": Lock(
        schema=OutcomeBody,
        key=lambda _, number: {"user_id": f"u-{number}", "kind": "complaint_closed", "time": NOON.isoformat()},
        ask=candidate,
        path=lambda _: "/v1/outcomes",
        before=complain_first,
        others={"user_id": '"u-other"'},
    ),
    "preferences": Lock(
        schema=PreferencesBody,
        key=lambda *_: {"timezone": "Europe/Paris", "consent": {"chat": True}},
        ask=unzoned,
        path=lambda number: f"/v1/users/u-{number}/preferences",
        method="PUT",
        open_places=("consent.chat", "consent.push"),
        opens={"consent.chat": {"true"}, "consent.push": {MISSING, "true"}},
    ),
    "an approved text": Lock(
        schema=ApprovalBody,
        key=lambda _, number: {"text": CHAT.format(number), "next_step": STEP},
        ask=said,
        path=lambda _: "/v1/approvals",
    ),
    "a review": Lock(
        schema=ApprovalBody,
        key=lambda _, number: {"text": CHAT.format(number), "next_step": STEP, "review": GOOD},
        ask=said,
        path=lambda _: "/v1/approvals",
        opens={
            "review": {MISSING, "null"},  # an approval needs none
            "review.reviewer": {*ANY_ID, "another customer's"},
            "review.comment": {MISSING, "null", *ANY_ID, "another customer's"},
            "review.agent_would_send": {"true"},
            "review.customer_would_thank": {"true"},
        },
    ),
    "an approved digest": Lock(
        schema=ApprovalBody,
        key=lambda _, number: {"digest": text_digest(CHAT.format(number), STEP)},
        ask=said,
        path=lambda _: "/v1/approvals",
    ),
}


def tried(made: Desk, lock: Lock, number: int, place: str, kind: str) -> str | None:
    """Turn a spoilt key; return what is wrong with the answer, with what is on record, or with what is sent now."""
    path = lock.path(number)
    before = made.rows()
    body = spoilt(lock.key(made, number), place, kind, lock.others.get(place))
    answer = made.send(lock.method, path, body)
    refused = answer.status_code >= 400 or bool(answer.json().get("rejected"))
    wrong = [*badly_answered(answer), *misread(answer, kind)]
    if refused and before != made.rows():
        wrong.append("what was refused left something behind")
    asked = made.send("POST", "/v1/decisions?dry_run=true", json.dumps(lock.ask(number)).encode()).json()
    same = kind in ABSENT and place not in lock.key(made, number)  # an optional field that was not there before
    if asked["action"] == "send" and not same and kind not in lock.opens.get(place, set()):
        wrong.append("now it is sent")
    return f"{place} = {kind}: {', '.join(wrong)} ({answer.text[:300]})" if wrong else None


@pytest.mark.parametrize("name", LOCKS)
def test_no_bad_value_opens_what_is_shut(name: str) -> None:
    """Every field with every kind of bad value: no 5xx, no echo, nothing half-done, and nothing goes out for it."""
    lock = LOCKS[name]
    cases = lock.cases()
    with desk(len(cases) + 1, consenting=name != "preferences") as made:
        lock.before(made, range(len(cases) + 1))
        found = [tried(made, lock, number, *case) for number, case in enumerate(cases)]

        shut = made.send("POST", "/v1/decisions?dry_run=true", json.dumps(lock.ask(len(cases))).encode()).json()
        made.send(lock.method, lock.path(len(cases)), json.dumps(lock.key(made, len(cases))).encode())
        opened = made.send("POST", "/v1/decisions?dry_run=true", json.dumps(lock.ask(len(cases))).encode()).json()

    actual = [one for one in found if one], shut["action"] != "send", opened["action"]
    assert actual == ([], True, "send")


def test_there_are_hundreds_of_cases() -> None:
    """Every field of four schemas; a new field brings its own."""
    assert sum(len(lock.cases()) for lock in LOCKS.values()) >= 900
