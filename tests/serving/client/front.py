"""A server on this machine between a client and an API: it passes requests on, and spoils what comes back as told."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler

import httpx

from serving.client import Outreach
from tests.serving.listening import Listening, body_of, headers_of
from tests.serving.served import EVERYTHING, Served

PASSED_ON = ("authorization", "content-type", "idempotency-key")


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request, its header names in lower case, and whoever waits for its answer."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    by: BaseHTTPRequestHandler


class Front(Listening):
    """`with Front(api, fault, passed) as front`: `does` is used up from its front; the last one stays."""

    def __init__(self, api: Served, *does: "Fault") -> None:
        super().__init__()
        self.api = api
        self.does = list(does)
        self.got: list[Asked] = []
        self._lock = threading.Lock()

    def keys(self) -> set[str]:
        """Return every Idempotency-Key that came."""
        return {asked.headers["idempotency-key"] for asked in self.got}

    def decided(self, asked: Asked) -> httpx.Response:
        """Have the API answer."""
        headers = {name: asked.headers[name] for name in PASSED_ON if name in asked.headers}
        return self.api.call(asked.method, asked.path, key=None, content=asked.body, headers=headers)

    def exchange(self, request: BaseHTTPRequestHandler) -> None:
        """Do with it what comes next."""
        asked = Asked(
            method=request.command,
            path=request.path,
            headers=headers_of(request),
            body=body_of(request),
            by=request,
        )
        with self._lock:
            self.got.append(asked)
            does = self.does.pop(0) if len(self.does) > 1 else self.does[0]
        does(self, asked)


Fault = Callable[[Front, Asked], None]


def passed(front: Front, asked: Asked) -> None:
    """Answer as the API does."""
    answer = front.decided(asked)
    said(answer.status_code, answer.content, **dict(answer.headers))(front, asked)


def cut(front: Front, asked: Asked) -> None:
    """Have it decided, and end the connection."""
    front.decided(asked)
    asked.by.close_connection = True


def unheard(_: Front, asked: Asked) -> None:
    """End the connection, and nobody was asked."""
    asked.by.close_connection = True


def half(front: Front, asked: Asked) -> None:
    """Have it decided, and end the connection in the middle of the answer."""
    content = front.decided(asked).content
    said(200, content[: len(content) // 2], **{"content-length": str(len(content))})(front, asked)
    asked.by.close_connection = True


def late(front: Front, asked: Asked) -> None:
    """Have it decided, and answer when nobody listens any more."""
    front.decided(asked)
    front.ended.wait(30)
    asked.by.close_connection = True


def dripping(front: Front, asked: Asked) -> None:
    """Have it decided, and send a header that never ends, byte by byte."""
    front.decided(asked)
    asked.by.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while not front.ended.wait(0.02):
        asked.by.wfile.write(b"s")


def said(status: int, content: bytes = b"", **headers: str) -> Fault:
    """Answer this, and nobody was asked."""

    def says(_: Front, asked: Asked) -> None:
        asked.by.send_response(status)
        kept = {name: text for name, text in headers.items() if name in ("content-type", "location", "retry-after")}
        for name, text in kept.items() | {("content-length", headers.get("content-length", str(len(content))))}:
            asked.by.send_header(name, text)
        asked.by.end_headers()
        asked.by.wfile.write(content)

    return says


def through(front: Front, waits: list[float], *, timeout: float = 20, patience: float = 60) -> Outreach:
    """Return a client that asks there, and keeps its pauses instead of making them: by its clock they pass."""
    return Outreach(
        front.url,
        EVERYTHING,
        timeout=timeout,
        patience=patience,
        clock=front.api.app.state.api.clock,
        passing=lambda: sum(waits),
        pause=waits.append,
    )


HTML = b"<html><body>502 Bad Gateway</body></html>"
FAULTS: dict[str, tuple[Fault, str]] = {  # and the word that the client has for it
    "cut": (cut, "broken"),
    "unheard": (unheard, "broken"),
    "half an answer": (half, "broken"),
    "answered after the timeout": (late, "timeout"),
    "dripping": (dripping, "timeout"),
    "503": (said(503), "busy"),
    "500": (said(500, HTML), "failed"),
    "502": (said(502, HTML), "failed"),
    "429": (said(429), "busy"),
    "409": (said(409), "busy"),
    "408": (said(408), "busy"),
    "garbage": (said(200, b"\x00\xff\xfe"), "unreadable"),
    "a page": (said(200, HTML), "unreadable"),
    "nothing": (said(200), "unreadable"),
    "no content": (said(204), "unreadable"),
    "another answer": (said(200, b'{"status":"ready","detail":"-"}'), "unreadable"),
}
SLOW = {"answered after the timeout", "dripping"}
