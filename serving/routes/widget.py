"""What a visit may say and hear of, and what a browser asks beforehand (CORS).

A page's script may read an answer only where this says so: on the three paths that take a widget's key, to the origin
of an active one, and without cookies. Nothing else of the API ever says so.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from fastapi import APIRouter, Request, Response

from model.contracts import JSON, Event
from serving.errors import Fault, Forbidden, MethodNotAllowed, NotFound, Problem
from serving.ports import Transaction
from serving.routes.api import api_of
from serving.routes.edge import MORE_HEADERS
from serving.routes.event_bodies import event_of
from serving.routes.visits import shared
from serving.widgets import Visit

PATHS: Final = ("/v1/events", "/v1/decisions/{decision_id}/confirm", "/v1/outcomes")
PREFLIGHT: Final = {
    "Access-Control-Allow-Methods": "POST",
    "Access-Control-Allow-Headers": "authorization, content-type, outreach-session, idempotency-key",
    "Access-Control-Max-Age": "600",
}
NOT_ITS_OWN: Final = "this is not for this widget's session to say; see `errors`"
router = APIRouter(include_in_schema=False)


def not_its_own(wrong: tuple[str, str]) -> Forbidden:
    """Return the refusal of one element that a visit may not report."""
    return Forbidden(NOT_ITS_OWN, errors=[Fault(*wrong)])


def event_in(visit: Visit, value: JSON, now: datetime) -> Event:
    """Return one value of a body as an event of this visit; a source that is left out is its own."""
    event = event_of({"source": visit.source, **value} if isinstance(value, dict) else value, now)
    wrong = visit.wrong_event(event)
    if wrong is not None:
        raise not_its_own(wrong)
    return event


def not_theirs(transaction: Transaction, visit: Visit, events: Mapping[int, Event]) -> dict[int, Problem]:
    """Return those of the events, by index, that dismiss a decision which is not this visit's own."""
    return {
        index: NotFound("there is no decision with this id")
        for index, event in events.items()
        if event.data.get("decision_id") is not None
        and not is_theirs(transaction, visit, str(event.data["decision_id"]))
    }


def is_theirs(transaction: Transaction, visit: Visit, decision_id: str) -> bool:
    """Return whether a decision is this visit's own; one that is not, and one that is not there, look the same."""
    known = transaction.confirmable(decision_id)
    return known is not None and visit.owns(known.record, transaction.customer)


async def preflight(request: Request) -> Response:
    """Answer what a browser asks before it sends a widget's request; anybody else's OPTIONS is not taken."""
    given = request.headers.getlist("origin")
    asks = request.headers.get("access-control-request-method") == "POST"
    if not asks or len(given) != 1 or not await api_of(request).keyring.has_page(given[0]):
        raise MethodNotAllowed("see `Allow`, or `/openapi.json`", headers={"Allow": "POST"})
    request.scope.get(MORE_HEADERS, []).extend(shared(given[0])[:2])
    return Response(status_code=204, headers=PREFLIGHT)


for _path in PATHS:
    router.add_api_route(_path, preflight, methods=["OPTIONS"])
