"""What nobody waits for an answer about: where it may be sent, it is offered, in the transaction that decided it.

What is to be shown in a session of our own widget is no offer, for nobody else could show it: its page hears of it with
the next answer (`serving.routes.widget`).
"""

from collections.abc import Callable

from model.contracts import Candidate, Channel, Decision
from serving.timetable import Timetable

Offering = Callable[[Candidate, Decision], bytes]  # writes the body of an offer


def offer(transaction: Timetable, candidate: Candidate, decision: Decision, offering: Offering) -> None:
    """Offer a decision where it is a send, from when it was made until it expires; unless a page of ours shows it."""
    if decision.trigger and not is_for_a_page(transaction, candidate, decision):
        body = offering(candidate, decision)
        transaction.add_offer(decision.decision_id, body, at=decision.decided_at, expires_at=decision.expires_at)


def is_for_a_page(transaction: Timetable, candidate: Candidate, decision: Decision) -> bool:
    """Return whether a decision is about what is shown in a session of our own widget."""
    if candidate.channel != Channel.WIDGET or candidate.session_id is None:
        return False
    return transaction.is_page(candidate.session_id, now=decision.decided_at)
