"""Forgetting, as a value and as a port: erasure of one customer, retention for all; `serving.ports.Transaction` has it.

What protects a customer is never forgotten: opt-outs, complaints, dismissals, consent that was taken back, and the
contacts that the caps count. After an erasure it stays under a pseudonym, the keyed hash of their id.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """How many decisions, events and outcomes lost their content or went, and had not before."""

    decisions: int
    events: int
    outcomes: int


class Forgetting(Protocol):
    """What a ledger forgets."""

    def erase(self, user_id: str, *, at: datetime) -> Erased | None:
        """Erase the customer that this id stands for, under all their ids; None where nothing is known of them."""
        ...

    def retain(self, *, before: datetime, now: datetime, most: int) -> int:
        """Take the content from at most so many decisions and events each that are older; return how many there were.

        In their order, and on from where any process stopped.
        """
        ...

    def forget_answers(self, *, now: datetime) -> None:
        """Drop the answers that no `Idempotency-Key` can ask for any more."""
        ...
