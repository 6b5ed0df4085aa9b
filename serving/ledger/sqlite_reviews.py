"""The part of a SQLite transaction that `serving.reviewing` describes: what people answered about wordings."""

from serving.ledger import approvals
from serving.ledger.store import Store
from serving.reviewing import Review


class SqliteReviews:
    """What `serving.reviewing.Reviews` says, on one store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def review(self, review: Review) -> bool:
        """Record a review and what follows from it; return whether its digest is approved now."""
        return approvals.review(self._store, review)

    def reviews(self, *, limit: int) -> list[Review]:
        """List the reviews, the newest first."""
        return approvals.reviews(self._store, limit=limit)

    def review_of(self, digest: str) -> Review | None:
        """Return the newest review of these very words, or None."""
        return approvals.review_of(self._store, digest)
