"""The part of a SQLite transaction that is about replaying what was decided."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from serving.ledger import readings
from serving.ledger.store import Store
from serving.record.readings import Readings


class SqliteReplaying:
    """What `serving.people.replayable.Replayable` says, on one store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def extent(
        self, *, since: datetime | None, until: datetime | None, newest: int | None = None
    ) -> tuple[int, int] | None:
        """Return the least and the greatest number of the decisions of a period, or of the newest of them."""
        return readings.extent(self._store, since=since, until=until, newest=newest)

    def readings(self, first: int, last: int) -> Iterator[Readings]:
        """Yield what was read of the decisions numbered from `first` to `last`, page by page."""
        return readings.readings(self._store, first, last)

    def unread(self, first: int, last: int) -> tuple[list[int], list[int]]:
        """Return which of these decisions have no reading: those with a record to read instead, and those without."""
        return readings.unread(self._store, first, last)

    def records_of(self, numbers: Sequence[int]) -> Iterator[tuple[int, str]]:
        """Yield the records of these decisions with their numbers, in any order."""
        return readings.records_of(self._store, numbers)

    def drawn_later(self, numbers: Sequence[int]) -> Iterator[tuple[int, str]]:
        """Yield the confirmations with which these decisions were drawn, in any order."""
        return readings.drawn_later(self._store, numbers)
