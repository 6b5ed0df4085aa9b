"""`/v1/users/{id}` and below: zone and consent as the customer gave them, until when to leave them alone, erasure."""

from functools import cache
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from starlette.convertors import register_url_convertor

from serving.embargo import embargo
from serving.errors import Fault, Invalid, NotFound
from serving.policy.tightening import in_force
from serving.policy.zones import zone
from serving.ports import KeyRecord, Preferences
from serving.routes.access import needs
from serving.routes.api import api_of
from serving.routes.bodies import needs_no_body, no_parameters, read_as, read_json
from serving.routes.documented import body_of, problems
from serving.routes.person import NOBODY, read_person
from serving.routes.user_ids import ANY_TEXT, AnyText, UserId
from serving.schemas.answers import EmbargoAnswer, ErasedAnswer, PreferencesAnswer, json_bytes
from serving.schemas.base import write_time
from serving.schemas.people import PersonAnswer
from serving.schemas.requests import PreferencesBody


async def write_preferences(
    request: Request, _: Annotated[KeyRecord, Depends(needs("admin"))], user_id: UserId
) -> Response:
    """Replace what is on record for this customer."""
    body = read_as(PreferencesBody, await read_json(request))
    if body.timezone is not None and zone(body.timezone) is None:
        fault = Fault("#/timezone", "is not a zone of the IANA database, such as Europe/Paris")
        raise Invalid("the zone is not known; write such as `Europe/Paris`", errors=[fault])
    api = api_of(request)
    preferences = Preferences(
        timezone=body.timezone, consent={str(channel): given for channel, given in body.consent.items()}
    )
    now = api.clock()
    await api.loop.submit(lambda _, transaction: transaction.set_preferences(user_id, preferences, at=now))
    return _respond(preferences)


async def read_preferences(
    request: Request, _: Annotated[KeyRecord, Depends(needs("read"))], user_id: UserId
) -> Response:
    """Return what is on record for this customer."""
    found = await api_of(request).loop.submit(lambda _, transaction: transaction.preferences(user_id))
    if found is None:
        raise NotFound("there are no preferences on record for this customer; set them with PUT")
    return _respond(found)


async def read_embargo(request: Request, _: Annotated[KeyRecord, Depends(needs("read"))], user_id: UserId) -> Response:
    """Say until when nobody should send this customer a promotion, and why; of a stranger nothing is known."""
    api = api_of(request)
    now = api.clock()
    recent, policy = await api.loop.submit(
        lambda _, transaction: (transaction.recent(user_id, now=now), in_force(transaction, api.policy))
    )
    found = embargo(recent, now=now, cooling_off_days=policy.limits.cooling_off_days)
    answer = {"until": write_time(found.until), "because": found.because}
    return Response(json_bytes(answer), media_type="application/json")


async def erase(request: Request, _: Annotated[KeyRecord, Depends(needs("admin"))], user_id: UserId) -> Response:
    """Erase this customer, under all their ids; what protects them stays under a keyed hash of the id."""
    needs_no_body(request.headers, await request.body())
    api = api_of(request)
    found = await api.loop.submit(lambda _, transaction: transaction.erase(user_id, at=api.clock()))
    if found is None:
        raise NotFound(NOBODY)
    answer = {"decisions": found.decisions, "events": found.events, "outcomes": found.outcomes}
    return Response(json_bytes(answer), media_type="application/json")


def _respond(preferences: Preferences) -> Response:
    consent = {channel: preferences.consent[channel] for channel in sorted(preferences.consent)}
    return Response(json_bytes({"timezone": preferences.timezone, "consent": consent}), media_type="application/json")


@cache
def users_router() -> APIRouter:
    """Return the routes; only now does Starlette get to know the part of a path that may hold anything."""
    register_url_convertor(ANY_TEXT, AnyText())
    router = APIRouter(tags=["users"], dependencies=[Depends(no_parameters)])
    user = f"/v1/users/{{user_id:{ANY_TEXT}}}"
    router.put(
        f"{user}/preferences",
        response_model=PreferencesAnswer,
        responses=problems(401, 403, 413, 415, 422, 503),
        openapi_extra=body_of("PreferencesBody"),
    )(write_preferences)
    router.get(f"{user}/preferences", response_model=PreferencesAnswer, responses=problems(401, 403, 404, 422, 503))(
        read_preferences
    )
    router.get(f"{user}/embargo", response_model=EmbargoAnswer, responses=problems(401, 403, 422, 503))(read_embargo)
    router.get(user, response_model=PersonAnswer, responses=problems(401, 403, 404, 422, 503))(read_person)
    router.delete(user, response_model=ErasedAnswer, responses=problems(401, 403, 404, 413, 415, 422, 503))(erase)
    return router
