"""What people approved and reviewed: wordings by their digests.

never approved                          `none`; `changed` where other words of the template are approved
approved                                `approved`
its approval withdrawn by a review      `none`, whatever other words of the template are approved
approved again                          `approved`

`by` is who recorded it. In the table of approvals it is named `approver`: processes of older versions write it so.
"""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from serving.ledger.due import wake_held_by
from serving.ledger.instants import instant, micros
from serving.ledger.store import Row, Store
from serving.ports import Approval
from serving.reviewing import Review

_APPROVE = "INSERT INTO approvals (digest, what, approver, at) VALUES (:digest, :what, :by, :at)"
_STANDING = """SELECT a.seq FROM approvals AS a WHERE a.digest = :digest
    AND NOT EXISTS (SELECT 1 FROM reviews WHERE digest = a.digest AND withdraws >= a.seq)
    ORDER BY a.seq DESC LIMIT 1"""
_ANY = "SELECT 1 FROM approvals WHERE digest = :digest LIMIT 1"
_ANOTHER = """SELECT 1 FROM approvals AS a WHERE a.what = :what
    AND NOT EXISTS (SELECT 1 FROM reviews WHERE digest = a.digest AND withdraws >= a.seq) LIMIT 1"""
_APPROVED_AS = """SELECT a.digest FROM approvals AS a WHERE a.what = :what
    AND NOT EXISTS (SELECT 1 FROM reviews WHERE digest = a.digest AND withdraws >= a.seq) ORDER BY a.seq"""
_APPROVALS = """SELECT a.digest, a.what, a.approver, a.at, r.digest, r.what, r.reviewer, r.agent_would_send,
    r.customer_would_thank, r.comment, r."by", r.at FROM approvals AS a LEFT JOIN reviews AS r
    ON r.seq = (SELECT min(seq) FROM reviews WHERE digest = a.digest AND withdraws >= a.seq)
    ORDER BY a.seq DESC LIMIT :count"""
_APPROVAL = """SELECT a.digest, a.what, a.approver, a.at, r.digest, r.what, r.reviewer, r.agent_would_send,
    r.customer_would_thank, r.comment, r."by", r.at FROM approvals AS a LEFT JOIN reviews AS r
    ON r.seq = (SELECT min(seq) FROM reviews WHERE digest = a.digest AND withdraws >= a.seq)
    WHERE a.digest = :digest ORDER BY a.seq DESC LIMIT 1"""
_REVIEW = """INSERT INTO reviews
    (digest, what, reviewer, agent_would_send, customer_would_thank, comment, "by", at, withdraws) VALUES
    (:digest, :what, :reviewer, :agent_would_send, :customer_would_thank, :comment, :by, :at, :withdraws)"""
_REVIEWS = """SELECT digest, what, reviewer, agent_would_send, customer_would_thank, comment, "by", at
    FROM reviews ORDER BY seq DESC LIMIT :count"""
_REVIEW_OF = """SELECT digest, what, reviewer, agent_would_send, customer_would_thank, comment, "by", at
    FROM reviews WHERE digest = :digest ORDER BY seq DESC LIMIT 1"""


def approve(store: Store, approval: Approval) -> None:
    """Record an approval; a digest that is approved already keeps its own. What waited for one is looked at."""
    if not store.holds(_STANDING, digest=approval.digest):
        given = {"digest": approval.digest, "what": approval.what, "by": approval.by}
        store.insert(_APPROVE, at=micros(approval.at), **given)
        wake_held_by(store, "awaiting_approval", at=approval.at)


def approval_of(store: Store, digest: str | None, *, template: str | None) -> str:
    """Return `approved`, `changed` (this template was approved with other words) or `none`."""
    if digest is None:
        return "none"
    if store.holds(_STANDING, digest=digest):
        return "approved"
    if (
        template is not None
        and not store.holds(_ANY, digest=digest)
        and store.holds(_ANOTHER, what=f"template:{template}")
    ):
        return "changed"
    return "none"


def approvals(store: Store, *, limit: int) -> list[Approval]:
    """List at most so many approvals, the one that was recorded last first."""
    return [_approval(row) for row in store.rows(_APPROVALS, count=max(0, limit))]


def approval(store: Store, digest: str) -> Approval | None:
    """Return the newest approval of a digest, or None."""
    row = store.row(_APPROVAL, digest=digest)
    return None if row is None else _approval(row)


def review(store: Store, given: Review) -> bool:
    """Record a review and what follows from it; return whether its digest is approved now."""
    standing = None if given.approves else store.row(_STANDING, digest=given.digest)
    bound: dict[str, Any] = {**asdict(given), "at": micros(given.at)}
    store.insert(_REVIEW, withdraws=None if standing is None else standing[0], **bound)
    if given.approves:
        approve(store, Approval(digest=given.digest, what=given.what, by=given.by, at=given.at))
    return given.approves


def approved_as(store: Store, what: str) -> list[str]:
    """List the digests that are approved as `what`, the first approved first."""
    return [row[0] for row in store.rows(_APPROVED_AS, what=what)]


def reviews(store: Store, *, limit: int) -> list[Review]:
    """List at most so many reviews, the one that was recorded last first."""
    return [_review(row) for row in store.rows(_REVIEWS, count=max(0, limit))]


def review_of(store: Store, digest: str) -> Review | None:
    """Return the newest review of a digest, or None."""
    row = store.row(_REVIEW_OF, digest=digest)
    return None if row is None else _review(row)


def _approval(row: Row) -> Approval:
    digest, what, by, at, *withdrawn = row
    by_review = None if withdrawn[0] is None else _review(withdrawn)
    return Approval(digest=digest, what=what, by=by, at=instant(at), withdrawn=by_review)


def _review(row: Sequence[Any]) -> Review:
    digest, what, reviewer, agent_would_send, customer_would_thank, comment, by, at = row
    return Review(
        digest=digest,
        what=what,
        reviewer=reviewer,
        agent_would_send=bool(agent_would_send),
        customer_would_thank=bool(customer_would_thank),
        comment=comment,
        by=by,
        at=instant(at),
    )
