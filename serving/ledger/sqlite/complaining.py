"""The part of a SQLite transaction that is about complaints: which came in, and whom contact annoys."""

from collections.abc import Sequence
from datetime import datetime

from model.contracts import OutcomeKind
from serving.ledger import complaining
from serving.ledger.store import Store
from serving.people.complaining import Reaction, Watched


class SqliteComplaining:
    """What `serving.people.looking.Looking` reads of complaints, on one store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def reactions(self, kinds: Sequence[OutcomeKind], *, limit: int) -> list[Reaction]:
        """Return the newest outcomes of these kinds with what they are about, the newest first."""
        return complaining.reactions(self._store, kinds, limit=limit)

    def watched_occasions(self, *, now: datetime, limit: int) -> list[Watched]:
        """Return the newest occasions that were to be contacted but for chance, and whose 14 days are over."""
        return complaining.watched_occasions(self._store, now=now, limit=limit)

    def drawn_occasions(self, *, watch: str, limit: int) -> list[Watched]:
        """Return the newest occasions drawn under the certificate or experiment of this key, contacted or not."""
        return complaining.drawn_occasions(self._store, watch=watch, limit=limit)
