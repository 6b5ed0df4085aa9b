"""Decisions that are about to be acted on, and what is said of them."""

from datetime import datetime, timedelta
from typing import Any

from model.contracts import Action, Candidate, Context
from serving.confirming import Confirmable, Confirmation, Confirmed
from serving.ports import Transaction
from serving.standing import Assignment
from tests.contracts.ledgers import NOW, candidate, ruling

HOURS = timedelta(hours=1)
HELD, CANCELLED = Action.HOLD, Action.DENY


def confirmation(identity: str, action: Confirmed, *, at: datetime = NOW, expires: float | None = 2) -> Confirmation:
    """Describe what was said; it stands for so many hours."""
    return Confirmation(
        decision_id=identity,
        action=action,
        at=at,
        expires_at=None if expires is None else at + expires * HOURS,
        answer=f'{{"action":"{action}","for":"{identity}"}}'.encode(),
    )


def confirm(
    tx: Transaction,
    identity: str,
    action: Action = Action.SEND,
    *,
    at: datetime = NOW,
    expires: float | None = 2,
    to: Candidate | None = None,
    assignment: Assignment | None = None,
    **given: Any,
) -> Confirmation:
    """Record that a decision was decided again, with this end."""
    told = confirmation(identity, Confirmed.of(action), at=at, expires=expires)
    ruled = ruling(identity, at=at, action=action, assignment=assignment, **given)
    tx.add_confirmation(told, (to or candidate(), Context(), ruled))
    return told


def hold(tx: Transaction, identity: str, *, at: datetime = NOW, to: Candidate | None = None, **given: Any) -> None:
    """Record a decision that was held."""
    tx.add_decision(to or candidate(), Context(), ruling(identity, at=at, action=HELD, **given))


def known(tx: Transaction, identity: str) -> Confirmable:
    """Read what is on record of a decision, which must be there."""
    found = tx.confirmable(identity)
    assert found is not None
    return found
