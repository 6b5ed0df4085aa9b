"""The part of a SQLite transaction that is about complaints: which came in, and whom contact annoys."""

from datetime import datetime

from serving.complaining import Complaint, Watched
from serving.ledger import complaining
from serving.ledger.store import Store


class SqliteComplaining:
    """What `serving.looking.Looking` reads of complaints, on one store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def complaints(self, *, limit: int) -> list[Complaint]:
        """Return the newest complaints and opt-outs, the newest first."""
        return complaining.complaints(self._store, limit=limit)

    def watched_occasions(self, *, now: datetime, limit: int) -> list[Watched]:
        """Return the newest occasions that were to be contacted but for chance, and whose 14 days are over."""
        return complaining.watched_occasions(self._store, now=now, limit=limit)
