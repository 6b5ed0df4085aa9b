"""From events to decisions, inside one transaction of the decide loop (CONTRACT sections 4 and 7).

The events of a request are recorded first, all of them; then the triggers are asked about each that is new, and what
matched is decided together. So a decision knows everything that came with its event, and a second report of the same
event decides nothing.

An incident may list its customers. The first of them are decided at once; the others wait for their turn, and a send to
one of them is an offer, for nobody waits for an answer.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from model.contracts import JSON, Candidate, Decision, Event, EvidenceRef, Message
from serving.deciding import Decider, Question, waves
from serving.policy.facts import family
from serving.ports import Clock, Decided, Ledger, Transaction
from serving.timetable import Match, Visitor
from serving.triggers.trigger import Matched, Matcher

AT_ONCE = 100  # customers of one incident who are decided within its request
LISTED = "affected"  # the key of an incident's data that lists its customers
Offering = Callable[[Candidate, Decision], bytes]


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

    def take(self, ledger: Ledger, transaction: Transaction, events: Sequence[Event]) -> Happened:
        """Record the events of one request, in order, and decide what they match."""
        now = self.clock()
        happened = Happened([transaction.add_event(event, recorded_at=now) for event in events])
        candidates: list[Candidate] = []
        for event, fresh in zip(events, happened.fresh, strict=True):
            if fresh and self.matcher.on(event.type):
                concerned = _concerned(event)
                for user in dict.fromkeys(map(transaction.customer, islice(concerned, AT_ONCE))):
                    candidates += self._candidates(transaction, event, user, now)
                happened.waiting += self._let_wait(transaction, event, list(concerned))
        decided = self.decider.together(ledger, transaction, candidates, now=now) if candidates else []
        happened.decided = list(zip(candidates, decided, strict=True))
        return happened

    def decide_waiting(self, ledger: Ledger, transaction: Transaction, limit: int) -> int:
        """Decide the matches that wait longest, at most so many, and offer what is to be sent; return how many."""
        now = self.clock()
        waiting = transaction.take_matches(now=now, limit=limit)
        candidates = [one for match in waiting for one in self._of_match(transaction, match, now)]
        for wave in waves([Question(candidate=candidate) for candidate in candidates]):
            asked = [question.candidate for question in wave]
            for candidate, decided in zip(
                asked, self.decider.together(ledger, transaction, asked, now=now), strict=True
            ):
                self._offer(transaction, candidate, decided)
        return len(waiting)

    def _candidates(
        self, transaction: Transaction, event: Event, user: str, now: datetime, only: str | None = None
    ) -> list[Candidate]:
        """Return a candidate for every trigger that matches the event as it concerns this customer."""
        asks = self.matcher.asks(event.type)
        visitor = transaction.visitor(event, user_id=user, now=now) if asks else Visitor()
        own = Event(
            source=event.source,
            id=event.id,
            type=event.type,
            time=event.time,
            subject=None if event.subject is None else user,
            data={name: part for name, part in event.data.items() if name != LISTED},
        )
        found = self.matcher.matches(own, visitor, now=now, only=only)
        attributes = transaction.attributes(user) if found else {}
        return [_candidate(one, own, user, attributes) for one in found]

    def _of_match(self, transaction: Transaction, match: Match, now: datetime) -> list[Candidate]:
        """Return what a waiting match is for now: nothing, where its trigger is gone or does not match any more."""
        user = transaction.customer(match.user_id)
        event = transaction.event(match.event, user_id=user, now=now)
        return [] if event is None else self._candidates(transaction, event, user, now, only=match.matched)

    def _let_wait(self, transaction: Transaction, event: Event, users: Sequence[str]) -> int:
        reference = _reference(event)
        for trigger in self.matcher.on(event.type) if users else ():
            transaction.add_matches(reference, trigger.id, users)
        return len(users)

    def _offer(self, transaction: Transaction, candidate: Candidate, decided: Decided) -> None:
        decision = decided.decision
        if decision.trigger:
            body = self.offering(candidate, decision)
            transaction.add_offer(decision.decision_id, body, at=decision.decided_at, expires_at=decision.expires_at)


def _concerned(event: Event) -> Iterator[str]:
    """Return each id that an event is about once: its subject, and whom an incident lists."""
    listed: JSON = event.data.get(LISTED) if family(event.type) == "incident" else None
    names = [event.subject, *(listed if isinstance(listed, list) else ())]
    return iter(dict.fromkeys(name for name in names if isinstance(name, str) and name))


def _reference(event: Event) -> EvidenceRef:
    return EvidenceRef(type=event.type, id=event.id, source=event.source)


def _candidate(matched: Matched, event: Event, user: str, attributes: JSON) -> Candidate:
    trigger, session = matched.trigger, event.data.get("session")
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
