"""A transaction that remembers what was decided in it, in order; what is undone is forgotten."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from model.contracts import JSON, NOTHING, Candidate, Context, Decision
from serving.confirming import Confirmation, Confirmed
from serving.ports import Decided, Transaction


@dataclass(frozen=True, slots=True)
class Told:
    """One decision; `again`: what was held was decided once more, as a confirmation is.

    `features` are what the model read; none where it was not asked.
    """

    candidate: Candidate
    decision: Decision
    again: bool = False
    features: Mapping[str, JSON] = field(default_factory=lambda: NOTHING)

    @property
    def action(self) -> str:
        """What was decided, in the word of an answer, or of a confirmation."""
        action = self.decision.action
        return Confirmed.of(action).value if self.again else action.value


class Witness:
    """Hands everything on to a transaction; `told` are the decisions that are recorded in it."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self.told: list[Told] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transaction, name)

    @property
    def transaction(self) -> Transaction:
        """Itself, as what it stands for."""
        return cast("Transaction", self)

    @contextmanager
    def savepoint(self, *, keep: bool = True) -> Iterator[None]:
        """Nest a part; what is undone was not told."""
        before, stays = len(self.told), False
        try:
            with self._transaction.savepoint(keep=keep):
                yield
            stays = keep
        finally:
            if not stays:
                del self.told[before:]

    def add_decision(
        self, candidate: Candidate, context: Context, decided: Decided, *, present: datetime | None = None
    ) -> None:
        """Append a decision."""
        self.add_decisions([(candidate, context, decided)], present=present)

    def add_decisions(
        self, rows: Sequence[tuple[Candidate, Context, Decided]], *, present: datetime | None = None
    ) -> None:
        """Append decisions."""
        self._transaction.add_decisions(rows, present=present)
        self.told += [Told(candidate, decided.decision, features=decided.features) for candidate, _, decided in rows]

    def add_confirmation(self, confirmation: Confirmation, ruled: tuple[Candidate, Context, Decided] | None) -> None:
        """Append what was said of a decision once more."""
        self._transaction.add_confirmation(confirmation, ruled)
        if ruled is not None:
            self.told.append(Told(ruled[0], ruled[2].decision, again=True, features=ruled[2].features))
