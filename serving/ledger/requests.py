"""What a customer asked for: an earlier request or order of the thing, and where a reminder is to go.

A request names a thing under the entity's own key (`item`) or its plural; for an item `product` and `sku` do as well.
What stands there is its name, or an object with `id` or `name` (beside a key that names the thing, `id` only counts the
lines). `order`, `request` and `lines` are looked into. Nothing else names a thing: no quantity, price or text.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping

from model.contracts import JSON, Event
from serving.ledger.events import WHOLE_FAMILY
from serving.ledger.evidence import Found
from serving.ledger.instants import EVER
from serving.ledger.lists import listed
from serving.ledger.store import Row, Store
from serving.policy.facts import family

REMINDER = "reminder.requested"
ASKING = frozenset({"requested", "ordered", "reserved"})  # last words of an event type by which a customer asks
ASKING_FAMILIES = frozenset({"request", "order"})
TAKEN_BACK = frozenset({"cancelled", "canceled", "returned", "refunded", "withdrawn"})  # words of a type: asks no more
SAME_KIND: Mapping[str, tuple[str, ...]] = {"item": ("product", "sku")}
INSIDE = frozenset({"order", "request", "lines"})

MOST = 1000  # events of requests and orders that are looked at, the newest; one before them was not made

_REQUESTS = """WITH asked AS MATERIALIZED (
        SELECT pair.value, substr(pair.value, 21) AS user_id, e.time, e.seq, (
            SELECT time FROM concerns WHERE user_id = substr(pair.value, 21) AND seen <= :now
                AND family IN ('request', 'order', 'item', 'reminder')
                ORDER BY time DESC, event DESC LIMIT 1 OFFSET :skipped) AS edge
        FROM json_each(:pairs) AS pair CROSS JOIN events AS e
        ON e.seq = CAST(substr(pair.value, 1, 20) AS BIGINT))
    SELECT asked.value, c.type, c.entity, r.data, (c.time, c.event) < (asked.time, asked.seq)
    FROM asked CROSS JOIN concerns AS c ON c.user_id = asked.user_id CROSS JOIN events AS r ON r.seq = c.event
    WHERE c.family IN ('request', 'order', 'item', 'reminder') AND c.seen <= :now
        AND c.time >= coalesce(asked.edge, :ever) ORDER BY c.time, c.event"""


def earlier_requests(store: Store, found: Iterable[Found], *, now: int) -> set[str]:
    """Return the pairs whose customer asked for or ordered, before the evidence, the very thing that it is about.

    Looking at a page about it, or an earlier notice that it is available, is not asking. What was taken back until now
    was not asked for; an event that takes back and names nothing does so for its whole family.
    """
    about = {one.pair: one for one in found if one.entity != WHOLE_FAMILY}
    said: dict[str, list[Row]] = {}
    if about:
        for row in store.rows(_REQUESTS, pairs=listed(about), now=now, skipped=MOST - 1, ever=EVER):
            said.setdefault(row[0], []).append(row)
    return {pair for pair, rows in said.items() if _is_asked_for(about[pair].entity, rows[-MOST:])}


def _is_asked_for(about: str, rows: Iterable[Row]) -> bool:
    """Return whether these events, in order, leave this entity asked for."""
    kind_of_thing, _, name = about.partition(":")
    asked: set[str] = set()  # the families by which it was, and that were not taken back
    for _, kind, entity, text, earlier in rows:
        back = is_taken_back(kind)
        if not back and not (earlier and is_asking(kind)):
            continue
        things = set(things_named(json.loads(text), kind_of_thing))
        if entity == about or name in things:
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


def requested_channels(event: Event) -> frozenset[str]:
    """Return the channels that a reminder was asked for on: `data.channels`, or `data.channel`."""
    if event.type != REMINDER:
        return frozenset()
    data = event.data
    stated = data.get("channel") if data.get("channels") is None else data["channels"]
    listed = stated if isinstance(stated, list) else [stated]
    return frozenset(name for name in listed if isinstance(name, str))
