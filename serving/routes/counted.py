"""The layer around everything: each request is counted by its route and status, with the time until its answer.

What a connection answers by itself (`serving.server.guarded`) it counts by itself, or leaves its status for here where
the request is one that the application has begun.
"""

from time import perf_counter
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.metrics.metrics import Metrics

LEFT: Final = 499  # as others count who did not wait for an answer
ENDED: Final = "outreach.ended"  # of a scope's state: the status that the connection answered itself


class Counted:
    """Counts what the application answers."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, and count it; who left before the answer began counts as such."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = perf_counter(), LEFT

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, sending)
        finally:
            status = scope.get("state", {}).get(ENDED, status)
            path = getattr(scope.get("route"), "path_format", None)
            self._metrics.answered(scope["method"], path, status, perf_counter() - began)
