"""The two-question review of a wording, as it is sent and as it is answered."""

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, StringConstraints
from pydantic_core import PydanticCustomError

from model.named import says_something
from serving.reviewing import LONGEST_COMMENT, LONGEST_NAME
from serving.schemas.base import Answered, Wire


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
