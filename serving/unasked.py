"""What nobody waits for an answer about: where it may be sent, it is offered, in the transaction that decided it."""

from collections.abc import Callable

from model.contracts import Candidate, Decision
from serving.timetable import Timetable

Offering = Callable[[Candidate, Decision], bytes]  # writes the body of an offer


def offer(transaction: Timetable, candidate: Candidate, decision: Decision, offering: Offering) -> None:
    """Offer a decision where it is a send, from when it was made until it expires."""
    if decision.trigger:
        body = offering(candidate, decision)
        transaction.add_offer(decision.decision_id, body, at=decision.decided_at, expires_at=decision.expires_at)
