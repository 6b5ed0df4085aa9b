"""The short way in, for what comes most: events, and one candidate. Everything else goes through FastAPI.

FastAPI's layers, its routing and its solving of dependencies cost several times what we do ourselves about one event.
A plain request (no query) to one of these paths meets the same limit of its body, the same check of its key, the same
function as FastAPI's route for it and the same headers on the way out, and nothing else. Both ways give the same answer
to the byte: a test compares.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Final

from fastapi import Request
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from model.errors import Unavailable
from serving.errors import Problem
from serving.ports import KeyRecord
from serving.routes.access import Admission, needs
from serving.routes.asked import Asked
from serving.routes.decisions import DryRun, decide_one
from serving.routes.edge import WITHOUT_SCRIPTS, failed, left, refusal
from serving.routes.events import record_events

ALWAYS: Final = tuple(WITHOUT_SCRIPTS.items())
ALWAYS_SENT: Final = b"".join(b"%b: %b\r\n" % pair for pair in ALWAYS)
WHOLE: Final = "outreach.answer"  # our extension of ASGI: an answer in one message, its head written out


@dataclass(frozen=True, slots=True)
class Way:
    """What one path does with a request: who is admitted, and what answers."""

    admission: Admission
    answer: Callable[[Request, KeyRecord], Awaitable[Response]]


WAYS: Mapping[str, Way] = MappingProxyType(
    {
        "/v1/events": Way(needs("events"), record_events),
        "/v1/decisions": Way(needs("decide"), partial(decide_one, query=DryRun())),
    }
)


class Direct:
    """Wraps FastAPI's application, its edge included, and answers in its place where the short way will do."""

    def __init__(self, app: ASGIApp) -> None:
        self._long = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request by the one way or the other."""
        plain = scope["type"] == "http" and scope["method"] == "POST" and not scope["query_string"]
        way = WAYS.get(scope["path"]) if plain else None
        if way is None:
            await self._long(scope, receive, send)
            return
        try:
            response = await _answer(way, Asked(scope, receive))
        except ClientDisconnect:
            left()
            return
        if WHOLE in scope.get("extensions", ()):
            head = b"".join([*(b"%b: %b\r\n" % pair for pair in response.raw_headers), ALWAYS_SENT])
            await send({"type": WHOLE, "status": response.status_code, "head": head, "body": response.body})
            return
        headers = [*response.raw_headers, *ALWAYS]
        await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
        await send({"type": "http.response.body", "body": response.body})


async def _answer(way: Way, asked: Asked) -> Response:
    try:
        asked.refuse_too_large()
        return await way.answer(asked, await way.admission(asked, None))
    except (Problem, Unavailable) as error:
        return refusal(error)
    except ClientDisconnect:
        raise
    except Exception as error:  # noqa: BLE001  (the last resort, as at the edge)
        return failed(error)
