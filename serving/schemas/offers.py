"""What is offered: the body of a webhook, and the list of offers with what became of each."""

from datetime import datetime
from typing import Literal

from serving.schemas.answers import MatchedAnswer
from serving.schemas.base import Answered

StateName = Literal["waiting", "delivered", "expired", "dead", "withdrawn"]
ErrorName = Literal["timeout", "unreachable", "broken", "redirect", "refused", "gone", "busy", "failed"]


class OfferedAnswer(MatchedAnswer):
    """A send that no request was answered with: it may go out until its `expires_at`."""

    action: Literal["send"]


class OfferBody(Answered):
    """The body of a webhook, as Standard Webhooks has it; `timestamp` is when it was decided."""

    type: Literal["decision.send"]
    timestamp: datetime
    data: OfferedAnswer


class OfferAnswer(Answered):
    """An offer and what became of it; `status` and `error` are those of the last delivery.

    `next_attempt_at` is null where no webhook delivers it, or nothing is left to deliver.
    """

    number: int
    decision_id: str
    webhook_id: str
    offered_at: datetime
    expires_at: datetime | None
    state: StateName
    attempts: int
    next_attempt_at: datetime | None
    status: int | None
    error: ErrorName | None
    decision: OfferedAnswer


class OffersAnswer(Answered):
    """A page of offers, in the order they were made; `next_cursor` is null on the last page."""

    offers: list[OfferAnswer]
    next_cursor: int | None
