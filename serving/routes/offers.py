"""`GET /v1/offers`: the sends that no request was answered with, to be asked for; and what became of each delivery."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from model.contracts import JSON
from serving.errors import NotFound
from serving.offers.offering import data_of, webhook_id
from serving.ports import KeyRecord, Transaction
from serving.routes.access import needs
from serving.routes.api import Api, api_of
from serving.routes.bodies import needs_no_body, no_parameters, single_parameters
from serving.routes.documented import NO_BODY, problems
from serving.schemas.answers import json_bytes
from serving.schemas.base import write_time
from serving.schemas.offers import OfferAnswer, OffersAnswer, StateName
from serving.timetable import Offer, OfferState

LARGEST = 2**63 - 1
router = APIRouter(tags=["offers"])


class Wanted(BaseModel):
    """Which offers: of one state, made after the one with the number `cursor`."""

    model_config = ConfigDict(extra="forbid")

    state: StateName | None = None
    cursor: int = Field(default=0, ge=0, le=LARGEST)
    limit: int = Field(default=100, ge=1, le=1000)


@router.get(
    "/v1/offers",
    response_model=OffersAnswer,
    responses=problems(401, 403, 422, 503),
    dependencies=[Depends(single_parameters)],
)
async def list_offers(
    request: Request, _: Annotated[KeyRecord, Depends(needs("read"))], wanted: Annotated[Wanted, Query()]
) -> Response:
    """List offers in the order they were made: `waiting` to act on, `dead` to see what could not be delivered.

    The `number` of the last one is the cursor for what came since.
    """
    api = api_of(request)
    found = await api.loop.submit(lambda _, transaction: _page(transaction, api, wanted))
    page = found[: wanted.limit]
    more = page[-1].number if len(found) > len(page) else None
    shown = [_shown(offer, api) for offer in page]
    return Response(json_bytes({"offers": shown, "next_cursor": more}), media_type="application/json")


@router.post(
    "/v1/offers/{number}/retry",
    response_model=OfferAnswer,
    responses=problems(401, 403, 404, 413, 415, 422, 503),
    dependencies=[Depends(no_parameters)],
    openapi_extra=NO_BODY,
)
async def retry_offer(
    request: Request,
    _: Annotated[KeyRecord, Depends(needs("admin"))],
    number: Annotated[int, Path(ge=1, le=LARGEST)],
) -> Response:
    """Let a dead offer that has not expired be delivered anew, at once and with all its tries."""
    needs_no_body(request.headers, await request.body())
    api = api_of(request)
    offer = await api.loop.submit(lambda _, transaction: transaction.revive_offer(number, now=api.clock()))
    if offer is None:
        raise NotFound("there is no dead offer with this number that has not expired; ask `GET /v1/offers` for them")
    return Response(json_bytes(_shown(offer, api)), media_type="application/json")


def _page(transaction: Transaction, api: Api, wanted: Wanted) -> list[Offer]:
    """Return one offer more than fits, so that the next page is known; what is over by now says so."""
    transaction.expire_offers(api.clock())
    state = None if wanted.state is None else OfferState(wanted.state)
    return transaction.offers(state=state, after=wanted.cursor, limit=wanted.limit + 1)


def _shown(offer: Offer, api: Api) -> dict[str, JSON]:
    is_due = offer.state is OfferState.WAITING and api.webhooks is not None
    return {
        "number": offer.number,
        "decision_id": offer.decision_id,
        "webhook_id": webhook_id(offer.number, offer.decision_id),
        "offered_at": write_time(offer.at),
        "expires_at": write_time(offer.expires_at),
        "state": offer.state.value,
        "attempts": offer.attempts,
        "next_attempt_at": write_time(offer.next_at) if is_due else None,
        "status": offer.status,
        "error": offer.error,
        "decision": data_of(offer.body),
    }
