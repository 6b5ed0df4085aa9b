"""The two-question review of a wording, as it is sent and as it is answered."""

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, StringConstraints
from pydantic_core import PydanticCustomError

from model.contracts import JSON
from model.named import says_something
from serving.reviewing import Review
from serving.schemas.base import Answered, Wire, write_time

LONGEST_NAME, LONGEST_COMMENT = 100, 1000  # characters


def named(value: str) -> str:
    """Return a reviewer's name without the blanks around it; one that nobody could read is refused.

    Example:
        >>> named(" Ann Lee ")
        'Ann Lee'
    """
    if not value.isprintable() or not says_something(value):
        raise PydanticCustomError("review", "must be a name in one line, of signs that can be shown")
    return value.strip()


Reviewer = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_NAME), AfterValidator(named)]
Comment = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_COMMENT, pattern=r"\S")]


class ReviewBody(Wire):
    """Who read the wording, and what they answer: would a competent agent send it, would the customer thank us for it?

    The wording is approved where both answers are yes.
    """

    reviewer: Reviewer
    agent_would_send: bool
    customer_would_thank: bool
    comment: Comment | None = None


class ReviewAnswer(Answered):
    """A review on record: of which digest, what that was, who answered what, who recorded it (`by`), and when."""

    digest: str
    what: str
    reviewer: str
    agent_would_send: bool
    customer_would_thank: bool
    comment: str | None
    by: str
    at: datetime


def review_json(one: Review) -> dict[str, JSON]:
    """Return a review as the answers and the command line show it."""
    return {
        "digest": one.digest,
        "what": one.what,
        "reviewer": one.reviewer,
        "agent_would_send": one.agent_would_send,
        "customer_would_thank": one.customer_would_thank,
        "comment": one.comment,
        "by": one.by,
        "at": write_time(one.at),
    }
