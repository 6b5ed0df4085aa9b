"""What Chatwoot's webhooks say, as events: the pure function."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.adapters.chatwoot import said_in
from serving.adapters.platform import Delivery
from serving.errors import Problem
from serving.routes.event_bodies import event_of
from tests.needs import shared
from tests.serving.adapters.chatwoot_bodies import SECONDS, SESSION, VISIT, Body, contact, message, talk, turned, visit
from tests.serving.served import NOON

SOURCE = "urn:chatwoot:account:3"
WROTE, OPENED, KNOWN = "message.received", "conversation.opened", "customer.identified"
BOUND = {"anonymous_id": "chatwoot:3:contact:41"}
TALK = {"conversation": "chatwoot:3:70"}


def said(body: Any, number: str = "d-1", *, at: datetime = NOON) -> list[Any]:
    """Return the events of a body that was signed at a time."""
    return said_in(Delivery(body=body, id=number, sent_at=at, now=NOON))


def told(body: Any) -> list[tuple[str, str | None, Any]]:
    """Return type, customer and data of each event."""
    return [(one["type"], one["subject"], one["data"]) for one in said(body)]


def test_what_a_customer_writes_is_a_message_in_an_open_conversation() -> None:
    """With who they are, proved; without HTML; at its own time; under an id of its own."""
    first = said(message())[0]
    data = TALK | {"session": SESSION, "text": "Where is A-1?"}
    assert (first["id"], first["source"], first["time"]) == (f"message:900:{WROTE}", SOURCE, "2026-11-20T12:00:00Z")
    assert told(message()) == [
        (WROTE, "u-17", data),
        (OPENED, "u-17", TALK | {"session": SESSION}),
        (KNOWN, "u-17", BOUND),
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"message_type": "outgoing"},
        {"message_type": 1},
        {"message_type": "template"},
        {"message_type": "activity"},
        {"message_type": False},
        {"message_type": None},
        {"private": True},
    ],
    ids=str,
)
def test_what_others_write_is_no_message_of_the_customers(change: Body) -> None:
    """Agents, bots, we ourselves, notes: recorded under Chatwoot's word, with nothing of it."""
    assert told(message(**change)) == [("chatwoot.message_created", None, {})]


@pytest.mark.parametrize(
    ("body", "subject"),
    [
        (message(), "u-17"),
        (message(conversation=talk(who=contact(12))), "12"),
        (message(conversation=talk(proved=False)), "chatwoot:3:unproven:41"),
        (message(conversation=talk(who=contact(None))), "chatwoot:3:contact:41"),
        (message(conversation=talk(proved=False, channel="Channel::Api")), "chatwoot:3:unproven:41"),
        (message(conversation=talk(proved=False, channel=None)), "chatwoot:3:unproven:41"),
        (message(conversation=talk(proved=False, channel="Channel::Email")), "u-17"),
        (message(conversation=talk(proved=False, channel="Channel::Whatsapp")), "u-17"),
        (
            message(conversation=talk(proved=False, channel="Channel::Email", who=contact(None))),
            "chatwoot:3:contact:41",
        ),
        (message(conversation=talk(contact_inbox={"hmac_verified": False})), "chatwoot:3:unproven:41"),
        (message(conversation=talk(contact_inbox=None)), "u-17"),
        (message(conversation={"id": 70, "channel": "Channel::Sms"}), "u-17"),
        (message(conversation=talk(who=contact(None)), account=None), "chatwoot:3:contact:41"),
        (message(conversation=None, sender=None), None),
        (message(conversation={"id": 70}, sender={"name": "Ada"}), None),
        (visit(), "chatwoot:3:contact:41"),
        (visit(contact()), None),
        (visit(contact(), current_conversation=talk()), "u-17"),
        (visit({}), None),
    ],
)
def test_an_identifier_counts_where_it_is_proved(body: Body, subject: str | None) -> None:
    """Anybody may claim one in the widget, and keeps it in every channel; a claim's name is never the customer's."""
    assert said(body)[0]["subject"] == subject


