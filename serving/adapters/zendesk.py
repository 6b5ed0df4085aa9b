"""Zendesk's messaging, Sunshine Conversations: webhooks of version 2, several events in one delivery.

What is read here is described in Zendesk's developer documentation: "Receiving messages", "Switchboard", and Webhooks
in the reference of the Sunshine Conversations API. It posts the webhook's secret as `X-API-Key` and signs nothing: who
posts is known, and TLS alone keeps what is posted. A delivery that is not answered with 2xx within 20 seconds is sent
again, up to five times; after 400, 401, 403, 404 or 406 it is not. So what is theirs is answered with 200, whatever is
in it. `events[].id` is the same each time.

Who wrote is the `externalId`, which a company's own server sets, unless Zendesk says that they have not
`authenticated`; else `zendesk:user:ID`. What the switchboard does names nobody: it is said of
`zendesk:conversation:ID`, which stands for the one user of a personal conversation, as that user's own events say.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from model.contracts import JSON
from serving.access.signatures import OneOf, Scheme, Shown
from serving.adapters.platform import Delivery, Platform, at, name_at, text_at, time_at
from serving.events.catalogue import CLOSED, IDENTIFIED, OPENED, RECEIVED

OURS_ALONE: Final = ("notification", "linkRequest")  # we began it: the customer said nothing
OVER: Final = ("ticketClosed", "transferToEmail")  # why control is passed on or given up
TAKEN: Final = ("switchboard:passControl", "switchboard:acceptControl")  # who has it in hand is another now
AGENTS: Final = "zd:agentWorkspace"
TEXTS: Final = ("text", "textFallback", "altText", "htmlText", "markdownText")
CHANNELS: Final[Mapping[str | None, str]] = MappingProxyType(
    {"whatsapp": "whatsapp", "twilio": "sms", "messagebird": "sms", "mailgun": "email"}  # any other is a chat
)
Data = dict[str, JSON]
Said = tuple[str, str, str | None, Data]  # type, id, subject and data


def events_in(delivery: Delivery) -> Iterator[JSON]:
    """Yield what a delivery says; what holds no `events` is one event of theirs."""
    body, told = delivery.body, at(delivery.body, "events")
    app = name_at(body, "app", "id")
    source = f"urn:zendesk:app:{app}" if app else "urn:zendesk"
    for index, event in enumerate(told if isinstance(told, list) else [body]):
        if not isinstance(event, dict):
            yield index  # is rejected in its place
            continue
        time = next(filter(None, _times(event)), None)
        for kind, key, subject, data in _said(event, name_at(event, "id") or f"{delivery.id}:{index}"):
            yield delivery.event(kind, source=source, key=key, subject=subject, time=time, **data)


def _times(event: JSON) -> Iterator[str | None]:
    yield time_at(event, "payload", "message", "received")
    for name in ("createdAt", "timestamp", "time"):
        yield time_at(event, name)


def _said(event: JSON, key: str) -> Iterator[Said]:
    """Yield what one event says: in our words, or as their own; then which names stand for one customer."""
    payload, word = at(event, "payload"), name_at(event, "type") or name_at(event, "trigger") or "unnamed"
    user, talk = _user(payload), _talk(payload, "conversation", "id")
    kind, subject = _kind(word, payload), _name(user) or _alias(payload, word)
    data = _data(kind, payload, subject)
    if kind is None or data is None:
        kind, subject, data = f"zendesk.{word}", _name(user), _ids(payload)
    yield kind, key, subject, data
    if kind == RECEIVED and talk is not None and _holder(payload) == AGENTS:
        yield OPENED, f"{key}:opened", subject, {"conversation": talk}
    gone = _talk(payload, "mergedConversations", "discarded", "id")
    if gone is not None:
        yield CLOSED, f"{key}:merged", subject, {"conversation": gone}
    yield from _names(payload, user)


def _data(kind: str | None, payload: JSON, subject: str | None) -> Data | None:
    """Return what an event of ours says; None where what it cannot do without is missing."""
    talk = _talk(payload, "conversation", "id")
    if kind == RECEIVED:
        text = next(filter(None, (text_at(payload, "message", "content", name) for name in TEXTS)), None)
        return {"conversation": talk, "text": text}
    if kind == IDENTIFIED:
        channel = CHANNELS.get(name_at(payload, "client", "type"), "chat")
        return None if subject is None else {"consent": {channel: False}}
    return None if talk is None else {"conversation": talk}


def _ids(payload: JSON) -> Data:
    """Return what is kept of an event of theirs."""
    return {f"zendesk_{name}": name_at(payload, name, "id") for name in ("conversation", "message")}


def _talk(payload: JSON, *path: str) -> str | None:
    """Return a conversation's name, which meets no other system's."""
    talk = name_at(payload, *path)
    return None if talk is None else f"zendesk:{talk}"


def _kind(word: str, payload: JSON) -> str | None:
    """Return our type for what happened; None where it is none of ours."""
    reason = at(payload, "reason")
    if word == "conversation:message":
        return RECEIVED if at(payload, "message", "author", "type") == "user" else None
    if word == "conversation:create":
        return None if at(payload, "creationReason") in OURS_ALONE else OPENED
    if word == "client:update":
        return IDENTIFIED if reason == "blocked" else None
    if word in ("conversation:remove", "switchboard:releaseControl"):
        return CLOSED
    if word in TAKEN:
        return CLOSED if reason in OVER else OPENED if _holder(payload) == AGENTS else None
    return None


def _holder(payload: JSON) -> JSON:
    """Return which kind of integration has the conversation in hand."""
    return at(payload, "conversation", "activeSwitchboardIntegration", "integrationType")


def _user(payload: JSON) -> JSON:
    """Return the end user whom it is about; None for an agent, a bot, or nobody."""
    for author in (at(payload, "message", "author"), at(payload, "activity", "author")):
        if author is not None:
            user = at(author, "user")
            named: JSON = {"id": name_at(author, "userId")} | (user if isinstance(user, dict) else {})
            return named if at(author, "type") == "user" else None
    return at(payload, "user") or at(payload, "mergedUsers", "surviving")


def _known(user: JSON) -> str | None:
    """Return the company's own id for a user, unless they have not shown that it is theirs."""
    shown = not isinstance(user, dict) or user.get("authenticated", True) is True
    return name_at(user, "externalId") if shown else None


