"""Intercom's notifications as events: pure, from payloads of every version of its API."""

import json
import re
from copy import deepcopy
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.contracts import JSON
from serving.adapters.intercom import ABOUT_CONTACTS, GONE, INTERCOM, TOPICS, events_in
from serving.adapters.platform import LONGEST_TEXT, Delivery
from serving.errors import Problem
from serving.routes.event_bodies import event_of
from tests.needs import ROOT, shared
from tests.serving.served import NOON

NAMED = re.compile("`([^`]+)`")
AT = int((NOON - timedelta(minutes=3)).timestamp())
WHEN = "2026-11-20T11:57:00Z"
CONTACT = {"type": "contact", "id": "64f0c0ffee", "external_id": "u-17"}
LEAD = {"type": "contact", "id": "1ead", "external_id": None, "role": "lead"}
MARY = {"type": "user", "id": "64f0c0ffee", "name": "Mary", "email": "mary@example.com"}
ANDY = {"type": "admin", "id": "31", "name": "Andy"}
FIN = {"type": "bot", "id": "9", "name": "Fin"}


def part(author: Any, body: str | None = "<p>Where is <b>A-1</b>?</p>", **more: Any) -> dict[str, Any]:
    """Return what somebody adds to a conversation."""
    kind = {"type": "conversation_part", "id": "901", "part_type": "comment", "created_at": AT}
    return kind | {"body": body, "author": author} | more


def talk(*parts: Any, **more: Any) -> dict[str, Any]:
    """Return a conversation as the API's versions since 2.5 have it."""
    item = {
        "type": "conversation",
        "id": "5017",
        "created_at": AT,
        "state": "open",
        "open": True,
        "waiting_since": AT,
        "title": "for agents only",
        "source": {
            "type": "conversation",
            "id": "77",
            "subject": "",
            "body": "<p>Hello&nbsp;there</p>",
            "author": MARY,
        },
        "contacts": {"type": "contact.list", "contacts": [CONTACT]},
        "conversation_parts": {"conversation_parts": list(parts), "total_count": len(parts)},
    }
    return item | more


def old(**more: Any) -> dict[str, Any]:
    """Return a conversation as the API had it before 2.0: numbers for ids, one user, a first message."""
    item = {
        "type": "conversation",
        "id": 5017,
        "created_at": str(AT),
        "user": {"type": "user", "id": "64f0c0ffee", "user_id": 17},
        "conversation_message": {"id": 77, "subject": "My order", "body": "<p>Where is A-1?</p>", "author": MARY},
        "conversation_parts": {"type": "conversation_part.list", "conversation_parts": []},
    }
    return item | more


def notification(topic: str, item: JSON, **more: Any) -> dict[str, Any]:
    """Return what Intercom posts."""
    body = {
        "type": "notification_event",
        "app_id": "shop1",
        "data": {"type": "notification_event_data", "item": item},
        "id": "notif_1",
        "topic": topic,
        "delivery_attempts": 1,
        "first_sent_at": AT + 1,
        "created_at": AT,
    }
    return body | more


def said(topic: str, item: JSON, **more: Any) -> list[Any]:
    """Return the events of a notification."""
    return events_in(Delivery(body=notification(topic, item, **more), id="digest", sent_at=NOON, now=NOON))


def brief(topic: str, item: JSON, **more: Any) -> list[tuple[str, Any, Any]]:
    """Return type, customer and data of each."""
    return [(one["type"], one["subject"], one["data"]) for one in said(topic, item, **more)]


def test_a_new_conversation_of_the_customers() -> None:
    """They are known by their own id, a conversation is open, and what they wrote is read without HTML."""
    assert brief("conversation.user.created", talk()) == [
        ("customer.identified", "u-17", {"anonymous_id": "intercom:contact:64f0c0ffee"}),
        ("conversation.opened", "u-17", {"conversation": "intercom:5017"}),
        ("message.received", "u-17", {"conversation": "intercom:5017", "text": "Hello there"}),
    ]


