"""Intercom's webhooks: a notification of a topic, about an item. From their words to ours.

    conversation.user.created          conversation.opened, message.received, customer.identified
    conversation.user.replied          conversation.opened, message.received
    conversation.admin.opened          conversation.opened
    conversation.admin.single.created  conversation.opened
    conversation.admin.closed          conversation.closed, and where nobody had answered conversation.left_unresolved
    contact.*, user.*, visitor.*       customer.identified: no e-mail or SMS where they unsubscribed, their time zone

Payloads of every version of their API are read: `user` and `conversation_message` before 2.0, `contacts` and `source`
since. A conversation goes on for each of its contacts; what was written is its author's. Intercom keeps no order, and
says that `created_at` tells when it happened; it sends again what was not answered 200 within five seconds, drops what
was answered 429 for two hours, and suspends the subscription after seven days of errors (Intercom's developer
documentation: "Set up Webhooks", "Webhook Notifications", "Webhook models"). Before it keeps an address it asks HEAD.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from model.contracts import JSON
from serving.access.signatures import Scheme
from serving.adapters.platform import (
    LONGEST_TEXT,
    Delivery,
    Platform,
    at,
    digest_of,
    name_at,
    text_at,
    time_at,
    zone_at,
)
from serving.events.catalogue import CLOSED, IDENTIFIED, LEFT, OPENED, RECEIVED

REPEATED: Final = ("topic", "created_at", "data")  # what stays, however often it is sent; a ping has no id
ABOUT_CONTACTS: Final = ("contact.", "user.", "visitor.")
GONE: Final = (".deleted", ".archived", ".archive")  # topics that end so tell us nothing of a contact
LEADS: Final = frozenset({"lead", "visitor"})  # whom the company's own server does not name
CUSTOMERS: Final = frozenset({"user", "lead", "contact", "visitor"})  # all others are teammates and bots
NOES: Final = MappingProxyType(  # by channel: how a topic ends that takes the consent back, and what else says so
    {
        "email": (".unsubscribed", "unsubscribed_from_emails", "marked_email_as_spam"),
        "sms": (".unsubscribed_from_sms", "unsubscribed_from_sms"),
    }
)
CHANNELS: Final = MappingProxyType({"conversation": "chat", "email": "email"})


@dataclass(frozen=True, slots=True)
class _Told:
    """What all events of one notification share."""

    delivery: Delivery
    topic: str
    source: str
    id: str
    time: str | None

    def event(self, kind: str, contact: JSON, **data: JSON) -> JSON:
        """Return an event about a contact, or about nobody; its id is the same whenever this is delivered again."""
        whose = name_at(contact, "id") or _subject(contact)
        key = f"{self.id}:{kind}" if whose is None else f"{self.id}:{kind}:{whose}"
        subject = _subject(contact)
        return self.delivery.event(kind, source=self.source, key=key, subject=subject, time=self.time, **data)


def events_in(delivery: Delivery) -> list[JSON]:
    """Return what a notification says, in our words where there are any."""
    body, item = delivery.body, at(delivery.body, "data", "item")
    app = name_at(body, "app_id")
    told = _Told(
        delivery=delivery,
        topic=name_at(body, "topic") or "unknown",
        source="urn:intercom" if app is None else f"urn:intercom:workspace:{app}",
        id=name_at(body, "id") or digest_of([at(body, name) for name in REPEATED]),
        time=time_at(body, "created_at") or time_at(body, "first_sent_at"),
    )
    about_contacts = told.topic.startswith(ABOUT_CONTACTS) and not told.topic.endswith(GONE)
    readers = TOPICS.get(told.topic, (_identified,) if about_contacts else ())
    found = [event for reader in readers for event in reader(told, item)]
    who = next(iter(_contacts(item)), None)
    return found or [told.event(f"intercom.{told.topic}", who, intercom_id=name_at(item, "id"))]


def _subject(contact: JSON) -> str | None:
    """Return the company's own id for a contact, else Intercom's, marked as such: of a lead both are Intercom's."""
    own = None if _is_lead(contact) else name_at(contact, "external_id") or name_at(contact, "user_id")
    return own or _marked(contact)


def _is_lead(contact: JSON) -> bool:
    """Whether Intercom drew their id, and drops it once they are a user; before 2.0 a `contact` with `user_id` was."""
    role = name_at(contact, "role") or name_at(contact, "type")
    return role in LEADS or (role == "contact" and name_at(contact, "external_id") is None)


def _marked(contact: JSON) -> str | None:
    theirs = name_at(contact, "id")
    return None if theirs is None else f"intercom:contact:{theirs}"


def _contacts(item: JSON) -> list[JSON]:
    """Return whom an item is about: its contacts, its one user, who wrote its first message, or itself."""
    places = (at(item, "contacts", "contacts"), at(item, "contacts", "data"), at(item, "contacts"))
    listed = next((one for one in places if isinstance(one, list)), [])
    authors = [at(one, "author") for one in _first(item) if _is_customers(one)]
    itself = [item] if name_at(item, "type") in CUSTOMERS else []
    leads = {name_at(one, "id") for one in authors if name_at(one, "type") in LEADS} - {None}
    listed = [
        {"role": "lead"} | one if isinstance(one, dict) and name_at(one, "id") in leads else one for one in listed
    ]
    for found in (listed, [at(item, "user")], [at(item, "contact")], authors, itself):
        people = {_subject(one): one for one in found if _subject(one) is not None}
        if people:
            return [*people.values()]
    return []


