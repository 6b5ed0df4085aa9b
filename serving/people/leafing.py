"""Leafing through decisions, the newest first: what is sought, and one page of it; as values and as a port."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from model.contracts import JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """Which decisions are sought: None leaves a condition out.

    `word` is the last word on a decision (send, hold, deny); `reason` one of those that it ever gave. What was decided
    at `until` itself is left out.
    """

    word: str | None = None
    reason: str | None = None
    purpose: str | None = None
    channel: str | None = None
    template: str | None = None
    user: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Leafed:
    """One decision on a page: when it was made, the last word on it, and its record.

    `confirmations` are the later answers about it, the oldest first.
    """

    at: datetime
    word: str
    record: Mapping[str, JSON]
    confirmations: Sequence[Mapping[str, JSON]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """A page, and the cursor of the next one; None: there is none.

    A page may be short, or empty, and not the last: no more than so many decisions are looked at for one; `looked_to`
    is then how far back that went.
    """

    found: Sequence[Leafed]
    next_cursor: str | None
    looked_to: datetime | None = None


class Leafing(Protocol):
    """What leafs through decisions."""

    def leaf(self, sought: Sought, *, after: str | None, limit: int) -> Leaf:
        """Return a page of decisions in order of time, the newest first, from a cursor on.

        Raises `InvalidInput` for what is no cursor.
        """
        ...
