"""The outermost layer: security headers on every answer, a problem document for every failure, never a 500."""

import logging
from typing import Final
from urllib.parse import unquote_to_bytes

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.clock.steady import ClockSet
from serving.errors import PROBLEM_JSON, Away, Invalid, Problem, TooLarge
from serving.loop.group_writing import AWAY, UNSURE
from serving.metrics.metrics import METHODS, OTHER
from serving.ports import Unsure
from serving.schemas.answers import json_bytes

STRICT: Final = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
DOCS: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
HEADERS: Final = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
}
WITHOUT_SCRIPTS, WITH_SCRIPTS = (
    {name.lower().encode(): value.encode() for name, value in (HEADERS | {"Content-Security-Policy": policy}).items()}
    for policy in (STRICT, DOCS)
)
ALWAYS_SENT: Final = b"".join(b"%b: %b\r\n" % pair for pair in WITHOUT_SCRIPTS.items())  # as it goes over the wire
BODY_LIMIT: Final = 1024 * 1024
MORE_HEADERS: Final = "outreach.headers"  # of a scope: what this answer has besides
IN_PLACE: Final = "outreach.in_place"  # of a scope: headers of this answer that stand in place of ours
FAILED = "this request failed here; nothing was recorded and nothing may be sent: try again"
log = logging.getLogger(__name__)


def too_large() -> TooLarge:
    """Return the refusal of a body above the limit."""
    return TooLarge(
        f"the body is larger than {BODY_LIMIT} bytes; send fewer elements at once, and a long list, such as an "
        "incident's `affected`, in several events that are alike but for `id` and that list"
    )


def problem_response(problem: Problem) -> Response:
    """Write a problem document."""
    body = json_bytes(problem.document())
    return Response(body, status_code=problem.status, headers=problem.headers, media_type=PROBLEM_JSON)


def refusal(error: Exception) -> Response:
    """Write the problem document of a refusal; whatever else the ledger says, it is away."""
    away = str(error) if isinstance(error, ClockSet) else UNSURE if isinstance(error, Unsure) else AWAY
    return problem_response(error if isinstance(error, Problem) else Away(away))


def failed(error: Exception, method: str, path: str | None) -> Response:
    """Write the problem document of what nobody foresaw; the log says where, and nothing that was sent.

    `path` is the template of a route; None where no route was found.
    """
    asked = METHODS.get(method, OTHER), path or OTHER
    log.error("a request failed: %s %s: %s at %s", *asked, type(error).__name__, _place(error))
    return problem_response(Away(FAILED))


def left() -> None:
    """Say that a client did not wait."""
    log.debug("a client left before its request was complete")


class Edge:
    """Wraps the whole application, its own error handling included."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; what escapes the application becomes a 503 and is logged by its type only."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        outgoing = _Outgoing(scope, send)
        if not is_text(scope.get("raw_path") or b""):
            await problem_response(Invalid("the path is not percent-encoded UTF-8; encode it so"))(
                scope, receive, outgoing.send
            )
            return
        if _declared(scope) > BODY_LIMIT:
            await problem_response(too_large())(scope, receive, outgoing.send)
            return
        try:
            await self._app(scope, receive, outgoing.send)
        except ClientDisconnect:
            left()
        except Exception as error:  # noqa: BLE001  (the last resort: refuse, log no input, keep serving)
            path = getattr(scope.get("route"), "path_format", None)
            response = failed(error, scope["method"], path)
            if not outgoing.started:
                await response(scope, receive, outgoing.send)


class _Outgoing:
    """The answer on its way out: headers are added, and a plain 413 of the body limit becomes a problem."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._own = WITH_SCRIPTS if scope["path"].startswith("/docs") else WITHOUT_SCRIPTS
        self._send = send
        self._more: list[tuple[bytes, bytes]] = []
        self._scope = scope
        scope[MORE_HEADERS] = self._more
        self._replaced = False
        self.started = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            names = self._own.keys()
            message["headers"] = [pair for pair in message["headers"] if pair[0] not in names]
            message["headers"] += [*(self._own | self._scope.get(IN_PLACE, {})).items(), *self._more]
            headers = MutableHeaders(raw=message["headers"])
            if message["status"] == TooLarge.status and headers.get("content-type") != PROBLEM_JSON:
                self._replaced = True
                body = json_bytes(too_large().document())
                headers.update({"Content-Type": PROBLEM_JSON, "Content-Length": str(len(body))})
                await self._send(message)
                await self._send({"type": "http.response.body", "body": body})
                return
        if not self._replaced:
            await self._send(message)


def is_text(sent: bytes) -> bool:
    """Whether a path or a query is UTF-8: anything else would be read as another id, with U+FFFD where it is not."""
    try:
        unquote_to_bytes(sent).decode()
    except UnicodeDecodeError:
        return False
    return True


def _declared(scope: Scope) -> int:
    """Return how long the body is said to be; a server that is one lets nothing else through than a number."""
    found = [value for name, value in scope["headers"] if name == b"content-length"]
    return max((int(value) for value in found if value.isdigit()), default=0)


def _place(error: BaseException) -> str:
    """Return module and line of the innermost frame: where, without any value."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return "unknown" if trace is None else f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}"
