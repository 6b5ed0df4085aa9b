"""What `GET /v1/users/{id}` answers: how a customer stands, what they were told, what was withheld, what followed."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from model.contracts import JSON
from serving.schemas.answers import EmbargoAnswer, PreferencesAnswer
from serving.schemas.base import Answered, Code
from serving.schemas.records import ReportedAnswer
from serving.schemas.requests import ChannelName, KindName


class UsedAnswer(Answered):
    """How many contacts count in a rolling window now, against its cap."""

    used: int
    limit: int


class ContactsAnswer(Answered):
    """What the caps count: sends over all outbound channels."""

    last_60_minutes: UsedAnswer
    last_24_hours: UsedAnswer
    last_7_days: UsedAnswer


class OptedOutAnswer(Answered):
    """Where this customer opted out: of `everything`, or of these channels."""

    everything: bool
    channels: list[str]


class SaidAnswer(Answered):
    """What every entry of the history says of its decision."""

    decision_id: str
    at: datetime
    purpose: str
    channel: str
    template: str | None


class ToldAnswer(SaidAnswer):
    """A message that was sent, or that reached the customer; `not_delivered` among its outcomes says that it failed."""

    text: str | None
    outcomes: list[ReportedAnswer]


class WithheldAnswer(SaidAnswer):
    """A message that was not sent, by the last word on it, and every reason for that."""

    action: Literal["hold", "deny", "cancel"]
    reasons: list[Code]
    not_before: datetime | None


class HappenedAnswer(Answered):
    """An outcome of this customer; `decision_id` is null where it was reported of the customer themselves."""

    decision_id: str | None
    kind: KindName
    time: datetime | None
    recorded_at: datetime | None
    channel: ChannelName | None


class PersonAnswer(Answered):
    """Everything that somebody who answers for this customer needs; each list the newest first, at most 100.

    `earlier`: there are older decisions; `GET /v1/decisions?user` lists all of them.
    """

    id: str
    ids: Annotated[list[str], Field(description="Every id that stands for them, their own first.")]
    preferences: PreferencesAnswer
    attributes: Annotated[dict[str, JSON], Field(description="What `identify` told of them last.")]
    opted_out: OptedOutAnswer
    complaint_open: bool
    conversation_open: bool
    embargo: EmbargoAnswer
    contacts: ContactsAnswer
    told: list[ToldAnswer]
    withheld: list[WithheldAnswer]
    outcomes: list[HappenedAnswer]
    earlier: bool
