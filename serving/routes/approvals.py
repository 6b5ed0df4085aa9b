"""`/v1/approvals`: a person with an admin key sees what waits, approves or reviews wordings, releases a breaker."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from model.contracts import JSON
from serving.errors import NotFound
from serving.people.awaiting import APPROVED, WITHDRAWN, Awaiting, Waiting, awaiting, review_json, template_json
from serving.people.wording_found import found_in
from serving.policy.policy import Policy
from serving.policy.templates import text_digest
from serving.ports import Approval, KeyRecord, Transaction
from serving.reviewing import Review, review_template
from serving.routes.access import needs
from serving.routes.api import Api, api_of
from serving.routes.bodies import no_parameters, read_as, read_json
from serving.routes.documented import body_of, problems
from serving.schemas.answers import json_bytes
from serving.schemas.approvals import ApprovalAnswer, ApprovalBody, ApprovalsAnswer, ReleaseAnswer
from serving.schemas.base import write_time
from serving.standing import Breaker

router = APIRouter(tags=["approvals"], dependencies=[Depends(no_parameters)])
Administers = Annotated[KeyRecord, Depends(needs("admin"))]


@router.post(
    "/v1/approvals",
    response_model=ApprovalAnswer | ReleaseAnswer,
    responses=problems(401, 403, 404, 413, 415, 422, 503),
    openapi_extra=body_of("ApprovalBody"),
)
async def approve(request: Request, key: Administers) -> Response:
    """Approve or review a wording, or release a breaker; the record says who, when and what.

    A review with two yeses approves; one with any no withdraws the approval that the wording had, of a template all of
    them.
    """
    body = read_as(ApprovalBody, await read_json(request))
    api = api_of(request)
    by = f"{key.name} ({key.id})"
    answer = await (
        _approve(api, body, by) if body.breaker is None else _release(api, body.breaker, by, body.why or "")
    )
    return Response(json_bytes(answer), media_type="application/json")


@router.get(
    "/v1/approvals",
    response_model=ApprovalsAnswer,
    responses=problems(401, 403, 422, 503),
)
async def list_approvals(request: Request, _: Administers) -> Response:
    """List the templates with their state, what waits for a person, and what people approved, reviewed and released."""
    api = api_of(request)
    now = api.clock()
    found = await api.loop.submit(lambda _, transaction: awaiting(transaction, api.policy, now))
    return Response(json_bytes(_listed(found, api.policy)), media_type="application/json")


async def _approve(api: Api, body: ApprovalBody, by: str) -> dict[str, JSON]:
    """Approve a wording, or record its review with what follows from it."""
    digest, what = _subject(body, api)
    at, wording = api.clock(), _wording(body, what, api.policy)
    told: dict[str, JSON] = {"digest": digest, "what": what, "by": by, "at": write_time(at)}
    if body.review is None:
        approval = Approval(digest=digest, what=what, by=by, at=at)
        await api.loop.submit(lambda _, transaction: transaction.approve(approval))
        return told | {"approved": True, "review": None, "wording": wording}
    review = Review(digest=digest, what=what, by=by, at=at, **body.review.model_dump())
    approved = await api.loop.submit(
        lambda _, transaction: (
            transaction.review(review) if body.template is None else review_template(transaction, review)
        )
    )
    return told | {"approved": approved, "review": review_json(review), "wording": wording}


async def _release(api: Api, breaker: str, by: str, why: str) -> dict[str, JSON]:
    """Release a breaker that is open."""
    at = api.clock()

    def release(transaction: Transaction) -> Breaker:
        known = next((one for one in transaction.breakers(released=0) if one.key == breaker), None)
        if known is None or not transaction.release_breaker(breaker, at=at, by=by, why=why):
            raise NotFound("no breaker of this name is open; ask `GET /v1/approvals` for those that are")
        return replace(known, released_at=at, released_by=by, why=why.strip())

    return _released(await api.loop.submit(lambda _, transaction: release(transaction)))


def _subject(body: ApprovalBody, api: Api) -> tuple[str, str]:
    """Return the digest and what it stands for."""
    if body.digest is not None:
        named = (template for template, digest in api.policy.digests.items() if digest == body.digest)
        return body.digest, next((f"template:{template}" for template in named), "digest")
    if body.text is not None:
        return text_digest(body.text, body.next_step), "text"
    digest = api.policy.digests.get(body.template or "")
    if digest is None:
        raise NotFound("there is no template with this id in the policy folder; `outreach policy approvals` lists them")
    return digest, f"template:{body.template}"


def _wording(body: ApprovalBody, what: str, policy: Policy) -> list[JSON]:
    """Return what the veto finds in the words; nothing of a digest that is no template's."""
    text, next_step = body.text, body.next_step
    if what.startswith("template:"):
        template = policy.templates[what.removeprefix("template:")]
        text, next_step = template.text, template.next_step
    return [] if text is None else [each.as_data() for each in found_in(policy.wording, text, next_step)]


def _listed(found: Awaiting, policy: Policy) -> dict[str, JSON]:
    return {
        "templates": [template_json(one, policy) for one in found.templates],
        "texts": [_text(one) for one in found.texts],
        "breakers": [_breaker(one) for one in found.breakers],
        "approved": [_approval(one) for one in found.approved],
        "reviewed": [review_json(one) for one in found.reviewed],
        "released": [_released(one) for one in found.released],
    }


def _text(one: Waiting) -> dict[str, JSON]:
    said: dict[str, JSON] = {"text": one.message.text, "next_step": one.message.next_step}
    return said | {"digest": one.digest, "state": one.state, "review": _review(one.review)}


def _review(one: Review | None) -> JSON:
    return None if one is None else review_json(one)


def _approval(one: Approval) -> dict[str, JSON]:
    """Return an approval on record, with the review that took it back."""
    told: dict[str, JSON] = {"digest": one.digest, "what": one.what, "by": one.by, "at": write_time(one.at)}
    return told | {"state": APPROVED if one.withdrawn is None else WITHDRAWN, "withdrawn_by": _review(one.withdrawn)}


def _breaker(one: Breaker) -> dict[str, JSON]:
    return {"breaker": one.key, "since": write_time(one.at), "volume": one.volume, "median": one.median}


def _released(one: Breaker) -> dict[str, JSON]:
    return {**_breaker(one), "by": one.released_by, "at": write_time(one.released_at), "why": one.why}
