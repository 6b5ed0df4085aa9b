"""The part of a SQLite transaction that counts what decisions came to."""

from datetime import datetime

from serving.ledger import tallying
from serving.ledger.store import Store


class SqliteTallies:
    """What `serving.people.looking` says of counts, on one store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def tallied(self, dim: str, start: datetime, end: datetime) -> list[tuple[str, str, int]]:
        """Return how many decisions there were from `start` until before `end`, by name and what, in order."""
        return tallying.tallied(self._store, dim, start, end)
