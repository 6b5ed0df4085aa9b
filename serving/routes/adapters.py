"""`POST /v1/adapters/{platform}`: a platform's own webhook. Its signature over the raw body stands in for a key.

What is signed goes at the pace of one key. A body without a signature is not read, one with a wrong one is not parsed:
that costs its digest. Nobody there reads what was decided: what may be sent is an offer.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from fastapi import APIRouter, Depends, Request, Response

from model.contracts import JSON
from serving.adapters.chatwoot import CHATWOOT
from serving.adapters.intercom import INTERCOM
from serving.adapters.platform import Delivery, Platform
from serving.adapters.segment import SEGMENT
from serving.adapters.zendesk import ZENDESK
from serving.errors import Invalid, Unauthenticated
from serving.loop.deciding import Answer
from serving.ports import KeyRecord
from serving.routes.api import api_of
from serving.routes.bodies import each, needs_json, no_parameters, parse_signed
from serving.routes.documented import problems
from serving.routes.event_bodies import event_of
from serving.routes.events import taken
from serving.routes.repeating import answered, respond
from serving.schemas.answers import EventsAnswer
from serving.schemas.several import MANY

router = APIRouter(tags=["adapters"], dependencies=[Depends(no_parameters)])
CHALLENGE = {"WWW-Authenticate": 'Signature realm="outreach"'}
PLATFORMS: Final[tuple[Platform, ...]] = (
    CHATWOOT,
    INTERCOM,
    SEGMENT,
    ZENDESK,
)
HEADERS: Final = tuple(dict.fromkeys(name for platform in PLATFORMS for name in platform.headers))


async def record(platform: Platform, request: Request) -> Response:
    """Record what a platform delivers; a repeat changes nothing.

    Raises:
        Unauthenticated: no signature, or not that of this body.
        TooMany: more was signed than one key may ask.
    """
    api = api_of(request)
    now, secrets, key = api.clock(), api.secrets.get(platform.name, ()), _key(platform)
    needs_json(request.headers)
    if not secrets or not platform.signing.signs(request.headers):
        raise _not_signed(platform)
    body = await request.body()
    if not platform.signing.verify(request.headers, body, secrets=secrets, now=now):
        raise _not_signed(platform)
    api.pace.admit(key)
    try:
        values = _values(platform.events(_delivery(platform, request, body, now)))
        api.pace.charge(key, len(values) - 1)
        read = each(values, lambda value: event_of(value, now))
    except Invalid as problem:
        if not platform.lenient:
            raise
        read = {}, {0: problem}  # as its only element
    found = taken(api, read, now, offered=True)
    if isinstance(found, Answer):
        api.metrics.rejected(len(read[1]))
        return respond(found, platform.status)
    return await answered(api, replace(found, status=platform.status))


def _delivery(platform: Platform, request: Request, body: bytes, now: datetime) -> Delivery:
    """Read a body that is signed."""
    return Delivery(
        body=parse_signed(body),
        id=hashlib.sha256(body).hexdigest()[:32],
        sent_at=platform.signing.sent_at(request.headers) or now,
        now=now,
    )


def _values(events: Iterable[JSON]) -> list[JSON]:
    """Return what an adapter yields; a body of 1 MiB says no more than that."""
    values = list(events)
    if len(values) > MANY:
        raise Invalid(f"this says more than {MANY} things; have the platform send less at once")
    return values


def _not_signed(platform: Platform) -> Unauthenticated:
    said = f"`{platform.signing.header}` is not there, not right under `{platform.setting}`, or five minutes old"
    return Unauthenticated(f"{said}; set the same secret in both places, and see both clocks", headers=CHALLENGE)


def _key(platform: Platform) -> KeyRecord:
    """Return what stands for a platform where keys have a pace."""
    return KeyRecord(
        id=f"adapter:{platform.name}",
        name=platform.name,
        sha256="",
        scopes=(),
        created_at=datetime.min.replace(tzinfo=UTC),
    )


def _document(platform: Platform) -> dict[str, JSON]:
    """Return what the OpenAPI document says of a platform's body, and that a signature takes the place of a key."""
    content: dict[str, JSON] = {"application/json": {"schema": dict(platform.body)}}
    return {"requestBody": {"required": True, "content": content}, "security": [{platform.name: []}]}


def add(router: APIRouter, platform: Platform) -> None:
    """Give a platform its path."""

    async def endpoint(request: Request) -> Response:
        return await record(platform, request)

    router.add_api_route(
        f"/v1/adapters/{platform.name}",
        endpoint,
        methods=["POST"],
        name=f"record_{platform.name}",
        description=platform.about,
        status_code=platform.status,
        response_model=EventsAnswer,
        responses=problems(401, 413, 415, 422, 429, 503),
        openapi_extra=_document(platform),
    )
    if platform.asked_first:
        router.add_api_route(f"/v1/adapters/{platform.name}", _here, methods=["HEAD"], include_in_schema=False)


async def _here() -> Response:
    """Answer that there is such an address."""
    return Response()


for _platform in PLATFORMS:
    add(router, _platform)
SCHEMES: Final[dict[str, JSON]] = {
    platform.name: {
        "type": "apiKey",
        "in": "header",
        "name": platform.signing.header.title(),
        "description": platform.signed,
    }
    for platform in PLATFORMS
}
