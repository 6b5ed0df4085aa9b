"""What a body of `POST /v1/events` holds: CloudEvents in their three content modes, and Segment's calls.

Modes are told apart by their headers. In plain JSON each element is a CloudEvent or a call of Segment's, which has the
`type` of one and neither `source` nor `specversion`; an object that holds a `batch` is Segment's envelope.
"""

import re
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from starlette.datastructures import Headers

from model.contracts import JSON, Event
from serving.errors import Fault, Invalid, WrongMediaType
from serving.events.checking import wrongs
from serving.routes.bodies import JSON_TYPE, media_type, not_ahead, parse_body, read_as
from serving.routes.documented import IDEMPOTENCY_KEY, REF
from serving.schemas.events import EventBody, from_headers
from serving.schemas.segment import WHICH, SegmentBody, hint, is_call, meant_as_call
from serving.schemas.several import MANY, one_or_many, values_in
from serving.strict_json import FORBIDDEN

CLOUDEVENTS = "application/cloudevents"
STRUCTURED = f"{CLOUDEVENTS}+json"
BATCHED = f"{CLOUDEVENTS}-batch+json"
MEDIA_TYPES = (JSON_TYPE, STRUCTURED, BATCHED)
PREFIX = "ce-"
MARK = f"{PREFIX}specversion"
ATTRIBUTE = re.compile(r"ce-(?!data$)[a-z0-9]{1,64}")
QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
ESCAPED = re.compile(r"\\(.)")
ODD = "the event says what its type may not say; see `errors`"


def documented() -> dict[str, Any]:
    """Return what the OpenAPI document says of a request: in plain JSON either kind of body, one or at most 1,000."""
    event, call, batch = ({"$ref": REF.format(model=model)} for model in ("EventBody", "SegmentBody", "SegmentBatch"))
    either = {"type": "array", "items": {"anyOf": [event, call]}, "maxItems": MANY}
    events = {"type": "array", "items": event, "maxItems": MANY}
    plain: dict[str, JSON] = {"anyOf": [event, call, batch, either]}
    content = {JSON_TYPE: plain, STRUCTURED: event, BATCHED: events}
    body: dict[str, JSON] = {"required": True, "content": {kind: {"schema": one} for kind, one in content.items()}}
    return {"requestBody": body, "parameters": [IDEMPOTENCY_KEY]}


def kind_of(headers: Headers) -> str:
    """Return the media type of a request with events, or refuse it before its body is read."""
    kind = media_type(headers)
    if MARK in headers and not kind.startswith(CLOUDEVENTS):
        return kind  # of the data alone
    if not kind.startswith(CLOUDEVENTS) and any(name.startswith(PREFIX) for name in headers):
        raise Invalid(f"there are `{PREFIX}` headers, but `{MARK}: 1.0` is missing; send it with them")
    if kind not in MEDIA_TYPES:
        raise WrongMediaType(f"send `Content-Type: {'` or `'.join(MEDIA_TYPES)}`")
    return kind


def values_of(headers: Headers, kind: str, body: bytes) -> list[JSON]:
    """Return the events of the body, each still unchecked, by the content mode that the media type names."""
    if MARK in headers and not kind.startswith(CLOUDEVENTS):
        return [from_headers(_ce_headers(headers), _binary_data(body, kind))]
    value = parse_body(body)
    if kind == STRUCTURED and not isinstance(value, dict):
        raise Invalid(f"`{STRUCTURED}` is one event; send an array as `{BATCHED}`")
    if kind == BATCHED and not isinstance(value, list):
        raise Invalid(f"`{BATCHED}` is an array of events; send one as `{STRUCTURED}`")
    return values_in(value) if kind == JSON_TYPE else one_or_many(value)


def event_of(value: JSON, now: datetime) -> Event:
    """Return one value of the body as an event; `Invalid` names what does not fit, by place and rule."""
    if is_call(value):
        return _called(value, now)
    if meant_as_call(value):
        raise Invalid(f"`type` {WHICH}{hint(value)}", errors=[Fault("#/type", f"{WHICH}{hint(value)}")])
    body = read_as(EventBody, value)
    not_ahead(body.time, now, "#/time")
    content = body.content()
    found = wrongs(body.type, body.subject, content)
    if found:
        raise Invalid(ODD, errors=[Fault("#" + "".join(f"/{part}" for part in one.place), one.says) for one in found])
    return body.event_with(content)


def _called(value: JSON, now: datetime) -> Event:
    body = read_as(SegmentBody, value)
    try:
        event, found = body.read(now)
    except OverflowError:
        raise Invalid("`sentAt` and `timestamp` are too far apart; see the sender's clock") from None
    not_ahead(event.time, now, "#/timestamp")
    if found:
        raise Invalid(ODD, errors=[Fault(pointer, says) for pointer, says in found])
    return event


def _binary_data(body: bytes, kind: str) -> JSON:
    if not body:
        return None
    if kind != JSON_TYPE and not kind.endswith("+json"):
        raise WrongMediaType(f"data of a binary-mode event must be JSON: send `Content-Type: {JSON_TYPE}`")
    return parse_body(body)


def _ce_headers(headers: Headers) -> dict[str, str]:
    """Return the attributes that came as headers: quotes undone, then percent-decoded once."""
    names = [name for name in headers if name.startswith(PREFIX)]
    if len(names) != len(set(names)):
        raise Invalid("a `ce-` header is given twice; keep one")
    if not all(ATTRIBUTE.fullmatch(name) for name in names):
        raise Invalid("a `ce-` header has no attribute's name: write a-z and 0-9 only, and send data as the body")
    return {name: _decoded(headers[name]) for name in names}


def _decoded(value: str) -> str:
    if not value.isascii():
        raise Invalid("a `ce-` header is not ASCII; send its UTF-8 percent-encoded")
    unquoted = QUOTED.sub(lambda found: ESCAPED.sub(r"\1", found[1]), value)
    try:
        text = unquote(unquoted, errors="strict")
    except UnicodeDecodeError:
        raise Invalid("a `ce-` header is not percent-encoded UTF-8; encode it so") from None
    if FORBIDDEN.search(text):
        raise Invalid("a `ce-` header holds a NUL character; remove it")
    return text
