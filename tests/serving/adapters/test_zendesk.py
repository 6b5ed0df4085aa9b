"""Sunshine Conversations to events: one pure function."""

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.adapters.platform import Delivery
from serving.adapters.zendesk import OVER, events_in
from serving.errors import Invalid
from serving.routes.event_bodies import event_of
from tests.needs import ROOT, shared
from tests.serving.adapters.zendesk_payloads import (
    AGENTS,
    BOT,
    CONVERSATION,
    KNOWN,
    OTHER,
    STRANGER,
    TALK,
    USER,
    WROTE,
    answer,
    blocked,
    created,
    merged,
    message,
    passed,
    posted,
    released,
    told,
)
from tests.serving.served import NOON

PAGE = ROOT / "docs" / "adapters.md"
ROWS: dict[str, dict[str, Any]] = {  # what the page says by its first column
    "`conversation:message`, the author a `user`": message(STRANGER),
    "the same, while agents have the conversation in hand": message(STRANGER, holder=AGENTS),
    "`conversation:message`, the author a `business`": answer(),
    "`conversation:create`": created(),
    "the same with `creationReason` `notification` or `linkRequest`": created("notification"),
    "`switchboard:passControl` to the agents": passed(AGENTS),
    "`switchboard:passControl` with `reason` `ticketClosed` or `transferToEmail`": passed(BOT, reason="ticketClosed"),
    "`switchboard:passControl` to anybody else, for whatever other reason": passed(BOT),
    "`switchboard:acceptControl` by the agents, who were offered it": passed(AGENTS)
    | {"type": "switchboard:acceptControl"},
    "`switchboard:releaseControl`": released(),
    "`conversation:remove`": released("conversation:remove"),
    "`client:update` with `reason` `blocked`": blocked("whatsapp"),
    "`user:merge`": merged(),
    "anything else": told("conversation:typing", {}),
}
ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)


def said(body: Any) -> list[dict[str, Any]]:
    """Return what a delivery says."""
    return list(events_in(Delivery(body=body, id="d-1", sent_at=NOON, now=NOON)))  # type: ignore[arg-type]


def kinds(*events: Any) -> list[str]:
    """Return the types of what is said, without which names stand for one customer."""
    return [one["type"] for one in said(posted(*events)) if "anonymous_id" not in one["data"]]


def names(*events: Any) -> list[tuple[str, str]]:
    """Return which names stand for whom."""
    found = said(posted(*events))
    return [(one["data"]["anonymous_id"], one["subject"]) for one in found if "anonymous_id" in one["data"]]


def test_a_message_of_theirs_was_received() -> None:
    """With their words, the conversation and the time; under the company's own id."""
    assert said(posted(message()))[0] == {
        "source": "urn:zendesk:app:64aa000000000000000000a1",
        "id": "64ee01",
        "type": "message.received",
        "time": "2026-11-20T12:00:00Z",
        "subject": "u-17",
        "data": {"conversation": f"zendesk:{TALK}", "text": WROTE},
    }


