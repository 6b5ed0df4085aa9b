"""The part of a SQLite transaction that is about limits that people tightened."""

from serving.ledger import tightenings
from serving.ledger.store import Store
from serving.policy.tightening import Tightening


class SqliteTightening:
    """What `serving.policy.tightening.Tightenings` says, on one store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add_tightening(self, tightening: Tightening) -> None:
        """Record one; it counts from the next decision on."""
        tightenings.add_tightening(self._store, tightening)

    def tightenings(self, *, limit: int) -> list[Tightening]:
        """Return the newest ones, the newest first."""
        return tightenings.tightenings(self._store, limit=limit)
