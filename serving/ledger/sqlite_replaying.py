"""The part of a SQLite transaction that is about replaying what was decided."""

from collections.abc import Collection, Iterator
from datetime import datetime

from model.contracts import JSON
from serving.ledger import replayable
from serving.ledger.store import Store
from serving.standing import Occasion


class SqliteReplaying:
    """What `serving.what_if.Replayable` says, on one store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def newest_records(
        self, *, since: datetime | None, until: datetime | None, count: int
    ) -> Iterator[tuple[list[dict[str, JSON]], tuple[int, int]]]:
        """Yield at most so many records of a period, the newest first, in pages."""
        return replayable.newest_records(self._store, since=since, until=until, count=count)

    def occasions_between(self, first: int, last: int, ids: Collection[str]) -> Iterator[Occasion]:
        """Yield the occasions of decisions numbered from `first` to `last`, of those with these ids."""
        return replayable.occasions_between(self._store, first, last, ids)
