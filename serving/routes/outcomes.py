"""`/v1/outcomes`: what followed, about a decision or about a customer. What is good is kept, the rest is named."""

from contextlib import suppress
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from model.contracts import JSON, Outcome, OutcomeKind
from model.errors import InvalidInput
from serving.access.widgets import Visit
from serving.errors import NO_DECISION, Invalid, NotFound
from serving.loop.happening import not_shown
from serving.ports import KeyRecord, Transaction
from serving.routes.access import needs
from serving.routes.api import api_of
from serving.routes.bodies import (
    each,
    needs_json,
    not_ahead,
    parse_body,
    read_as,
    rejected,
    single_parameters,
)
from serving.routes.documented import body_of, problems
from serving.routes.visits import Caller, OrWidget
from serving.routes.widget import is_theirs, not_its_own
from serving.schemas.answers import OutcomesAnswer, PulledAnswer, json_bytes
from serving.schemas.base import Time
from serving.schemas.requests import OutcomeBody
from serving.schemas.several import one_or_many

ACCEPTED, DUPLICATE, UNKNOWN = "accepted", "duplicate", "unknown_decision"
router = APIRouter(tags=["outcomes"], dependencies=[Depends(single_parameters)])


class Wanted(BaseModel):
    """Which outcomes: recorded since then, after the one with this `cursor`."""

    model_config = ConfigDict(extra="forbid")

    since: Time | None = None
    cursor: Annotated[str, StringConstraints(min_length=1, max_length=40)] | None = None
    limit: int = Field(default=100, ge=1, le=1000)


@router.post(
    "/v1/outcomes",
    status_code=202,
    response_model=OutcomesAnswer,
    responses=problems(401, 403, 413, 415, 422, 503),
    openapi_extra=body_of("OutcomeBody", many=True),
)
async def record_outcomes(request: Request, caller: Annotated[Caller, Depends(OrWidget("outcomes"))]) -> Response:
    """Record one outcome, or an array of at most 1,000; the same one twice changes nothing.

    A widget's key may report on what was shown in its own session.
    """
    api = api_of(request)
    now = api.clock()
    needs_json(request.headers)
    values = one_or_many(parse_body(await caller.body(request)))
    caller.charge(api, len(values))
    good, bad = each(values, lambda value: _outcome(value, now, caller.visit))
    told: list[str] = []
    if good:
        told = await api.loop.submit(lambda _, transaction: record(transaction, list(good.values()), now, caller.visit))
    for index, said in zip(good, told, strict=True):
        if said not in (ACCEPTED, DUPLICATE):
            bad[index] = NotFound(NO_DECISION)
    answer = {"accepted": told.count(ACCEPTED), "duplicates": told.count(DUPLICATE), "rejected": rejected(bad)}
    return Response(json_bytes(answer), status_code=202, media_type="application/json")


@router.get("/v1/outcomes", response_model=PulledAnswer, responses=problems(401, 403, 422, 503))
async def pull_outcomes(
    request: Request, _: Annotated[KeyRecord, Depends(needs("outcomes"))], wanted: Annotated[Wanted, Query()]
) -> Response:
    """List outcomes in the order they were recorded: `since` then, or after the `cursor` of the last one you have.

    A page may be empty and not the last: go on while there is a `next_cursor`.
    """

    def page(transaction: Transaction) -> tuple[list[dict[str, JSON]], str | None] | None:
        with suppress(InvalidInput):
            return transaction.reported(since=wanted.since, after=wanted.cursor, limit=wanted.limit)
        return None

    found = await api_of(request).loop.submit(lambda _, transaction: page(transaction))
    if found is None:
        raise Invalid("`cursor` is not that of any outcome; start again without it")
    return Response(json_bytes({"outcomes": found[0], "next_cursor": found[1]}), media_type="application/json")


def record(transaction: Transaction, outcomes: list[Outcome], now: datetime, visit: Visit | None = None) -> list[str]:
    """Record them in order; return what became of each. What is not a visit's own is not there for it."""
    told = []
    for outcome in outcomes:
        if visit is not None and not is_theirs(transaction, visit, outcome.decision_id or ""):
            told.append(UNKNOWN)
        else:
            told.append(transaction.add_outcome(outcome, recorded_at=now))
            if outcome.kind is OutcomeKind.NOT_DELIVERED and told[-1] == ACCEPTED:
                not_shown(transaction, outcome.decision_id or "", now=now)
    return told


def _outcome(value: JSON, now: datetime, visit: Visit | None) -> Outcome:
    outcome = read_as(OutcomeBody, value).outcome()
    not_ahead(outcome.time, now, "#/time")
    wrong = None if visit is None else visit.wrong_outcome(outcome)
    if wrong is not None:
        raise not_its_own(wrong)
    return outcome
