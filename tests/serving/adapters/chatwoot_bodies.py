"""What Chatwoot posts, in values of our own: a customer, their conversation, their message, their visit."""

from collections.abc import Mapping
from typing import Any

from tests.serving.served import NOON

Body = dict[str, Any]
SECONDS = int(NOON.timestamp())
VISIT = "0b1f7a52-6f0e-4f8e-9d0c-2a6d5a1f9e11"
SESSION = f"chatwoot:{VISIT}"
ACCOUNT = {"id": 3, "name": "Parcels Ltd"}


def contact(identifier: str | None = "u-17", **more: Any) -> Body:
    """Return a contact."""
    return {"id": 41, "name": "Ada", "email": None, "identifier": identifier, "type": "contact"} | more


def talk(*, proved: bool = True, who: Mapping[str, Any] | None = None, **more: Any) -> Body:
    """Return a conversation in the widget, as it stands in a message or is posted itself."""
    return {
        "id": 70,
        "inbox_id": 5,
        "channel": "Channel::WebWidget",
        "status": "open",
        "account": ACCOUNT,
        "contact_inbox": {"id": 12, "contact_id": 41, "source_id": VISIT, "hmac_verified": proved},
        "meta": {"sender": contact() if who is None else who, "assignee": None, "hmac_verified": proved},
        "messages": [{"id": 900, "account_id": 3, "message_type": 0, "content": "Hello"}],
        "first_reply_created_at": None,
        "waiting_since": 0,
        "created_at": SECONDS - 60,
        "updated_at": SECONDS + 0.25,
        "timestamp": SECONDS - 30,
    } | more


def message(**more: Any) -> Body:
    """Return a message that the customer wrote."""
    return {
        "event": "message_created",
        "id": 900,
        "content": "Where is <b>A-1</b>?",
        "content_type": "text",
        "created_at": NOON.isoformat().replace("+00:00", ".000Z"),
        "message_type": "incoming",
        "private": False,
        "sender": contact(),
        "inbox": {"id": 5, "name": "Shop"},
        "account": ACCOUNT,
        "conversation": talk(),
    } | more


def visit(who: Mapping[str, Any] | None = None, **more: Any) -> Body:
    """Return that the widget was opened."""
    return {
        "event": "webwidget_triggered",
        "id": 12,
        "contact": contact(None) if who is None else who,
        "inbox": {"id": 5, "name": "Shop"},
        "account": ACCOUNT,
        "current_conversation": None,
        "source_id": VISIT,
        "event_info": {"widget_language": "en", "browser": {}},
    } | more


def turned(status: str, word: str = "conversation_status_changed", **more: Any) -> Body:
    """Return that a conversation is open, pending, snoozed or resolved by now."""
    return {"event": word, **talk(status=status), **more}
