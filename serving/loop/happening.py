"""From events to decisions, inside one transaction of the decide loop (CONTRACT sections 4 and 7).

The events of a request are recorded first, all of them; then the triggers are asked about each that is new, and what
matched is decided together. So a decision knows everything that came with its event, and a second report of the same
event decides nothing.

Incidents may list their customers. The first of a request are decided at once, and so is every subject; the others wait
for their turn, and a send to one of them is an offer, for nobody waits for an answer.

What could have gone elsewhere as well, and goes to a page, has `FOUND` to be asked for there. If no page did, it was
not delivered, and its customer has a turn: it is decided anew, for anywhere but a page. One is told, never both. So it
is with what a page asked for and then could not show, whenever it says so.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from model.contracts import JSON, Action, Candidate, Channel, Event, EvidenceRef, Message, Outcome, OutcomeKind
from model.errors import InvalidInput
from serving.loop.deciding import Decider, waves
from serving.loop.unasked import Offering, is_for_a_page, offer
from serving.policy.facts import LISTED, family, unlisted
from serving.ports import Clock, Decided, Ledger, Transaction
from serving.record.record import read_record
from serving.timetable import Match, OnPage, Visitor
from serving.triggers.trigger import Matched, Matcher
from serving.verdicts import RANKED_ELSEWHERE

FOUND = timedelta(minutes=2)  # a page that is looked at asks every 20 seconds
AT_ONCE = 100  # customers who are listed by the incidents of one request, and decided within it


@dataclass(slots=True)
class Happened:
    """What became of the events of one request.

    `fresh` says of each whether it is new. `decided` are the matches with their decisions, in order; `waiting` counts
    the customers whose turn comes later.
    """

    fresh: list[bool]
    decided: list[tuple[Candidate, Decided]] = field(default_factory=list)
    waiting: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Happenings:
    """What turning events into decisions needs. `offering` writes the body of an offer."""

    matcher: Matcher
    decider: Decider
    clock: Clock
    offering: Offering

    def take(
        self, ledger: Ledger, transaction: Transaction, events: Sequence[Event], *, offered: bool = False
    ) -> Happened:
        """Record the events of one request, in order, and decide what they match.

        Where nobody reads an answer all that may be sent is `offered`, and `decided` is empty.
        """
        now = self.clock()
        happened = Happened([transaction.add_event(event, recorded_at=now) for event in events])
        candidates: list[Candidate] = []
        left = AT_ONCE
        for event, fresh in zip(events, happened.fresh, strict=True):
            if fresh and self.matcher.on(event.type):
                subject, listed = concerned(event)
                first, later = listed[:left], listed[left:]
                left -= len(first)
                for user in dict.fromkeys(map(transaction.customer, [*subject, *first])):
                    candidates += self._candidates(transaction, event, user, now)
                if later:
                    happened.waiting += transaction.add_matches(_reference(event), later, at=now)
        decided = self.decider.together(ledger, transaction, candidates, now=now) if candidates else []
        happened.decided = list(zip(candidates, decided, strict=True))
        _unless_found(transaction, happened.decided, now)
        if offered:
            for candidate, one in happened.decided:
                offer(transaction, candidate, one.decision, self.offering)
            happened.decided = []
        return happened

    def decide_waiting(self, ledger: Ledger, transaction: Transaction, limit: int) -> int:
        """Decide the matches that wait longest, at most so many, and offer what is to be sent; return how many.

        Each is an occasion of its own: a customer's next one is asked about when what was decided before counts.
        """
        now = self.clock()
        waiting = transaction.take_matches(now=now, limit=limit)
        for wave in waves(waiting, lambda match: {match.user_id}):
            candidates = [one for match in wave for one in self._of_match(transaction, match, now)]
            decided = self.decider.together(ledger, transaction, candidates, now=now)
            pairs = list(zip(candidates, decided, strict=True))
            _unless_found(transaction, pairs, now)
            for candidate, one in pairs:
                offer(transaction, candidate, one.decision, self.offering)
        return len(waiting)

    def _candidates(self, transaction: Transaction, event: Event, user: str, now: datetime) -> list[Candidate]:
        """Return a candidate for every trigger that matches the event as it concerns this customer."""
        asks = self.matcher.asks(event.type)
        visitor = transaction.visitor(event, user_id=user, now=now) if asks else Visitor()
        own = Event(
            source=event.source,
            id=event.id,
            type=event.type,
            time=event.time,
            subject=None if event.subject is None else user,
            data=unlisted(event.data),
        )
        found = self.matcher.matches(own, visitor, now=now)
        attributes = transaction.attributes(user) if found else {}
        elsewhere = own.data.get("session") is None and any(_asks_for_a_page(one) for one in found)
        page = transaction.open_page(user, now=now) if elsewhere else None
        return [_candidate(one, own, user, attributes, page) for one in found]

    def _of_match(self, transaction: Transaction, match: Match, now: datetime) -> list[Candidate]:
        """Return what a waiting match is for now: nothing, where no trigger matches any more, or a page has taken it.

        What a page was to show, and did not ask for, was not delivered: it is for anywhere else.
        """
        event = transaction.event(match.event, user_id=match.user_id, now=now)
        found = [] if event is None else self._candidates(transaction, event, match.user_id, now)
        pages = event is not None and any(one.channel == Channel.WIDGET for one in self.matcher.on(event.type))
        told = transaction.told_on_page(match.event, match.user_id, now=now) if found and pages else {}
        if not told:
            return found
        elsewhere = [one for one in found if one.channel != Channel.WIDGET]
        if not elsewhere or OnPage.TAKEN in told.values():
            return []
        for decision_id in (name for name, state in told.items() if state is OnPage.WAITING):
            outcome = Outcome(kind=OutcomeKind.NOT_DELIVERED, time=now, decision_id=decision_id)
            transaction.add_outcome(outcome, recorded_at=now)
        return elsewhere


def concerned(event: Event) -> tuple[list[str], list[str]]:
    """Return each id that an event is about once: its subject, if it has one, and whom else an incident lists."""
    subject = [event.subject] if event.subject else []
    listed: JSON = event.data.get(LISTED) if family(event.type) == "incident" else None
    names = dict.fromkeys(name for name in listed if isinstance(name, str)) if isinstance(listed, list) else ()
    return subject, [name for name in names if name and name not in subject]


def not_shown(transaction: Transaction, decision_id: str, *, now: datetime) -> None:
    """Give the customer a turn elsewhere where a page had this decision, and then said that it was not delivered.

    Not before the turn that they may have anyway: it is the same one then. What was denied gives none: no page had it.
    """
    known = transaction.confirmable(decision_id)
    if known is None or known.reserved or known.action is Action.DENY:
        return
    asked = read_record(known.record)
    one, decision = asked.candidate, asked.decided.decision
    if one.matched is None or one.evidence is None or not is_for_a_page(transaction, one, decision):
        return
    at = max(now, decision.decided_at + FOUND)
    with suppress(InvalidInput):  # its event is on record no more
        transaction.add_matches(one.evidence, [transaction.owner(one.user_id)], at=at)


def _reference(event: Event) -> EvidenceRef:
    return EvidenceRef(type=event.type, id=event.id, source=event.source)


def _unless_found(transaction: Transaction, decided: Sequence[tuple[Candidate, Decided]], now: datetime) -> None:
    """Give those a turn whose message went to a page alone, though another one of the same could have gone."""
    behind = {
        (one.user_id, one.evidence)
        for one, said in decided
        if [no.code for no in said.decision.reasons] == [RANKED_ELSEWHERE]
    }
    for one, said in decided if behind else ():
        if one.evidence is None or (one.user_id, one.evidence) not in behind or not said.decision.trigger:
            continue
        if is_for_a_page(transaction, one, said.decision):
            transaction.add_matches(one.evidence, [one.user_id], at=now + FOUND)


def _asks_for_a_page(matched: Matched) -> bool:
    return matched.trigger.channel == Channel.WIDGET


def _candidate(matched: Matched, event: Event, user: str, attributes: JSON, page: str | None) -> Candidate:
    """Return what is asked about; for a widget, where the event names no session, in that of the customer's `page`."""
    trigger, session = matched.trigger, event.data.get("session")
    if session is None and _asks_for_a_page(matched):
        session = page
    return Candidate(
        user_id=user,
        purpose=trigger.purpose,
        channel=trigger.channel,
        message=Message(template=trigger.template, facts=matched.facts),
        evidence=_reference(event),
        attributes=attributes,
        session_id=session if isinstance(session, str) else None,
        matched=trigger.id,
    )
