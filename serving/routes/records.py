"""`GET /v1/decisions/{id}` and `GET /v1/decisions`: what was decided, with everything that it was decided from."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from starlette.concurrency import run_in_threadpool

from model.contracts import JSON
from model.errors import InvalidInput
from serving.errors import NO_DECISION, Invalid, NotFound
from serving.explaining.explanation import explained, whole
from serving.policy.tightening import in_force
from serving.ports import KeyRecord, Transaction
from serving.routes.access import needs
from serving.routes.api import api_of
from serving.routes.bodies import no_parameters, single_parameters
from serving.routes.documented import problems
from serving.routes.user_ids import DecisionId
from serving.schemas.answers import json_bytes
from serving.schemas.base import Code, Time
from serving.schemas.records import RecordAnswer, RecordsAnswer
from serving.schemas.requests import ActionName

router = APIRouter(tags=["decisions"])
Sought = Annotated[str, StringConstraints(min_length=1, max_length=256, pattern=r"^[^\x00]*[^\x00\s][^\x00]*$")]
Reads = Annotated[KeyRecord, Depends(needs("read"))]


class Wanted(BaseModel):
    """Which records: by action, customer, time and a reason; `cursor` is the `next_cursor` of the page before."""

    model_config = ConfigDict(extra="forbid")

    action: ActionName | None = None
    user: Sought | None = None
    since: Time | None = None
    reason: Code | None = None
    cursor: Sought | None = None
    limit: int = Field(default=100, ge=1, le=1000)


@router.get(
    "/v1/decisions",
    response_model=RecordsAnswer,
    responses=problems(401, 403, 422, 503),
    dependencies=[Depends(single_parameters)],
)
async def list_decisions(request: Request, _: Reads, wanted: Annotated[Wanted, Query()]) -> Response:
    """List records in the order they were made."""
    records = await api_of(request).loop.submit(lambda _, transaction: _page(transaction, wanted))
    if records is None:
        raise Invalid("`cursor` is not the `next_cursor` of any page; start again without it")
    page = records[: wanted.limit]
    more = page[-1]["decision_id"] if len(records) > len(page) else None
    shown = [whole(record) for record in page]
    return Response(json_bytes({"decisions": shown, "next_cursor": more}), media_type="application/json")


def _page(transaction: Transaction, wanted: Wanted) -> list[dict[str, JSON]] | None:
    """Return one record more than fits, so that the next page is known; None for a cursor that is not ours."""
    try:
        return transaction.decisions(
            action=wanted.action,
            user=wanted.user,
            since=wanted.since,
            after=wanted.cursor,
            limit=wanted.limit + 1,
            reason=wanted.reason,
        )
    except InvalidInput:
        return None


@router.get(
    "/v1/decisions/{decision_id}",
    response_model=RecordAnswer,
    responses=problems(401, 403, 404, 422, 503),
    dependencies=[Depends(no_parameters)],
)
async def read_decision(request: Request, _: Reads, decision_id: DecisionId) -> Response:
    """Return the whole record: the answer as given, inputs, features, every verdict, what followed, and why."""
    api = api_of(request)
    record, policy = await api.loop.submit(
        lambda _, transaction: (transaction.decision(decision_id), in_force(transaction, api.policy))
    )
    if record is None:
        raise NotFound(NO_DECISION)
    shown = await run_in_threadpool(explained, record, policy)
    return Response(json_bytes(shown), media_type="application/json")
