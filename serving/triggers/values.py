"""The values that an expression may see: no nulls, of the catalogue's kind, bounded.

What cannot be shown is left out, and what meets it does not match: null, of another kind than the catalogue says, not
finite, larger than 64 bits, text that is no Unicode, a text of more than 2,048 characters, more than 100 values.
"""

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from model.contracts import JSON
from serving.events.catalogue import Kind

LONGEST = 100  # values and names in a list or an object
TEXT = 2048  # characters in one text,
CHARACTERS = 8192  # in all texts of a list or an object
LEVELS = 16
WHOLE = range(-(1 << 63), 1 << 63)
_KINDS: Mapping[Kind, tuple[Any, ...]] = {
    Kind.TEXT: (str,),
    Kind.FACT: (str, int, float),
    Kind.NUMBER: (int, float),
    Kind.SECONDS: (int, float),
    Kind.COUNT: (int,),
    Kind.TRUTH: (bool,),
    Kind.TIME: (str, datetime),
    Kind.TEXTS: (list, tuple),
    Kind.OBJECT: (Mapping,),
}


class Unfit(ValueError):  # noqa: N818  (says what the value is)
    """A value that no expression may see, in words that do not repeat it."""


class Budget:
    """How much of a value may still be looked at."""

    def __init__(self) -> None:
        self.values, self.characters = LONGEST + 1, CHARACTERS  # the list itself is one more

    def spend(self, characters: int) -> None:
        """Count one value. Raises Unfit where there are too many."""
        self.values -= 1
        self.characters -= characters
        if self.values < 0 or self.characters < 0:
            raise Unfit(f"is more than {LONGEST} values or {CHARACTERS} characters")


def plain(value: JSON, budget: Budget | None = None, levels: int = LEVELS) -> JSON:
    """Return a value without its nulls; None for a null and for a list that holds one. Raises Unfit."""
    if isinstance(value, str):
        return _text(value, budget)
    if value is None or isinstance(value, bool | int | float):
        if budget is not None:
            budget.spend(0)
        return value if value is None or isinstance(value, bool) else _number(value)
    if not levels or not isinstance(value, list | tuple | Mapping):
        raise Unfit("is nested too deeply, or no JSON")
    budget = Budget() if budget is None else budget
    budget.spend(0)
    if isinstance(value, Mapping):
        cleaned = {_text(str(name), budget): plain(part, budget, levels - 1) for name, part in value.items()}
        return {name: part for name, part in cleaned.items() if part is not None}
    parts = [plain(part, budget, levels - 1) for part in value]
    return None if any(part is None for part in parts) else parts


def of_kind(value: JSON, kind: Kind, *, data: bool) -> JSON:
    """Return a value of the catalogue as the library may see it: numbers as doubles, counts whole.

    A time in an event's data stays the text that it is; elsewhere it is an instant. Raises Unfit.
    """
    if isinstance(value, bool) != (kind is Kind.TRUTH) or not isinstance(value, _KINDS[kind]):
        raise Unfit(f"is not of its kind ({kind})")
    if kind in {Kind.NUMBER, Kind.SECONDS}:
        number = _finite(value)
        if kind is Kind.SECONDS and number < 0:
            raise Unfit("is less than 0")
        return number
    if kind is Kind.TIME and not data:
        return _instant(value)
    cleaned = plain(value)
    if kind is Kind.TEXTS and cleaned is not None and not all(isinstance(part, str) for part in cleaned):
        raise Unfit("is not a list of texts")
    return cleaned


def _instant(value: str | datetime) -> datetime:
    try:
        time = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        raise Unfit("is not a time") from None
    if time.tzinfo is None:
        raise Unfit("is a time without an offset")
    return time


def _text(value: str, budget: Budget | None) -> str:
    if len(value) > TEXT:
        raise Unfit(f"is longer than {TEXT} characters, or holds such a text")
    if budget is not None:
        budget.spend(len(value))
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise Unfit("is no Unicode text") from None
    return value


def _number(value: float) -> float:
    if isinstance(value, int):
        if value not in WHOLE:
            raise Unfit("is larger than 64 bits")
        return value
    return _finite(value)


def _finite(value: float) -> float:
    try:
        number = float(value)
    except OverflowError:
        raise Unfit("is too large a number") from None
    if not math.isfinite(number):
        raise Unfit("is not a finite number")
    return number