def test_source_identity_and_time() -> None:
    """A source of Intercom's own, an id of the notification's, and the time that Intercom says it happened at."""
    [_, opened, wrote] = said("conversation.user.created", talk())
    names = {(one["source"], one["time"]) for one in (opened, wrote)}
    ids = [one["id"].removeprefix("notif_1:") for one in (opened, wrote)]
    expected = ["conversation.opened:64f0c0ffee", "message.received:64f0c0ffee"]
    assert (names, ids) == ({("urn:intercom:workspace:shop1", WHEN)}, expected)


def test_the_versions_before_2() -> None:
    """`user` and `conversation_message`, ids that are numbers."""
    assert brief("conversation.user.created", old())[1:] == [
        ("conversation.opened", "17", {"conversation": "intercom:5017"}),
        ("message.received", "17", {"conversation": "intercom:5017", "text": "Where is A-1?"}),
    ]


def test_a_reply_is_what_is_new() -> None:
    """Not the first message again, nor what a teammate, a bot or a redaction says."""
    parts = [
        part(ANDY, "A-2"),
        part(MARY),
        part(FIN, "A-3"),
        part(MARY, "gone", redacted=True),
        part(MARY, "<p>Hm</p>"),
    ]
    [opened, wrote] = brief("conversation.user.replied", talk(*parts))
    assert (opened[0], wrote[2]["text"]) == ("conversation.opened", "Where is A-1? Hm")


def test_a_picture_has_no_text() -> None:
    """It was received all the same."""
    [_, wrote] = brief("conversation.user.replied", talk(part(MARY, None)))
    assert wrote == ("message.received", "u-17", {"conversation": "intercom:5017"})


def test_a_text_has_an_end() -> None:
    """What is kept of it."""
    [_, wrote] = brief("conversation.user.replied", talk(*[part(MARY, "abc " * 900)] * 3))
    assert len(wrote[2]["text"]) == LONGEST_TEXT


@pytest.mark.parametrize("topic", ["conversation.admin.replied", "conversation.admin.noted", "conversation.read"])
def test_what_others_wrote_is_no_message(topic: str) -> None:
    """It is kept under its topic, with an id at most."""
    actual = brief(topic, talk(part(ANDY)))
    assert actual == [(f"intercom.{topic}", "u-17", {"intercom_id": "5017"})]


@pytest.mark.parametrize("topic", ["conversation.admin.opened", "conversation.admin.single.created"])
def test_a_conversation_that_a_teammate_opens(topic: str) -> None:
    """Is open, and nobody wrote."""
    assert brief(topic, talk(part(ANDY))) == [("conversation.opened", "u-17", {"conversation": "intercom:5017"})]


@pytest.mark.parametrize("closed", [{"state": "closed"}, {"state": None, "open": False}], ids=["state", "open"])
def test_what_is_closed_by_now_is_not_open(closed: dict[str, Any]) -> None:
    """A reply that was answered at once; what was written stands."""
    assert [kind for kind, *_ in brief("conversation.user.replied", talk(part(MARY), **closed))] == ["message.received"]


@pytest.mark.parametrize(
    ("item", "left"),
    [
        (talk(part(ANDY, None, part_type="close"), state="closed"), True),
        (talk(part(ANDY, "internal", part_type="note"), state="closed"), True),
        (talk(part(ANDY, "It comes today.", part_type="close"), state="closed"), False),
        (talk(part(ANDY, None, part_type="close"), state="closed", waiting_since=None), False),
        (talk(part(ANDY, None, part_type="close"), state="closed", waiting_since=0), False),
        (old(state="closed"), False),
    ],
    ids=["silent", "noted", "answered", "not waiting", "zero", "unknown"],
)
def test_closed_and_left(item: JSON, *, left: bool) -> None:
    """Left is only who waits, by the payload, and was told nothing as it was closed."""
    kinds = [kind for kind, *_ in brief("conversation.admin.closed", item)]
    assert kinds == ["conversation.closed", *["conversation.left_unresolved"] * left]