def test_the_page_says_what_becomes_of_each() -> None:
    """Row by row: their word, and what is recorded."""
    section = PAGE.read_text(encoding="utf-8").partition("## Zendesk Sunshine Conversations")[2].partition("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in section.splitlines() if "|" in line]
    page = {row[0]: re.findall(r"`([a-z]+\.[a-z_:A-Z]+)`", row[1]) for row in rows if row[0] in ROWS}

    actual = {name: list(dict.fromkeys(kinds(event))) or ["nothing"] for name, event in ROWS.items()}
    assert page == actual


@pytest.mark.parametrize("reason", [*OVER, "switchboardHandoff"])
def test_only_a_reason_that_the_page_names_ends_a_conversation(reason: str) -> None:
    """Another is control that goes to somebody else."""
    row = next(name for name in ROWS if "with `reason` `ticketClosed`" in name)
    actual = (f"`{reason}`" in row, kinds(passed(BOT, reason=reason)))
    assert actual in ((True, ["conversation.closed"]), (False, ["zendesk.switchboard:passControl"]))


@pytest.mark.parametrize(
    ("user", "expected"),
    [
        (KNOWN, "u-17"),
        ({"id": USER, "externalId": "u-17"}, "u-17"),
        (KNOWN | {"authenticated": False}, f"zendesk:user:{USER}"),
        (KNOWN | {"authenticated": None}, f"zendesk:user:{USER}"),
        (KNOWN | {"externalId": 17}, "17"),
        (KNOWN | {"externalId": " "}, f"zendesk:user:{USER}"),
        (STRANGER, f"zendesk:user:{USER}"),
        (None, f"zendesk:user:{USER}"),
        ([], f"zendesk:user:{USER}"),
    ],
)
def test_their_own_id_is_taken_where_they_showed_that_it_is_theirs(user: Any, expected: str) -> None:
    """Else the platform's, which nobody else can have."""
    assert said(posted(message(user)))[0]["subject"] == expected


def test_without_a_user_a_message_concerns_nobody() -> None:
    """It is recorded all the same."""
    event = message()
    event["payload"]["message"]["author"] = {"type": "user"}
    actual = [(one["type"], one["subject"]) for one in said(posted(event))]
    assert actual == [("message.received", None)]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"text": "x" * 5000}, "x" * 4000),
        ({"text": None, "htmlText": "<p>About <b>A-7</b></p>"}, "About A-7"),
        ({"type": "formResponse", "text": None, "textFallback": "Parcel: A-7"}, "Parcel: A-7"),
        ({"type": "image", "text": "", "altText": "a label"}, "a label"),
        ({"type": "location", "text": None, "coordinates": {"lat": 1, "long": 2}}, None),
        ({"text": 7}, None),
    ],
    ids=["long", "html", "form", "image", "place", "number"],
)
def test_what_they_wrote_is_kept_as_text(content: dict[str, Any], expected: str | None) -> None:
    """The policy looks in it for what the evidence is about."""
    assert said(posted(message(KNOWN, **content)))[0]["data"].get("text") == expected


def test_what_we_or_an_agent_wrote_is_no_message_of_theirs() -> None:
    """At most ids of it are kept, under names that no rule reads."""
    actual = [(one["type"], one["subject"], one["data"]) for one in said(posted(answer()))]
    assert actual == [
        ("zendesk.conversation:message", None, {"zendesk_conversation": TALK, "zendesk_message": "64dd01"})
    ]


def test_who_they_are_is_said_where_it_is_sure() -> None:
    """A user of Zendesk's is the company's customer; the one user of a personal conversation is its customer."""
    user, talk = f"zendesk:user:{USER}", f"zendesk:conversation:{TALK}"
    group = message()
    group["payload"]["conversation"] = CONVERSATION | {"type": "sdkGroup"}
    actual = [names(event) for event in (message(), message(STRANGER), group, answer(), released(), merged())]
    assert actual == [
        [(user, "u-17"), (talk, user)],
        [(talk, user)],
        [(user, "u-17")],
        [],
        [],
        [(user, "u-17"), (f"zendesk:user:{OTHER}", user)],
    ]


def test_who_they_are_is_said_once() -> None:
    """Under one id, however many messages there are."""
    ids = [one["id"] for one in said(posted(message(), message(event_id="64ee02")))]
    assert (len(ids), len(set(ids))) == (6, 4)


def test_what_the_switchboard_does_is_said_of_the_conversation() -> None:
    """It names no user; of a conversation of several nobody can say whose it is."""
    group = released(conversation=CONVERSATION | {"type": "sdkGroup"})
    actual = [(one["type"], one["subject"]) for one in said(posted(released(), group))]
    assert actual == [("conversation.closed", f"zendesk:conversation:{TALK}"), ("conversation.closed", None)]


def test_without_a_conversation_nothing_is_opened_or_closed() -> None:
    """An end that names none would end all of them."""
    assert kinds(released(conversation=None), told("conversation:create", {"user": KNOWN})) == [
        "zendesk.switchboard:releaseControl",
        "zendesk.conversation:create",
    ]


