"""A console on a port of its own, and a browser in which somebody sits before it."""

import asyncio
import threading
from dataclasses import dataclass, field
from typing import Self

import uvicorn
from fastapi import FastAPI
from playwright.sync_api import BrowserContext, Page

from tests.serving.served import EVERYTHING

LISTENS = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => window.violations.push(event.violatedDirective));
"""


class Running:
    """An application that is served while the block runs."""

    def __init__(self, app: FastAPI, port: int = 0) -> None:
        config = uvicorn.Config(app, port=port, interface="asgi3", log_level="error", timeout_graceful_shutdown=1)
        self._server = uvicorn.Server(config)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=[self._server.serve()], daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        while not self._server.started:
            self._thread.join(0.01)
        self.port = self._server.servers[0].sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._loop.close()


@dataclass
class Desk:
    """Somebody with a browser; what pages did wrong is kept in `errors` and `violations`."""

    url: str
    context: BrowserContext
    errors: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Listen to what pages do wrong."""
        self.context.add_init_script(LISTENS)
        self.context.on("weberror", lambda error: self.errors.append(str(error.error)))

    def sign_in(self, key: str = EVERYTHING, path: str = "/console") -> Page:
        """Open a page as somebody does who is not signed in, and sign in."""
        page = self.context.new_page()
        page.goto(self.url + path)
        page.get_by_label("Your key").fill(key)
        page.get_by_role("button", name="Sign in").click()
        return page

    def violations(self, page: Page) -> list[str]:
        """Return which rules for content a page broke."""
        found: list[str] = page.evaluate("window.violations")
        return found
