"""`POST /v1/events`: CloudEvents 1.0, structured, batched or binary; what is good is kept, what is not is named."""

from datetime import datetime
from typing import Annotated
from urllib.parse import unquote

from fastapi import APIRouter, Depends, Request, Response

from model.contracts import JSON, Event
from serving.errors import Invalid, WrongMediaType
from serving.ports import KeyRecord
from serving.routes.access import needs
from serving.routes.api import api_of
from serving.routes.bodies import (
    JSON_TYPE,
    each,
    media_type,
    not_ahead,
    one_or_many,
    parse_body,
    read_as,
    rejected,
    single_parameters,
)
from serving.routes.documented import body_of, problems
from serving.schemas.answers import EventsAnswer, json_bytes
from serving.schemas.events import EventBody, from_headers
from serving.strict_json import FORBIDDEN

STRUCTURED = "application/cloudevents+json"
BATCHED = "application/cloudevents-batch+json"
MEDIA_TYPES = (JSON_TYPE, STRUCTURED, BATCHED)
MARK = "ce-specversion"
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
    good, bad = each(await _values(request), lambda value: _event(value, now))
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


async def _values(request: Request) -> list[JSON]:
    """Return the events of the body, each still unchecked, by the content mode that the media type names."""
    kind = media_type(request)
    if MARK in request.headers and kind not in (STRUCTURED, BATCHED):
        return [from_headers(_ce_headers(request), await _binary_data(request, kind))]
    if kind not in MEDIA_TYPES:
        raise WrongMediaType(f"send `Content-Type: {'` or `'.join(MEDIA_TYPES)}`")
    value = parse_body(await request.body())
    if kind == STRUCTURED and not isinstance(value, dict):
        raise Invalid(f"`{STRUCTURED}` is one event; send an array as `{BATCHED}`")
    if kind == BATCHED and not isinstance(value, list):
        raise Invalid(f"`{BATCHED}` is an array of events; send one as `{STRUCTURED}`")
    return one_or_many(value)


async def _binary_data(request: Request, kind: str) -> JSON:
    body = await request.body()
    if not body:
        return None
    if kind != JSON_TYPE and not kind.endswith("+json"):
        raise WrongMediaType(f"data of a binary-mode event must be JSON: send `Content-Type: {JSON_TYPE}`")
    return parse_body(body)


def _ce_headers(request: Request) -> dict[str, str]:
    names = [name for name in request.headers if name.startswith("ce-")]
    if len(names) != len(set(names)):
        raise Invalid("a `ce-` header is given twice; keep one")
    try:
        values = {name: unquote(request.headers[name], errors="strict") for name in names}
    except UnicodeDecodeError:
        raise Invalid("a `ce-` header is not percent-encoded UTF-8") from None
    if any(FORBIDDEN.search(value) for value in values.values()):
        raise Invalid("a `ce-` header holds a NUL character; remove it")
    return values


def _event(value: JSON, now: datetime) -> Event:
    event = read_as(EventBody, value).event()
    not_ahead(event.time, now, "#/time")
    return event
