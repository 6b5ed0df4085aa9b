"""What a message is about: family, entity and fact key of an event (CONTRACT section 5, "Evidence").

The ledger uses the same functions for superseding and `already_told`: one rule, one place.
"""

import hashlib
import json
import math
from collections.abc import Mapping
from functools import lru_cache
from json.encoder import c_make_encoder, encode_basestring  # type: ignore[attr-defined]  # not listed in the stubs

from model.contracts import JSON, Event

ENTITY_KEYS = ("parcel", "appointment", "incident", "request", "item", "conversation", "subject")
LISTED = "affected"  # the key of an incident's data that lists its customers
NOT_FACTS = frozenset({LISTED, "session"})  # who and where, not what happened
PAGES = frozenset({"page", "exit"})  # families of which only the page ties a text to the event
DIGESTED_FROM = 1000  # bytes
LONGEST_FACT = 160  # characters; longer is prose, not a fact
_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False, default=dict)

# What `_ENCODER` makes anew for each value, made once; it looks for no circles, which no JSON has (RecursionError).
_PARTS = c_make_encoder and c_make_encoder(None, dict, encode_basestring, None, ":", ",", True, False, False)


def canonical(value: JSON) -> bytes:
    """Encode a JSON value in one way only: sorted keys, no spaces, UTF-8. Raises ValueError on NaN."""
    text = _ENCODER.encode(value) if _PARTS is None or isinstance(value, str) else "".join(_PARTS(value, 0))
    return text.encode("utf-8", "surrogatepass")


@lru_cache(maxsize=1024)
def family(event_type: str) -> str:
    """Return the type before its first dot.

    Example:
        >>> family("shipment.delayed")
        'shipment'
    """
    return event_type.partition(".")[0]


def entity(event: Event) -> str:
    """Return what the event is about: `kind:value`, the event itself for `account.*`, else the whole family."""
    if family(event.type) == "account":
        return f"event:{canonical([event.source, event.id]).decode('utf-8', 'replace')}"
    for key in ENTITY_KEYS:
        value = event.data.get(key)
        if value is not None and value != "":
            return f"{key}:{value if isinstance(value, str) else canonical(value).decode('utf-8', 'replace')}"
    return f"family:{family(event.type)}"


def unlisted(data: Mapping[str, JSON]) -> dict[str, JSON]:
    """Leave out whom an incident lists: of them a record shows each only themselves.

    Example:
        >>> unlisted({"incident": "I-3", "affected": ["u-1", "u-2"]})
        {'incident': 'I-3'}
    """
    return {name: part for name, part in data.items() if name != LISTED}


def fact_of(event: Event) -> bytes:
    """Return the fact, whoever it is told to: type, entity and sorted data; `(source, id)` for `account.*`.

    The event's own id is left out elsewhere: the same fact reported twice is one fact. A long one (an incident lists
    its customers) is returned as its SHA-256. Raises ValueError on NaN in the data.
    """
    if family(event.type) == "account":
        canonical(event.data)  # raises here as well: what is no JSON proves nothing
        fact = canonical([event.type, event.source, event.id])
    else:
        fact = canonical([event.type, entity(event), event.data])
    return fact if len(fact) <= DIGESTED_FROM else hashlib.sha256(fact).hexdigest().encode()


def key_of(user_id: str, fact: bytes) -> str:
    """Return the fact key of one customer: the SHA-256 (hex) of the user and the fact."""
    user = user_id.encode("utf-8", "surrogatepass")
    return hashlib.sha256(b"%d:%b%b" % (len(user), user, fact)).hexdigest()


def fact_key(user_id: str, event: Event) -> str:
    """Return what `already_told` compares: user, type, entity and data of the event, as one hexadecimal digest."""
    return key_of(user_id, fact_of(event))


def shown(value: JSON) -> str | None:
    """Return a fact as it is written in a text, or None where it is not a fact (null, boolean, list, prose)."""
    if isinstance(value, str):
        text = value.strip()
        return text if text and len(text) <= LONGEST_FACT and text.isprintable() else None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return str(int(value)) if value == int(value) else repr(value)


def same(stated: JSON, recorded: JSON) -> bool:
    """Whether a fact in the message is the one on record: equal as JSON, or written the same."""
    if type(stated) is type(recorded) and stated == recorded:
        return True
    text = shown(stated)
    return text is not None and text == shown(recorded)


def differ(stated: Mapping[str, JSON], recorded: Mapping[str, JSON]) -> bool:
    """Whether the message says another value than the record under the same name."""
    return any(key in recorded and not same(value, recorded[key]) for key, value in stated.items())


def grounds(event: Event) -> Mapping[str, JSON]:
    """Return the facts of which a text about this event says at least one: its data; of a visit to a page, the page."""
    if family(event.type) not in PAGES:
        return event.data
    return {"page": event.data["page"]} if "page" in event.data else {}


def uses_any(text: str, data: Mapping[str, JSON]) -> bool:
    """Whether the text says at least one of the facts in `data`, as a word of its own (case does not matter)."""
    for key, value in data.items():
        if key in NOT_FACTS:
            continue
        if isinstance(value, Mapping):
            if uses_any(text, value):
                return True
            continue
        fact = tying(value)
        if fact is not None and says(text, fact):
            return True
    return False


def tying(value: JSON) -> str | None:
    """Return a fact as it ties a text that says it to its evidence; None for what does not: a letter is in any text.

    Example:
        >>> [tying(value) for value in ("A-7", "B", 7, True)]
        ['A-7', None, '7', None]
    """
    fact = shown(value)
    return fact if fact is not None and (len(fact) > 1 or fact.isdigit()) else None


def says(text: str, fact: str) -> bool:
    """Whether the fact stands in the text as a word (or words) of its own, in any case.

    Example:
        >>> says("Where is a-7?", "A-7"), says("order 170", "17")
        (True, False)
    """
    text, fact = text.casefold(), fact.casefold()
    place = text.find(fact) if fact else -1
    while place >= 0:
        end = place + len(fact)
        if not text[place - 1 : place].isalnum() and not text[end : end + 1].isalnum():
            return True
        place = text.find(fact, place + 1)
    return False