def test_what_was_left_says_where_and_about_what() -> None:
    """The subject of an e-mail, which they wrote or read; never the title, which is for agents."""
    source = talk()["source"] | {"type": "email", "subject": "My <b>order</b>"}
    [_, left] = brief("conversation.admin.closed", talk(state="closed", source=source))
    assert left[2] == {"conversation": "intercom:5017", "topic": "My order", "channel": "email"}


def test_a_conversation_of_several() -> None:
    """Is open, and over, for each of them; what was written is its author's, or nobody knows whose."""
    bob = {"type": "contact", "id": "b0b", "external_id": "u-18"}
    both = talk(part({"type": "user", "id": "b0b"}), contacts={"contacts": [CONTACT, bob]})
    strangers = talk(part({"type": "lead", "id": "5a3"}), contacts={"contacts": [CONTACT, bob]})
    actual = [[one[:2] for one in brief("conversation.user.replied", item)] for item in (both, strangers)]
    opened = [("conversation.opened", "u-17"), ("conversation.opened", "u-18")]
    assert actual == [
        [*opened, ("message.received", "u-18")],
        [*opened, ("message.received", "intercom:contact:5a3")],
    ]


@pytest.mark.parametrize(
    ("people", "expected"),
    [
        ({"contacts": {"data": [CONTACT]}}, "u-17"),
        ({"contacts": [CONTACT | {"external_id": 17}]}, "17"),
        ({"contacts": {"contacts": [CONTACT | {"external_id": " "}]}}, "intercom:contact:64f0c0ffee"),
        ({"contacts": {"contacts": []}}, "intercom:contact:64f0c0ffee"),
        ({"contacts": None, "user": {"user_id": "u-17"}}, "u-17"),
        ({"contacts": None, "source": None}, None),
    ],
    ids=["data", "a list", "blank", "by its author", "user", "nobody"],
)
def test_who_it_is(people: dict[str, Any], expected: str | None) -> None:
    """The company's own id; else Intercom's, marked as such; else nobody's, and recorded all the same."""
    subjects = {subject for _, subject, _ in brief("conversation.admin.closed", talk(**people))}
    assert subjects == {expected}


def test_without_a_name_no_conversation_is_closed() -> None:
    """It would close all that they have."""
    actual = brief("conversation.admin.closed", talk(id=None))
    assert actual == [("intercom.conversation.admin.closed", "u-17", {})]


def contact(**more: Any) -> dict[str, Any]:
    """Return a contact as topics about contacts have it."""
    return {**CONTACT, "role": "user", "unsubscribed_from_emails": False} | more


@pytest.mark.parametrize(
    ("topic", "item", "expected"),
    [
        ("contact.unsubscribed", {"type": "contact_unsubscribe", "contact": contact()}, {"consent": {"email": False}}),
        ("user.unsubscribed", {"type": "user", "id": "64f0c0ffee", "user_id": "u-17"}, {"consent": {"email": False}}),
        ("contact.user.updated", contact(unsubscribed_from_emails=True), {"consent": {"email": False}}),
        ("contact.user.updated", contact(marked_email_as_spam=True), {"consent": {"email": False}}),
        ("contact.unsubscribed_from_sms", {"contact": contact()}, {"consent": {"sms": False}}),
        ("contact.user.updated", contact(unsubscribed_from_sms=True), {"consent": {"sms": False}}),
        ("contact.user.updated", contact(unsubscribed_from_emails="no", marked_email_as_spam=0), {}),
        ("contact.subscribed", {"contact": contact()}, {}),
        ("contact.user.created", contact(location_data={"timezone": "Europe/Dublin"}), {"timezone": "Europe/Dublin"}),
        ("contact.user.created", contact(location={"timezone": "Europe/Atlantis"}), {}),
        ("contact.user.created", contact(location={"timezone": ["Europe/Dublin"]}), {}),
        ("visitor.signed_up", {"type": "user", "id": "64f0c0ffee", "user_id": "u-17"}, {}),
        ("contact.tag.created", {"type": "contact_tag", "tag": {"id": "4"}, "contact": contact()}, {}),
    ],
    ids=[
        *("2.x", "1.x", "updated", "spam", "SMS", "no SMS", "no truth", "again", "zone", "no such zone", "no zone"),
        *("signed up", "tagged"),
    ],
)
def test_what_is_said_of_a_contact(topic: str, item: JSON, expected: dict[str, Any]) -> None:
    """They are known by their own id; a no counts, nothing is taken for a yes; a zone counts where it exists."""
    known = {"anonymous_id": "intercom:contact:64f0c0ffee"}
    assert brief(topic, item) == [("customer.identified", "u-17", known | expected)]


