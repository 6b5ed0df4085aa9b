"""Columns and limits that write down what is read of them: how a filter's support is found."""

from dataclasses import fields
from typing import Any

from serving.policy.columns import Columns
from serving.policy.limits import Limits
from serving.verify.classes import FREE

COLUMNS = frozenset(field.name for field in fields(Columns)) - FREE
LIMITS = frozenset(field.name for field in fields(Limits))


class WatchedColumns(Columns):
    """The same columns; `seen` collects the names that were read, through whatever method."""

    seen: set[str]

    def __getattribute__(self, name: str) -> Any:
        if name in COLUMNS and name != "readable":  # `rows` measures it; the engine alone judges it
            object.__getattribute__(self, "seen").add(name)
        return object.__getattribute__(self, name)


class WatchedLimits(Limits):
    """The same limits; `seen` collects the names that were read."""

    seen: set[str]

    def __getattribute__(self, name: str) -> Any:
        if name in LIMITS:
            object.__getattribute__(self, "seen").add(name)
        return object.__getattribute__(self, name)


def watched(c: Columns, seen: set[str]) -> WatchedColumns:
    """Return the columns under watch; what is read is added to `seen`."""
    copy = WatchedColumns(*[getattr(c, field.name) for field in fields(Columns)])
    object.__setattr__(copy, "seen", seen)  # frozen
    return copy


def watched_limits(limits: Limits, seen: set[str]) -> WatchedLimits:
    """Return the limits under watch; what is read is added to `seen`."""
    copy = WatchedLimits(**{field.name: getattr(limits, field.name) for field in fields(Limits)})
    object.__setattr__(copy, "seen", seen)  # frozen
    return copy
