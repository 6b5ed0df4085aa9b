"""A review as a form of the console brings it: two answers, a name, and a note."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from model.contracts import JSON
from serving.console.frame import Acting
from serving.errors import Invalid
from serving.reviewing import Review
from serving.routes.bodies import read_as
from serving.schemas.reviews import ReviewBody

ANSWERS: Final[Mapping[str, bool]] = {"yes": True, "no": False}
QUESTIONS: Final = ("agent_would_send", "customer_would_thank")


def review_in(acting: Acting, *, digest: str, what: str, at: datetime) -> Review:
    """Return the review that somebody filled in.

    Raises:
        Invalid: a question without an answer, no name that can be read, a note that is too long.
    """
    form = acting.form
    if any(form.get(question) not in ANSWERS for question in QUESTIONS):
        raise Invalid("both questions need an answer: yes or no; go back and answer them")
    given: dict[str, JSON] = {question: ANSWERS[form[question]] for question in QUESTIONS}
    comment = " ".join(form.get("comment", "").split()) or None
    body = read_as(ReviewBody, {"reviewer": form.get("reviewer", ""), "comment": comment, **given})
    return Review(digest=digest, what=what, by=acting.viewer.by, at=at, **body.model_dump())
