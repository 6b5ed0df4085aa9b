"""What the exactness scripts ask: many messages for few customers, the same facts again and again.

A customer's facts are born on a grid of time: a parcel that is late every six hours, an appointment that moves every
hour. Whoever asks within its life asks about the same fact, each time with evidence under another id.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from serving.ports import Ledger, Preferences

CHANNELS = ("sms", "chat", "email", "push", "whatsapp")
ESSENTIAL_SHARE = 0.5
HOT = 6  # customers who are asked about at the same time
SWITCH = 400  # requests until it is others' turn


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A purpose with its template, and how often a customer has something new of it; `lives` such steps."""

    purpose: str
    evidence: str
    template: str
    entity: str
    fact: str
    every: timedelta
    lives: int


LATE = Kind(
    purpose="delivery_update",
    evidence="shipment.delayed",
    template="parcel_delayed",
    entity="parcel",
    fact="new_eta",
    every=timedelta(hours=6),
    lives=3,
)
MOVED = Kind(
    purpose="appointment_update",
    evidence="appointment.changed",
    template="appointment_changed",
    entity="appointment",
    fact="starts_at",
    every=timedelta(hours=1),
    lives=24,
)


def welcome(ledger: Ledger, customers: int, *, at: datetime) -> None:
    """Let customers agree to every channel."""
    told = Preferences(timezone="UTC", consent=dict.fromkeys(CHANNELS, True))
    with ledger.transaction() as transaction:
        for number in range(customers):
            transaction.set_preferences(f"u-{number}", told, at=at)


class Traffic:
    """Makes request bodies, one after the other, from a seed."""

    def __init__(self, customers: int, *, seed: int) -> None:
        self._chance = np.random.default_rng(seed)
        self._customers = customers
        self._made = 0

    def chance(self) -> float:
        """Draw a number between 0 and 1."""
        return float(self._chance.random())

    def question(self, now: datetime) -> dict[str, Any]:
        """Make the next candidate, as of now, with its evidence inline."""
        self._made += 1
        first = self._made // SWITCH * HOT
        user = f"u-{(first + int(self._chance.integers(HOT))) % self._customers}"
        kind = MOVED if self.chance() < ESSENTIAL_SHARE else LATE
        step = (now - timedelta(minutes=1)).timestamp() // kind.every.total_seconds() - self._chance.integers(
            kind.lives
        )
        born = datetime.fromtimestamp(step * kind.every.total_seconds(), now.tzinfo)
        facts = {kind.entity: f"{user[2:]}-{step:.0f}", kind.fact: f"{born:%d %B, %H:%M}"}
        return {
            "user": {"id": user},
            "purpose": kind.purpose,
            "channel": CHANNELS[self._chance.integers(len(CHANNELS))],
            "evidence": {"type": kind.evidence, "id": f"ev-{self._made}", "time": born.isoformat(), "data": facts},
            "message": {"template": kind.template, "facts": facts},
        }


def as_bytes(body: object) -> bytes:
    """Write a body."""
    return json.dumps(body, separators=(",", ":")).encode()