@pytest.mark.parametrize(
    ("zone", "expected"),
    [("Europe/Paris", "Europe/Paris"), ("Mars/Olympus", None), ("x" * 70, None), (7, None), (None, None)],
)
@pytest.mark.parametrize("place", ["custom_attributes", "additional_attributes"])
def test_a_zone_that_there_is_counts(place: str, zone: Any, expected: str | None) -> None:
    """Another is left out; what was written is recorded all the same."""
    body = message(conversation=talk(who=contact() | {place: {"timezone": zone}}))
    found = {one["type"]: one["data"] for one in said(body)}
    assert (found[KNOWN].get("timezone"), WROTE in found) == (expected, True)


def test_the_widget_opened_is_a_visit() -> None:
    """It names neither its time nor itself: who signed it said when."""
    assert said(visit(), "d-7") == [
        {
            "source": SOURCE,
            "id": f"visit:{VISIT}:{NOON.isoformat()}:session.started",
            "type": "session.started",
            "time": NOON.isoformat(),
            "subject": "chatwoot:3:contact:41",
            "data": {"session": SESSION, "may_be_returning": True},
        }
    ]


@pytest.mark.parametrize(
    ("status", "kinds"),
    [("open", [OPENED]), ("pending", [OPENED]), ("resolved", ["conversation.closed"]), ("snoozed", [])],
)
def test_a_visitor_who_talked_to_us_was_here_before(status: str, kinds: list[str]) -> None:
    """Their conversation came before the visit; what was left open stays so, and nobody is told of it again."""
    found = said(visit(contact(), current_conversation=talk(status=status)))
    assert [one["type"] for one in found] == ["session.started", *kinds, KNOWN]


@pytest.mark.parametrize(
    ("body", "kinds", "seconds"),
    [
        (turned("open", "conversation_created"), [OPENED], -60),
        (turned("pending", "conversation_created"), [OPENED], -60),
        (turned("open"), [OPENED], 0.25),
        (turned("open", "conversation_opened"), [OPENED], 0.25),
        (turned("resolved", first_reply_created_at=SECONDS), ["conversation.closed"], 0.25),
        (turned("resolved", "conversation_resolved", first_reply_created_at=SECONDS), ["conversation.closed"], 0.25),
        (turned("resolved"), ["conversation.closed", "conversation.left_unresolved"], 0.25),
        (turned("open", updated_at=None), [OPENED], None),
    ],
)
def test_a_conversation_is_opened_and_resolved(body: Body, kinds: list[str], seconds: float | None) -> None:
    """At its own time, without a session: an agent may have done it while the customer was away."""
    found = [one for one in said(body) if one["type"] != KNOWN]
    at = (
        (NOON + timedelta(seconds=seconds or 0)).isoformat().replace("+00:00", "Z" if seconds is not None else "+00:00")
    )
    assert [(one["type"], one["time"], one["data"]) for one in found] == [(kind, at, TALK) for kind in kinds]


@pytest.mark.parametrize(
    ("change", "left"),
    [
        ({}, True),
        ({"messages": [{"message_type": 1}]}, False),  # somebody, or a bot, had the last word
        ({"messages": [{"message_type": 3}]}, False),
        ({"messages": [{"message_type": 3}], "waiting_since": SECONDS - 50}, True),  # a greeting is no answer
        ({"messages": []}, False),  # nobody wrote
        ({"messages": None, "waiting_since": SECONDS}, True),
        ({"first_reply_created_at": "2026-11-20T11:00:00Z"}, False),  # their last word may have been thanks
        ({"first_reply_created_at": SECONDS, "waiting_since": SECONDS}, False),
        ({"first_reply_created_at": 0}, True),
    ],
    ids=str,
)
def test_nobody_ever_answered(change: Body, *, left: bool) -> None:
    """Only where a customer wrote and nobody replied at all."""
    kinds = {one["type"] for one in said(turned("resolved", **change))}
    assert ("conversation.left_unresolved" in kinds) == left


