"""The web server of the demo's shop, on this machine alone: its pages, the way in and out, and the button.

A browser on this machine may look at any page of the web meanwhile. So what changes anything is a POST from a page of
the shop (`Origin`), and nothing is answered to another name for this machine (`Host`).
"""

import sys
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from serving.cli.shop.pages import ASSETS, PAGES, POLICY, file, page
from serving.cli.shop.visits import Visit, Visits

COOKIE: Final = "outreach_demo_shop"
LATE: Final = "/parcel"
LONGEST: Final = 4096  # bytes of a form; none of ours says anything
DIGITS: Final = 9  # of a length; Python reads no number of thousands of them
PATIENCE_S: Final = 30
HEADERS: Final = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Site(ThreadingHTTPServer):
    """The shop. `late` tells the API that Anna's parcel is late, and returns what was decided, in words.

    `over` tells it that a session is over. Anna is in one browser at a time: news finds her page where she has one.
    """

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", port), Answers)
        self.origin = f"http://127.0.0.1:{self.server_port}"
        self.api = self.key = ""
        self.visits: Visits
        self.late: Callable[[], list[str]] = list
        self.over: Callable[[str], None] = lambda _session: None

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a browser that went away meanwhile."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class Answers(BaseHTTPRequestHandler):
    """Answers one connection."""

    server: Site
    protocol_version = "HTTP/1.1"
    timeout = PATIENCE_S
    server_version = "shop"
    sys_version = ""

    def do_GET(self) -> None:
        """Answer with a page, or with what belongs to one."""
        path = self.path.partition("?")[0]
        if self._is_elsewhere():
            return
        if path in ASSETS:
            self._answer(HTTPStatus.OK, file(path[1:]), ASSETS[path])
        elif path in PAGES:
            self._answer(HTTPStatus.OK, self._page(PAGES[path]))
        else:
            self._answer(HTTPStatus.NOT_FOUND, self._page("missing"))

    def do_POST(self) -> None:
        """Sign in, sign out, or let the parcel be late; then go on to the page that shows it."""
        size = self.headers.get("Content-Length", "")
        if not size.isdecimal() or len(size) > DIGITS or int(size) > LONGEST:
            self.close_connection = True
            self._answer(HTTPStatus.BAD_REQUEST, b"a form of the shop is small", "text/plain")
            return
        self.rfile.read(int(size))
        if self._is_elsewhere():
            return
        if self.headers.get("Origin") != self.server.origin:
            self._answer(HTTPStatus.FORBIDDEN, b"only a page of the shop may ask for that", "text/plain")
            return
        shown, visits = self._shown(), self.server.visits
        visit = visits.of(shown)
        if self.path in ("/sign-in", "/sign-out"):
            comes = self.path == "/sign-in"
            for ended in visits.end(*(list(visits.known) if comes else [shown])):
                self.server.over(ended)
            self._go("/tracking" if comes else "/", visits.begin() if comes else "")
        elif self.path == LATE and visit is not None:
            visit.news = self.server.late()
            self._go("/tracking")
        else:
            self._answer(HTTPStatus.NOT_FOUND, self._page("missing"))

    def log_message(self, format: str, *_: Any) -> None:  # noqa: A002  (its name in the standard library)
        """Say nothing: the demo's own lines are what is read."""

    def _is_elsewhere(self) -> bool:
        """Answer whoever calls this machine by another name, such as a page that had its own name point here."""
        if self.headers.get("Host") == self.server.origin.removeprefix("http://"):
            return False
        self._answer(HTTPStatus.MISDIRECTED_REQUEST, f"the shop is at {self.server.origin}".encode(), "text/plain")
        return True

    def _shown(self) -> str:
        """Return what our cookie says; others on this machine share the header, and write into it what they like."""
        pairs = (pair.strip().partition("=") for pair in self.headers.get("Cookie", "").split(";"))
        return next((value for name, _, value in pairs if name == COOKIE), "")

    def _page(self, name: str) -> bytes:
        visit: Visit | None = self.server.visits.of(self._shown())
        session = None if visit is None else self.server.visits.signed(visit)
        news = () if visit is None else visit.news
        return page(name, api=self.server.api, key=self.server.key, session=session, news=news)

    def _go(self, path: str, shown: str | None = None) -> None:
        """Send the browser on; `shown` is what it is to show from now on, empty: nothing any more."""
        more = {"Location": path}
        if shown is not None:
            ends = "" if shown else "; Max-Age=0"
            more["Set-Cookie"] = f"{COOKIE}={shown}; Path=/; HttpOnly; SameSite=Strict{ends}"
        self._answer(HTTPStatus.SEE_OTHER, b"", **more)

    def _answer(self, status: HTTPStatus, body: bytes, kind: str = "text/html; charset=utf-8", **more: str) -> None:
        self.send_response(status)
        policy = {"Content-Security-Policy": POLICY.format(api=self.server.api)}
        about = {"Content-Type": kind, "Content-Length": str(len(body))}
        for name, value in {**HEADERS, **policy, **about, **{k.replace("_", "-"): v for k, v in more.items()}}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
