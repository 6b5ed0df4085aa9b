"""What is on record about one customer, for those who answer for it: as values and as a port.

`serving.people.looking.Looking` has all of it: it is read beside the writer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from model.contracts import JSON, NOTHING
from serving.embargo import Recent


class Happened(StrEnum):
    """What kind of thing happened; of one instant, in the order in which one follows from the other."""

    KNOWN_AS = "known_as"  # another id turned out to be theirs
    EVENT = "event"
    PREFERENCES = "preferences"
    DECISION = "decision"
    CONFIRMATION = "confirmation"
    OUTCOME = "outcome"


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One thing that happened to a customer, and `what` of it is on record.

    known_as       the `id`
    event          `type`, `source`, `id`, `data`
    preferences    `timezone` and `consent` as stated; `whole`: what is not named is taken back
    decision       the record as it was made
    confirmation   the answer as it was given, its decision's id, purpose and channel, and whether somebody `asked`
    outcome        `kind`, `time`, `recorded_at`, `channel`, and the `decision_id` that it was reported with
    """

    at: datetime
    kind: Happened
    what: Mapping[str, JSON]


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """How a customer stands now, by the id that they have now.

    `ids` are all under which something came in, their own first. `contacts` counts what the caps count: sends of 60
    minutes, 24 hours and 7 days. `opted_out` names channels; None among them: every channel.
    """

    id: str
    ids: tuple[str, ...]
    timezone: str | None = None
    consent: Mapping[str, bool] = field(default_factory=dict)
    attributes: Mapping[str, JSON] = field(default_factory=lambda: NOTHING)
    opted_out: frozenset[str | None] = frozenset()
    complaint_open: bool = False
    conversation_open: bool = False
    contacts: tuple[int, int, int] = (0, 0, 0)
    recent: Recent = field(default_factory=Recent)


@dataclass(frozen=True, slots=True, kw_only=True)
class Complained:
    """A customer who complained, when, and about which decision, where that was said."""

    id: str
    at: datetime
    decision_id: str | None


class Stories(Protocol):
    """What is read about one customer at a time; nothing of strangers, and nothing of the erased from before."""

    def person(self, user_id: str, *, now: datetime) -> Person | None:
        """Return how the customer stands for whom this id stands; None where nothing is on record of them."""
        ...

    def happenings(self, user_id: str, *, skip: int, limit: int) -> list[Happening]:
        """Return what happened to this customer, the newest first, after the first `skip`."""
        ...

    def decided_about(self, user_id: str, *, limit: int) -> list[dict[str, JSON]]:
        """Return the newest decisions about this customer with what followed, the newest first."""
        ...

    def outcomes_about(self, user_id: str, *, limit: int) -> list[dict[str, JSON]]:
        """Return the newest outcomes of this customer, by decision or not, the newest first."""
        ...

    def complaining(self, *, limit: int) -> Sequence[Complained]:
        """Return who complained last, each customer once, among the newest outcomes on record."""
        ...

    def ids_like(self, beginning: str, *, limit: int) -> list[str]:
        """Return ids of customers about whom something was decided that begin like this, in their order."""
        ...
