"""`POST /v1/decisions/{id}/confirm`: may this message still go, now? Asked at send time, or after a hold."""

from typing import Annotated

import orjson
from fastapi import APIRouter, Depends, Request, Response

from serving.access.widgets import trimmed
from serving.confirming import Confirmation
from serving.errors import NO_DECISION, NotFound
from serving.ports import Ledger, Transaction
from serving.routes.api import api_of
from serving.routes.bodies import needs_no_body, no_parameters
from serving.routes.documented import NO_BODY, problems
from serving.routes.user_ids import DecisionId
from serving.routes.visits import Caller, OrWidget
from serving.routes.widget import is_theirs
from serving.schemas.answers import ConfirmationAnswer, json_bytes

router = APIRouter(tags=["decisions"], dependencies=[Depends(no_parameters)])


@router.post(
    "/v1/decisions/{decision_id}/confirm",
    response_model=ConfirmationAnswer,
    responses=problems(401, 403, 404, 413, 415, 422, 503),
    openapi_extra=NO_BODY,
)
async def confirm_decision(
    request: Request,
    caller: Annotated[Caller, Depends(OrWidget("decide"))],
    decision_id: DecisionId,
) -> Response:
    """Decide again, as of now, with the same draw; a send is good until its `expires_at`, a cancel is final.

    A widget's key may confirm what is shown in its own session, and hears no reasons.
    """
    api = api_of(request)
    asked = api.clock()
    needs_no_body(request.headers, await caller.body(request))
    visit = caller.visit

    def confirm(ledger: Ledger, transaction: Transaction) -> Confirmation | None:
        if visit is not None and not is_theirs(transaction, visit, decision_id):
            return None
        return api.confirmer.confirm(ledger, transaction, decision_id, asked=asked)

    confirmed = await api.loop.submit(confirm)
    if confirmed is None:
        raise NotFound(NO_DECISION)
    said = confirmed.answer if visit is None else json_bytes(trimmed(orjson.loads(confirmed.answer)))
    return Response(said, media_type="application/json")
