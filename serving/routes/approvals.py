"""`/v1/approvals`: a person with an admin key sees what waits, and approves a template, a text or a digest."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from serving.awaiting import templates, texts
from serving.errors import NotFound
from serving.policy.templates import text_digest
from serving.ports import Approval, KeyRecord
from serving.routes.access import needs
from serving.routes.api import Api, api_of
from serving.routes.bodies import no_parameters, read_as, read_json
from serving.routes.documented import body_of, problems
from serving.schemas.answers import ApprovalAnswer, ApprovalsAnswer, json_bytes
from serving.schemas.base import write_time
from serving.schemas.requests import ApprovalBody

router = APIRouter(tags=["approvals"], dependencies=[Depends(no_parameters)])
Administers = Annotated[KeyRecord, Depends(needs("admin"))]


@router.post(
    "/v1/approvals",
    response_model=ApprovalAnswer,
    responses=problems(401, 403, 404, 413, 415, 422, 503),
    openapi_extra=body_of("ApprovalBody"),
)
async def approve(request: Request, key: Administers) -> Response:
    """Approve; the record says who, when and what."""
    body = read_as(ApprovalBody, await read_json(request))
    api = api_of(request)
    approved, what = _subject(body, api)
    approval = Approval(digest=approved, what=what, by=f"{key.name} ({key.id})", at=api.clock())
    await api.loop.submit(lambda _, transaction: transaction.approve(approval))
    answer = {"digest": approval.digest, "what": what, "by": approval.by, "at": write_time(approval.at)}
    return Response(json_bytes(answer), media_type="application/json")


@router.get(
    "/v1/approvals",
    response_model=ApprovalsAnswer,
    responses=problems(401, 403, 422, 503),
)
async def list_approvals(request: Request, _: Administers) -> Response:
    """List the templates with their state, and the free texts that wait for a person."""
    api = api_of(request)
    now = api.clock()
    known, waiting = await api.loop.submit(
        lambda _, transaction: (templates(transaction, api.policy, now), texts(transaction, now))
    )
    answer = {
        "templates": [{"template": one.message.template, "digest": one.digest, "state": one.state} for one in known],
        "texts": [
            {"text": one.message.text, "next_step": one.message.next_step, "digest": one.digest} for one in waiting
        ],
    }
    return Response(json_bytes(answer), media_type="application/json")


def _subject(body: ApprovalBody, api: Api) -> tuple[str, str]:
    """Return the digest and what it stands for."""
    if body.digest is not None:
        return body.digest, "digest"
    if body.text is not None:
        return text_digest(body.text, body.next_step), "text"
    digest = api.policy.digests.get(body.template or "")
    if digest is None:
        raise NotFound("there is no template with this id in the policy folder")
    return digest, f"template:{body.template}"
