"""The two-question review of a wording, as a value and as a port: `serving.ports.Transaction` has all of it.

The two questions are those that every decision asks, here asked of a person about the words themselves: would a
competent agent send this, and would the customer thank us for it? Two yeses approve the wording; any no withdraws the
approval that it had. Reviews are kept for good, whatever they said.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from model.contracts import Message

LONGEST_NAME, LONGEST_COMMENT = 100, 1000  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What a person answered about a digest; `what` it was (`template:parcel_delayed`, `text`) and who recorded it.

    Example:
        >>> asked = {"digest": "sha256:0", "what": "text", "reviewer": "Ann", "by": "shop (k-1)", "at": datetime.min}
        >>> Review(agent_would_send=True, customer_would_thank=False, **asked).approves
        False
    """

    digest: str
    what: str
    reviewer: str
    agent_would_send: bool
    customer_would_thank: bool
    comment: str | None = None
    by: str
    at: datetime

    @property
    def approves(self) -> bool:
        """Whether both answers are yes."""
        return self.agent_would_send and self.customer_would_thank


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldFor:
    """For whom a free text was held: how often, for how many, when that was decided first and last.

    The rest is the latest of these decisions: `user_id` would have read it, on `channel`, for `purpose`.
    """

    message: Message
    times: int
    customers: int
    first: datetime
    last: datetime
    decision_id: str
    user_id: str
    purpose: str
    channel: str


class Reviews(Protocol):
    """What people answered about wordings, and what follows from it."""

    def review(self, review: Review) -> bool:
        """Record a review, and approve its digest, or withdraw the approval that it has; return whether it has one now.

        One that is approved already keeps that approval. What waits for one is looked at when it is given.
        """
        ...

    def approved_as(self, what: str) -> list[str]:
        """List the digests that are approved as `what` (`template:parcel_delayed`), the first approved first."""
        ...

    def reviews(self, *, limit: int) -> list[Review]:
        """List the reviews, the newest first."""
        ...

    def review_of(self, digest: str) -> Review | None:
        """Return the newest review of these very words, or None."""
        ...


def review_template(reviews: Reviews, review: Review) -> bool:
    """Record a review of a template, and return whether the words that were read are approved now.

    A no is one to all words of the template that are approved, each with a review of its own: a running server may have
    older ones loaded. A yes is to the words that were read.
    """
    others = () if review.approves else (each for each in reviews.approved_as(review.what) if each != review.digest)
    for digest in others:
        reviews.review(replace(review, digest=digest))
    return reviews.review(review)