def _name(user: JSON) -> str | None:
    """Return the id by which a user is known here."""
    own = name_at(user, "id")
    return _known(user) or (f"zendesk:user:{own}" if own else None)


def _alias(payload: JSON, word: str) -> str | None:
    """Return the name that stands for the user of a personal conversation, where what happened names none."""
    talk = name_at(payload, "conversation", "id")
    personal = at(payload, "conversation", "type") == "personal" and word != "conversation:message"
    return f"zendesk:conversation:{talk}" if personal and talk else None


def _names(payload: JSON, user: JSON) -> Iterator[Said]:
    """Yield who else a user is: the company's customer, whoever was merged into them, the one of this conversation."""
    own, known, talk = name_at(user, "id"), _known(user), name_at(payload, "conversation", "id")
    gone = name_at(payload, "mergedUsers", "discarded", "id")
    if own is None:
        return
    pairs = [(known, f"zendesk:user:{own}")] if known else []
    pairs += [(f"zendesk:user:{own}", f"zendesk:user:{gone}")] if gone and gone != own else []
    if talk and at(payload, "conversation", "type") == "personal":
        pairs.append((f"zendesk:user:{own}", f"zendesk:conversation:{talk}"))
    for subject, name in pairs:
        yield IDENTIFIED, f"{name}={subject}", subject, {"anonymous_id": name}


ZENDESK: Final = Platform(
    name="zendesk",
    about="Record what Zendesk's messaging (Sunshine Conversations, webhooks of version 2) tells. It shows the setting "
    "`zendesk_secret`. An event that comes twice is one; what is to be sent because of it is an offer.",
    signed="The setting `zendesk_secret` itself; or `X-Zendesk-Webhook-Signature`, HMAC-SHA256 of the time and the raw "
    "body under it, in base64. Each that is there must be right.",
    signing=OneOf(
        (
            Shown(header="x-api-key"),
            Scheme(
                header="x-zendesk-webhook-signature",
                digest="sha256",
                encoded="base64",
                before=("x-zendesk-webhook-signature-timestamp",),
                behind="",  # a written time says itself where it ends
                time="x-zendesk-webhook-signature-timestamp",
                written=True,
            ),
        )
    ),
    events=events_in,
    body={"type": "object", "properties": {"events": {"type": "array", "items": {"type": "object"}}}},
)