def test_who_does_not_say_whether_anybody_replied_proves_nothing() -> None:
    """An old version names no first reply."""
    body = turned("resolved")
    del body["first_reply_created_at"]
    assert "conversation.left_unresolved" not in {one["type"] for one in said(body)}


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (turned("snoozed"), "chatwoot.conversation_status_changed"),
        (turned("open", id=None), "chatwoot.conversation_status_changed"),
        (turned("open", "conversation_updated"), "chatwoot.conversation_updated"),
        ({"event": "contact_updated", "id": 41, "identifier": "u-17"}, "chatwoot.contact_updated"),
        (visit(source_id=None), "chatwoot.webwidget_triggered"),
        ({"event": "Where is my parcel?"}, "chatwoot.unknown"),
        ({}, "chatwoot.unknown"),
        ([], "chatwoot.unknown"),
        (None, "chatwoot.unknown"),
    ],
)
def test_anything_else_is_recorded_under_its_own_word(body: Any, kind: str) -> None:
    """It concerns nobody, and says nothing that could overtake evidence."""
    assert told(body) == [(kind, None, {})]


def test_a_repeat_is_the_same_and_another_is_another() -> None:
    """By what it says where that is enough, else by the time that was signed: nobody signs a delivery's own id."""
    once = [one["id"] for body in (message(), turned("open"), visit()) for one in said(body)]
    again = [one["id"] for body in (message(), turned("open"), visit()) for one in said(body, "d-2")]
    later = [
        said(turned("open", updated_at=SECONDS + 9))[0]["id"],
        said(message(id=901))[0]["id"],
        said(visit(), at=NOON + timedelta(seconds=1))[0]["id"],
        said(visit(source_id="v-2"))[0]["id"],
        said(turned("open", id=71))[0]["id"],
    ]
    actual = (once == again, len(set(once)) == len(once), set(later).isdisjoint(once))
    assert actual == (True, True, True)


def test_without_an_account_two_of_them_do_not_meet() -> None:
    """The numbers of conversations begin anew in each; then it is the delivery that is one."""
    alone = turned("open", account=None, messages=[])
    assert [(one["source"], one["id"]) for one in said(alone)[:1]] == [("urn:chatwoot", f"d-1:{OPENED}")]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (turned("open", "conversation_created", account=None, messages=[]), [(OPENED, None)]),
        (turned("open", "conversation_created", messages=[]), [(OPENED, "u-17"), (KNOWN, "u-17")]),
        (turned("open", "conversation_created", account=None), [(OPENED, "u-17"), (KNOWN, "u-17")]),
        (
            turned("resolved", account=None, messages=[]),
            [("conversation.closed", "u-17"), (KNOWN, "u-17")],
        ),
    ],
    ids=["neither", "account", "message", "closed"],
)
def test_what_nothing_could_close_is_open_for_nobody(body: Body, expected: list[tuple[str, str | None]]) -> None:
    """Where neither the conversation nor a message in it names the account."""
    assert [(one["type"], one["subject"]) for one in said(body)] == expected


def test_two_accounts_do_not_meet() -> None:
    """Conversation 70 and contact 41 of one are not those of another."""
    bodies = [
        message(account={"id": number}, conversation=talk(account={"id": number}, proved=False, who=contact(None)))
        for number in (3, 4)
    ]
    names = [
        {one["subject"] for one in said(body)} | {one["data"]["conversation"] for one in said(body)} for body in bodies
    ]
    assert names == [{"chatwoot:3:contact:41", "chatwoot:3:70"}, {"chatwoot:4:contact:41", "chatwoot:4:70"}]


AGENT = {"id": 1, "name": "Grace", "type": "user"}


@pytest.mark.parametrize("kind", ["outgoing", 1])
@pytest.mark.parametrize("status", ["open", "pending"])
def test_an_agent_says_that_it_is_open(status: str, kind: Any) -> None:
    """For whom it is with by now: they may have signed in while they talked. It is no visit, and not their word."""
    body = message(message_type=kind, sender=AGENT, conversation=talk(status=status))
    assert told(body) == [(OPENED, "u-17", TALK), (KNOWN, "u-17", BOUND)]


@pytest.mark.parametrize(
    "change",
    [
        {"conversation": talk(status="resolved")},
        {"conversation": talk(status="snoozed")},
        {"conversation": None},
        {"private": True},
        {"sender": {"id": 1, "type": "agent_bot"}},
        {"sender": None},
        {"message_type": "template"},
        {"content_attributes": {"outreach_decision": "01TEST"}},
    ],
    ids=str,
)
def test_what_no_agent_says_to_the_customer_opens_nothing(change: Body) -> None:
    """What is resolved, notes, bots, and what we had said there."""
    body = message(message_type="outgoing", sender=AGENT) | change
    assert told(body) == [("chatwoot.message_created", None, {})]


