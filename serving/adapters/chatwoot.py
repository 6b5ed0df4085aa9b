"""Chatwoot's webhooks: its widget, its conversations, and what customers write in them.

It signs since 4.11.2, each webhook with a secret of its own, and waits five seconds. An account's webhook is posted
once, whatever is answered (its issue 15920). The id of a delivery is not signed, and not read.

*Who it is.* A contact's `identifier` is the company's own id. In its widget anybody may claim one, and the claim stays
with the contact in every channel: it counts where `hmac_verified` says that it was proved. A claim alone can join two
contacts, so what is said under one that nobody proved has a name of its own, and never becomes the customer's. But for
mails and text messages, where an address says who writes: those count as the customer's where they can only withhold
(they wrote, they have a conversation), and for nothing else. Numbers of conversations begin anew in each account, so
the names that are made of them say which it is.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Final

from model.contracts import JSON
from serving.access.signatures import Scheme
from serving.adapters.platform import Delivery, Platform, at, name_at, text_at, time_at
from serving.events.checking import PREFERENCES

OPENED, CLOSED, LEFT = "conversation.opened", "conversation.closed", "conversation.left_unresolved"
STATUS: Final = MappingProxyType({"open": OPENED, "pending": OPENED, "resolved": CLOSED})
TURNED: Final = MappingProxyType(
    {
        "conversation_created": OPENED,
        "conversation_opened": OPENED,
        "conversation_resolved": CLOSED,
        "conversation_status_changed": None,  # what its status says
    }
)
INCOMING, OUTGOING, TEMPLATE = (
    ("incoming", "0"),
    ("outgoing", "1"),
    ("template", "3"),
)  # kinds of messages, by name or by number
WIDGET: Final = "Channel::WebWidget"
BY_ADDRESS: Final = ("Channel::Email", "Channel::Sms", "Channel::TwilioSms", "Channel::Whatsapp")
MARK: Final = "outreach_decision"  # in the attributes of what we ourselves said there
WORD: Final = re.compile(r"[a-z][a-z_]{0,63}")
Said = Mapping[str, JSON]


def said_in(delivery: Delivery) -> list[JSON]:
    """Return what a delivery says as events: at least one."""
    body = delivery.body
    found = [*_visited(delivery), *_written(delivery), *_turned(delivery, body, str(at(body, "event")))]
    subject = _customer(body) if found and not _never_ends(body, found) else None
    if subject is not None and (told := _told_of(body, subject)):
        found.append({**found[0], "type": "customer.identified", "data": told})
    account = _account(body)
    source = "urn:chatwoot" if account is None else f"urn:chatwoot:account:{account}"
    return [
        {**said, "source": source, "subject": subject, "id": f"{said['id'] if account else delivery.id}:{said['type']}"}
        for said in found or [_other(delivery)]
    ]


def _never_ends(body: JSON, found: Iterable[Said]) -> bool:
    """Whether it opens what nothing could close: only from its first message on all say which account it is of."""
    unnamed = _account(body) is None and at(_talk(body), "messages") == []
    return unnamed and any(one["type"] == OPENED for one in found)


def _visited(delivery: Delivery) -> Iterator[Said]:
    """Yield a visit where the widget was opened, and the conversation that they have had: they were here before.

    Nothing there says when, and the next one looks the same: the time that was signed tells them apart. Nor does it say
    whether they were on the site before: it may be no first visit.
    """
    body = delivery.body
    session, talk = name_at(body, "source_id"), at(body, "current_conversation")
    if at(body, "event") == "webwidget_triggered" and session is not None:
        signed = delivery.sent_at.isoformat()
        visit = _said("session.started", f"visit:{session}:{signed}", signed)
        yield {**visit, "data": {"session": f"chatwoot:{session}", "may_be_returning": True}}
        word = "conversation_created" if STATUS.get(str(at(talk, "status"))) == OPENED else "conversation_resolved"
        yield from _turned(delivery, talk, word)


def _written(delivery: Delivery) -> Iterator[Said]:
    """Yield what a customer wrote, and that their conversation is open, where it is; an agent's words say that too.

    So it is open for whom it is with by now: somebody may sign in while they talk.
    """
    body, talk = delivery.body, _talk(delivery.body)
    incoming = _is_theirs(body)
    if at(body, "event") != "message_created" or not (incoming or _is_agents(body)):
        return
    number, named = name_at(body, "id"), _named(body, talk)
    key = delivery.id if number is None else f"message:{number}"
    time = time_at(body, "created_at") or delivery.sent_at.isoformat()
    source = name_at(talk, "contact_inbox", "source_id")
    here = (
        incoming
        and at(talk, "channel") == WIDGET
        and at(body, "content_type") != "incoming_email"
        and source is not None
    )
    session = f"chatwoot:{source}" if here else None
    if incoming:
        yield _said("message.received", key, time, conversation=named, session=session, text=text_at(body, "content"))
    if named is not None and STATUS.get(str(at(talk, "status"))) == OPENED:
        yield _said(OPENED, key, time, conversation=named, session=session)


def _is_theirs(body: JSON) -> bool:
    """Whether it is the customer's message."""
    return name_at(body, "message_type") in INCOMING and at(body, "private") is not True


def _is_agents(body: JSON) -> bool:
    """Whether an agent said it to the customer: no note, no bot's, nothing that we had said there."""
    agents = name_at(body, "message_type") in OUTGOING and at(body, "sender", "type") == "user"
    return agents and at(body, "private") is not True and at(body, "content_attributes", MARK) is None


