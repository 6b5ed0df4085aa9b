"""`POST /v1/events`: CloudEvents 1.0, structured, batched or binary; what is good is kept, what is not is named."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from serving.ports import KeyRecord
from serving.routes.access import needs
from serving.routes.api import api_of
from serving.routes.bodies import each, rejected, single_parameters
from serving.routes.documented import body_of, problems
from serving.routes.event_bodies import MEDIA_TYPES, event_of, values_of
from serving.schemas.answers import EventsAnswer, json_bytes

router = APIRouter(tags=["events"], dependencies=[Depends(single_parameters)])


@router.post(
    "/v1/events",
    status_code=202,
    response_model=EventsAnswer,
    responses=problems(401, 403, 413, 415, 422, 503),
    openapi_extra=body_of("EventBody", many=True, media_types=MEDIA_TYPES),
)
async def record_events(request: Request, _: Annotated[KeyRecord, Depends(needs("events"))]) -> Response:
    """Record one event, or an array of at most 1,000; the same `(source, id)` twice changes nothing."""
    api = api_of(request)
    now = api.clock()
    good, bad = each(await values_of(request), lambda value: event_of(value, now))
    fresh: list[bool] = []
    if good:
        fresh = await api.loop.submit(
            lambda _, transaction: [transaction.add_event(event, recorded_at=now) for event in good.values()]
        )
    answer = {
        "accepted": sum(fresh),
        "duplicates": len(fresh) - sum(fresh),
        "rejected": rejected(bad),
        "decisions": [],
    }
    return Response(json_bytes(answer), status_code=202, media_type="application/json")
