"""What a browser asks before it sends a widget's request, and whether its page may read the answer (CORS).

A page's script may read an answer only where this says so: on the three paths that take a widget's key, to the origin
of an active one, and without cookies. Nothing else of the API ever says so.
"""

from typing import Final

from fastapi import APIRouter, Request, Response

from serving.errors import MethodNotAllowed
from serving.routes.api import api_of
from serving.routes.edge import MORE_HEADERS

PATHS: Final = ("/v1/events", "/v1/decisions/{decision_id}/confirm", "/v1/outcomes")
PREFLIGHT: Final = {
    "Access-Control-Allow-Methods": "POST",
    "Access-Control-Allow-Headers": "authorization, content-type, outreach-session, idempotency-key",
    "Access-Control-Max-Age": "600",
}
router = APIRouter(include_in_schema=False)


def shared(origin: str) -> list[tuple[bytes, bytes]]:
    """Return the headers with which a browser lets the page of this origin read an answer."""
    shown = ((b"access-control-allow-origin", origin.encode()), (b"vary", b"Origin"))
    return [*shown, (b"access-control-expose-headers", b"retry-after, date")]


async def preflight(request: Request) -> Response:
    """Answer what a browser asks before it sends a widget's request; anybody else's OPTIONS is not taken."""
    given = request.headers.getlist("origin")
    asked = request.headers.getlist("access-control-request-method")
    if asked != ["POST"] or len(given) != 1 or not await api_of(request).keyring.has_page(given[0]):
        raise MethodNotAllowed("see `Allow`, or `/openapi.json`", headers={"Allow": "POST"})
    request.scope.get(MORE_HEADERS, []).extend(shared(given[0])[:2])
    return Response(status_code=204, headers=PREFLIGHT)


for _path in PATHS:
    router.add_api_route(_path, preflight, methods=["OPTIONS"])
