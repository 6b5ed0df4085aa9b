"""Types of events as others spell them, and what to say of types that the contract does not know."""

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from types import MappingProxyType

from model.contracts import JSON
from serving.events.catalogue import TYPES

SHOWN = 20  # unknown types that one answer names
LONGEST_NAME = 64  # characters of a type that is compared with ours
ALIKE = 0.75
_BETWEEN = re.compile(r"[^a-z0-9]+")


def _letters(name: str) -> str:
    return _BETWEEN.sub("", name.lower())


BY_LETTERS: Mapping[str, str] = MappingProxyType({_letters(event_type): event_type for event_type in TYPES})
if len(BY_LETTERS) != len(TYPES):
    raise AssertionError("two types of events differ in their spelling only")


def type_of_name(name: str) -> str:
    """Return the type that a name means in any usual spelling of its words; any other name stays as it is.

    Example:
        >>> [type_of_name(name) for name in ("Shipment Delayed", "ConversationLeftUnresolved", "Order Completed")]
        ['shipment.delayed', 'conversation.left_unresolved', 'Order Completed']
    """
    return BY_LETTERS.get(_letters(name), name) if name.isascii() else name


def unknown_types(types: Iterable[tuple[int, str]]) -> list[dict[str, JSON]]:
    """Return, for each type that the contract does not know, its first index and what to do; at most 20.

    The type itself is not repeated. Nothing is wrong with it, unless it was meant to be another one.

    Example:
        >>> unknown_types([(0, "shipment.delayed"), (1, "shipment.delayd")])[0]["index"]
        1
    """
    first: dict[str, int] = {}
    for index, event_type in types:
        if event_type not in TYPES and event_type not in first:
            first[event_type] = index
            if len(first) == SHOWN:
                break
    return [{"index": index, "detail": _detail(event_type)} for event_type, index in first.items()]


def _detail(event_type: str) -> str:
    stored = "stored; no rule and no trigger reads this type"
    letters = _letters(event_type) if len(event_type) <= LONGEST_NAME else ""
    close = get_close_matches(letters, BY_LETTERS, n=1, cutoff=ALIKE)
    return f"{stored}; did you mean `{BY_LETTERS[close[0]]}`?" if close else stored