def test_an_agent_is_not_the_customer() -> None:
    """Where the payload does not say whose conversation it is, an agent's words concern nobody."""
    body = message(
        message_type="outgoing", sender=AGENT | {"identifier": "u-1"}, conversation={"id": 70, "status": "open"}
    )
    assert told(body) == [(OPENED, None, TALK)]


@pytest.mark.parametrize(
    "body",
    [message(content_type="incoming_email"), message(conversation=talk(channel="Channel::Email"))],
    ids=["to the widget", "to an inbox of mail"],
)
def test_a_mail_is_no_visit(body: Body) -> None:
    """A customer who answers by e-mail is on no page."""
    assert "session" not in said(body)[0]["data"]


def test_what_a_channel_vouches_for_ties_no_names_together() -> None:
    """Of the contact nobody knows who else is joined to it: only a proof does that."""
    assert KNOWN not in {
        kind for kind, _, _ in told(message(conversation=talk(proved=False, channel="Channel::Email")))
    }


@pytest.mark.parametrize(
    ("body", "time"),
    [
        (message(private=True, created_at=SECONDS - 60), "2026-11-20T11:59:00Z"),
        (message(created_at="2026-11-20 11:59:00 UTC"), "2026-11-20T11:59:00Z"),
        (message(created_at="2026-11-20 12:59:00 +0100"), "2026-11-20T11:59:00Z"),
        (message(event="message_updated", created_at=SECONDS - 60), NOON.isoformat()),
        (turned("open", "conversation_updated", updated_at=SECONDS - 30), "2026-11-20T11:59:30Z"),
    ],
)
def test_what_is_theirs_has_its_own_time_too(body: Body, time: str) -> None:
    """When it was made, or changed; else when it was sent."""
    assert said(body)[0]["time"] == time


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("message_created", [(WROTE, "hi"), (OPENED, None)]),
        ("webwidget_triggered", [("session.started", None)]),
    ],
)
def test_the_platforms_own_examples(name: str, expected: list[tuple[str, str | None]]) -> None:
    """As its documentation shows them: a visitor whom nobody knows."""
    body = json.loads(shared(f"examples/payloads/chatwoot_{name}.json").read_text())
    found = said(body)
    assert [(one["type"], one["data"].get("text")) for one in found] == expected
    assert {(one["subject"], one["source"]) for one in found} == {("chatwoot:1:contact:14", "urn:chatwoot:account:1")}


LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | st.sampled_from([70, "open", "u-1"])
)
ANY = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner), max_leaves=9
)


@st.composite
def spoilt(draw: st.DrawFn) -> Any:
    """Draw a body of Chatwoot's in which a few places hold anything, or are gone."""
    body: Any = draw(st.sampled_from([message(), turned("resolved"), visit(contact(), current_conversation=talk())]))
    body = json.loads(json.dumps(body))
    for _ in range(draw(st.integers(1, 4))):
        place = body
        name = draw(st.sampled_from(sorted(place)))
        while isinstance(place[name], dict) and place[name] and draw(st.booleans()):
            place = place[name]
            name = draw(st.sampled_from(sorted(place)))
        place[name] = draw(ANY)
    return body


@given(ANY | spoilt())
def test_nothing_that_is_json_makes_it_fail(body: Any) -> None:
    """Each of what it says becomes an event, or is rejected in our words."""
    found = said(body)
    for one in found:
        try:
            event_of(one, NOON)
        except Problem:
            continue
    assert len(found) > 0


@pytest.mark.parametrize("proved", [True, False])
def test_an_address_is_no_evidence_and_moves_no_zone(*, proved: bool) -> None:
    """A mail under an identifier that nobody proved ends its conversation, and says no more of the customer."""
    who = contact(custom_attributes={"timezone": "Pacific/Auckland"})
    mails = talk(proved=proved, who=who, channel="Channel::Email", status="resolved")
    found = said(turned("resolved") | mails)
    more = {"conversation.left_unresolved", KNOWN} if proved else set()
    assert {one["subject"] for one in found} == {"u-17"}
    assert {one["type"] for one in found} == {"conversation.closed"} | more
