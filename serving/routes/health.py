"""The open endpoints: does the process run, can it decide, which versions answer."""

from datetime import datetime

from fastapi import APIRouter, Request, Response

from serving.errors import Away
from serving.models.withheld import lacking
from serving.routes.api import Api, api_of
from serving.routes.documented import problems
from serving.schemas.answers import LiveAnswer, ReadyAnswer, VersionAnswer, json_bytes
from serving.schemas.base import write_time
from serving.standing import Standing

ESSENTIAL = "only essential service goes out"
router = APIRouter(tags=["health"])


@router.get("/livez", response_model=LiveAnswer)
async def live() -> Response:
    """Say that the process runs."""
    return Response(json_bytes({"status": "live"}), media_type="application/json")


@router.get("/readyz", response_model=ReadyAnswer, responses=problems(503))
async def ready(request: Request) -> Response:
    """Say whether decisions can be made durable now; `degraded` where no artefact is verified, or all is stopped."""
    api = api_of(request)
    now = api.clock()  # a clock that is not believed says so
    stands = await api.heartbeat.stands()
    if stands is None:
        raise Away("the ledger cannot be written now; nothing is sent, try again")
    status, detail = _state(api, stands.standing, now)
    if stands.breakers:
        detail = ", and ".join([*filter(None, [detail]), f"breakers open: {len(stands.breakers)}, see `/v1/approvals`"])
    return Response(json_bytes({"status": status, "detail": detail}), media_type="application/json")


def _state(api: Api, standing: Standing, now: datetime) -> tuple[str, str]:
    """Return the status and why: what stops everything discretionary comes first, then what the model lacks.

    A verified artefact whose certificate permits nothing is ready, with the reason; an experiment that runs is told.
    """
    if standing.trip is not None:
        since = write_time(standing.trip.at)
        return "degraded", f"the monitor tripped at {since}: {ESSENTIAL} until a person releases it"
    if standing.silent_since is not None:
        since = write_time(standing.silent_since)
        return "degraded", f"no outcome was reported of the sends since {since}: {ESSENTIAL}"
    models = api.models
    why = "" if models.scorer is None else lacking(models.scorer, api.settings.shares, now)
    runs = [f"an experiment runs until {write_time(one.until)}" for one in (standing.experiment,) if one is not None]
    said = [text for text in (models.degraded, why and f"{why}: {ESSENTIAL}") if text]
    return "degraded" if models.degraded else "ready", ", and ".join(said + runs)


@router.get("/version", response_model=VersionAnswer)
async def version(request: Request) -> Response:
    """Return the versions of code, policy and model."""
    api = api_of(request)
    answer = {
        "version": request.app.version,
        "policy_version": api.policy.version,
        "model_version": api.models.version,
    }
    return Response(json_bytes(answer), media_type="application/json")
