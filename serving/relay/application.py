"""A relay as an ASGI application: it takes deliveries by `POST`, at any path, and works them off on a thread.

POST   200 it is in the book · 400 it cannot be read · 401 not signed by Outreach · 413 · 503 deliver it again
GET    200: it runs; whatever else is asked is 405
"""

import asyncio
import logging
import os
import re
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from pathlib import Path
from threading import Event, Thread
from typing import Any, Final

import uvicorn

from model.errors import OutreachError
from serving.client import Outreach
from serving.relay.messenger import Messenger
from serving.relay.relay import Relay

LARGEST: Final = 2**20  # bytes
LAST_PORT: Final = 65535
PAUSE: Final = 1.0  # seconds between two looks at what is due
LAST: Final = 15.0  # seconds that a step has to end
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
log = logging.getLogger(__name__)


class Application:
    """The application; where a server tells it that it starts (`lifespan`), it works off what is due until it ends."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self._news = Event()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request, or live as long as the server does."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            status = await self._status(scope, receive)
            await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"0")]})
            await send({"type": "http.response.body"})

    async def _status(self, scope: Message, receive: Receive) -> int:
        if scope["method"] != "POST":
            return 200 if scope["method"] == "GET" else 405
        body = bytearray()
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return 400
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > LARGEST:
                return 413
        status = await asyncio.to_thread(self._relay.take, _headers(scope["headers"]), bytes(body))
        self._news.set()
        return status

    async def _live(self, receive: Receive, send: Send) -> None:
        working = Thread(target=self._work, daemon=True)
        while (message := await receive())["type"] != "lifespan.shutdown":
            if message["type"] == "lifespan.startup":
                working.start()
                await send({"type": "lifespan.startup.complete"})
        self._relay.stopping.set()
        self._news.set()
        await asyncio.to_thread(working.join, LAST)
        await send({"type": "lifespan.shutdown.complete"})

    def _work(self) -> None:
        """Work off what is due, until the relay is stopping."""
        while not self._relay.stopping.is_set():
            steps = 0
            try:
                steps = self._relay.step()
            except Exception as error:  # noqa: BLE001  (nothing may end the work; what is in the book is not lost)
                log.error("nothing goes on now: %s", type(error).__name__)  # noqa: TRY400
            if not steps:
                self._news.wait(PAUSE)
                self._news.clear()


def run(relay: Relay, host: str = "127.0.0.1", port: int = 8090) -> None:
    """Serve a relay until SIGTERM or SIGINT; the book is closed at the end."""
    try:
        uvicorn.run(Application(relay), host=host, port=port, lifespan="on", access_log=False, server_header=False)
    finally:
        relay.close()


def required(name: str) -> str:
    """Return what the environment gives under this name; where it gives nothing the program ends, and says which."""
    given = os.environ.get(name, "").strip()
    if not given:
        raise SystemExit(f"`{name}` is not in the environment; docs/relay.md says what a relay needs")
    return given


def serve(messenger: Messenger) -> None:
    """Relay to this platform until the process is told to end, as the environment has it.

    Read are `OUTREACH_URL`, `OUTREACH_KEY`, `WEBHOOK_SECRET`, and `BOOK`, `HOST` and `PORT` where they are given. What
    cannot be used ends the program with one line.
    """
    given, secret, port = os.environ, required("WEBHOOK_SECRET"), os.environ.get("PORT", "8090")
    if re.fullmatch("[0-9]{1,5}", port) is None or int(port) > LAST_PORT:
        raise SystemExit(f"`PORT` is `{port}`; give a number up to {LAST_PORT}")
    try:
        with Outreach(required("OUTREACH_URL"), required("OUTREACH_KEY")) as outreach:
            relay = Relay(outreach, messenger, Path(given.get("BOOK", "relay.db")), secret=secret)
            run(relay, host=given.get("HOST", "127.0.0.1"), port=int(port))
    except OutreachError as error:
        raise SystemExit(f"the relay does not run: {error}") from None


def _headers(given: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return the headers by name; one that comes twice is both, and so no signature of ours."""
    found: dict[str, str] = {}
    for name, value in given:
        key, text = name.decode("latin-1"), value.decode("latin-1")
        found[key] = f"{found[key]}\n{text}" if key in found else text
    return found
