"""`POST /v1/outcomes`: what followed, about a decision or about a customer; what is good is kept, the rest is named."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from model.contracts import JSON, Outcome
from serving.errors import NotFound
from serving.ports import KeyRecord, Transaction
from serving.routes.access import needs
from serving.routes.api import api_of
from serving.routes.bodies import each, not_ahead, one_or_many, read_as, read_json, rejected, single_parameters
from serving.routes.documented import body_of, problems
from serving.schemas.answers import OutcomesAnswer, json_bytes
from serving.schemas.requests import OutcomeBody

ACCEPTED, DUPLICATE = "accepted", "duplicate"
router = APIRouter(tags=["outcomes"], dependencies=[Depends(single_parameters)])


@router.post(
    "/v1/outcomes",
    status_code=202,
    response_model=OutcomesAnswer,
    responses=problems(401, 403, 413, 415, 422, 503),
    openapi_extra=body_of("OutcomeBody", many=True),
)
async def record_outcomes(request: Request, key: Annotated[KeyRecord, Depends(needs("outcomes"))]) -> Response:
    """Record one outcome, or an array of at most 1,000; the same one twice changes nothing."""
    api = api_of(request)
    now = api.clock()
    values = one_or_many(await read_json(request))
    api.pace.charge(key, len(values) - 1)
    good, bad = each(values, lambda value: _outcome(value, now))
    told: list[str] = []
    if good:
        told = await api.loop.submit(lambda _, transaction: record(transaction, list(good.values()), now))
    for index, said in zip(good, told, strict=True):
        if said not in (ACCEPTED, DUPLICATE):
            bad[index] = NotFound("there is no decision with this id")
    answer = {"accepted": told.count(ACCEPTED), "duplicates": told.count(DUPLICATE), "rejected": rejected(bad)}
    return Response(json_bytes(answer), status_code=202, media_type="application/json")


def record(transaction: Transaction, outcomes: list[Outcome], now: datetime) -> list[str]:
    """Record them in order; return what became of each."""
    return [transaction.add_outcome(outcome, recorded_at=now) for outcome in outcomes]


def _outcome(value: JSON, now: datetime) -> Outcome:
    outcome = read_as(OutcomeBody, value).outcome()
    not_ahead(outcome.time, now, "#/time")
    return outcome