def _turned(delivery: Delivery, talk: JSON, word: str) -> Iterator[Said]:
    """Yield that a conversation was opened or resolved, as its status says; an agent may have done it: no session."""
    named, status = _named(delivery.body, talk), at(talk, "status")
    kind = STATUS.get(status) if isinstance(status, str) else TURNED.get(word)
    if word not in TURNED or named is None or kind is None:
        return
    told = time_at(talk, "created_at" if word == "conversation_created" else "updated_at")
    signed = delivery.sent_at.isoformat()
    key, time = f"{named}:{told}" if told else f"{delivery.id}:{signed}", told or signed
    yield _said(kind, key, time, conversation=named)
    if kind == CLOSED and talk is delivery.body and _never_answered(talk) and not _claims(talk):
        yield _said(LEFT, key, time, conversation=named)


def _never_answered(talk: JSON) -> bool:
    """Whether a customer wrote and nobody ever replied: else their last word may have been thanks."""
    waits = name_at(talk, "waiting_since") not in (None, "0")
    known = isinstance(talk, dict) and "first_reply_created_at" in talk
    last = name_at(talk, "messages", -1, "message_type")
    wrote = last in INCOMING or (waits and (last in TEMPLATE or at(talk, "messages") is None))
    return wrote and (known or waits) and name_at(talk, "first_reply_created_at") in (None, "0")


def _other(delivery: Delivery) -> Said:
    """Return what is no event of ours, by its own word."""
    body, word = delivery.body, str(at(delivery.body, "event"))
    told = time_at(body, "created_at" if word.endswith("_created") else "updated_at")
    kind = f"chatwoot.{word}" if WORD.fullmatch(word) else "chatwoot.unknown"
    return _said(kind, delivery.id, told or delivery.sent_at.isoformat())


def _customer(body: JSON) -> str | None:
    """Return who it is: the company's own id where it is proved, else a name of Chatwoot's own."""
    contact, ours = _contact(body), _ours(body)
    number, name = name_at(contact, "id"), name_at(contact, "identifier")
    if name is not None and (_proved(body) or at(_talk(body), "channel") in BY_ADDRESS):
        return name
    claims_a_visit = name is not None and at(body, "event") == "webwidget_triggered"
    if number is None or claims_a_visit:  # such a visit is nobody's until somebody proves that it is theirs
        return None
    return f"{ours}:contact:{number}" if name is None else f"{ours}:unproven:{number}"


def _told_of(body: JSON, subject: str) -> dict[str, JSON]:
    """Return the name that they had before they proved who they are, and their zone where there is such a zone."""
    contact, told = _contact(body), dict[str, JSON]()
    number = name_at(contact, "id")
    if _claims(body):
        return told
    if number is not None and _proved(body) and subject == name_at(contact, "identifier"):
        told["anonymous_id"] = f"{_ours(body)}:contact:{number}"
    for place in ("custom_attributes", "additional_attributes"):
        zone = at(contact, place, "timezone")
        if PREFERENCES["timezone"].fits(zone):
            told.setdefault("timezone", zone)
    return told


def _claims(body: JSON) -> bool:
    """Whether somebody says who they are whom nobody proved to be that."""
    return name_at(_contact(body), "identifier") is not None and not _proved(body)


def _proved(body: JSON) -> bool:
    """Whether the contact proved to Chatwoot who they are, as far as it says."""
    talk = _talk(body)
    said = [at(talk, "meta", "hmac_verified"), at(talk, "contact_inbox", "hmac_verified")]
    return True in said and all(one is True or one is None for one in said)


def _contact(body: JSON) -> JSON:
    """Return the contact of a delivery; versions differ in where it stands, and a message's sender says the least."""
    sender = at(body, "sender") if _is_theirs(body) else None  # else it is an agent
    places = (at(body, "contact"), at(_talk(body), "meta", "sender"), sender)
    return next((place for place in places if name_at(place, "id") is not None), None)


def _talk(body: JSON) -> JSON:
    """Return the conversation of a delivery: that of its message or visit, or what it is itself."""
    return at(body, "conversation") or at(body, "current_conversation") or body


def _account(body: JSON) -> str | None:
    """Return the number of the account; where a conversation is posted itself, its message says it."""
    talk = _talk(body)
    places = (
        (body, "account", "id"),
        (talk, "account", "id"),
        (talk, "account_id"),
        (talk, "messages", 0, "account_id"),
    )
    return next(filter(None, (name_at(place, *path) for place, *path in places)), None)


def _ours(body: JSON) -> str:
    """Return how names of an account's begin, which meet no other account's and no other system's."""
    account = _account(body)
    return "chatwoot" if account is None else f"chatwoot:{account}"


def _named(body: JSON, talk: JSON) -> str | None:
    """Return a conversation's name."""
    number = name_at(talk, "id")
    return None if number is None else f"{_ours(body)}:{number}"


def _said(kind: str, key: str, time: str, **data: str | None) -> Said:
    return {
        "type": kind,
        "id": key,
        "time": time,
        "data": {name: value for name, value in data.items() if value is not None},
    }


CHATWOOT: Final = Platform(
    name="chatwoot",
    about="Record what Chatwoot sends: visits to its widget, what customers write, and what becomes of conversations. "
    "Signed with the setting `chatwoot_secret`. What comes twice is one event; anything else is kept, and never read.",
    signed="`sha256=` and HMAC-SHA256 of `X-Chatwoot-Timestamp`, a dot and the raw body, in hex.",
    signing=Scheme(
        header="x-chatwoot-signature",
        digest="sha256",
        mark="sha256=",
        before=("x-chatwoot-timestamp",),
        time="x-chatwoot-timestamp",
    ),
    events=said_in,
)