def test_who_was_merged_into_a_contact_is_them() -> None:
    """What a lead said and had open is the customer's then; both are told, each under an id of its own."""
    item = contact(merged_from={"type": "contact", "id": "1ead"})
    names = [(one["subject"], one["data"]) for one in said("contact.merged", item)]
    ids = {one["id"] for one in said("contact.merged", item)}
    assert names == [
        ("u-17", {"anonymous_id": "intercom:contact:64f0c0ffee"}),
        ("u-17", {"anonymous_id": "intercom:contact:1ead"}),
    ]
    assert len(ids) == 2


def test_a_lead_without_an_id_of_ours() -> None:
    """Goes under Intercom's id, and is nobody else's."""
    item = {"type": "contact_unsubscribe", "contact": {"id": "1ead", "external_id": None, "role": "lead"}}
    actual = brief("contact.unsubscribed", item)
    assert actual == [("customer.identified", "intercom:contact:1ead", {"consent": {"email": False}})]


@pytest.mark.parametrize(
    ("topic", "item", "who"),
    [
        ("ping", {"type": "ping", "message": "something"}, None),
        ("contact.deleted", {"type": "contact", "id": "64f0c0ffee", "external_id": "u-17"}, "u-17"),
        ("ticket.created", {"type": "ticket", "id": "12", "contacts": {"contacts": [CONTACT]}}, "u-17"),
        ("company.created", {"type": "company", "id": "c-1", "name": "Acme"}, None),
        ("contact.user.created", None, None),
        ("conversation.user.created", "text", None),
        ("brand.new", [], None),
    ],
)
def test_whatever_else_there_is(topic: str, item: JSON, who: str | None) -> None:
    """Is kept under its topic, with an id at most: no name that means something here, and nothing of anybody."""
    [(kind, subject, data)] = brief(topic, item)
    assert (kind, subject, data.keys() <= {"intercom_id"}) == (f"intercom.{topic}", who, True)


def test_what_has_no_id_is_known_by_what_it_says() -> None:
    """A ping that is sent again is the same, though it counts its attempts; another is another."""
    item = {"type": "ping"}
    sent = [said("ping", item, id=None, **more) for more in ({}, {"delivery_attempts": 2}, {"created_at": AT + 60})]
    first, again, other = ([one["id"] for one in events] for events in sent)
    assert (first == again, first == other) == (True, False)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, WHEN),
        ({"created_at": None}, "2026-11-20T11:57:01Z"),
        ({"created_at": "soon", "first_sent_at": {}}, "2026-11-20T12:00:00Z"),
    ],
    ids=["created", "sent", "now"],
)
def test_when(more: dict[str, Any], expected: str) -> None:
    """It happened when Intercom says; else when it was sent."""
    assert {one["time"] for one in said("conversation.admin.closed", talk(), **more)} == {expected}


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*talk(), *CONTACT, *part(MARY), *notification("", None), "contact", "item"])
            | st.text(max_size=3),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(
    st.sampled_from([*TOPICS, "contact.unsubscribed", "user.created", "ping", "\ud800", "x" * 300]),
    ANYTHING,
    st.dictionaries(st.sampled_from([*talk()]), ANYTHING, max_size=4),
)
def test_no_json_is_too_strange(topic: str, item: JSON, changed: dict[str, JSON]) -> None:
    """Whatever stands anywhere: each value is an event, or is refused as one."""
    for one in (notification(topic, item), notification(topic, talk(part(MARY)) | changed), item):
        yielded = events_in(Delivery(body=deepcopy(one), id="digest", sent_at=NOON, now=NOON))
        assert [kind for kind in map(_read, yielded) if kind not in ("event", "refused")] == []


