"""What a body of `POST /v1/events` holds: the content modes of CloudEvents 1.0, told apart by their headers."""

from datetime import datetime
from urllib.parse import unquote

from fastapi import Request

from model.contracts import JSON, Event
from serving.errors import Invalid, WrongMediaType
from serving.routes.bodies import JSON_TYPE, media_type, not_ahead, one_or_many, parse_body, read_as
from serving.schemas.events import EventBody, from_headers
from serving.strict_json import FORBIDDEN

STRUCTURED = "application/cloudevents+json"
BATCHED = "application/cloudevents-batch+json"
MEDIA_TYPES = (JSON_TYPE, STRUCTURED, BATCHED)
MARK = "ce-specversion"


async def values_of(request: Request) -> list[JSON]:
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


def event_of(value: JSON, now: datetime) -> Event:
    """Return one value of the body as an event; `Invalid` names what does not fit."""
    event = read_as(EventBody, value).event()
    not_ahead(event.time, now, "#/time")
    return event


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
