"""A shop's site and an API, each on a port of its own, and a browser that looks at the one and asks the other."""

import asyncio
import json
import threading
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

import jwt
import uvicorn
from playwright.sync_api import BrowserContext, Locator, Page, Request
from starlette.types import Message, Receive, Scope, Send

from serving.access.keys import WIDGET, Bounds, key_record
from serving.app import create_app
from serving.fakes import FakeScorer
from tests.serving.routes.visiting import SECRET, SETTINGS
from tests.serving.served import EVERYTHING, Watch, memory_ledger

KEY = "in-the-page-".ljust(43, "k")
STRICT = "default-src 'none'; script-src {api}; connect-src {api}; require-trusted-types-for 'script'"
BARE = (
    '<!doctype html><html lang="en"><head><title>Shop</title>{head}</head>'
    '<body><h1>{name}</h1><a href="/">Home</a>{more}'
)
# What the script draws is out of everybody's reach, as it should be: a test opens it to look inside. And it counts what
# is asked and not answered yet; an answer is handed over whole: nothing but promises lies between it and the next.
INSIDE = """
const made = Element.prototype.attachShadow, asked = window.fetch, channel = new MessageChannel(), waiting = [];
Element.prototype.attachShadow = function () { return made.call(this, { mode: "open" }); };
window.hop = () => new Promise((then) => { waiting.push(then); channel.port2.postMessage(0); });
channel.port1.onmessage = () => waiting.shift()();
window.pending = 0;
const done = () => window.hop().then(window.hop).then(() => { window.pending--; });
window.fetch = async (...given) => {
    window.pending++;
    try {
        const answer = await asked(...given), text = await answer.text();
        answer.json = async () => JSON.parse(text);
        return answer;
    } finally {
        done();
    }
};
const { locks } = navigator, lock = locks?.request;
if (lock) locks.request = (name, options, then) => {
    window.pending++;
    return lock.call(locks, name, options, (given) => {
        done();
        return then(given);
    });
};
window.settled = async () => {
    do await window.hop(); while (window.pending);
};
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => window.violations.push(event.violatedDirective));
window.rejections = [];
window.addEventListener("unhandledrejection", (event) => window.rejections.push(String(event.reason)));
"""


