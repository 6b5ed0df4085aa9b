"""The open endpoints: does the process run, can it decide, which versions answer."""

from fastapi import APIRouter, Request, Response

from serving.errors import Away
from serving.routes.api import api_of
from serving.routes.documented import problems
from serving.schemas.answers import LiveAnswer, ReadyAnswer, VersionAnswer, json_bytes

UNCERTIFIED = "the model has no certificate: only essential service goes out"
router = APIRouter(tags=["health"])


@router.get("/livez", response_model=LiveAnswer)
async def live() -> Response:
    """Say that the process runs."""
    return Response(json_bytes({"status": "live"}), media_type="application/json")


@router.get("/readyz", response_model=ReadyAnswer, responses=problems(503))
async def ready(request: Request) -> Response:
    """Say whether decisions can be made durable now; `degraded` where only essential service goes out."""
    api = api_of(request)
    if not await api.readiness.writable():
        raise Away("the ledger cannot be written now; nothing is sent")
    certified = api.scorer is not None and api.scorer.cutoff is not None
    detail = api.degraded or ("" if certified else UNCERTIFIED)
    answer = {"status": "degraded" if api.degraded else "ready", "detail": detail}
    return Response(json_bytes(answer), media_type="application/json")


@router.get("/version", response_model=VersionAnswer)
async def version(request: Request) -> Response:
    """Return the versions of code, policy and model."""
    api = api_of(request)
    answer = {
        "version": request.app.version,
        "policy_version": api.policy.version,
        "model_version": None if api.scorer is None else api.scorer.version,
    }
    return Response(json_bytes(answer), media_type="application/json")
