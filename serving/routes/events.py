"""`POST /v1/events`: CloudEvents 1.0 and Segment's calls; what is good is kept, what is not is named."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from model.contracts import JSON
from serving.events.spelling import unknown_types
from serving.happening import Happened
from serving.ports import KeyRecord
from serving.routes.access import needs
from serving.routes.api import api_of
from serving.routes.bodies import each, rejected, single_parameters
from serving.routes.documented import problems
from serving.routes.event_bodies import documented, event_of, values_of
from serving.routes.nobody import about_nobody
from serving.schemas.answers import EventsAnswer, json_bytes, matched_values

router = APIRouter(tags=["events"], dependencies=[Depends(single_parameters)])


@router.post(
    "/v1/events",
    status_code=202,
    response_model=EventsAnswer,
    responses=problems(401, 403, 413, 415, 422, 503),
    openapi_extra=documented(),
)
async def record_events(request: Request, _: Annotated[KeyRecord, Depends(needs("events"))]) -> Response:
    """Record one event, or an array of at most 1,000, and decide what its triggers match.

    The same `(source, id)` twice changes nothing, and decides nothing again.
    """
    api = api_of(request)
    now = api.clock()
    good, bad = each(await values_of(request), lambda value: event_of(value, now))
    events, happened = list(good.values()), Happened([])
    if events:
        happened = await api.loop.submit(lambda ledger, transaction: api.happenings.take(ledger, transaction, events))
    answer: dict[str, JSON] = {
        "accepted": sum(happened.fresh),
        "duplicates": len(events) - sum(happened.fresh),
        "rejected": rejected(bad),
        "decisions": [matched_values(candidate, one.decision) for candidate, one in happened.decided],
    }
    if happened.waiting:
        answer["pending"] = happened.waiting
    unknown = unknown_types((index, event.type) for index, event in good.items())
    if unknown:
        answer["unknown_types"] = unknown
    if nobody := about_nobody(good):
        answer["about_nobody"] = nobody
    return Response(json_bytes(answer), status_code=202, media_type="application/json")
