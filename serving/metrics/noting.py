"""A transaction that remembers what is to be counted, and how long its parts took; what is undone is not counted."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from time import perf_counter
from typing import Any

from model.contracts import Candidate, Context, Event, Outcome
from serving.confirming import Confirmation
from serving.loop.witness import Witness
from serving.metrics.catalogue import EVENTS, OUTCOMES, Metric
from serving.ports import Decided, Transaction


class Noting(Witness):
    """A witness that counts events and outcomes too; `reading` and `keeping` are the seconds that those took."""

    def __init__(self, transaction: Transaction) -> None:
        super().__init__(transaction)
        self.noted: list[tuple[Metric, str, str] | tuple[Metric, str]] = []
        self.reading = self.keeping = 0.0

    @contextmanager
    def savepoint(self, *, keep: bool = True) -> Iterator[None]:
        """Nest a part; what is undone is not counted."""
        before, stays = len(self.noted), False
        try:
            with super().savepoint(keep=keep):
                yield
            stays = keep
        finally:
            if not stays:
                del self.noted[before:]

    def contexts(self, candidates: Sequence[Candidate], **more: Any) -> list[Context]:
        """Return what is known of these candidates' customers."""
        began = perf_counter()
        try:
            return self._transaction.contexts(candidates, **more)
        finally:
            self.reading += perf_counter() - began

    def add_decisions(
        self, rows: Sequence[tuple[Candidate, Context, Decided]], *, present: datetime | None = None
    ) -> None:
        """Append decisions."""
        began = perf_counter()
        super().add_decisions(rows, present=present)
        self.keeping += perf_counter() - began

    def add_confirmation(self, confirmation: Confirmation, ruled: tuple[Candidate, Context, Decided] | None) -> None:
        """Append what was said of a decision once more."""
        began = perf_counter()
        super().add_confirmation(confirmation, ruled)
        self.keeping += perf_counter() - began

    def add_event(self, event: Event, *, recorded_at: datetime) -> bool:
        """Record an event."""
        fresh = self._transaction.add_event(event, recorded_at=recorded_at)
        self.noted.append((EVENTS, "accepted" if fresh else "duplicate"))
        return fresh

    def add_outcome(self, outcome: Outcome, *, recorded_at: datetime) -> str:
        """Record an outcome."""
        result = self._transaction.add_outcome(outcome, recorded_at=recorded_at)
        self.noted.append((OUTCOMES, outcome.kind.value, result))
        return result
