"""What a customer's own messages and conversations say about a piece of evidence."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from model.contracts import JSON
from serving.ledger.events import WHOLE_FAMILY, Found
from serving.ledger.instants import instant, micros
from serving.ledger.requests import REMINDER
from serving.ledger.store import Row, Store
from serving.policy.facts import NOT_FACTS, says

NEITHER_WHAT = NOT_FACTS | {"remind_at", "due_at", "channel", "channels", "conversation"}  # but when and where
MOST_TALKS = 5000  # events of conversations that are looked at, the newest
MOST_MESSAGES = 1000  # of what they wrote after the evidence; each is read
SMALL = frozenset({"a", "an", "and", "at", "for", "in", "my", "of", "on", "our", "the", "to", "your"})  # name nothing

_MESSAGES_AFTER = """SELECT c.time, e.data FROM concerns AS c JOIN events AS e ON e.seq = c.event
    WHERE c.user_id = :user AND c.family = 'message' AND c.time > :after AND c.seen <= :now
        AND c.type = 'message.received' ORDER BY c.time DESC LIMIT :most"""
_CONVERSATIONS = """SELECT type, entity, seen FROM concerns
    WHERE user_id = :user AND family = 'conversation' AND seen <= :now ORDER BY time DESC, event DESC LIMIT :most"""
_ANY_CONVERSATION = """SELECT 1 FROM concerns
    WHERE user_id = :user AND family IN ('conversation', 'message') AND seen <= :now AND type <> 'message.dismissed'
    LIMIT 1"""


def last_inbound(store: Store, found: Found, *, user_id: str, now: datetime) -> datetime | None:
    """Return when this customer last wrote, after the evidence, about what it is about; None for never.

    A message names the entity where its text contains it or a value of its data equals it. One of which only the time
    is known counts as well (CONTRACT section 5), as does any message where the evidence names no entity; but a reminder
    without one is known by a message that names what it is about: days lie between, and they asked for it. Where there
    are more messages than are looked at, the oldest of those may be about it.
    """
    after = micros(found.event.time)
    rows = store.rows(_MESSAGES_AFTER, user=user_id, after=after, now=micros(now), most=MOST_MESSAGES)
    for time, text in rows:
        data = json.loads(text)
        if not data or _is_about(data, found):
            return instant(time)
    return instant(rows[-1][0]) if len(rows) >= MOST_MESSAGES else None


def _is_about(data: Mapping[str, JSON], found: Found) -> bool:
    """Return whether a message may be about what the evidence is about."""
    if found.entity != WHOLE_FAMILY:
        return names(dict(data), found.entity)
    return found.event.type != REMINDER or names_reminder(data, found.event.data)


def names_reminder(message: Mapping[str, JSON], reminder: Mapping[str, JSON]) -> bool:
    """Return whether a message says all words of a fact of the reminder, small ones left out, or nothing at all.

    Where the reminder has no such fact, any message may be about it.

    Example:
        >>> reminder = {"what": "your passport", "due_at": "2026-12-01T00:00:00Z"}
        >>> [names_reminder({"text": text}, reminder) for text in ("I renewed my passport.", "Where is A-7?")]
        [True, False]
    """
    said = [text for text in _values(_what(message)) if text.strip()]
    facts = [words for words in map(_words, _values(_what(reminder))) if words]
    if not said or not facts:
        return True
    return any(all(says(text, word) for word in words) for words in facts for text in said)


def _what(data: Mapping[str, JSON]) -> dict[str, JSON]:
    """Leave out when and where."""
    return {key: part for key, part in data.items() if key not in NEITHER_WHAT}


def _words(fact: str) -> list[str]:
    """Return the words of a fact that name something."""
    words = (word.strip(".,:;!?\"'()") for word in fact.split())
    return [word for word in words if word and word.casefold() not in SMALL]


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
    """Return whether any conversation of this customer was opened, or may have been, and neither closed nor left."""
    return any_open(conversations(store, user_id=user_id, now=now)) is not False


def conversations(store: Store, *, user_id: str, now: datetime) -> list[Row]:
    """Return type, entity and time (microseconds) of what happened last to this customer's conversations, in order."""
    return store.rows(_CONVERSATIONS, user=user_id, now=micros(now), most=MOST_TALKS)[::-1]


def any_open(talks: Sequence[Row]) -> bool | None:
    """Return whether any conversation is open after all of this; an event that names none is about all of them.

    None where that cannot be said: there are more events than are looked at, and none of these closes all.
    """
    opened: set[str] = set()
    all_known = len(talks) < MOST_TALKS
    for kind, entity, _ in talks:
        if kind == "conversation.opened":
            opened.add(entity)
        elif kind in ("conversation.closed", "conversation.left_unresolved"):
            opened = set() if entity == WHOLE_FAMILY else opened - {entity}
            all_known = all_known or entity == WHOLE_FAMILY
    return True if opened else False if all_known else None


def ever_conversed(store: Store, *, user_id: str, now: datetime) -> bool:
    """Return whether a conversation with, or a message from, this customer is on record."""
    return store.holds(_ANY_CONVERSATION, user=user_id, now=micros(now))
