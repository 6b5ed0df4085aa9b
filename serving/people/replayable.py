"""What deciding the past again reads of a ledger."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Protocol

from serving.analytics.occasions import Occasions
from serving.policy.tightening import Recorded
from serving.record.readings import Readings


class Replayable(Recorded, Protocol):
    """A ledger whose past decisions can be read."""

    def extent(
        self, *, since: datetime | None, until: datetime | None, newest: int | None = None
    ) -> tuple[int, int] | None:
        """Return the least and the greatest number of the decisions from `since` until before `until`; None: none.

        Of their `newest` so many alone, where it is given. Others may stand between them, decided by another clock.
        """
        ...

    def readings(self, first: int, last: int) -> Iterator[Readings]:
        """Yield what was read of the decisions numbered from `first` to `last`, page by page, in order of number."""
        ...

    def unread(self, first: int, last: int) -> tuple[list[int], list[int]]:
        """Return which of these decisions have no reading: those with a record to read instead, and those without."""
        ...

    def records_of(self, numbers: Sequence[int]) -> Iterator[tuple[int, str]]:
        """Yield the records of these decisions, as text, with their numbers, in any order; none that was emptied."""
        ...

    def drawn_later(self, numbers: Sequence[int]) -> Iterator[tuple[int, str]]:
        """Yield what was recorded as those of these decisions were confirmed that chance drew only then."""
        ...

    def effect_rows(self, *, start: datetime, end: datetime, as_of: datetime) -> Occasions:
        """Return the occasions of decisions in [start, end), and which windows had closed at `as_of`."""
        ...
