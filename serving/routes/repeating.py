"""`Idempotency-Key`: the same request again is answered as the first one was, and nothing is done twice."""

import re
from contextlib import AbstractContextManager
from typing import Final

from fastapi import Request, Response

from model.contracts import JSON
from serving.deciding import Answer, Repeatable
from serving.errors import Conflict, Invalid
from serving.ports import KeyRecord
from serving.routes.api import Api
from serving.routes.written import Written
from serving.strict_json import fingerprint

KEY_HEADER = "idempotency-key"
KEY_FORM = re.compile(r"[\x21-\x7e]([\x20-\x7e]{0,253}[\x21-\x7e])?")
REPLAYED: Final = ((b"idempotency-replayed", b"true"),)
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


class First(AbstractContextManager[None]):
    """Refuses a second request with the same Idempotency-Key while the first one runs; every request enters it.

    Raises:
        Conflict: the first one still runs.
    """

    __slots__ = ("_name", "_running")

    def __init__(self, api: Api, asked: Repeatable | None) -> None:
        self._running = api.running
        self._name = None if asked is None else (asked.key_id, asked.name)

    def __enter__(self) -> None:
        if self._name is None:
            return
        if self._name in self._running:
            raise Conflict("a request with this `Idempotency-Key` is still running; wait for its answer")
        self._running.add(self._name)

    def __exit__(self, *_: object) -> None:
        if self._name is not None:
            self._running.discard(self._name)


def respond(answer: Answer, status: int = 200) -> Response:
    """Answer with what was decided, or was answered before; refuse a key that came with another body."""
    if answer.other_body:
        raise Invalid(OTHER_BODY)
    return Written(answer.body, status, REPLAYED if answer.replayed else ())
