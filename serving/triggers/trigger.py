"""What a trigger is once it was read and checked, and what deciding asks of all of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from model.contracts import JSON, NOTHING, Event
from serving.timetable import Visitor


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """One rule: on an event of this type, where its condition holds, this template may be said on this channel.

    `when` and `facts` are the expressions as written; `place` is file and line.
    """

    id: str
    on: str
    purpose: str
    template: str
    channel: str
    place: str
    when: str | None = None
    facts: Mapping[str, str] = field(default_factory=lambda: NOTHING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """A trigger that matched an event, with the facts that it takes from it."""

    trigger: Trigger
    facts: Mapping[str, JSON]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How often a trigger was looked at since the process began, and what came of it.

    `failed` counts those that met a missing or null name, or an error; `problem` is the last of these, in words.
    """

    trigger: Trigger
    matched: int
    unmatched: int
    failed: int
    problem: str | None = None


class Matcher(Protocol):
    """All triggers, by the type of event."""

    def on(self, event_type: str) -> Sequence[Trigger]:
        """Return the triggers on this type, in the order of the files."""
        ...

    def asks(self, event_type: str) -> bool:
        """Return whether any trigger on this type reads `session` or `customer`."""
        ...

    def matches(self, event: Event, visitor: Visitor, *, now: datetime) -> list[Matched]:
        """Return the triggers that match, in the order of the files."""
        ...

    def tallies(self) -> list[Tally]:
        """Return every trigger with its counts, in the order of the files."""
        ...