class Site:
    """A shop that serves pages; `html` and `headers` may be changed while it runs."""

    def __init__(self) -> None:
        site = self

        class Answers(BaseHTTPRequestHandler):
            """Answers every path with the page that the site has for it."""

            def do_GET(self) -> None:
                """Answer with the page of this path."""
                body = site.page(self.path).encode()
                self.send_response(200)
                for name, value in {"Content-Type": "text/html; charset=utf-8", **site.headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.headers: dict[str, str] = {}
        self.tag = self.head = self.more = ""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def page(self, path: str) -> str:
        """Return the page of a path: its name, and the line that a shop adds."""
        return BARE.format(name=path, head=self.head, more=self.more) + self.tag

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class Api:
    """An API on a port of its own, by a clock that a test turns; what is due is done when the test says so."""

    def __init__(self, origin: str) -> None:
        """Make the widget's key for the pages of this origin."""
        self.clock = Watch()
        self.ledger = memory_ledger(self.clock.at)
        with self.ledger.transaction() as transaction:
            bounds = Bounds(origin=origin)
            key = key_record(KEY, key_id="page", name="page", scopes=[WIDGET], at=self.clock.at, bounds=bounds)
            transaction.add_key(key)
        scorer = FakeScorer(cutoff=0.004, shares=SETTINGS.shares)
        self._app = create_app(SETTINGS, scorer=scorer, ledger=self.ledger, clock=self.clock)
        config = uvicorn.Config(
            self._dated, port=0, interface="asgi3", log_level="error", date_header=False, timeout_graceful_shutdown=1
        )
        self._server = uvicorn.Server(config)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=[self._server.serve()], daemon=True)

    async def _dated(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the clock's date, as uvicorn does with the machine's."""

        async def dated(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    *message["headers"],
                    (b"date", format_datetime(self.clock(), usegmt=True).encode()),
                ]
            await send(message)

        await self._app(scope, receive, dated)

    def __enter__(self) -> Self:
        self._thread.start()
        while not self._server.started:
            self._thread.join(0.01)
        self.url = f"http://127.0.0.1:{self._server.servers[0].sockets[0].getsockname()[1]}"
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._loop.close()

    def turn(self, seconds: float) -> None:
        """Let time pass, and do what is due by then."""
        self.clock.turn(seconds=seconds)
        asyncio.run_coroutine_threadsafe(self._app.state.api.timekeeper.tick(), self._loop).result()


@dataclass
class Visit:
    """One visitor of the shop with a browser of their own; what the script said to the API is kept in `said`."""

    site: Site
    api: Api
    context: BrowserContext
    said: list[tuple[str, Any]] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    noise: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Stop the clock of every page, and listen to what pages ask and say."""
        self.context.clock.install(time=self.api.clock.at - timedelta(seconds=1))
        self.context.clock.pause_at(self.api.clock.at)
        self.context.add_init_script(INSIDE)
        self.context.on("request", self._heard)
        self.context.on("weberror", lambda error: self.errors.append(str(error.error)))
        self.context.on("console", lambda line: self.noise.append(line.text))

    def open(self, path: str = "/") -> Page:
        """Open a page in a tab of its own, and let it report that."""
        page = self.context.new_page()
        self.go(page, path)
        return page

    def go(self, page: Page, path: str) -> None:
        """Load a page of the shop in a tab."""
        page.goto(self.site.url + path)
        settled(page)

    def stay(self, page: Page, seconds: int, *, step: int = 5) -> None:
        """Let time pass in all tabs and at the API alike; whatever this tab asks is answered by then."""
        for _ in range(0, seconds, step):
            self._pass(page, step)
        self._pass(page, 0.1)  # a message is said a moment after its bubble is there

    def wait(self, seconds: int) -> None:
        """Let time pass while nobody looks."""
        self.api.turn(seconds)
        self.context.clock.pause_at(self.api.clock.at)

    def _pass(self, page: Page, seconds: float) -> None:
        self.api.turn(seconds)
        self.context.clock.run_for(round(seconds * 1000))
        settled(page)

    def _heard(self, request: Request) -> None:
        if request.method == "POST" and request.url.startswith(self.api.url):
            said = request.post_data
            self.said.append((request.url.removeprefix(self.api.url), json.loads(said) if said else None))
        elif not request.url.startswith(self.site.url):
            self.others.append(request.url)

    def events(self, *kinds: str) -> list[dict[str, Any]]:
        """Return the events that were sent, each once, of these types."""
        sent = {one["id"]: one for path, body in self.said if path == "/v1/events" for one in body}
        return [one for one in sent.values() if not kinds or one["type"] in kinds]

    def kinds(self) -> list[str]:
        """Return the types of the events that were sent, in order."""
        return [one["type"] for one in self.events()]

    def outcomes(self) -> list[str]:
        """Return what was reported."""
        return [one["kind"] for path, body in self.said if path == "/v1/outcomes" for one in body]

    def tell(self, kind: str, subject: str, name: str = "ev-1", **data: Any) -> dict[str, Any]:
        """Have the shop's own server tell the API that something happened."""
        said = {"specversion": "1.0", "source": "urn:shop", "id": name, "type": kind, "subject": subject}
        return self.ask("POST", "/v1/events", said | {"time": self.api.clock.at.isoformat(), "data": data})

    def ask(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """Ask the API with the company's key."""
        headers = {"Authorization": f"Bearer {EVERYTHING}", "Content-Type": "application/json"}
        answer = self.context.request.fetch(self.api.url + path, method=method, data=json.dumps(body), headers=headers)
        assert answer.ok, answer.text()
        answered: dict[str, Any] = answer.json()
        return answered

    def wrong(self, page: Page) -> list[str]:
        """Return whatever the page says that went wrong: errors, lines in the console, rejections, broken policies."""
        return [*self.errors, *self.noise, *page.evaluate("[...window.rejections, ...window.violations]")]


def settled(page: Page) -> None:
    """Let whatever the script asks be answered."""
    page.evaluate("window.settled()")


def line(api: str, **more: str) -> str:
    """Return the line that a shop adds to its pages."""
    said = " ".join(f'data-{name}="{value}"' for name, value in ({"key": KEY} | more).items())
    return f'<script src="{api}/widget.js" {said} async></script>'


def signed(visit: Visit, user: str, session: str = "s-1") -> str:
    """Sign a session as the shop's server does."""
    ends = int((visit.api.clock.at + timedelta(hours=1)).timestamp())
    claims = {"sid": session, "sub": user, "aud": visit.site.url, "exp": ends}
    return jwt.encode(claims, SECRET, algorithm="HS256")


def message(page: Page) -> Locator:
    """Return where a message stands."""
    return page.get_by_role("status")


def shown(page: Page) -> list[str]:
    """Return the messages that stand on the page."""
    return message(page).all_inner_texts()
