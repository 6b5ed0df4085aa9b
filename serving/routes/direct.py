"""The short way in, for what comes most: events, and one candidate. Everything else goes through FastAPI.

FastAPI's layers, its routing and its solving of dependencies cost several times what we do ourselves about one event.
A plain request (no query) to one of these paths meets the same limit of its body, the same check of its key and the
same function as FastAPI's route for it, and nothing else. Both ways give the same answer to the byte: a test compares.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from model.errors import Unavailable
from serving.errors import Problem
from serving.ports import KeyRecord
from serving.routes.access import Admission, needs
from serving.routes.decisions import DryRun, decide_one
from serving.routes.edge import BODY_LIMIT, refusal
from serving.routes.events import record_events


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
    """Wraps FastAPI's application and answers in its place where the short way will do."""

    def __init__(self, app: ASGIApp) -> None:
        self._long = app
        self._short = RequestBodyLimitMiddleware(_answer, BODY_LIMIT)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request by the one way or the other."""
        plain = scope["type"] == "http" and scope["method"] == "POST" and not scope["query_string"]
        way = self._short if plain and scope["path"] in WAYS else self._long
        await way(scope, receive, send)


async def _answer(scope: Scope, receive: Receive, send: Send) -> None:
    request, way = Request(scope, receive, send), WAYS[scope["path"]]
    try:
        response = await way.answer(request, await way.admission(request, None))
    except (Problem, Unavailable) as error:
        response = refusal(error)
    await response(scope, receive, send)
