"""`GET /metrics`: what is counted, as Prometheus reads it; also while the ledger is away, to whom it let in before."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import PlainTextResponse

from serving.ports import KeyRecord
from serving.routes.access import needs
from serving.routes.api import api_of
from serving.routes.bodies import no_parameters
from serving.routes.documented import problems

router = APIRouter(tags=["health"], dependencies=[Depends(no_parameters)])


@router.get(
    "/metrics",
    response_class=PlainTextResponse,
    responses=problems(401, 403, 422, 429, 503),
)
async def metrics(request: Request, _: Annotated[KeyRecord, Depends(needs("read", lately=False))]) -> Response:
    """Return all metrics in Prometheus' text format; several workers are one in it."""
    text, media_type = await api_of(request).reporting.text()
    return Response(text, headers={"Content-Type": media_type})
