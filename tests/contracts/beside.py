"""A ledger beside a plain one (`tests.contracts.plain_ledger`): whatever one is told, the other is told as well."""

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

from hypothesis.stateful import RuleBasedStateMachine

from model.contracts import Candidate, Event, EvidenceRef, Message, Outcome, OutcomeKind, Shares
from serving.fakes import FakeScorer
from serving.loop.confirmer import Confirmer
from serving.loop.deciding import Decider, Question
from serving.models.in_use import InUse
from serving.policy.policy import Policy
from serving.policy_files.templates import load_policy
from serving.ports import Ledger, Transaction
from serving.schemas.answers import confirmation_bytes, decision_bytes
from tests.contracts.ledgers import NOW
from tests.contracts.plain_ledger import CAPS, PlainLedger
from tests.contracts.plain_ledger import Message as PlainMessage

PURPOSE = "delivery_update"
MESSAGES = {"shipment.delayed": ("parcel_delayed", "new_eta"), "shipment.failed": ("parcel_failed", "reason")}


@cache
def policy() -> Policy:
    """Return the shipped policy, read once."""
    return load_policy()


class Beside(RuleBasedStateMachine):
    """Both ledgers, and what is known outside of them: the clock, the answers given, the records as they were."""

    opening: Callable[[Path], Ledger]
    lasts: bool
    happened: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.ledger = type(self).opening(Path(self.folder.name))
        self.plain = PlainLedger()
        self.now = NOW
        self.made = 0
        self.ids: list[str] = []
        self.kept: dict[str, dict[str, Any]] = {}
        self.keys: dict[str, tuple[Question, bytes]] = {}
        given = {
            "policy": policy(),
            "models": InUse(scorer=FakeScorer()),
            "shares": Shares(),
            "clock": lambda: self.now,
        }
        self.decider = Decider(**given, new_id=self._new_id, encode=decision_bytes)
        self.confirmer = Confirmer(**given, encode=confirmation_bytes)

    def _new_id(self, at: datetime) -> str:
        del at
        self.made += 1
        return f"d-{self.made}"

    def teardown(self) -> None:
        """Close what is open."""
        self.happened["histories"] += 1
        self.ledger.close()
        self.folder.cleanup()

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Open a transaction."""
        with self.ledger.transaction() as tx:
            yield tx

    def question(self, name: str, channel: str, number: int) -> Question:
        """Return a question about one of the last events, whomever it is about."""
        event = self.plain.events[-1 - number % min(4, len(self.plain.events))]
        message = Message(template=MESSAGES[event.type][0], facts=event.data)
        return Question(
            candidate=Candidate(
                user_id=name,
                purpose=PURPOSE,
                channel=channel,
                message=message,
                evidence=EvidenceRef(type=event.type, id=event.id, source=event.source),
            )
        )

    def _identification(self, alias: str, user: str) -> Event:
        return Event(
            source="shop",
            id=f"{alias} is {user}",
            type="customer.identified",
            time=self.now,
            subject=user,
            data={"anonymous_id": alias},
        )

    def about(self, question: Question) -> Event:
        """Return the event that a question points to."""
        evidence = question.candidate.evidence
        return next(event for event in self.plain.events if evidence is not None and event.id == evidence.id)

    def _decided(self, question: Question, answer: dict[str, Any]) -> None:
        """Compare what was known with what the plain ledger knows, judge a send, then tell the plain ledger."""
        identity, about, asked = answer["decision_id"], self.about(question), question.candidate
        with self.transaction() as tx:
            record = tx.decision(identity)
        assert record is not None
        expected = self.plain.context(asked.user_id, asked.channel, PURPOSE, about, self.now)
        assert known_of(record["context"]) == expected
        essential = record["decided"]["essential"]
        self.happened[f"decided: {answer['action']}"] += 1
        if answer["action"] == "send":
            self._may_send(asked.user_id, asked.channel, about, essential=essential, without=None)
        message = PlainMessage(
            user=self.plain.who(asked.user_id),
            channel=asked.channel,
            purpose=PURPOSE,
            essential=essential,
            about=about,
            at=None,
            counts=False,
            decided_at=self.now,
        )
        self.plain.decided(identity, message, answer["action"])
        self.ids.append(identity)
        self.kept[identity] = record

    def _may_send(self, user: str, channel: str, about: Event, *, essential: bool, without: str | None) -> None:
        """No send over a cap, of a fact that was told, to somebody who opted out, or about somebody else."""
        times = self.plain.contacts(user, self.now, without=without)
        over = [(window, cap) for window, cap in CAPS[essential] if sum(self.now - at < window for at in times) >= cap]
        told = self.plain.is_told(user, about, self.now, without=without)
        theirs = self.plain.same(about.subject, user)
        assert (over, told, self.plain.opted_out(user, channel), theirs) == ([], False, False, True)

    def _reported(self, kind: str, time: datetime, *, decision: str | None = None, user: str | None = None) -> None:
        outcome = Outcome(kind=OutcomeKind(kind), time=time, decision_id=decision, user_id=user)
        with self.transaction() as tx:
            said = tx.add_outcome(outcome, recorded_at=self.now)
        self.happened[f"outcome: {said}"] += 1
        assert said == self.plain.reported(kind, time, self.now, decision=decision, user=user)


KNOWN = tuple(PlainLedger().context("u", "sms", PURPOSE, None, NOW))


def known_of(context: dict[str, Any]) -> dict[str, Any]:
    """Return what a record says was known, as values."""
    values = {name: context[name] for name in KNOWN}
    values["contacts"] = tuple(map(datetime.fromisoformat, values["contacts"]))
    for name in ("last_complaint_at", "dismissed_at"):
        values[name] = None if values[name] is None else datetime.fromisoformat(values[name])
    return values
