"""What a visit may say and hear of: what is not its own is refused, or is as if it were not there."""

import json
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from model.contracts import JSON, Candidate, Event
from serving.access.widgets import Visit, shown
from serving.confirming import Confirmable
from serving.errors import NO_DECISION, Fault, Forbidden, Invalid, NotFound, Problem
from serving.offers.offering import about
from serving.ports import Transaction
from serving.record.record import read_record
from serving.routes.event_bodies import event_of
from serving.schemas.answers import decision_values, json_bytes

KNOWN: Final = "is a customer by now; have the session signed for them, or draw another visitor's id"
DATA_BYTES: Final = 1024
LONG: Final = f"must be at most {DATA_BYTES} bytes of JSON"
NOT_ITS_OWN: Final = "this is not for this widget's session to say; see `errors`"


def not_its_own(wrong: tuple[str, str]) -> Forbidden:
    """Return the refusal of one element that a visit may not report."""
    return Forbidden(NOT_ITS_OWN, errors=[Fault(*wrong)])


def event_in(visit: Visit, value: JSON, now: datetime) -> Event:
    """Return one value of a body as an event of this visit; a source that is left out is its own."""
    event = event_of({"source": visit.source, **value} if isinstance(value, dict) else value, now)
    wrong = visit.wrong_event(event)
    if wrong is not None:
        raise not_its_own(wrong)
    if len(json_bytes(dict(event.data))) > DATA_BYTES:
        raise Invalid("a widget's events say little; see `errors`", errors=[Fault("#/data", LONG)])
    return replace(event, data={**event.data, "session": visit.recorded})


def not_theirs(transaction: Transaction, visit: Visit, events: Mapping[int, Event]) -> dict[int, Problem]:
    """Return those of the events, by index, that dismiss what is not this visit's own, or speak for a customer."""
    found: dict[int, Problem] = {}
    for index, event in events.items():
        dismissed = event.data.get("decision_id")
        if not visit.speaks_for(event.subject, transaction.customer):
            found[index] = not_its_own(("#/subject", KNOWN))
        elif dismissed is not None and not is_theirs(transaction, visit, str(dismissed)):
            found[index] = NotFound(NO_DECISION)
    return found


def is_theirs(transaction: Transaction, visit: Visit, decision_id: str) -> bool:
    """Return whether a decision is this visit's own; one that is not, and one that is not there, look the same."""
    return _own(transaction, visit, decision_id) is not None


def waiting_for(transaction: Transaction, visit: Visit, *, heard: Collection[str], now: datetime) -> list[JSON]:
    """Return what else is to be shown in a visit's session, decided before or elsewhere, as the page may hear it.

    `heard` are the ids that the answer lists already. To be heard of changes nothing: who shows it confirms it first.
    """
    found: list[JSON] = []
    for decision_id in transaction.waiting_in(visit.recorded):
        known = None if decision_id in heard else _own(transaction, visit, decision_id)
        if known is not None:
            candidate, answer, ends = _said_last(known)
            if ends is not None and now < ends:
                found.append(shown(visit, answer | about(candidate), user=visit.user or candidate.user_id))
    return found


def _own(transaction: Transaction, visit: Visit, decision_id: str) -> Confirmable | None:
    known = transaction.confirmable(decision_id)
    return known if known is not None and visit.owns(known.record, transaction.customer, transaction.owner) else None


def _said_last(known: Confirmable) -> tuple[Candidate, dict[str, JSON], datetime | None]:
    """Return what a decision on record is about, what was said of it last, and until when that holds."""
    read = read_record(known.record)
    if known.last is None:
        decision = read.decided.decision
        return read.candidate, decision_values(decision), decision.expires_at
    answer: dict[str, JSON] = json.loads(known.last.answer)
    return read.candidate, answer, known.last.expires_at
