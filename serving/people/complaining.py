"""What people read of complaints and thanks: each with the message it is about; and occasions, to find who is annoyed.

Nothing here reads a ledger (`serving.ledger.complaining` does) or compares (`serving.analytics.causes` does).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from model.contracts import JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A message that went out, or was to: its decision, when that was made, and what it was."""

    decision_id: str
    at: datetime
    purpose: str
    channel: str
    template: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaction:
    """What a customer said back, a complaint or thanks: whose, when it counts from, and the message it named.

    `before` is, where it names none, the customer's last message of the fourteen days before it: it may be about that.
    """

    kind: str
    at: datetime
    user_id: str
    named: Told | None
    before: Told | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """One occasion: whose, when, whether they were contacted, with which P(contacted), and what followed so far.

    `complained` is any complaint within 14 days; `harmed` an opt-out or complaint that names the message itself.
    """

    customer: str
    at: datetime
    contacted: bool
    chance: float
    complained: bool
    harmed: bool
    purpose: str
    channel: str
    template: str | None
    timezone: str | None
    attributes: Mapping[str, JSON]
