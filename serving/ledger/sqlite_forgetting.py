"""The part of a transaction that forgets: one customer on demand, and what is old."""

from datetime import datetime

from serving.forgetting import Cursor, Erased
from serving.ledger import erasure, retention
from serving.ledger.store import Store


class SqliteForgetting:
    """What `serving.forgetting.Forgetting` says, on one store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def erase(self, user_id: str, *, at: datetime) -> Erased | None:
        """Erase a customer; None where nothing is known of them."""
        return erasure.erase(self._store, user_id, at=at)

    def retain(self, after: Cursor, *, before: datetime, most: int) -> Cursor:
        """Take the content from what comes after the cursor and is older; return the next cursor."""
        return retention.retain(self._store, after, before=before, most=most)
