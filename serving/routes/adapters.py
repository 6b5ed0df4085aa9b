"""`POST /v1/adapters/{platform}`: a platform's own webhook. Its signature over the raw body stands in for a key.

What is signed goes at the pace of one key. A body without a signature is not read, one with a wrong one is not parsed:
that costs its digest.
"""

from datetime import UTC, datetime

from fastapi import APIRouter, Depends, Request, Response

from model.contracts import JSON, Event
from serving.deciding import Answer
from serving.errors import Fault, Invalid, Unauthenticated
from serving.ports import KeyRecord
from serving.routes.api import api_of
from serving.routes.bodies import each, needs_json, no_parameters, parse_body
from serving.routes.documented import body_of, problems
from serving.routes.event_bodies import event_of, values_in
from serving.routes.events import taken
from serving.routes.repeating import answered, respond
from serving.schemas.answers import EventsAnswer
from serving.schemas.segment import WHICH, hint, is_call
from serving.signatures import SEGMENT

router = APIRouter(tags=["adapters"], dependencies=[Depends(no_parameters)])
CHALLENGE = {"WWW-Authenticate": 'Signature realm="outreach"'}
NOT_SIGNED = "`X-Signature` is not that of this body under `segment_secret`; set the same secret in both places"
SEGMENTS = KeyRecord(
    id="adapter:segment", name="segment", sha256="", scopes=(), created_at=datetime.min.replace(tzinfo=UTC)
)
SIGNED: dict[str, JSON] = {"security": [{"Segment": []}]}


@router.post(
    "/v1/adapters/segment",
    status_code=202,
    response_model=EventsAnswer,
    responses=problems(401, 413, 415, 422, 429, 503),
    openapi_extra=body_of("SegmentBody", many=True) | SIGNED,
)
async def record_segment(request: Request) -> Response:
    """Record what Segment, or RudderStack, sends: one call, an array, or an envelope of at most 1,000.

    Signed with the setting `segment_secret`. A call that comes twice is one event; nothing is decided again.
    """
    api = api_of(request)
    now = api.clock()
    needs_json(request.headers)
    if not api.segment_secrets or not SEGMENT.signs(request.headers):
        raise Unauthenticated(NOT_SIGNED, headers=CHALLENGE)
    body = await request.body()
    if not SEGMENT.verify(request.headers, body, secrets=api.segment_secrets, now=now):
        raise Unauthenticated(NOT_SIGNED, headers=CHALLENGE)
    api.pace.admit(SEGMENTS)
    values = values_in(parse_body(body))
    api.pace.charge(SEGMENTS, len(values) - 1)

    def read(value: JSON) -> Event:
        if not is_call(value):
            said = f"{WHICH}{hint(value)}" if isinstance(value, dict) else "must be one of Segment's calls"
            raise Invalid("this is none of Segment's calls", errors=[Fault("#/type", said)])
        return event_of(value, now)

    found = taken(api, each(values, read), now)
    return respond(found, 202) if isinstance(found, Answer) else await answered(api, found)
