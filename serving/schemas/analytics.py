"""What `GET /v1/analytics` asks for and answers; every field is explained in `docs/analytics.md`."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from serving.schemas.answers import ArmName
from serving.schemas.base import Answered, Code, rfc3339

DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
PLUS = re.compile(r":[0-9]{2}(\.[0-9]+)? [0-9]{2}:[0-9]{2}")  # in an address `+` stands for a space
OutcomeName = Literal["benefit", "complaint", "opt_out", "contacted_us"]
ByName = Literal["purpose", "channel", "template", "reason", "arm"]


def edge(value: Any) -> datetime:
    """Read where a period begins or ends: a time with offset, or a date, which stands for its first instant in UTC.

    Example:
        >>> edge("2026-11-01").isoformat(), edge("2026-11-01T12:00:00+01:00").isoformat()
        ('2026-11-01T00:00:00+00:00', '2026-11-01T11:00:00+00:00')
    """
    if isinstance(value, str) and PLUS.search(value):
        raise PydanticCustomError("time", "has a space before its offset: in an address, write `+` as `%2B`")
    if not isinstance(value, str) or not DATE.fullmatch(value):
        return rfc3339(value)
    try:
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    except ValueError:
        raise PydanticCustomError("time", "is not a day that exists; correct it") from None


Edge = Annotated[
    datetime,
    BeforeValidator(edge),
    WithJsonSchema({"anyOf": [{"type": "string", "format": "date-time"}, {"type": "string", "format": "date"}]}),
]


class Asked(BaseModel):
    """The period [`from`, `to`) of the decisions, what the figures are by, and how they are written.

    Dates are days in UTC, and `to` is not in the period. By default the last 30 days until now, in total.
    """

    model_config = ConfigDict(extra="forbid")

    start: Edge | None = Field(default=None, alias="from")
    to: Edge | None = None
    by: ByName | None = None
    format: Literal["json", "csv"] = "json"


class FigureAnswer(Answered):
    """An estimate with its 95 % interval, and of how many occasions; `se` is null where the interval is a count's."""

    estimate: float
    low: float
    high: float
    se: float | None
    contacted: int
    held_out: int


class EffectAnswer(Answered):
    """What contact changed, per contact, against those held out; a figure that is null is named in `missing`."""

    contacted: int
    held_out: int
    clusters: int
    benefit: FigureAnswer | None
    complaint: FigureAnswer | None
    opt_out: FigureAnswer | None
    contacted_us: FigureAnswer | None
    missing: dict[OutcomeName, Literal["none", "few", "open", "unreported"]]


class TotalAnswer(Answered):
    """Decisions by their last word, those of which something was reported, and what contact did."""

    volume: int
    send: int
    hold: int
    deny: int
    delivered: int
    not_delivered: int
    engaged: int
    thanked: int
    complained: int
    opted_out: int
    dismissed: int
    contacts_prevented: FigureAnswer | None
    effect: EffectAnswer | None


class PurposeRow(TotalAnswer):
    """One purpose."""

    purpose: str


class ChannelRow(TotalAnswer):
    """One channel."""

    channel: str


class TemplateRow(TotalAnswer):
    """One template; null: texts without a template."""

    template: str | None


class ReasonRow(TotalAnswer):
    """One reason; a decision counts with each that it gave."""

    reason: Code


class ArmRow(TotalAnswer):
    """One arm; null: nothing was drawn (essential, or the policy said no)."""

    arm: ArmName | None


class AnalyticsAnswer(Answered):
    """Figures of a period; `rows` are empty without `by`."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=True, populate_by_name=True)

    start: datetime = Field(alias="from")
    to: datetime
    by: ByName | None
    rows: list[PurposeRow] | list[ChannelRow] | list[TemplateRow] | list[ReasonRow] | list[ArmRow]
    total: TotalAnswer
