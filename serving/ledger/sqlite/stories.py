"""The part of a SQLite transaction that is about one customer, and that leafs through decisions."""

from datetime import datetime

from model.contracts import JSON
from serving.ledger import leafing, stories
from serving.ledger.store import Store
from serving.people.leafing import Leaf, Sought
from serving.people.stories import Complained, Happening, Person


class SqliteStories:
    """What `serving.people.stories.Stories` and `serving.people.leafing.Leafing` say, on one store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def person(self, user_id: str, *, now: datetime) -> Person | None:
        """Return how a customer stands, or None."""
        return stories.person(self._store, user_id, now=now)

    def happenings(self, user_id: str, *, skip: int, limit: int) -> list[Happening]:
        """Return what happened to a customer, the newest first."""
        return stories.happenings(self._store, user_id, skip=skip, limit=limit)

    def decided_about(self, user_id: str, *, limit: int) -> list[dict[str, JSON]]:
        """Return the newest decisions about a customer with what followed, the newest first."""
        return stories.decided_about(self._store, user_id, limit=limit)

    def outcomes_about(self, user_id: str, *, limit: int) -> list[dict[str, JSON]]:
        """Return the newest outcomes of a customer, the newest first."""
        return stories.outcomes_about(self._store, user_id, limit=limit)

    def complaining(self, *, limit: int) -> list[Complained]:
        """Return who complained last, each once."""
        return stories.complaining(self._store, limit=limit)

    def ids_like(self, beginning: str, *, limit: int) -> list[str]:
        """Return customers' ids that begin like this."""
        return stories.ids_like(self._store, beginning, limit=limit)

    def leaf(self, sought: Sought, *, after: str | None, limit: int) -> Leaf:
        """Return a page of decisions, the newest first."""
        return leafing.leaf(self._store, sought, after=after, limit=limit)
