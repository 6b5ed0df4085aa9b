"""The part of a SQLite transaction that is about wordings: what people approved, and what they answered."""

from serving.ledger import approvals
from serving.ledger.store import Store
from serving.ports import Approval
from serving.reviewing import Review


class SqliteReviews:
    """Approvals as `serving.ports.Transaction` says, reviews as `serving.reviewing.Reviews` says, on one store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def approve(self, approval: Approval) -> None:
        """Record that a digest was approved; one that is approved already keeps that approval."""
        approvals.approve(self._store, approval)

    def approval(self, digest: str) -> Approval | None:
        """Return the newest approval of a digest, withdrawn or not, or None."""
        return approvals.approval(self._store, digest)

    def approvals(self, *, limit: int) -> list[Approval]:
        """List the approvals, withdrawn ones included, the newest first."""
        return approvals.approvals(self._store, limit=limit)

    def review(self, review: Review) -> bool:
        """Record a review and what follows from it; return whether its digest is approved now."""
        return approvals.review(self._store, review)

    def approved_as(self, what: str) -> list[str]:
        """List the digests that are approved as `what`, the first approved first."""
        return approvals.approved_as(self._store, what)

    def reviews(self, *, limit: int) -> list[Review]:
        """List the reviews, the newest first."""
        return approvals.reviews(self._store, limit=limit)

    def review_of(self, digest: str) -> Review | None:
        """Return the newest review of these very words, or None."""
        return approvals.review_of(self._store, digest)
