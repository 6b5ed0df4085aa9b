"""What time made of a hold is decided again when somebody acts on it: only what they confirm stands."""

from datetime import timedelta
from typing import Any

import pytest

from tests.serving.served import NOON, Served, Watch, candidate, event

MORNING = NOON + timedelta(hours=20)  # eight o'clock of the next day in London


def told(kind: str, number: int, at: Any, **data: Any) -> dict[str, Any]:
    """Return an event of this kind about the customer."""
    return event(number, at=at, type=kind, data=data)


def tick(api: Served) -> None:
    """Let the timekeeper do what is due."""
    api._wait(api.app.state.api.timekeeper.tick())


@pytest.fixture
def held(api: Served, clock: Watch) -> str:
    """A parcel is late at ten in the evening; at eight in the morning the message is offered."""
    prefers = {"timezone": "Europe/London", "consent": {"chat": True}}
    assert api.call("PUT", "/v1/users/u-17/preferences", json=prefers).status_code == 200
    clock.at = MORNING - timedelta(hours=10)
    api.post("/v1/events", event(at=clock.at))
    answer = api.post("/v1/decisions", candidate()).json()
    assert ([reason["code"] for reason in answer["reasons"]], answer["action"]) == (["quiet_hours"], "hold")
    clock.at = MORNING
    tick(api)
    clock.turn(seconds=30)
    return str(answer["decision_id"])


def confirmed(api: Served, decision: str) -> tuple[str, list[str]]:
    """Confirm, and return the answer with its reasons."""
    answer = api.call("POST", f"/v1/decisions/{decision}/confirm").json()
    return answer["action"], [reason["code"] for reason in answer["reasons"]]


def test_it_was_offered(api: Served, held: str) -> None:
    """That is what the morning made of it."""
    offers = api.get("/v1/offers").json()["offers"]
    assert [offer["decision_id"] for offer in offers] == [held]


def test_where_nothing_changed_it_is_a_send(api: Served, held: str) -> None:
    """And from then on the same bytes again."""
    first = api.call("POST", f"/v1/decisions/{held}/confirm")
    second = api.call("POST", f"/v1/decisions/{held}/confirm")
    assert (first.json()["action"], first.content == second.content) == ("send", True)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        (told("shipment.delivered", 2, MORNING, parcel="A-1", place="the porch"), ("cancel", ["fact_superseded"])),
        (told("message.received", 2, MORNING, text="Where is A-1?"), ("cancel", ["customer_already_knows"])),
        (told("message.dismissed", 2, MORNING, purpose="delivery_update"), ("cancel", ["dismissed"])),
        (told("conversation.opened", 2, MORNING, conversation="C-1"), ("hold", ["conversation_open"])),
        (
            told("customer.identified", 2, MORNING, consent={"chat": False}),
            ("cancel", ["consent_missing"]),
        ),
        (told("customer.identified", 2, MORNING, timezone="Asia/Tokyo"), ("send", [])),
        (told("customer.identified", 2, MORNING, timezone="Pacific/Auckland"), ("hold", ["quiet_hours"])),
    ],
    ids=["delivered", "wrote", "dismissed", "talks", "no consent", "moved, still day", "moved into the night"],
)
def test_what_happened_since_counts(
    api: Served, held: str, changed: dict[str, Any], expected: tuple[str, list[str]]
) -> None:
    """Nobody had acted on the morning's answer: it is decided afresh."""
    assert api.post("/v1/events", changed).json()["rejected"] == []

    assert confirmed(api, held) == expected


def test_a_complaint_since_counts(api: Served, held: str, clock: Watch) -> None:
    """A customer who complained is not written to."""
    outcome = {"user_id": "u-17", "kind": "complained", "time": clock.at.isoformat()}
    api.post("/v1/outcomes", outcome)

    assert confirmed(api, held) == ("hold", ["cooling_off", "complaint_open"])


@pytest.mark.parametrize("first", [True, False], ids=["confirmed before", "not confirmed"])
@pytest.mark.parametrize("names", [("u-17", "u-9"), ("u-9", "u-17")], ids=["into", "from"])
def test_an_opt_out_comes_along_with_a_merge(
    api: Served, held: str, clock: Watch, names: tuple[str, str], *, first: bool
) -> None:
    """Who opted out long ago turns out to be this customer: an answer from before does not stand."""
    long_ago = (NOON - timedelta(days=3)).isoformat()
    api.post("/v1/outcomes", {"user_id": "u-9", "kind": "opted_out", "time": long_ago})
    if first:
        assert confirmed(api, held) == ("send", [])
    customer, anonymous = names
    merged = event(2, user=customer, at=clock.at, type="customer.identified", data={"anonymous_id": anonymous})
    assert api.post("/v1/events", merged).json()["accepted"] == 1

    assert confirmed(api, held) == ("cancel", ["opted_out"])
