"""Identifications for the contract tests: customer `u`, who was `a` before anybody knew."""

from datetime import datetime
from typing import Any

from model.contracts import Event
from serving.ports import Transaction
from tests.contracts.ledgers import NOW, event, record


def identified(identity: str = "i-1", *, subject: str | None = "u", time: datetime = NOW, **data: Any) -> Event:
    """Describe an identification; `data` is what it says."""
    return event("customer.identified", identity, time=time, subject=subject, data=data)


def identify(
    tx: Transaction, anonymous_id: object = "a", subject: str | None = "u", *, time: datetime = NOW, **data: Any
) -> None:
    """Record that `anonymous_id` is `subject`, under an id of its own."""
    named = f"{anonymous_id}/{subject}/{time.isoformat()}/{sorted(data)}"
    record(tx, identified(named, subject=subject, time=time, anonymous_id=anonymous_id, **data))
