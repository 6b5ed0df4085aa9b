"""The part of a SQLite transaction that the effect of contact is estimated from."""

from datetime import datetime

from serving.analytics.occasions import Occasions
from serving.ledger.effect_rows import effect_rows
from serving.ledger.store import Store


class SqliteEffects:
    """What `serving.people.looking.Looking` says of occasions, on one store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def effect_rows(self, *, start: datetime, end: datetime, as_of: datetime) -> Occasions:
        """Return the occasions of decisions in [start, end), and which windows had closed at `as_of`."""
        return effect_rows(self._store, start=start, end=end, as_of=as_of)
