"""The part of a transaction that forgets: one customer on demand, and what is old."""

from datetime import datetime

from serving.forgetting import Erased
from serving.ledger import erasure, people, retention
from serving.ledger.store import Store


class SqliteForgetting:
    """What `serving.forgetting.Forgetting` says, on one store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def erase(self, user_id: str, *, at: datetime) -> Erased | None:
        """Erase a customer; None where nothing is known of them."""
        return erasure.erase(self._store, user_id, at=at)

    def retain(self, *, before: datetime, now: datetime, most: int) -> int:
        """Take the content from what is older; return how many decisions and events that were."""
        return retention.retain(self._store, before=before, now=now, most=most)

    def forget_answers(self, *, now: datetime) -> None:
        """Drop the answers that no `Idempotency-Key` can ask for any more, and what else is over."""
        people.forget_answers(self._store, now=now)
        retention.tidy(self._store, now=now)
