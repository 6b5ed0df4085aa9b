"""What a customer's own messages and conversations say about a piece of evidence."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from model.contracts import JSON
from serving.ledger.events import WHOLE_FAMILY
from serving.ledger.evidence import Found
from serving.ledger.instants import EVER, instant
from serving.ledger.lists import listed
from serving.ledger.requests import REMINDER
from serving.ledger.store import Row, Store
from serving.policy.facts import NOT_FACTS, says

NEITHER_WHAT = NOT_FACTS | {"remind_at", "due_at", "channel", "channels", "conversation"}  # but when and where
MOST_TALKS = 5000  # events of conversations that are looked at, the newest
MOST_MESSAGES = 1000  # of what they wrote after the evidence; each is read
SMALL = frozenset({"a", "an", "and", "at", "for", "in", "my", "of", "on", "our", "the", "to", "your"})  # name nothing

_MESSAGES_AFTER = """WITH asked AS MATERIALIZED (
        SELECT pair.value, substr(pair.value, 21) AS user_id, e.seen, (
            SELECT time FROM concerns WHERE user_id = substr(pair.value, 21) AND family = 'message' AND time > e.seen
                AND seen <= :now AND type = 'message.received' ORDER BY time DESC LIMIT 1 OFFSET :skipped) AS edge
        FROM json_each(:pairs) AS pair CROSS JOIN events AS e
        ON e.seq = CAST(substr(pair.value, 1, 20) AS BIGINT))
    SELECT asked.value, c.time, m.data FROM asked CROSS JOIN concerns AS c ON c.user_id = asked.user_id
        CROSS JOIN events AS m ON m.seq = c.event WHERE c.family = 'message' AND c.time > asked.seen
        AND c.time >= coalesce(asked.edge, asked.seen) AND c.seen <= :now AND c.type = 'message.received'
    ORDER BY c.time DESC, c.event DESC"""
_CONVERSATIONS = """WITH asked AS MATERIALIZED (SELECT value, (
        SELECT time FROM concerns WHERE user_id = value AND family = 'conversation' AND seen <= :now
            ORDER BY time DESC LIMIT 1 OFFSET :skipped) AS edge FROM json_each(:users))
    SELECT c.user_id, c.type, c.entity, c.seen FROM asked CROSS JOIN concerns AS c ON c.user_id = asked.value
    WHERE c.family = 'conversation' AND c.seen <= :now
        AND c.time >= coalesce(asked.edge, :ever) ORDER BY c.time, c.event"""


def last_inbound(store: Store, found: Iterable[Found], *, now: int) -> dict[str, datetime]:
    """Return when each pair's customer last wrote, after the evidence, about what it is about; absent for never.

    A message names the entity where its text contains it or a value of its data equals it. One of which only the time
    is known counts as well (CONTRACT section 5), as does any message where the evidence names no entity; but a reminder
    without one is known by a message that names what it is about: days lie between, and they asked for it. Where there
    are more messages than are looked at, the oldest of those may be about it.
    """
    about = {one.pair: one for one in found}
    written: dict[str, list[Row]] = {}
    if about:
        for row in store.rows(_MESSAGES_AFTER, pairs=listed(about), now=now, skipped=MOST_MESSAGES - 1):
            written.setdefault(row[0], []).append(row)
    last = {pair: _last(rows[:MOST_MESSAGES], about[pair]) for pair, rows in written.items()}
    return {pair: instant(at) for pair, at in last.items() if at is not None}


def _last(newest_first: Sequence[Row], found: Found) -> int | None:
    """Return the time of the newest message that may be about it."""
    for _, time, text in newest_first:
        data = json.loads(text)
        if not data or _is_about(data, found):
            return int(time)
    return int(newest_first[-1][1]) if len(newest_first) >= MOST_MESSAGES else None


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


def conversations(store: Store, users: Iterable[str], *, now: int) -> dict[str, list[Row]]:
    """Return what happened last to each customer's conversations, in order: type, entity and time (microseconds).

    A customer without any is left out.
    """
    talks: dict[str, list[Row]] = {}
    for row in store.rows(_CONVERSATIONS, users=listed(users), now=now, skipped=MOST_TALKS - 1, ever=EVER):
        talks.setdefault(row[0], []).append(row[1:])
    return {user: rows[-MOST_TALKS:] for user, rows in talks.items()}


def conversing(store: Store, users: Iterable[str], *, now: int) -> set[str]:
    """Return of whom any conversation was opened, or may have been, and neither closed nor left."""
    return {user for user, talks in conversations(store, users, now=now).items() if any_open(talks) is not False}


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