def _first(item: JSON) -> list[JSON]:
    return [at(item, "source"), at(item, "conversation_message")]


def _parts(item: JSON) -> list[JSON]:
    """Return what is new in a conversation."""
    found = at(item, "conversation_parts", "conversation_parts")
    return found if isinstance(found, list) else []


def _is_customers(part: JSON) -> bool:
    """Whether a customer wrote it, and it still stands."""
    return name_at(part, "author", "type") in CUSTOMERS and at(part, "redacted") is not True


def _identified(told: _Told, item: JSON) -> Iterator[JSON]:
    """Yield that contacts are known by their own ids, and what they told: a no counts wherever it stands."""
    for contact in _contacts(item):
        zone = zone_at(contact, "location_data", "timezone") or zone_at(contact, "location", "timezone")
        data: dict[str, JSON] = {}
        if _marked(contact) not in (None, _subject(contact)):
            data["anonymous_id"] = _marked(contact)
        if zone is not None:
            data["timezone"] = zone
        noes = {channel: False for channel, says in NOES.items() if _says_no(told, contact, *says)}
        if noes:
            data["consent"] = {**noes}
        if data:
            yield told.event(IDENTIFIED, contact, **data)
        gone = _marked(at(contact, "merged_from"))
        if gone is not None:  # said by `contact.merged`: what they had under that name is the contact's now
            yield replace(told, id=f"{told.id}:merged").event(IDENTIFIED, contact, anonymous_id=gone)


def _says_no(told: _Told, contact: JSON, ending: str, *marks: str) -> bool:
    """Whether a notification takes the consent to a channel back, or one of a contact's marks does."""
    return told.topic.endswith(ending) or any(at(contact, mark) is True for mark in marks)


def _opened(told: _Told, item: JSON) -> Iterator[JSON]:
    state = at(item, "state")
    if state != "closed" and not (state is None and at(item, "open") is False):
        yield from _each(told, OPENED, item)


def _closed(told: _Told, item: JSON) -> Iterator[JSON]:
    return _each(told, CLOSED, item)


def _left(told: _Told, item: JSON) -> Iterator[JSON]:
    """Yield that nobody had answered: the customer waits since some time, and who closed it wrote nothing."""
    waits = at(item, "waiting_since")
    teammates = [one for one in _parts(item) if not _is_customers(one) and name_at(one, "part_type") != "note"]
    answered = any(text_at(one, "body") for one in teammates)
    if isinstance(waits, int) and waits > 0 and not answered:
        topic = text_at(item, "source", "subject") or text_at(item, "conversation_message", "subject")
        channel = CHANNELS.get(name_at(item, "source", "type") or "")
        yield from _each(told, LEFT, item, topic=topic, channel=channel)


def _each(told: _Told, kind: str, item: JSON, **data: JSON) -> Iterator[JSON]:
    """Yield one event for each whom a conversation is with; without its name it would be about all they have."""
    if name_at(item, "id") is not None:
        for contact in _contacts(item) or [None]:
            yield told.event(kind, contact, conversation=_conversation(item), **data)


def _wrote(told: _Told, item: JSON) -> Iterator[JSON]:
    """Yield what was written, as its author's; of a reply the first message is old."""
    first = _first(item) if told.topic.endswith(".created") else []
    said = [part for part in (*first, *_parts(item)) if _is_customers(part)]
    author = at(said[-1], "author") if said else None
    people = _contacts(item)
    known = [one for one in people if author is not None and name_at(one, "id") == name_at(author, "id")]
    who = known[0] if known else people[0] if len(people) == 1 else author
    text = " ".join(filter(None, (text_at(part, "body") for part in said)))[:LONGEST_TEXT]
    if isinstance(item, dict):
        yield told.event(RECEIVED, who, conversation=_conversation(item), text=text or None)


def _conversation(item: JSON) -> str | None:
    """Return a conversation's name, which no other system's can be."""
    name = name_at(item, "id")
    return None if name is None else f"intercom:{name}"


TOPICS: Final[Mapping[str, tuple[Callable[[_Told, JSON], Iterator[JSON]], ...]]] = MappingProxyType(
    {
        "conversation.user.created": (_identified, _opened, _wrote),
        "conversation.user.replied": (_opened, _wrote),
        "conversation.admin.opened": (_opened,),
        "conversation.admin.single.created": (_opened,),
        "conversation.admin.closed": (_closed, _left),
    }
)
INTERCOM: Final = Platform(
    name="intercom",
    about="Record what Intercom notifies: conversations, what customers write in them, and who unsubscribes. "
    "Signed with the setting `intercom_secret`, the app's client secret. A notification that comes twice is one.",
    signed="`sha1=` and the HMAC-SHA1 of the raw body under the setting `intercom_secret`, in hex.",
    signing=Scheme(header="x-hub-signature", digest="sha1", mark="sha1="),
    events=events_in,
    asked_first=True,
)
