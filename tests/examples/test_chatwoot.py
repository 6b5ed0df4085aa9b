"""What Chatwoot's application API takes, and that one message at most is said there, to nobody but the customer."""

import runpy
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from serving.relay.messenger import Offer, Verdict, judged
from serving.system import now
from tests.examples.frame import CASES, PATIENCE, Asked, Case, Fault, Platform, Reply, Stage, played

EXAMPLE = runpy.run_path(str(Path(__file__).parents[2] / "docs" / "examples" / "chatwoot.py"))
TOKEN, ACCOUNT = "an-agents-token", "/api/v1/accounts/3/"
VISIT = "0b1f7a52-6f0e-4f8e-9d0c-2a6d5a1f9e11"
Body = dict[str, Any]


def contact(number: int = 41, identifier: str | None = "u-17", *, visits: tuple[str, ...] = ()) -> Body:
    """Return a contact, with their visits to the widget of inbox 5."""
    inboxes = [{"source_id": source, "inbox": {"id": 5}} for source in visits]
    return {"id": number, "identifier": identifier, "contact_inboxes": inboxes}


def talk(number: int, *, proved: bool = True, status: str = "open", inbox: int = 5, **meta: Any) -> Body:
    """Return a conversation in the widget, as the list of a contact's conversations has it."""
    meta = {"channel": "Channel::WebWidget", "hmac_verified": proved} | meta
    return {"id": number, "status": status, "inbox_id": inbox, "meta": meta}


class Chatwoot(Platform):
    """Contacts by identifier or number, their conversations, and the messages in these; `marks`: it keeps them."""

    def __init__(self, *contacts: Body, talks: dict[int, list[Body]] | None = None, marks: bool = True) -> None:
        super().__init__()
        self.contacts = contacts or (contact(),)
        self.talks = {41: [talk(70)]} if talks is None else talks
        self.said: dict[int, list[Body]] = {}
        self.marks = marks

    def answer(self, asked: Asked) -> Reply:
        """Take a request as it is documented."""
        assert asked.headers["api_access_token"] == TOKEN
        assert asked.path.startswith(ACCOUNT)
        match asked.method, *asked.path.removeprefix(ACCOUNT).split("/"):
            case "POST", "contacts", "filter":
                return self._filtered(asked.json())
            case "GET", "contacts", number:
                found = [one for one in self.contacts if one["id"] == int(number)]
                return (
                    Reply(200, {"payload": found[0]}) if found else Reply(404, {"error": "Resource could not be found"})
                )
            case "GET", "contacts", number, "conversations":
                return Reply(200, {"payload": self.talks.get(int(number), [])})
            case "GET", "conversations", number, "messages":
                return Reply(200, {"meta": {}, "payload": self.said.get(int(number), [])[-20:]})
            case "POST", "conversations", number, "messages":
                assert any(one["id"] == int(number) for talks in self.talks.values() for one in talks)
                return self._say(int(number), asked.json())
            case "POST", "conversations":
                return self._made(asked.json())
        raise LookupError

    def _filtered(self, body: Body) -> Reply:
        (wanted,) = body["payload"]
        assert (wanted["attribute_key"], wanted["filter_operator"]) == ("identifier", "equal_to")
        assert wanted["query_operator"] is None
        (value,) = wanted["values"]  # it compares without regard to case
        found = [one for one in self.contacts if str(one["identifier"]).lower() == value.lower()]
        return Reply(200, {"meta": {"count": len(found), "current_page": 1}, "payload": found})

    def _made(self, body: Body) -> Reply:
        assert set(body) == {"source_id", "inbox_id", "status", "message"}
        (owner,) = [
            one
            for one in self.contacts
            if {"source_id": body["source_id"], "inbox": {"id": body["inbox_id"]}} in one["contact_inboxes"]
        ]
        made = talk(99, proved=False, status=body["status"], inbox=body["inbox_id"])
        self.talks.setdefault(owner["id"], []).append(made)
        self._say(99, body["message"])
        return Reply(200, {"id": 99, "account_id": 3, "inbox_id": body["inbox_id"]})

    def _say(self, number: int, body: Body) -> Reply:
        assert set(body) == {"content", "message_type", "content_attributes"}
        assert (body["message_type"], bool(body["content"])) == ("outgoing", True)
        kept = body["content_attributes"] if self.marks else {}
        said = {"id": len(self.messages) + 900, "content": body["content"], "content_attributes": kept}
        said |= {"message_type": 1, "private": False, "created_at": int(now().timestamp())}
        self.said.setdefault(number, []).append(said)
        self.messages.append((number, body["content"]))
        return Reply(200, said)

    def posts(self, asked: Asked) -> bool:
        """Whether it says something."""
        return asked.method == "POST" and asked.path.endswith(("/messages", "/conversations"))


