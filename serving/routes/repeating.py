"""`Idempotency-Key`: the same request again is answered as the first one was, and nothing is done twice."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Request, Response

from model.contracts import JSON
from serving.deciding import Answer, Repeatable
from serving.errors import Conflict, Invalid
from serving.ports import KeyRecord
from serving.routes.api import Api
from serving.routes.bodies import JSON_TYPE
from serving.strict_json import fingerprint

KEY_HEADER = "idempotency-key"
KEY_FORM = re.compile(r"[\x21-\x7e]([\x20-\x7e]{0,253}[\x21-\x7e])?")
OTHER_BODY = "this `Idempotency-Key` came with another body before; use a new one"


def repeatable(request: Request, key: KeyRecord, body: JSON) -> Repeatable | None:
    """Return what the Idempotency-Key header asks for, or None without one.

    Raises:
        Invalid: the header is there twice, or not 1 to 255 printable ASCII characters.
    """
    names = request.headers.getlist(KEY_HEADER)
    if not names:
        return None
    if len(names) > 1 or not KEY_FORM.fullmatch(names[0]):
        raise Invalid("send one `Idempotency-Key` of 1 to 255 printable ASCII characters")
    return Repeatable(key_id=key.id, name=f"{request.url.path} {names[0]}", body_sha256=fingerprint(body))


@asynccontextmanager
async def first(api: Api, asked: Repeatable | None) -> AsyncIterator[None]:
    """Refuse a second request with the same Idempotency-Key while the first one runs."""
    name = None if asked is None else (asked.key_id, asked.name)
    if name is None:
        yield
        return
    if name in api.running:
        raise Conflict("a request with this `Idempotency-Key` is still running; wait for its answer")
    api.running.add(name)
    try:
        yield
    finally:
        api.running.discard(name)


def respond(answer: Answer, status: int = 200) -> Response:
    """Answer with what was decided, or was answered before; refuse a key that came with another body."""
    if answer.other_body:
        raise Invalid(OTHER_BODY)
    headers = {"Idempotency-Replayed": "true"} if answer.replayed else None
    return Response(answer.body, status_code=status, media_type=JSON_TYPE, headers=headers)
