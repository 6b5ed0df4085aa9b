"""What a person approves, reviews or releases (`/v1/approvals`), what waits for one, and what was done: who, when."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from model.named import says_something
from serving.schemas.base import Answered, Text, Wire, Word
from serving.schemas.requests import alone
from serving.schemas.reviews import ReviewAnswer, ReviewBody

Breaker = Annotated[str, StringConstraints(min_length=1, max_length=71, pattern=r"\S")]  # as long as a digest
LONGEST_WHY = 4096
OTHERS = ("template", "text", "next_step", "digest", "review")


def worded(value: str) -> str:
    """Return a reason as it came; one without a letter or a digit is none, and would be shown to others as one.

    Example:
        >>> worded("the strike is over")
        'the strike is over'
    """
    if not says_something(value):
        raise PydanticCustomError("approval", "say why, in words")
    return value


Why = Annotated[
    str,
    StringConstraints(max_length=LONGEST_WHY),
    AfterValidator(worded),
    Field(json_schema_extra={"minLength": 1, "pattern": r"\S"}),
]


class ApprovalBody(Wire):
    """What is approved: the template as it reads now, this very text with its next step, or a digest.

    With `review` it is approved where both answers are yes; else the approval that it had is withdrawn.
    Or, with the reason, the breaker that is released: that of a template's id, or of a text's digest.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [
                alone("template", without=("text", "next_step", "digest", "breaker", "why")),
                alone("text", without=("template", "digest", "breaker", "why")),
                alone("digest", without=("template", "text", "next_step", "breaker", "why")),
                alone("breaker", without=OTHERS, why={"type": "string"}) | {"required": ["breaker", "why"]},
            ]
        }
    )

    template: Word | None = None
    text: Text | None = None
    next_step: Text | None = None
    digest: Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$")] | None = None
    review: ReviewBody | None = None
    breaker: Breaker | None = None
    why: Why | None = None

    @model_validator(mode="after")
    def _one_of_four(self) -> Self:
        if sum(value is not None for value in (self.template, self.text, self.digest, self.breaker)) != 1:
            raise PydanticCustomError("approval", "needs exactly one of `template`, `text`, `digest` and `breaker`")
        if self.next_step is not None and self.text is None:
            raise PydanticCustomError("approval", "`next_step` belongs to `text`; leave the field out")
        if self.breaker is not None and self.review is not None:
            raise PydanticCustomError("approval", "a breaker is released, not reviewed; leave `review` out")
        if self.breaker is not None and self.why is None:
            raise PydanticCustomError("approval", "a breaker is released with a reason; say `why`")
        if self.why is not None and self.breaker is None:
            raise PydanticCustomError("approval", "`why` belongs to `breaker`; leave the field out")
        return self


class FoundAnswer(Answered):
    """Words for which a message is refused, whoever approved them: the rule that found them, and the reason code."""

    rule: str
    code: Literal["promotional_wording", "generic_wording"]
    said: str


class ApprovalAnswer(Answered):
    """Who approved or reviewed which digest, and when; `approved` says whether it is approved from now on.

    `wording` is what is never sent all the same; of a digest that is no template's here nothing is known.
    """

    digest: str
    what: str
    by: str
    at: datetime
    approved: bool
    review: ReviewAnswer | None
    wording: list[FoundAnswer]


class ApprovedAnswer(Answered):
    """An approval on record: it stands, or the review `withdrawn_by` took it back."""

    digest: str
    what: str
    by: str
    at: datetime
    state: Literal["approved", "withdrawn"]
    withdrawn_by: ReviewAnswer | None


class TemplateAnswer(Answered):
    """A template of the policy: approved as it reads now, withdrawn, changed since it was approved, or never approved.

    `review` is the newest of the words as they read now; `wording` is what is never sent, whoever approved it.
    """

    template: str
    text: str
    next_step: str | None
    wording: list[FoundAnswer]
    digest: str
    state: Literal["approved", "changed", "withdrawn", "none"]
    review: ReviewAnswer | None


class TextAnswer(Answered):
    """A free text that was held because nobody approved it, or because its approval was withdrawn."""

    text: str
    next_step: str | None
    digest: str
    state: Literal["withdrawn", "none"]
    review: ReviewAnswer | None


class BreakerAnswer(Answered):
    """A breaker that is open: a template's id, or a text's digest, and how much of it went out within an hour.

    `median` is that of the clock hours of the last 28 days in which it was sent at all.
    """

    breaker: str
    since: datetime
    volume: int
    median: float


class ReleaseAnswer(BreakerAnswer):
    """A breaker that was released: who, when, why."""

    by: str
    at: datetime
    why: str


class ApprovalsAnswer(Answered):
    """Every template with its state, the free texts of the last week that wait for a person, and the open breakers.

    And what people did, the newest first, at most a hundred of each.
    """

    templates: list[TemplateAnswer]
    texts: list[TextAnswer]
    breakers: list[BreakerAnswer]
    approved: list[ApprovedAnswer]
    reviewed: list[ReviewAnswer]
    released: list[ReleaseAnswer]