def _read(value: JSON) -> str:
    try:
        return "event" if event_of(value, NOON).source.startswith("urn:intercom") else "another's"
    except Problem:
        return "refused"


def test_a_real_one() -> None:
    """As Intercom sent it: a part of a conversation was redacted."""
    body = json.loads(shared("examples/payloads/intercom_webhook_conversation.json").read_text())
    [one] = events_in(Delivery(body=body, id="digest", sent_at=NOON, now=NOON))
    actual = (one["type"], one["subject"], one["source"].endswith(f":{body['app_id']}"), one["data"])
    item = body["data"]["item"]
    expected = (f"intercom.{body['topic']}", item["user"]["user_id"], True, {"intercom_id": item["id"]})
    assert actual == expected


def becomes(topic: str) -> list[str]:
    """Return the types of all that a topic about a conversation can say."""
    state = "closed" if topic.endswith("closed") else "open"
    return [kind for kind, *_ in brief(topic, talk(state=state))]


def test_the_page_says_the_same() -> None:
    """Each topic with what becomes of it, in this order; none is missing."""
    said = {tuple(NAMED.findall(left)): NAMED.findall(right) for left, right in rows() if left[0] == "`"}
    expected = {(topic,): becomes(topic) for topic in TOPICS}
    assert said == expected | {tuple(f"{word}…" for word in ABOUT_CONTACTS): ["customer.identified"]}


@pytest.mark.parametrize(
    ("row", "topics", "item"),
    [
        ("the same that tell nothing: no id of yours, no zone, no no", ["contact.subscribed", "user.created"], LEAD),
        ("the same that end in `.deleted`, `.archived` or `.archive`", [f"contact{end}" for end in GONE], CONTACT),
        ("anything else, `ping` too", ["ping", "ticket.created"], {}),
    ],
)
def test_the_page_says_what_is_kept_as_theirs(row: str, topics: list[str], item: JSON) -> None:
    """Under its topic."""
    actual = (dict(rows())[row], [[kind for kind, *_ in brief(topic, item)] for topic in topics])
    assert actual == ("`intercom.` and the topic", [[f"intercom.{topic}"] for topic in topics])


def rows() -> list[tuple[str, str]]:
    """Return the rows of the page's table."""
    section = (ROOT / "docs" / "adapters.md").read_text(encoding="utf-8").partition("\n## Intercom\n")[2]
    table = section.partition("|---|---|\n")[2].partition("\n\n")[0]
    return [(row.split("|")[1].strip(), row.split("|")[2].strip()) for row in table.splitlines()]


def test_it_is_answered_as_intercom_wants() -> None:
    """200 to whatever is theirs: what it cannot use it would send again, and suspend us in the end."""
    assert (INTERCOM.status, INTERCOM.lenient, INTERCOM.asked_first) == (200, True, True)


@pytest.mark.parametrize(
    "contact",
    [
        {"id": "5ff", "external_id": "3f2c", "role": "lead"},
        {"id": "5ff", "user_id": "3f2c", "type": "lead"},
        {"id": "5ff", "user_id": "3f2c", "type": "visitor"},
        {"id": "5ff", "user_id": "3f2c", "type": "contact"},  # so leads were called before 2.0
    ],
    ids=str,
)
def test_a_leads_own_id_is_intercoms(contact: Any) -> None:
    """It is drawn there, and gone once they are a user: only Intercom's number stays."""
    found = [kind["subject"] for kind in said("conversation.admin.opened", talk(contacts=[contact]))]
    assert found == ["intercom:contact:5ff"]


def test_a_lead_is_known_by_who_wrote_first() -> None:
    """Among the contacts of a conversation nothing says the role; its author's type does."""
    item = talk(
        contacts=[{"id": "5ff", "external_id": "3f2c"}], source={"body": "Hi", "author": {"type": "lead", "id": "5ff"}}
    )
    found = {kind["subject"] for kind in said("conversation.user.created", item)}
    assert found == {"intercom:contact:5ff"}
