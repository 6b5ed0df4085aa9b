"""The part of a SQLite transaction that is about people and wordings: approved, answered, done, and what waits."""

from datetime import datetime

from model.contracts import JSON
from serving.ledger import approvals
from serving.ledger.doings import doings
from serving.ledger.exporting import between
from serving.ledger.held_texts import held_for
from serving.ledger.instants import micros
from serving.ledger.marketing import marketing
from serving.ledger.store import Store
from serving.people.acts import Act
from serving.people.refused import Refused
from serving.ports import Approval
from serving.reviewing import HeldFor, Review


class SqliteReviews:
    """Approvals as `serving.ports.Transaction` says, reviews as `serving.reviewing.Reviews` says, one store."""

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

    def held_for(self, *, since: datetime, most: int) -> list[HeldFor]:
        """Return for whom each free text was held since then: those asked for last first."""
        return held_for(self._store, since=since, most=most)

    def marketing(self, *, since: datetime, most: int) -> list[Refused]:
        """Return the newest `most` messages that were refused as marketing since then, the newest first."""
        return marketing(self._store, since=since, most=most)

    def doings(self, *, since: datetime | None, until: datetime | None, sign_ins: bool = True) -> list[Act]:
        """Return what people did from `since` until before `until`, the newest first; who came and went, if wanted."""
        return doings(self._store, since=since, until=until, sign_ins=sign_ins)

    def between(
        self, start: datetime, end: datetime, *, after: tuple[int, int] | None, limit: int
    ) -> tuple[list[dict[str, JSON]], tuple[int, int] | None]:
        """Return records decided from `start` until before `end`, in order of time, after a cursor; and the next."""
        return between(self._store, (micros(start), micros(end)), after=after, limit=limit)