def messenger(stack: ExitStack, platform: Chatwoot) -> Any:
    """Return the example's messenger for a platform."""
    http = httpx.Client(
        base_url=platform.url + ACCOUNT, headers={"api_access_token": TOKEN}, timeout=PATIENCE, trust_env=False
    )
    return EXAMPLE["Chatwoot"](stack.enter_context(http), "3")


def staged(stack: ExitStack, folder: Path, platform: Chatwoot) -> Stage:
    """Return the stage before a platform."""
    stack.enter_context(platform)
    return stack.enter_context(Stage(messenger(stack, platform), folder))


def offer(**more: Any) -> Offer:
    """Return an offer."""
    at = now()
    whole: Any = {
        "decision_id": "01TEST",
        "user_id": "u-17",
        "channel": "chat",
        "purpose": "delivery_update",
        "session_id": None,
        "text": "Your parcel A-1 now arrives on Friday.",
        "expires_at": at + timedelta(hours=1),
        "raw": {"decided_at": at.isoformat()},
    }
    return Offer(**whole | more)


@pytest.mark.parametrize("marks", [True, False], ids=["marks", "no marks"])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_whatever_happens_there_is_one_message(case: Case, tmp_path: Path, *, marks: bool) -> None:
    """What nobody knows is looked for, by its mark or by its text, and said again only where it is not there."""
    with ExitStack() as stack:
        platform = Chatwoot(marks=marks)
        actual = played(staged(stack, tmp_path, platform), platform, case)
    assert actual == case.expected


@pytest.mark.parametrize("fault", list(Fault), ids=lambda fault: fault.value)
def test_whatever_happens_there_is_one_new_conversation(fault: Fault) -> None:
    """In a visit without one it is made with its message: a try of which nobody knows left both, or neither."""
    with ExitStack() as stack:
        platform = stack.enter_context(Chatwoot(contact(visits=(VISIT,)), talks={}))
        platform.faults = [fault]
        asked = messenger(stack, platform)
        said = offer(channel="widget", session_id=f"chatwoot:{VISIT}")
        try:
            first = asked.post(said).verdict
        except httpx.HTTPError as error:  # as the relay has it
            first = judged(error).verdict
        there = asked.find(said)
    processed = fault in (Fault.NONE, Fault.FAILS_AFTER, Fault.SILENT_AFTER, Fault.CUT_AFTER)
    assert (len(platform.messages), there, first is Verdict.DELIVERED) == (processed, processed, fault is Fault.NONE)
    assert [(one["status"], one["inbox_id"]) for one in platform.talks.get(41, [])] == [("resolved", 5)] * processed


@pytest.mark.parametrize(
    ("talks", "place"),
    [
        ([talk(70), talk(71)], 71),
        ([talk(70), talk(71, status="resolved")], 70),
        ([talk(70, status="resolved")], 70),
        ([talk(70), talk(71, proved=False)], 70),
        ([talk(70, channel="Channel::Api")], 70),
        ([talk(70, status="resolved"), talk(71, proved=False, channel="Channel::Email")], 70),
        ([talk(70, status="resolved"), talk(71, channel="Channel::Sms")], 70),
        ([talk(70, hmac_verified=None, channel="Channel::Email")], None),
        ([talk(70, channel="Channel::Whatsapp")], None),
        ([talk(70, channel=None)], None),
        ([talk(71, proved=False)], None),
        ([talk(71, proved=False, channel="Channel::Api")], None),
        ([], None),
    ],
)
def test_it_is_said_where_the_customer_is(talks: list[Body], place: int | None) -> None:
    """In what is open, else in the newest; never in another channel, nor where somebody only claims to be them."""
    with ExitStack() as stack:
        platform = stack.enter_context(Chatwoot(talks={41: talks}))
        posted = messenger(stack, platform).post(offer())
    expected = (Verdict.DELIVERED, [place]) if place else (Verdict.REFUSED, [])
    assert (posted.verdict, [number for number, _ in platform.messages]) == expected


