"""What a customer asked for: an earlier request or order of the thing, and where a reminder is to go.

A request names a thing under the entity's own key (`item`) or its plural; for an item `product` and `sku` do as well.
What stands there is its name, or an object with `id` or `name` (beside a key that names the thing, `id` only counts the
lines). `order`, `request` and `lines` are looked into. Nothing else names a thing: no quantity, price or text.
"""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime

from model.contracts import JSON
from serving.ledger.events import WHOLE_FAMILY, Found
from serving.ledger.instants import micros
from serving.ledger.store import Store
from serving.policy.facts import family

REMINDER = "reminder.requested"
ASKING = frozenset({"requested", "ordered", "reserved"})  # last words of an event type by which a customer asks
ASKING_FAMILIES = frozenset({"request", "order"})
TAKEN_BACK = frozenset({"cancelled", "canceled", "returned", "refunded", "withdrawn"})  # words of a type: asks no more
SAME_KIND: Mapping[str, tuple[str, ...]] = {"item": ("product", "sku")}
INSIDE = frozenset({"order", "request", "lines"})

MOST = 1000  # events of requests and orders that are looked at, the newest; one before them was not made

_REQUESTS = """SELECT newest.type, newest.entity, e.data, (newest.time, newest.event) < (:time, :event)
    FROM (SELECT type, entity, time, event FROM concerns
        WHERE user_id = :user AND family IN ('request', 'order', 'item', 'reminder') AND seen <= :now
        ORDER BY time DESC, event DESC LIMIT :most) AS newest JOIN events AS e ON e.seq = newest.event
    ORDER BY newest.time, newest.event"""


def earlier_request(store: Store, found: Found, *, user_id: str, now: datetime) -> bool:
    """Return whether this customer asked for or ordered, before the evidence, the very thing that it is about.

    Looking at a page about it, or an earlier notice that it is available, is not asking. What was taken back until now
    was not asked for; an event that takes back and names nothing does so for its whole family.
    """
    if found.entity == WHOLE_FAMILY:
        return False
    asked: set[str] = set()  # the families by which it was, and that were not taken back
    rows = store.rows(_REQUESTS, user=user_id, time=found.time, event=found.seq, now=micros(now), most=MOST)
    for kind, entity, text, earlier in rows:
        back = is_taken_back(kind)
        if not back and not (earlier and is_asking(kind)):
            continue
        things = set(things_named(json.loads(text), found.entity.partition(":")[0]))
        if entity == found.entity or found.entity.partition(":")[2] in things:
            asked = set() if back else asked | {family(kind)}
        elif back and not things:
            asked.discard(family(kind))
    return bool(asked)


def things_named(data: JSON, kind: str) -> Iterator[str]:
    """Yield the name of every thing of this kind (`item`, `parcel`) that an event's data names.

    Example:
        >>> list(things_named({"quantity": 2, "items": ["lamp", {"id": 7, "price": 3}]}, "item"))
        ['lamp', '7']
    """
    singular = (kind, *SAME_KIND.get(kind, ()))
    return _named(data, frozenset(singular) | {f"{key}s" for key in singular})


def _named(data: JSON, keys: frozenset[str]) -> Iterator[str]:
    """Yield what stands under one of the keys, and inside of what holds such keys."""
    for key, part in data.items() if isinstance(data, dict) else ():
        for one in part if isinstance(part, list) else [part]:
            if key in keys:
                yield from _names_of(one, keys)
            elif key in INSIDE:
                yield from _named(one, keys)


def _names_of(thing: JSON, keys: frozenset[str]) -> Iterator[str]:
    """Yield the names of one thing: a text or a number, or those of an object."""
    said = [thing]
    if isinstance(thing, dict):
        yield from _named(thing, keys)
        said = [thing.get("name"), thing.get("id") if keys.isdisjoint(thing) else None]
    yield from (str(one) for one in said if isinstance(one, str | int | float) and not isinstance(one, bool))


def is_asking(kind: str) -> bool:
    """Return whether an event of this type is a customer's own request or order.

    Example:
        >>> [is_asking(kind) for kind in ("order.placed", "item.requested", "item.available", "order.cancelled")]
        [True, True, False, False]
    """
    asks = family(kind) in ASKING_FAMILIES or kind.rsplit(".", 1)[-1] in ASKING
    return asks and not is_taken_back(kind)


def is_taken_back(kind: str) -> bool:
    """Return whether an event of this type says that a request or order no longer stands.

    Example:
        >>> [is_taken_back(kind) for kind in ("order.cancelled", "order.item_returned", "order.placed")]
        [True, True, False]
    """
    return not TAKEN_BACK.isdisjoint(re.split(r"[._-]", kind))


def requested_channels(found: Found) -> frozenset[str]:
    """Return the channels that a reminder was asked for on: `data.channels`, or `data.channel`."""
    if found.event.type != REMINDER:
        return frozenset()
    data = found.event.data
    stated = data.get("channel") if data.get("channels") is None else data["channels"]
    listed = stated if isinstance(stated, list) else [stated]
    return frozenset(name for name in listed if isinstance(name, str))
