"""`POST /v1/events`: CloudEvents 1.0 and Segment's calls; what is good is kept, what is not is named."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from model.contracts import JSON, Event
from serving.access.widgets import Visit, hears
from serving.errors import Forbidden, Problem
from serving.events.spelling import unknown_types
from serving.loop.deciding import Answer, Repeatable, remember, remembered
from serving.loop.happening import Happened
from serving.ports import Ledger, Transaction
from serving.routes.api import Api, api_of
from serving.routes.bodies import each, rejected, single_parameters
from serving.routes.documented import problems
from serving.routes.event_bodies import documented, event_of, kind_of, values_of
from serving.routes.heard import Heard, Ready
from serving.routes.nobody import about_nobody
from serving.routes.repeating import answered, repeatable, respond
from serving.routes.visits import Caller, OrWidget
from serving.routes.widget import event_in, not_theirs, waiting_for
from serving.schemas.answers import EventsAnswer, json_bytes, matched_values
from serving.schemas.segment import is_call

router = APIRouter(tags=["events"], dependencies=[Depends(single_parameters)])


@router.post(
    "/v1/events",
    status_code=202,
    response_model=EventsAnswer,
    responses=problems(401, 403, 409, 413, 415, 422, 503),
    openapi_extra=documented(),
)
async def record_events(request: Request, caller: Annotated[Caller, Depends(OrWidget("events"))]) -> Response:
    """Record one event, or an array of at most 1,000, and decide what its triggers match.

    The same `(source, id)` twice changes nothing, and decides nothing again. With an `Idempotency-Key` the same
    request is answered again as it was the first time, decisions included. A widget's key may report what happens in
    its own session, and hears of what is shown there.
    """
    api = api_of(request)
    now = api.clock()
    kind = kind_of(request.headers)
    heard = Heard(api, caller.key, request.url.path, request.headers, caller.visit)
    values = values_of(heard.headers, kind, await caller.body(request))
    caller.charge(api, len(values))
    taken = _taken(heard, values, now)
    if isinstance(taken, Answer):
        api.metrics.rejected(len(values))
        return respond(taken, 202)
    return await answered(api, taken)


def events_in(heard: Heard, body: bytes) -> Ready | None:
    """Read the events of a body, as `record_events` does; None where there is nothing to record."""
    now = heard.api.clock()
    taken = _taken(heard, values_of(heard.headers, kind_of(heard.headers), body), now)
    return None if isinstance(taken, Answer) else taken


def _taken(heard: Heard, values: list[JSON], now: datetime) -> Ready | Answer:
    """Return what is to be recorded; where nothing is, the answer."""
    asked = repeatable(heard, values)
    visit = heard.visit
    if visit is not None and not values:
        asked = None  # what waits for a page is what waits now, and asking for it records nothing
    if visit is None:
        return taken(heard.api, each(values, lambda value: event_of(value, now)), now, asked=asked)
    if any(map(is_call, values)):
        raise Forbidden("a widget sends events as CloudEvents; use a key with scope `events` for Segment's calls")
    return taken(heard.api, each(values, lambda value: event_in(visit, value, now)), now, asked=asked, visit=visit)


def taken(  # noqa: PLR0913  (who asked, who hears)
    api: Api,
    read: tuple[dict[int, Event], dict[int, Problem]],
    now: datetime,
    *,
    asked: Repeatable | None = None,
    visit: Visit | None = None,
    offered: bool = False,
) -> Ready | Answer:
    """Return how the events that could be read are recorded; where there is none, the answer.

    A `visit` reports, and hears, of its own session only. Where nobody reads the answer, what may be sent is `offered`.
    """
    good, bad = read
    about = _about(good, bad)
    if not good and asked is None and visit is None:
        return Answer(body=_body(Happened([]), about, []))

    def take(ledger: Ledger, transaction: Transaction) -> Answer:
        known = remembered(transaction, asked, now)
        if known is not None:
            return known
        foreign = {} if visit is None else not_theirs(transaction, visit, good)
        theirs = [good[index] for index in good if index not in foreign]
        happened = api.happenings.take(ledger, transaction, theirs, offered=offered)
        api.metrics.rejected(len(bad) + len(foreign))
        said = about | {"rejected": rejected(bad | foreign)} if foreign else about
        decisions = _decisions(transaction, happened, visit, good.values(), now)
        return remember(transaction, asked, _body(happened, said, decisions), now)

    return Ready(asked=asked, job=take, status=202, elements=len(good) + len(bad))


def _about(good: dict[int, Event], bad: dict[int, Problem]) -> dict[str, JSON]:
    """Return what an answer says of the request: what was rejected, of an unknown type, or concerns nobody."""
    about: dict[str, JSON] = {"rejected": rejected(bad)}
    unknown = unknown_types((index, event.type) for index, event in good.items())
    if unknown:
        about["unknown_types"] = unknown
    if nobody := about_nobody(good):
        about["about_nobody"] = nobody
    return about


def _decisions(
    transaction: Transaction, happened: Happened, visit: Visit | None, events: Iterable[Event], now: datetime
) -> list[JSON]:
    """Return the decisions that an answer lists: a visit's are those to be shown in it, whoever brought them about."""
    decided = [matched_values(candidate, one.decision) for candidate, one in happened.decided]
    if visit is None:
        return [*decided]
    fresh = hears(visit, decided, {one.id: one.subject for one in events})
    ids = {str(one["decision_id"]) for one in decided}
    return [*waiting_for(transaction, visit, heard=ids, now=now), *fresh]


def _body(happened: Happened, about: Mapping[str, JSON], decisions: list[JSON]) -> bytes:
    """Write an answer: what became of the events, and `about` the request, what was rejected, unknown, or nobody's."""
    answer: dict[str, JSON] = {
        "accepted": sum(happened.fresh),
        "duplicates": len(happened.fresh) - sum(happened.fresh),
        "rejected": about["rejected"],
        "decisions": decisions,
    }
    if happened.waiting:
        answer["pending"] = happened.waiting
    return json_bytes(answer | {name: part for name, part in about.items() if name not in answer})
