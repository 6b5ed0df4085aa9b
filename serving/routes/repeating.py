"""`Idempotency-Key`: the same request again is answered as the first one was, and nothing is done twice."""

import asyncio
import re
from contextlib import AbstractContextManager
from typing import Final, Self

from fastapi import Response

from model.contracts import JSON
from serving.errors import Conflict, Invalid
from serving.loop.deciding import Answer, Repeatable
from serving.routes.api import Api
from serving.routes.heard import Heard, Ready
from serving.routes.written import Written
from serving.strict_json import fingerprint

KEY_HEADER = "idempotency-key"
KEY_FORM = re.compile(r"[\x21-\x7e]([\x20-\x7e]{0,253}[\x21-\x7e])?")
REPLAYED: Final = ((b"idempotency-replayed", b"true"),)
OTHER_BODY = "this `Idempotency-Key` came with another body before; use a new one"


def repeatable(heard: Heard, body: JSON) -> Repeatable | None:
    """Return what the Idempotency-Key header asks for, or None without one.

    Raises:
        Invalid: the header is there twice, or not 1 to 255 printable ASCII characters.
    """
    names = heard.headers.getlist(KEY_HEADER)
    if not names:
        return None
    if len(names) > 1 or not KEY_FORM.fullmatch(names[0]):
        raise Invalid("send one `Idempotency-Key` of 1 to 255 printable ASCII characters")
    return Repeatable(key_id=heard.key.id, name=f"{heard.named} {names[0]}", body_sha256=fingerprint(body))


class First(AbstractContextManager["First"]):
    """Refuses a second request with the same Idempotency-Key while the first one runs; every request enters it.

    It ends with its block, or, where that said `stay`, by `end`.

    Raises:
        Conflict: the first one still runs.
    """

    __slots__ = ("_name", "_running", "_stays")

    def __init__(self, api: Api, asked: Repeatable | None) -> None:
        self._running = api.running
        self._name = None if asked is None else (asked.key_id, asked.name)
        self._stays = False

    def __enter__(self) -> Self:
        if self._name is None:
            return self
        if self._name in self._running:
            raise Conflict("a request with this `Idempotency-Key` is still running; wait for its answer")
        self._running.add(self._name)
        return self

    def __exit__(self, *_: object) -> None:
        if not self._stays:
            self.end()

    def stay(self) -> None:
        """Let the request run on after the block."""
        self._stays = True

    def end(self) -> None:
        """Have its answer: from now on the key may come again."""
        if self._name is not None:
            self._running.discard(self._name)


async def answered(api: Api, ready: Ready, *, undo: bool = False) -> Response:
    """Have the decide loop answer a request, and answer with that."""
    future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
    with First(api, ready.asked):
        api.loop.enqueue(future, question=ready.question, job=ready.job, undo=undo)
        return respond(await future, ready.status)


def respond(answer: Answer, status: int = 200) -> Response:
    """Answer with what was decided, or was answered before; refuse a key that came with another body."""
    if answer.other_body:
        raise Invalid(OTHER_BODY)
    return Written(answer.body, status, REPLAYED if answer.replayed else ())