def test_in_a_visit_it_is_said_in_that_inbox() -> None:
    """The customer has conversations in two."""
    with ExitStack() as stack:
        platform = Chatwoot(contact(visits=(VISIT,)), talks={41: [talk(70), talk(71, inbox=6)]})
        stack.enter_context(platform)
        messenger(stack, platform).post(offer(channel="widget", session_id=f"chatwoot:{VISIT}"))
    assert [number for number, _ in platform.messages] == [70]


@pytest.mark.parametrize(
    ("user", "verdict"),
    [
        ("u-17", Verdict.DELIVERED),
        ("U-17", Verdict.REFUSED),
        ("u-18", Verdict.REFUSED),
        ("chatwoot:3:contact:42", Verdict.DELIVERED),
        ("chatwoot:3:contact:7", Verdict.AGAIN),
    ],
)
def test_a_customer_is_found_by_the_name_that_their_events_have(user: str, verdict: Verdict) -> None:
    """Letter by letter, or by the number of a visitor; of one who is gone nothing can be said yet."""
    with ExitStack() as stack:
        talks = {41: [talk(70)], 42: [talk(71, proved=False)]}
        platform = stack.enter_context(Chatwoot(contact(), contact(42, None), talks=talks))
        posted = messenger(stack, platform).post(offer(user_id=user))
    assert (posted.verdict, platform.wrong) == (verdict, [])


@pytest.mark.parametrize(
    ("change", "taken"),
    [
        ({}, True),
        ({"session_id": f"chatwoot:{VISIT}"}, True),
        ({"session_id": "visit-of-our-own"}, False),
        ({"channel": "widget", "session_id": f"chatwoot:{VISIT}"}, True),
        ({"channel": "widget", "session_id": "visit-of-our-own"}, False),
        ({"channel": "widget"}, False),
        ({"channel": "email"}, False),
        ({"user_id": "chatwoot:3:contact:41"}, True),
        ({"user_id": "chatwoot:3:unproven:41"}, False),
        ({"user_id": "chatwoot:4:contact:41"}, False),
        ({"user_id": "chatwoot:contact:41"}, False),
    ],
    ids=str,
)
def test_what_is_for_others_is_left_to_them(change: Body, *, taken: bool) -> None:
    """Other channels, other widgets' visits, and whoever proved nothing."""
    with httpx.Client() as http:
        assert EXAMPLE["Chatwoot"](http, "3").takes(offer(**change)) == taken


def test_who_looked_for_too_long_says_nothing() -> None:
    """The confirmation is too old by the time the conversation is found."""
    with ExitStack() as stack:
        platform = stack.enter_context(Chatwoot())
        posted = messenger(stack, platform).post(offer(late=lambda: True))
    assert (posted.verdict, platform.messages) == (Verdict.AGAIN, [])


def test_more_than_is_listed_is_not_believed() -> None:
    """Twenty newer messages hide an older one: nobody can say, so it is not said again."""
    with ExitStack() as stack:
        platform = stack.enter_context(Chatwoot())
        asked, said = messenger(stack, platform), offer()
        asked.post(said)
        seen = asked.find(said)
        platform.said[70] += [platform.said[70][0] | {"content_attributes": {}, "content": "Hm"}] * 20
        hidden = asked.find(said)
    assert (seen, hidden) == (True, None)


def test_what_the_customer_quotes_is_not_said_by_us() -> None:
    """The same words, of theirs: it is not there yet."""
    with ExitStack() as stack:
        platform = stack.enter_context(Chatwoot())
        theirs = {"id": 900, "message_type": 0, "content": offer().text, "created_at": int(now().timestamp())}
        platform.said[70] = [theirs]
        assert messenger(stack, platform).find(offer()) is False


def test_of_a_contact_who_is_gone_nothing_is_known() -> None:
    """Joined with another, or erased there: it may have been said before."""
    with ExitStack() as stack:
        platform = stack.enter_context(Chatwoot(contact(identifier=None)))
        assert messenger(stack, platform).find(offer()) is None
