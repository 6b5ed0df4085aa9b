"""What Sunshine Conversations posts, version 2, as its documentation describes it; the values are made up here."""

from typing import Any, Final

from tests.serving.served import NOON

APP, TALK, USER, OTHER = (
    "64aa000000000000000000a1",
    "64aa0000000000000000c0de",
    "64aa0000000000000000fade",
    "64aa00cafe",
)
CONVERSATION: Final = {"id": TALK, "type": "personal", "brandId": "7001"}
AGENTS: Final = {"id": "64aa01", "name": "zd-agentWorkspace", "integrationType": "zd:agentWorkspace"}
BOT: Final = {"id": "64aa02", "name": "zd-answerBot", "integrationType": "zd:answerBot"}
KNOWN: Final = {"id": USER, "externalId": "u-17", "authenticated": True}
STRANGER: Final = {"id": USER, "authenticated": False}
WROTE: Final = "Where is my parcel A-7?"


def told(word: str, payload: Any, *, event_id: str = "64ee01", **more: Any) -> dict[str, Any]:
    """Return one event of theirs."""
    return {"id": event_id, "createdAt": NOON.isoformat(), "type": word, "payload": payload} | more


def posted(*events: Any) -> dict[str, Any]:
    """Return a delivery of events."""
    return {"app": {"id": APP}, "webhook": {"id": "64bb01", "version": "v2"}, "events": list(events)}


def message(
    user: Any = KNOWN, text: Any = WROTE, *, holder: Any = None, event_id: str = "64ee01", **content: Any
) -> dict[str, Any]:
    """Return the event of a message of an end user's; `holder` has the conversation in hand."""
    author = {"type": "user", "userId": USER, "displayName": "Somebody", "user": user}
    talk = CONVERSATION if holder is None else CONVERSATION | {"activeSwitchboardIntegration": holder}
    wrote = {
        "id": "64dd01",
        "received": NOON.isoformat(),
        "author": author,
        "content": {"type": "text", "text": text} | content,
        "source": {"type": "web", "integrationId": "64bb02"},
    }
    return told("conversation:message", {"conversation": talk, "message": wrote}, event_id=event_id)


def answer() -> dict[str, Any]:
    """Return the event of a message that an agent wrote, or a bot."""
    event = message()
    event["payload"]["message"]["author"] = {"type": "business", "displayName": "Ada", "subtypes": ["AI"]}
    return event


def created(reason: str = "message", user: Any = KNOWN) -> dict[str, Any]:
    """Return the event of a conversation that began."""
    return told("conversation:create", {"conversation": CONVERSATION, "creationReason": reason, "user": user})


def released(word: str = "switchboard:releaseControl", **more: Any) -> dict[str, Any]:
    """Return the event of a conversation that nobody has in hand any more: it names no user."""
    return told(word, {"conversation": CONVERSATION, "metadata": None} | more, event_id="64ee09")


def passed(holder: Any, **more: Any) -> dict[str, Any]:
    """Return the event of a conversation that was passed on to somebody."""
    talk = CONVERSATION | {"activeSwitchboardIntegration": holder}
    return told("switchboard:passControl", {"conversation": talk} | more, event_id="64ee08")


def merged() -> dict[str, Any]:
    """Return the event of two users who are one, and of their conversations."""
    users = {"surviving": KNOWN, "discarded": {"id": OTHER, "authenticated": False}}
    talks = {"surviving": CONVERSATION, "discarded": {"id": "64aa0b", "type": "personal"}}
    return told("user:merge", {"mergedUsers": users, "mergedConversations": talks, "reason": "api"})


def blocked(kind: str | None, user: Any = KNOWN) -> dict[str, Any]:
    """Return the event of a user who unsubscribed from a channel."""
    client = {"id": "64aa0c", "type": kind, "status": "blocked"}
    return told("client:update", {"user": user, "client": client, "reason": "blocked"})
