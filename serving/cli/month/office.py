"""Where the month's work is done: the ledger and what decides in it, by a clock that the month turns.

A shift is one transaction: nobody waits for what a past day answers, so a day is made durable at its end.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

import orjson

from model.contracts import Action, Outcome, Shares
from serving.confirming import Confirmed
from serving.feeding.feed import Turned
from serving.loop.confirmer import Confirmer
from serving.loop.deciding import Decider, Question
from serving.models.in_use import InUse
from serving.policy.policy import Policy
from serving.ports import Ledger, Scorer, Transaction
from serving.schemas.answers import confirmation_bytes, decision_bytes
from serving.system import id_of

SOME = 64  # held decisions that are looked at together


@dataclass(slots=True)
class Numbered:
    """Ids that look like those of the API, and are the same each time: they follow from the clock and how many came."""

    made: int = 0

    def __call__(self, at: datetime) -> str:
        """Return the next id."""
        self.made += 1
        return id_of(at, int.from_bytes(hashlib.sha256(b"month %d" % self.made).digest()))


@dataclass(slots=True, kw_only=True)
class Office:
    """What the company runs. `sent` says when each decision went out, at once or after a hold."""

    ledger: Ledger
    policy: Policy
    models: InUse
    clock: Turned
    decider: Decider
    confirmer: Confirmer
    sent: dict[str, datetime] = field(default_factory=dict)
    _shift: ExitStack = field(default_factory=ExitStack)
    _tx: Transaction | None = None

    @classmethod
    def opened(cls, ledger: Ledger, policy: Policy) -> Self:
        """Compose what decides, as the API does; nothing is in charge yet."""
        models, clock, shares = InUse(), Turned(), Shares()
        return cls(
            ledger=ledger,
            policy=policy,
            models=models,
            clock=clock,
            decider=Decider(
                policy=policy, models=models, shares=shares, clock=clock, new_id=Numbered(), encode=decision_bytes
            ),
            confirmer=Confirmer(policy=policy, models=models, shares=shares, clock=clock, encode=confirmation_bytes),
        )

    def put_in_charge(self, scorer: Scorer | None) -> None:
        """Let a model decide from here on."""
        self.models.scorer = scorer

    @property
    def tx(self) -> Transaction:
        """The transaction of the shift that goes on."""
        assert self._tx is not None  # noqa: S101  (all work is done within a shift)
        return self._tx

    @contextmanager
    def shift(self) -> Iterator[None]:
        """Work in one transaction while the block runs."""
        with self._shift:
            self._tx = self._shift.enter_context(self.ledger.transaction())
            yield

    @contextmanager
    def apart(self) -> Iterator[None]:
        """Interrupt the shift for work that has transactions of its own; what was done until here is durable."""
        self._shift.close()
        yield
        self._tx = self._shift.enter_context(self.ledger.transaction())

    def go_on(self, at: datetime, outcomes: Iterable[Outcome] = ()) -> None:
        """Let time pass: what was held is asked about again when it is due, and what was reported is recorded."""
        while (due := self.tx.next_due()) is not None and due <= at:
            self.clock.turn(due)
            for name in self.tx.due(now=due, limit=SOME):
                said = self.confirmer.confirm(self.ledger, self.tx, name, asked=due)
                if said is not None and said.action is Confirmed.SEND:
                    self.sent[name] = due
        self.clock.turn(at)
        for outcome in outcomes:
            self.tx.add_outcome(outcome, recorded_at=at)

    def ask(self, questions: Sequence[Question]) -> list[dict[str, Any]]:
        """Decide as the API does; return its answers."""
        answers = [orjson.loads(each.body) for each in self.decider.answer(self.ledger, self.tx, questions)]
        now = self.clock()
        self.sent |= {each["decision_id"]: now for each in answers if each["action"] == Action.SEND}
        return answers


Act = tuple[datetime, Callable[[Office], None]]  # what is done in it, and when