def test_a_merged_conversation_goes_on_in_the_other() -> None:
    """The one that was given up is over."""
    actual = [(one["type"], one["subject"], one["data"]) for one in said(posted(merged()))][:2]
    assert actual == [
        ("zendesk.user:merge", "u-17", {}),
        ("conversation.closed", "u-17", {"conversation": "zendesk:64aa0b"}),
    ]


@pytest.mark.parametrize(
    ("kind", "channel"),
    [("whatsapp", "whatsapp"), ("twilio", "sms"), ("mailgun", "email"), ("line", "chat"), (None, "chat")],
)
def test_who_unsubscribed_from_a_channel_consents_no_more(kind: str | None, channel: str) -> None:
    """To that channel alone."""
    first = said(posted(blocked(kind)))[0]
    assert (first["type"], first["subject"], first["data"]) == (
        "customer.identified",
        "u-17",
        {"consent": {channel: False}},
    )


def test_who_subscribed_again_is_asked_by_you() -> None:
    """A consent is not inferred; and of nobody nothing is."""
    again = blocked("whatsapp")
    again["payload"]["reason"] = "unblocked"
    assert kinds(again, blocked("whatsapp", None)) == ["zendesk.client:update", "zendesk.client:update"]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, "2026-11-20T12:00:00Z"),
        ({"createdAt": (NOON - timedelta(hours=1)).isoformat()}, "2026-11-20T11:00:00Z"),
        ({"createdAt": "yesterday"}, "2026-11-20T12:00:00Z"),
        ({"createdAt": None}, "2026-11-20T12:00:00Z"),
    ],
)
def test_it_happened_when_they_say(change: dict[str, Any], expected: str) -> None:
    """Else when it was sent."""
    assert said(posted(created() | change))[0]["time"] == expected


def test_an_event_without_an_id_is_the_same_when_it_comes_again() -> None:
    """By its delivery and its place there."""
    nameless = [created() | {"id": None}, created() | {"id": ""}]
    first, second = ([one["id"] for one in said(posted(*nameless))] for _ in range(2))
    assert (first == second, first[0], first[3]) == (True, "d-1:0", "d-1:1")


@pytest.mark.parametrize("body", [None, 7, "x", [], {}, {"events": None}, {"events": {}}, {"events": [[], 7, None]}])
def test_what_is_no_delivery_of_theirs_raises_nothing(body: Any) -> None:
    """It is nothing, or an event of theirs, or rejected in its place."""
    found = said(body)
    assert all(isinstance(one, int) or one["type"] == "zendesk.unnamed" for one in found)


@given(ANY)
def test_whatever_it_holds_becomes_events_or_is_rejected(odd: Any) -> None:
    """In every place of a delivery; and under no source but Zendesk's."""
    words = (
        "conversation:message",
        "conversation:create",
        "switchboard:passControl",
        "user:merge",
        "client:update",
        odd,
    )
    places = [told(word, odd) for word in words]
    places += [message(odd), created(user=odd), message(KNOWN, odd), blocked(odd), odd]
    places += [told(word, dict.fromkeys(("conversation", "user", "reason", "message"), odd)) for word in words]
    sources = set()
    for value in [*said(posted(*places)), *said(odd), *said({"app": odd, "events": [odd]})]:
        try:
            sources.add(event_of(value, NOON).source.split(":")[1])
        except Invalid:
            continue
    assert sources == {"zendesk"}


def test_a_real_delivery_is_read() -> None:
    """Of a user whom the company does not know, to agents: a message, and a conversation that is open."""
    body = json.loads(Path(shared("examples/payloads/zendesk_sunshine_conversation_message.json")).read_text("utf-8"))
    actual = [event_of(value, NOON) for value in said(body)]
    assert [one.type for one in actual] == ["message.received", "conversation.opened", "customer.identified"]
    assert {(one.subject or "").split(":")[:2] == ["zendesk", "user"] for one in actual} == {True}
