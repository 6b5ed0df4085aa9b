"""`POST /v1/decisions` and its batch: one candidate or up to 1,000, each decided once and durable when answered."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict

from model.contracts import JSON
from model.errors import Unavailable
from serving.errors import Away, Invalid
from serving.loop.deciding import Answer, Question, Repeatable, stands_for
from serving.ports import KeyRecord
from serving.routes.access import needs, require
from serving.routes.api import Api, api_of
from serving.routes.bodies import (
    each,
    needs_json,
    not_ahead,
    parse_body,
    read_as,
    read_json,
    single_parameters,
)
from serving.routes.documented import IDEMPOTENCY_KEY, body_of, problems
from serving.routes.edge import FAILED
from serving.routes.heard import Heard, Ready
from serving.routes.repeating import OTHER_BODY, First, answered, repeatable
from serving.schemas.answers import DecisionAnswer, ProblemAnswer, json_bytes
from serving.schemas.requests import DecisionBody
from serving.schemas.several import MANY, one_or_many

log = logging.getLogger(__name__)
router = APIRouter(tags=["decisions"], dependencies=[Depends(single_parameters)])
Decides = Annotated[KeyRecord, Depends(needs("decide"))]
FULL = "too many requests are waiting; nothing was recorded: try again"


class DryRun(BaseModel):
    """`dry_run=true`: the same answer, nothing recorded."""

    model_config = ConfigDict(extra="forbid")

    dry_run: bool = False


@router.post(
    "/v1/decisions",
    response_model=DecisionAnswer,
    responses=problems(401, 403, 409, 413, 415, 422, 503),
    openapi_extra=body_of("DecisionBody", parameters=(IDEMPOTENCY_KEY,)),
)
async def decide_one(request: Request, key: Decides, query: Annotated[DryRun, Query()]) -> Response:
    """Decide one candidate: should this message be sent to this customer now?

    Evidence that stands inline, with `time` and `data`, needs scope `events` as well.
    """
    body = await read_json(request)
    api = api_of(request)
    heard = Heard(api, key, request.url.path, request.headers)
    return await answered(api, _ready(heard, body, trial=query.dry_run), undo=query.dry_run)


def decision_in(heard: Heard, body: bytes) -> Ready:
    """Read one candidate of a body, as `decide_one` does."""
    needs_json(heard.headers)
    return _ready(heard, parse_body(body))


@router.post(
    "/v1/decisions/batch",
    response_model=list[DecisionAnswer | ProblemAnswer],
    responses=problems(401, 403, 409, 413, 415, 422, 503),
    openapi_extra=body_of("DecisionBody", many=True, one=False, parameters=(IDEMPOTENCY_KEY,)),
)
async def decide_many(request: Request, key: Decides, query: Annotated[DryRun, Query()]) -> Response:
    """Decide up to 1,000 candidates in order; each has its own outcome: a decision, or a problem document.

    Evidence that stands inline, with `time` and `data`, needs scope `events` as well.
    """
    body = await read_json(request)
    if not isinstance(body, list):
        raise Invalid(f"send an array of at most {MANY} candidates")
    api = api_of(request)
    values = one_or_many(body)
    api.pace.charge(key, len(values) - 1)
    good, bad = each(values, lambda value: _question(value, key, api))
    if len(good) > api.loop.room():
        raise Away(FULL)
    asked = None if query.dry_run else repeatable(Heard(api, key, request.url.path, request.headers), body)
    with First(api, asked):
        told: Sequence[Answer | BaseException]
        if query.dry_run:
            told = await api.loop.rehearse([replace(one, trial=True) for one in good.values()])
        else:
            await _same_body(api, asked)
            parts = [replace(one, repeatable=asked and asked.part(index)) for index, one in good.items()]
            told = await api.loop.ask_all(parts)
    told_by_index = {index: _element(one) for index, one in zip(good, told, strict=True)}
    shown = [told_by_index.get(index) or json_bytes(bad[index].document()) for index in range(len(values))]
    return Response(b"[" + b",".join(shown) + b"]", media_type="application/json")


def _ready(heard: Heard, body: JSON, *, trial: bool = False) -> Ready:
    asked = None if trial else repeatable(heard, body)
    return Ready(asked=asked, question=_question(body, heard.key, heard.api, repeatable=asked, trial=trial))


def _question(
    value: JSON, key: KeyRecord, api: Api, *, repeatable: Repeatable | None = None, trial: bool = False
) -> Question:
    body = read_as(DecisionBody, value)
    source = f"urn:outreach:inline:{key.id}"
    inline = body.inline_event(source)
    if inline is not None:
        require(key, "events")
        not_ahead(inline.time, api.clock(), "#/evidence/time")
    return Question(candidate=body.candidate(source), inline=inline, repeatable=repeatable, trial=trial)


async def _same_body(api: Api, asked: Repeatable | None) -> None:
    """Refuse the whole batch where its Idempotency-Key stands for another body."""
    if asked is None:
        return
    whole = asked.all_parts()
    if not await api.loop.submit(lambda _, transaction: stands_for(transaction, whole, api.clock())):
        raise Invalid(OTHER_BODY)


def _element(told: Answer | BaseException) -> bytes:
    """Write one element of a batch's answer; what failed is refused, the others have their answers."""
    if isinstance(told, Answer):
        return json_bytes(Invalid(OTHER_BODY).document()) if told.other_body else told.body
    if isinstance(told, Unavailable):
        return json_bytes(Away(str(told)).document())
    if not isinstance(told, Exception):
        raise told
    log.error("an element of a batch failed: %s", type(told).__name__)
    return json_bytes(Away(FAILED).document())
