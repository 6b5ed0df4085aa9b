"""A real HTTP server on this machine that receives webhooks, and says what it was told to say."""

import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler

from tests.serving.listening import Listening, body_of, headers_of

CANARY = "canary7391"


@dataclass(frozen=True, kw_only=True)
class Said:
    """What the server answers: `hangs` before the status line, `stalls` before its body; `breaks`: not at all.

    `gathers`: it waits, for five seconds at most, until so many have asked.
    """

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"ok"
    hangs: float = 0
    gathers: int = 0
    stalls: float = 0
    breaks: bool = False


@dataclass(frozen=True)
class Received:
    """One request, its header names in lower case."""

    path: str
    headers: dict[str, str]
    body: bytes


class Receiver(Listening):
    """`with Receiver() as receiver`: listens on a free port. `says` is used up from its front; the last one stays."""

    def __init__(self, *says: Said) -> None:
        super().__init__()
        self.says = list(says) or [Said()]
        self.got: list[Received] = []
        self.most_at_once = 0
        self._now = 0
        self._lock = threading.Condition()

    @property
    def url(self) -> str:
        """The address of the hook."""
        return f"{super().url}/hook?tenant={CANARY}"

    def arrived(self) -> bool:
        """Wait, for ten seconds at most, until somebody has asked."""
        with self._lock:
            return self._lock.wait_for(lambda: bool(self.got), timeout=10)

    def ids(self) -> list[str]:
        """Return the `webhook-id` of every request, in the order they came."""
        return [one.headers["webhook-id"] for one in self.got]

    def exchange(self, request: BaseHTTPRequestHandler) -> None:
        """Keep a request, and say what comes next."""
        received = Received(request.path, headers_of(request), body_of(request))
        with self._lock:
            self.got.append(received)
            says = self.says.pop(0) if len(self.says) > 1 else self.says[0]
            self._now += 1
            self.most_at_once = max(self.most_at_once, self._now)
            self._lock.notify_all()
            self._lock.wait_for(lambda: len(self.got) >= says.gathers, timeout=5)
        time.sleep(says.hangs)
        with self._lock:
            self._now -= 1
        self._say(request, says)

    def _say(self, request: BaseHTTPRequestHandler, says: Said) -> None:
        if says.breaks:
            request.close_connection = True
            return
        request.send_response(says.status)
        bodiless = says.status in (204, 304)
        for name, text in ({} if bodiless else {"Content-Length": str(len(says.body))} | says.headers).items():
            request.send_header(name, text)
        request.end_headers()
        time.sleep(says.stalls)
        if not bodiless:
            request.wfile.write(says.body)
