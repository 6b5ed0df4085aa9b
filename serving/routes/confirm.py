"""`POST /v1/decisions/{id}/confirm`: may this message still go, now? Asked at send time, or after a hold."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response

from serving.errors import Invalid, NotFound
from serving.ports import KeyRecord
from serving.routes.access import needs
from serving.routes.api import api_of
from serving.routes.bodies import JSON_TYPE, no_parameters, read_json
from serving.routes.documented import problems
from serving.schemas.answers import ConfirmationAnswer

router = APIRouter(tags=["decisions"], dependencies=[Depends(no_parameters)])
NO_BODY = {"content": {JSON_TYPE: {"schema": {"type": "object", "maxProperties": 0}}}, "required": False}


@router.post(
    "/v1/decisions/{decision_id}/confirm",
    response_model=ConfirmationAnswer,
    responses=problems(401, 403, 404, 413, 415, 422, 503),
    openapi_extra={"requestBody": NO_BODY},
)
async def confirm_decision(
    request: Request,
    _: Annotated[KeyRecord, Depends(needs("decide"))],
    decision_id: Annotated[str, Path(max_length=256)],
) -> Response:
    """Decide again, as of now, with the same draw; a send is good until its `expires_at`, a cancel is final."""
    api = api_of(request)
    asked = api.clock()
    if await request.body() and await read_json(request) != {}:
        raise Invalid("this needs no body; send none, or `{}`")
    confirmed = await api.loop.submit(
        lambda ledger, transaction: api.confirmer.confirm(ledger, transaction, decision_id, asked=asked)
    )
    if confirmed is None:
        raise NotFound("there is no decision with this id")
    return Response(confirmed.answer, media_type="application/json")
