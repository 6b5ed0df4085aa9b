"""`GET /v1/triggers`: which rules make candidates of events, and what came of each since this process began."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from serving.ports import KeyRecord
from serving.routes.access import needs
from serving.routes.api import api_of
from serving.routes.bodies import no_parameters
from serving.routes.documented import problems
from serving.schemas.answers import json_bytes
from serving.schemas.triggers import TriggersAnswer, tally_values

router = APIRouter(tags=["events"], dependencies=[Depends(no_parameters)])


@router.get("/v1/triggers", response_model=TriggersAnswer, responses=problems(401, 403, 422, 503))
async def list_triggers(request: Request, _: Annotated[KeyRecord, Depends(needs("read"))]) -> Response:
    """List the triggers in the order of their files, with the counts of this process."""
    tallies = api_of(request).happenings.matcher.tallies()
    return Response(json_bytes({"triggers": [tally_values(tally) for tally in tallies]}), media_type="application/json")
