"""What is old, told or contradicted, over HTTP with recorded events: the newest word counts, nobody hears it twice."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from tests.serving.routes.refusing import ALWAYS, SCORER
from tests.serving.served import NOON, Served, Watch, app_of, consent

FRIDAY = {"parcel": "A-7", "new_eta": "Friday"}
STEP = "Reply to change the address."
HELLO = "Is this your first visit? Parcel A-7 now arrives on Friday."


@dataclass
class Story:
    """One customer, event after event; `ask` returns the codes of the answer, `last` is the answer itself."""

    api: Served
    clock: Watch
    last: dict[str, Any] = field(default_factory=dict)

    def happens(self, kind: str, number: str, *, ago: float = 60, **more: Any) -> None:
        """Record an event of so many minutes ago."""
        body = {"specversion": "1.0", "source": "urn:shop", "id": number, "type": kind, "subject": "u-1"}
        body |= {"time": (self.clock.at - timedelta(minutes=ago)).isoformat()} | more
        assert self.api.post("/v1/events", body).json()["accepted"] == 1

    def ask(self, number: str = "d", facts: dict[str, Any] | None = None, **more: Any) -> list[str]:
        """Ask whether to tell of the delay `number`; return the codes."""
        body: dict[str, Any] = {
            "user": {"id": "u-1", "timezone": "Europe/Paris", "attributes": {"tenure_days": 410}},
            "purpose": "delivery_update",
            "channel": "chat",
            "evidence": {"type": "shipment.delayed", "id": number},
            "message": {"template": "parcel_delayed", "facts": FRIDAY if facts is None else facts},
        }
        self.last = self.api.post("/v1/decisions", body | more).json()
        return [reason["code"] for reason in self.last["reasons"]]

    def ask_about(self, kind: str, number: str, purpose: str, template: str, facts: dict[str, Any]) -> list[str]:
        """Ask whether to tell of another event."""
        message = {"template": template, "facts": facts}
        return self.ask(purpose=purpose, evidence={"type": kind, "id": number}, message=message)

    def follows(self, kind: str, **more: Any) -> None:
        """Report what followed the last decision."""
        body = {"decision_id": self.last["decision_id"], "kind": kind, "time": self.clock.at.isoformat()}
        assert self.api.post("/v1/outcomes", body | more).json()["accepted"] == 1


@pytest.fixture
def story() -> Iterator[Story]:
    """Serve a customer who said yes to chat and to email."""
    clock = Watch()
    with Served(app_of(clock=clock, settings=ALWAYS, scorer=SCORER)) as api:
        consent(api, "u-2")
        api.call("PUT", "/v1/users/u-1/preferences", json={"consent": {"chat": True, "email": True}})
        yield Story(api, clock)


NEWER = {
    "the same parcel": ({"parcel": "A-7", "new_eta": "Monday"}, ["fact_superseded"]),
    "another parcel": ({"parcel": "B-8"}, []),
    "no parcel: the whole family": ({"depot": "north"}, ["fact_superseded"]),
    "nothing at all": ({}, ["fact_superseded"]),
    "an empty parcel names none": ({"parcel": ""}, ["fact_superseded"]),
    "a parcel of another spelling": ({"parcel": "a-7"}, []),
    "an order of that name": ({"item": "A-7"}, []),
}


@pytest.mark.parametrize(("data", "expected"), NEWER.values(), ids=NEWER)
def test_a_newer_event_on_the_same_thing_supersedes(story: Story, data: dict[str, Any], expected: list[str]) -> None:
    """A later word on the same parcel, or on parcels in general, makes the older one old; on another it does not."""
    story.happens("shipment.delayed", "d", data=FRIDAY)
    story.happens("shipment.rescheduled", "r", ago=30, data=data)

    assert story.ask() == expected


def test_evidence_without_an_entity_is_about_its_family(story: Story) -> None:
    """It cannot be told apart from what was said of any parcel since; what another family says is another matter."""
    story.happens("shipment.delayed", "d", data={"new_eta": "Friday"})
    story.happens("appointment.changed", "a", ago=40, data={})
    before = story.ask(facts={"parcel": "A-7", "new_eta": "Friday"})
    story.follows("not_delivered")
    story.happens("shipment.delivered", "x", ago=30, data={"parcel": "B-8"})

    assert (before, story.ask(facts={"parcel": "A-7", "new_eta": "Friday"})) == ([], ["fact_superseded"])


@pytest.mark.parametrize("order", list(permutations("drx")))
def test_the_order_of_arrival_does_not_matter(story: Story, order: tuple[str, ...]) -> None:
    """Delayed, moved, out for delivery: however they arrive, only the last one, by its own time, may be told."""
    told = {
        "d": ("shipment.delayed", 180, FRIDAY),
        "r": ("shipment.rescheduled", 120, {"parcel": "A-7", "new_eta": "Monday"}),
        "x": ("shipment.out_for_delivery", 60, {"parcel": "A-7", "window": "2 to 4"}),
    }
    for number in order:
        kind, ago, data = told[number]
        story.happens(kind, number, ago=ago, data=data)

    old = story.ask()
    window = {"parcel": "A-7", "window": "2 to 4"}
    new = story.ask_about("shipment.out_for_delivery", "x", "delivery_update", "parcel_out_for_delivery", window)

    assert (old, new) == (["fact_superseded"], [])


def test_evidence_that_arrives_late_is_as_old_as_it_is(story: Story) -> None:
    """What happened 25 hours ago is stale however lately it was recorded; one hour less and it is not."""
    story.happens("shipment.delayed", "old", ago=25 * 60, data={"parcel": "A-1", "new_eta": "Friday"})
    story.happens("shipment.delayed", "d", ago=23 * 60, data=FRIDAY)

    old = story.ask("old", {"parcel": "A-1", "new_eta": "Friday"})

    assert (old, story.ask()) == (["evidence_stale"], [])


def test_a_newer_event_that_arrives_between_answer_and_sending_cancels(story: Story) -> None:
    """Permitted at noon, delivered at ten past, as the carrier says: asked again before it goes, it does not go."""
    story.happens("shipment.delayed", "d", data=FRIDAY)
    first = story.ask()
    story.clock.turn(minutes=10)
    story.happens("shipment.delivered", "x", ago=0, data={"parcel": "A-7", "place": "the porch"})

    again = story.api.call("POST", f"/v1/decisions/{story.last['decision_id']}/confirm").json()

    said = [reason["code"] for reason in again["reasons"]]
    assert (first, again["action"], said) == ([], "cancel", ["fact_superseded"])


SAME_FACT = {
    "the same event": ("d", "urn:shop", FRIDAY, ["already_told", "frequency_cap"]),
    "another id": ("d-2", "urn:shop", FRIDAY, ["already_told", "frequency_cap"]),
    "another source": ("d", "urn:carrier", FRIDAY, ["already_told", "frequency_cap"]),
    "another order of keys": ("d-2", "urn:shop", dict(reversed(FRIDAY.items())), ["already_told", "frequency_cap"]),
    "another day": ("d-2", "urn:shop", {"parcel": "A-7", "new_eta": "Monday"}, ["frequency_cap"]),
}


@pytest.mark.parametrize(("number", "source", "data", "expected"), SAME_FACT.values(), ids=SAME_FACT)
def test_a_fact_is_told_once(story: Story, number: str, source: str, data: dict[str, Any], expected: list[str]) -> None:
    """The fact counts, not the id under which it is reported again; another day is another fact."""
    story.happens("shipment.delayed", "d", data=FRIDAY)
    assert story.ask() == []
    if (number, source) != ("d", "urn:shop"):
        story.happens("shipment.delayed", number, source=source, ago=30, data=data)

    assert story.ask(facts=data, evidence={"type": "shipment.delayed", "id": number, "source": source}) == expected


def test_a_fact_told_by_chat_is_told_by_email(story: Story) -> None:
    """Whatever the channel: they know it. And what another customer was told, this one was not."""
    story.happens("shipment.delayed", "d", data=FRIDAY)
    story.happens("shipment.delayed", "other", subject="u-2", data=FRIDAY)
    other = story.ask("other", user={"id": "u-2", "timezone": "Europe/Paris", "attributes": {"tenure_days": 410}})
    story.ask()

    assert (other, story.ask(channel="email")) == ([], ["already_told", "frequency_cap"])


def test_two_sign_ins_are_two_facts(story: Story) -> None:
    """On the account each event is a thing of its own, told once: same device, other event, told again."""
    facts = {"device": "a phone in Oslo"}
    for number in ("1", "2"):
        story.happens("account.signed_in_new_device", number, data=facts)
    wanted = [
        story.ask_about("account.signed_in_new_device", number, "account_event", "new_device", facts)
        for number in ("1", "2", "1")
    ]

    assert wanted == [[], [], ["already_told"]]


def test_what_did_not_arrive_may_be_told_again(story: Story) -> None:
    """After `not_delivered` the fact and the hour are free; once it was delivered after all they are not."""
    story.happens("shipment.delayed", "d", data=FRIDAY)
    first = story.ask()
    story.follows("not_delivered")
    second = story.ask()
    story.follows("not_delivered")
    story.follows("delivered")

    assert (first, second, story.ask()) == ([], [], ["already_told", "frequency_cap"])


WROTE = {
    "it names the parcel": ({"text": "Where is my parcel a-7?"}, 30, ["customer_already_knows"]),
    "as a value": ({"about": {"parcel": "A-7"}}, 30, ["customer_already_knows"]),
    "only its time is known": ({}, 30, ["customer_already_knows"]),
    "it names another": ({"text": "Where is B-8?"}, 30, []),
    "it names one that starts alike": ({"text": "Where is A-77?"}, 30, []),
    "before it happened": ({"text": "Where is A-7?"}, 90, []),
}


@pytest.mark.parametrize(("data", "ago", "expected"), WROTE.values(), ids=WROTE)
def test_a_customer_who_wrote_first_knows(story: Story, data: dict[str, Any], ago: float, expected: list[str]) -> None:
    """Who asked about this very parcel after it was late is answered, not told unprompted."""
    story.happens("shipment.delayed", "d", data=FRIDAY)
    story.happens("message.received", "m", ago=ago, data=data)

    assert story.ask() == expected


def test_a_message_that_arrives_late_counts_from_when_it_was_written(story: Story) -> None:
    """Recorded after the delay was permitted, written before: asked again before it goes, it does not go."""
    story.happens("shipment.delayed", "d", data=FRIDAY)
    first = story.ask()
    story.happens("message.received", "m", ago=45, data={"text": "Where is A-7?"})

    again = story.api.call("POST", f"/v1/decisions/{story.last['decision_id']}/confirm").json()

    assert (first, again["action"], again["reasons"][0]["code"]) == ([], "cancel", "customer_already_knows")


FACTS = {
    "as recorded": (FRIDAY, []),
    "another day": ({"parcel": "A-7", "new_eta": "Monday"}, ["fact_superseded"]),
    "another parcel": ({"parcel": "A-8", "new_eta": "Friday"}, ["fact_superseded"]),
    "in other capitals": ({"parcel": "A-7", "new_eta": "FRIDAY"}, ["fact_superseded"]),
    "with blanks around": ({"parcel": " A-7 ", "new_eta": "Friday"}, []),
    "none": ({"parcel": "A-7", "new_eta": None}, ["fact_superseded", "facts_missing"]),
    "an object": ({"parcel": "A-7", "new_eta": {"day": "Friday"}}, ["fact_superseded", "facts_missing"]),
    "one more, recorded": ({**FRIDAY, "hours": 14}, []),
    "one more, as a text": ({**FRIDAY, "hours": "14"}, []),
    "one more, wrong": ({**FRIDAY, "hours": 15}, ["fact_superseded"]),
    "one more, true": ({**FRIDAY, "hours": True}, ["fact_superseded"]),
}


@pytest.mark.parametrize(("facts", "expected"), FACTS.values(), ids=FACTS)
def test_facts_are_those_of_the_evidence(story: Story, facts: dict[str, Any], expected: list[str]) -> None:
    """What the message says under a name that the evidence knows is what the evidence says, used or not."""
    story.happens("shipment.delayed", "d", data={**FRIDAY, "hours": 14})

    assert story.ask(facts=facts) == expected


def test_evidence_said_anew_with_other_facts_is_contradicted(story: Story) -> None:
    """An event on record that comes inline with another day, or another age: one account is wrong, nothing is sent."""
    story.happens("shipment.delayed", "d", data=FRIDAY)
    said = {
        "type": "shipment.delayed",
        "id": "d",
        "source": "urn:shop",
        "time": (NOON - timedelta(hours=1)).isoformat(),
    }
    older = {**said, "time": (NOON - timedelta(hours=30)).isoformat(), "data": FRIDAY}

    answers = [
        story.ask(evidence=one)
        for one in ({**said, "data": {"parcel": "A-7", "new_eta": "Monday"}}, older, {**said, "data": FRIDAY})
    ]

    assert answers == [["fact_superseded"], ["evidence_stale"], []]


BEEN_HERE = {
    "nobody knows them": (None, []),
    "a conversation": (("conversation.closed", {"conversation": "C-1"}), ["contradicts_history"]),
    "a visit": (("page.viewed", {"session": "s-0", "page": "pricing"}), ["contradicts_history"]),
    "a message": (("message.received", {"text": "Hello"}), ["contradicts_history"]),
}


@pytest.mark.parametrize(("earlier", "expected"), BEEN_HERE.values(), ids=BEEN_HERE)
def test_a_returning_customer_is_not_greeted_as_a_newcomer(
    story: Story, earlier: tuple[str, dict[str, Any]] | None, expected: list[str]
) -> None:
    """A first-visit text to somebody who has been here before is refused, whatever service it claims to be."""
    if earlier is not None:
        story.happens(earlier[0], "e", ago=24 * 60, data=earlier[1])
    story.happens("shipment.delayed", "d", data=FRIDAY)
    story.api.post("/v1/approvals", {"text": HELLO, "next_step": STEP})

    said = story.ask(message={"text": HELLO, "next_step": STEP, "facts": {}})

    assert said == expected


ZONES = [  # the request's, the record's, the hour in UTC; what follows
    ("Europe/Paris", "Europe/Paris", 12, "send", None),
    ("Europe/Paris", "Asia/Tokyo", 12, "hold", "2026-11-21T07:00:00Z"),
    ("Asia/Tokyo", "Europe/Paris", 12, "hold", "2026-11-21T07:00:00Z"),
    ("Europe/Paris", "America/New_York", 12, "hold", "2026-11-20T13:00:00Z"),
    ("Europe/Paris", "America/New_York", 13, "send", None),
    (None, "America/New_York", 12, "hold", "2026-11-20T13:00:00Z"),
    ("Europe/Paris", None, 12, "send", None),
]


@pytest.mark.parametrize(("said", "recorded", "hour", "action", "until"), ZONES)
def test_where_two_sources_give_two_zones_both_are_awake(  # noqa: PLR0917  (what one row of the table says)
    story: Story, said: str | None, recorded: str | None, hour: int, action: str, until: str | None
) -> None:
    """The request says Paris, the record Tokyo: it is sent when it is day in both, and waits until then."""
    story.clock.at = NOON.replace(hour=hour)
    story.happens("shipment.delayed", "d", data=FRIDAY)
    preferences = {"timezone": recorded, "consent": {"chat": True}}
    story.api.call("PUT", "/v1/users/u-1/preferences", json=preferences)

    story.ask(user={"id": "u-1", "timezone": said, "attributes": {"tenure_days": 410}})

    assert (story.last["action"], story.last["not_before"]) == (action, until)


def test_a_send_between_two_zones_ends_with_the_first_night(story: Story) -> None:
    """It is one in Paris and six in Dhaka: the answer is good until nine in Dhaka."""
    story.happens("shipment.delayed", "d", data=FRIDAY)
    story.api.call("PUT", "/v1/users/u-1/preferences", json={"timezone": "Asia/Dhaka", "consent": {"chat": True}})

    story.ask()

    assert (story.last["action"], story.last["expires_at"]) == ("send", "2026-11-20T15:00:00Z")
