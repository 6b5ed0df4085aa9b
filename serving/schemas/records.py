"""What is read back of a decision: the answer as given, what it was decided from, what followed, and why."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from model.contracts import JSON
from serving.schemas.answers import ArmName, ConfirmationAnswer, DecisionAnswer
from serving.schemas.base import Answered, Code
from serving.schemas.explanations import ExplanationAnswer, Verdict


class ConfirmedAnswer(ConfirmationAnswer):
    """An answer that a confirmation gave, and when."""

    confirmed_at: datetime


class ReportedAnswer(Answered):
    """An outcome that was reported of the decision; its time is null where no calendar has it."""

    kind: Literal["delivered", "not_delivered", "engaged", "thanked", "complained", "opted_out", "dismissed"]
    time: datetime | None
    recorded_at: datetime | None
    channel: str | None


class AssignmentAnswer(Answered):
    """What was drawn, with the probability of contact: by its certificate's cut-off or by its experiment (`watch`)."""

    arm: ArmName
    contacted: bool
    contact_probability: float
    above: bool | None
    watch: str


class RecordedAnswer(DecisionAnswer):
    """A record: the answer as it was given, what it was decided from, what was drawn, and what followed.

    What an older version of the program did not keep is absent.
    """

    model_config = ConfigDict(extra="allow", json_schema_serialization_defaults_required=False)

    candidate: Annotated[dict[str, JSON], Field(description="What was asked, as `data/schema/candidate.json` has it.")]
    context: Annotated[dict[str, JSON], Field(description="What was known then, as `data/schema/context.json` has it.")]
    features: Annotated[dict[str, JSON], Field(description="What the model read, by name.")]
    verdicts: Annotated[dict[Code, Verdict], Field(description="What every filter answered, by reason code.")]
    fact_key: str | None = Field(default=None, description="What `already_told` compares; null without evidence.")
    outbound: bool = Field(default=False, description="Whether quiet hours, zone, caps and consent concern it.")
    essential: bool = Field(default=False, description="Whether it goes out without score, arm or certificate.")
    assignment: AssignmentAnswer | None = None
    stopped: Annotated[str | None, Field(description="What held everything discretionary: `tripped`, `silent`.")] = None
    shadow: Annotated[dict[str, JSON] | None, Field(description="What a challenger says; it has no say.")] = None
    confirmations: list[ConfirmedAnswer]
    outcomes: list[ReportedAnswer]


class RecordAnswer(RecordedAnswer):
    """The whole record: the answer as given, inputs, features, every verdict, what followed, and why."""

    explanation: ExplanationAnswer


class RecordsAnswer(Answered):
    """A page of records, in the order they were made; `next_cursor` is null on the last page."""

    decisions: list[RecordedAnswer]
    next_cursor: str | None
