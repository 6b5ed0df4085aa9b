"""What people approved and reviewed: wordings by their digests.

never approved                          `none`; `changed` where other words of the template are approved
approved                                `approved`
its approval withdrawn by a review      `none`, whatever other words of the template are approved
approved again                          `approved`

`by` is who recorded it. In the table of approvals it is named `approver`: processes of older versions write it so.
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import asdict
from typing import Any

from serving.ledger.due import wake_held_by
from serving.ledger.instants import instant, micros
from serving.ledger.lists import listed
from serving.ledger.store import Row, Store
from serving.ports import Approval
from serving.reviewing import Review

_APPROVE = "INSERT INTO approvals (digest, what, approver, at) VALUES (:digest, :what, :by, :at)"
_APPROVED = """SELECT asked.value, (SELECT max(a.seq) FROM approvals AS a WHERE a.digest = asked.value
        AND NOT EXISTS (SELECT 1 FROM reviews WHERE digest = a.digest AND withdraws >= a.seq))
    FROM json_each(:digests) AS asked WHERE EXISTS (SELECT 1 FROM approvals WHERE digest = asked.value)"""
_OTHERS = """SELECT asked.value FROM json_each(:whats) AS asked
    WHERE EXISTS (SELECT 1 FROM approvals AS a WHERE a.what = asked.value
        AND NOT EXISTS (SELECT 1 FROM reviews WHERE digest = a.digest AND withdraws >= a.seq))"""
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
    if _standing(store, approval.digest) is None:
        given = {"digest": approval.digest, "what": approval.what, "by": approval.by}
        store.insert(_APPROVE, at=micros(approval.at), **given)
        wake_held_by(store, "awaiting_approval", at=approval.at)


def _ever_approved(store: Store, digests: Iterable[str]) -> dict[str, int | None]:
    """Return the digests that ever were approved, each with its newest approval that stands (None: withdrawn)."""
    return dict(store.rows(_APPROVED, digests=listed(digests)))


def _standing(store: Store, digest: str) -> int | None:
    """Return the newest approval of a digest that stands, or None."""
    return _ever_approved(store, (digest,)).get(digest)


def approvals_of(store: Store, asked: Sequence[tuple[str | None, str | None]]) -> list[str]:
    """Return, for each digest and template, `approved`, `changed` or `none`.

    `changed`: this template was approved with other words.
    """
    digests = {digest for digest, _ in asked if digest is not None}
    ever = _ever_approved(store, digests) if digests else {}
    unknown = digests - ever.keys()
    whats = {f"template:{template}" for digest, template in asked if digest in unknown and template is not None}
    others = {what for (what,) in store.rows(_OTHERS, whats=listed(whats))} if whats else set()
    return [_approval_of(digest, template, ever, others) for digest, template in asked]


def _approval_of(
    digest: str | None, template: str | None, ever: Mapping[str, int | None], others: AbstractSet[str]
) -> str:
    if digest is None:
        return "none"
    if digest in ever:
        return "none" if ever[digest] is None else "approved"
    return "changed" if template is not None and f"template:{template}" in others else "none"


def approvals(store: Store, *, limit: int) -> list[Approval]:
    """List at most so many approvals, the one that was recorded last first."""
    return [_approval(row) for row in store.rows(_APPROVALS, count=max(0, limit))]


def approval(store: Store, digest: str) -> Approval | None:
    """Return the newest approval of a digest, or None."""
    row = store.row(_APPROVAL, digest=digest)
    return None if row is None else _approval(row)


def review(store: Store, given: Review) -> bool:
    """Record a review and what follows from it; return whether its digest is approved now."""
    withdraws = None if given.approves else _standing(store, given.digest)
    bound: dict[str, Any] = {**asdict(given), "at": micros(given.at)}
    store.insert(_REVIEW, withdraws=withdraws, **bound)
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
