"""What a customer's own messages, conversations and requests say about a piece of evidence."""

import json
from collections.abc import Iterator
from datetime import datetime

from model.contracts import JSON
from serving.ledger.events import WHOLE_FAMILY, Found
from serving.ledger.instants import instant, micros
from serving.ledger.store import Store
from serving.policy.facts import says

ASKING = frozenset({"requested", "ordered", "reserved"})  # last words of an event type by which a customer asks
ASKING_FAMILIES = frozenset({"request", "order"})

_MESSAGES_AFTER = """SELECT c.time, e.data FROM concerns AS c JOIN events AS e ON e.seq = c.event
    WHERE c.user_id = :user AND c.family = 'message' AND c.time > :after AND c.seen <= :now
        AND c.type = 'message.received' ORDER BY c.time DESC"""
_CONVERSATIONS = """SELECT type, entity FROM concerns
    WHERE user_id = :user AND family = 'conversation' AND seen <= :now ORDER BY time, event"""
_ANY_CONVERSATION = """SELECT 1 FROM concerns
    WHERE user_id = :user AND family IN ('conversation', 'message') AND seen <= :now AND type <> 'message.dismissed'
    LIMIT 1"""
_REQUESTS_BEFORE = """SELECT c.type, c.entity, e.data FROM concerns AS c JOIN events AS e ON e.seq = c.event
    WHERE c.user_id = :user AND c.family IN ('request', 'order', 'item', 'reminder')
        AND (c.time, c.event) < (:time, :event) AND c.seen <= :now"""


def last_inbound(store: Store, found: Found, *, user_id: str, now: datetime) -> datetime | None:
    """Return when this customer last wrote, after the evidence, about what it is about; None for never.

    A message names the entity where its text contains it or a value of its data equals it. One of which only the time
    is known counts as well (CONTRACT section 5), as does any message where the evidence names no entity.
    """
    after = micros(found.event.time)
    for time, text in store.rows(_MESSAGES_AFTER, user=user_id, after=after, now=micros(now)):
        data = json.loads(text)
        if not data or found.entity == WHOLE_FAMILY or names(data, found.entity):
            return instant(time)
    return None


def names(data: JSON, entity: str) -> bool:
    """Return whether a value of an event's data equals the entity, or its `text` says it, in whole words and any case.

    Example:
        >>> names({"text": "Where is a-7?"}, "parcel:A-7"), names({"parcel": "B-1"}, "parcel:A-7")
        (True, False)
    """
    value = entity.partition(":")[2]
    text = data.get("text") if isinstance(data, dict) else None
    if isinstance(text, str) and says(text, value):
        return True
    return any(part == value for part in _values(data))


def _values(data: JSON) -> Iterator[str]:
    """Yield every text and number inside free JSON, as text."""
    if isinstance(data, dict):
        data = list(data.values())
    if isinstance(data, list):
        for part in data:
            yield from _values(part)
    elif isinstance(data, str | int | float) and not isinstance(data, bool):
        yield str(data)


def conversation_open(store: Store, *, user_id: str, now: datetime) -> bool:
    """Return whether any conversation of this customer was opened and neither closed nor left since.

    An event that names no conversation is about all of them.
    """
    opened: set[str] = set()
    for kind, entity in store.rows(_CONVERSATIONS, user=user_id, now=micros(now)):
        if kind == "conversation.opened":
            opened.add(entity)
        elif kind in ("conversation.closed", "conversation.left_unresolved"):
            opened = set() if entity == WHOLE_FAMILY else opened - {entity}
    return bool(opened)


def ever_conversed(store: Store, *, user_id: str, now: datetime) -> bool:
    """Return whether a conversation with, or a message from, this customer is on record."""
    return store.holds(_ANY_CONVERSATION, user=user_id, now=micros(now))


def earlier_request(store: Store, found: Found, *, user_id: str, now: datetime) -> bool:
    """Return whether this customer asked for or ordered, before the evidence, the very thing that it is about.

    Looking at a page about it, or an earlier notice that it is available, is not asking.
    """
    if found.entity == WHOLE_FAMILY:
        return False
    rows = store.rows(_REQUESTS_BEFORE, user=user_id, time=found.time, event=found.seq, now=micros(now))
    asked = ((entity, text) for kind, entity, text in rows if is_asking(kind))
    return any(entity == found.entity or names(json.loads(text), found.entity) for entity, text in asked)


def is_asking(kind: str) -> bool:
    """Return whether an event of this type is a customer's own request or order.

    Example:
        >>> [is_asking(kind) for kind in ("order.placed", "item.requested", "item.available", "page.viewed")]
        [True, True, False, False]
    """
    return kind.split(".", 1)[0] in ASKING_FAMILIES or kind.rsplit(".", 1)[-1] in ASKING


def requested_channels(found: Found) -> frozenset[str]:
    """Return the channels that a reminder was asked for on: `data.channels`, or `data.channel`."""
    if found.event.type != "reminder.requested":
        return frozenset()
    data = found.event.data
    stated = data.get("channels", data.get("channel"))
    listed = stated if isinstance(stated, list) else [stated]
    return frozenset(name for name in listed if isinstance(name, str))
