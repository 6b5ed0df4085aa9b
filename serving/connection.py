"""A connection of uvicorn's that takes the short way where there is one, and says `Connection: close` while draining.

uvicorn makes a cycle, a scope and a task of every request, and writes an answer's head and body one after the other. A
plain request to a path of `serving.routes.direct` is kept here until it is complete, and asked there; its answer is
one write. Where anything about it is unusual, or it is not taken there, it goes uvicorn's way with all that came.
"""

import asyncio
from functools import partial
from typing import Any, Final, cast

from uvicorn.config import Config
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from serving.routes.direct import WAYS, Direct, Way
from serving.routes.heard import Found

LEAVING_SECONDS: Final = 2.0  # how long a connection on which nothing comes stays open while the server drains


class Cycle(RequestResponseCycle):
    """One request and its answer, the long way."""

    connection: "Connection"

    async def send(self, message: Any) -> None:
        """Send a part of the answer."""
        if self.connection.is_leaving():
            self.keep_alive = False
        await super().send(message)


class Unnoticed:
    """Where uvicorn says that something came: on the short way nobody waits for a part of a request."""

    def set(self) -> None:
        """Tell nobody."""


class Short:
    """A request on the short way, and whether it has its answer; uvicorn sees a cycle in it."""

    __slots__ = ("body", "disconnected", "headers", "keep_alive", "more_body", "response_complete", "way")
    message_event: Final = Unnoticed()

    def __init__(self, way: Way, headers: Found, *, keep_alive: bool) -> None:
        self.way = way
        self.headers = headers
        self.keep_alive = keep_alive
        self.body = b""
        self.more_body = True
        self.disconnected = self.response_complete = False


class Connection(HttpToolsProtocol):
    """One client's connection."""

    _listed: list[tuple[bytes, bytes]] | None = None
    _defaults = b""
    _idle_since: float | None = None

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        direct: Direct | None = getattr(config.loaded_app, "direct", None)
        self._direct = None if self.root_path or self.limit_concurrency is not None else direct

    def on_message_begin(self) -> None:
        """Begin a request; a scope is made for the long way only."""
        self.url = b""
        self.expect_100_continue = False
        self.headers = []

    def on_headers_complete(self) -> None:
        """Choose the way of a request."""
        way = None if self._direct is None or self._is_busy() else WAYS.get(self.url)
        headers = None if way is None else self._plain()
        if way is None or headers is None:
            self._take_the_long_way()
            return
        short = Short(way, headers, keep_alive=self.parser.should_keep_alive())
        self.cycle = cast("RequestResponseCycle", short)

    def _is_busy(self) -> bool:
        """Whether an answer is outstanding, to a request before this one, or for want of a client that reads."""
        before = cast("RequestResponseCycle | None", self.cycle)
        return (before is not None and not before.response_complete) or self.flow.write_paused

    def _plain(self) -> Found | None:
        """Return the headers of a request whose body is small and comes by itself; None of any other."""
        headers = Found(self.headers)
        declared = headers.get("content-length", "")
        plain = (
            self.parser.get_method() == b"POST"
            and self.parser.get_http_version() == "1.1"
            and len(declared) <= len(str(HIGH_WATER_LIMIT))
            and declared.isdecimal()
            and int(declared) <= HIGH_WATER_LIMIT
            and "transfer-encoding" not in headers
            and not self.expect_100_continue
            and not self.parser.should_upgrade()
        )
        return headers if plain else None

    def _take_the_long_way(self) -> None:
        """Begin the request as uvicorn does, with what is known of it."""
        url, headers, expects = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url, self.expect_100_continue = url, expects
        self.headers += headers
        super().on_headers_complete()
        self.cycle.__class__ = Cycle
        cast("Cycle", self.cycle).connection = self

    def on_message_complete(self) -> None:
        """Ask what the request asks; where it cannot be asked at once it goes the long way, as if it came now."""
        short = cast("Short | RequestResponseCycle", self.cycle)
        if self._direct is None or not isinstance(short, Short):
            super().on_message_complete()
            return
        if self._direct.ask(short.way, short.headers, short.body, partial(self._answer, short)):
            return
        self.cycle = cast("RequestResponseCycle", None)
        self._take_the_long_way()
        self.on_body(short.body)
        super().on_message_complete()

    def _answer(self, short: Short, status: int, head: bytes, body: bytes) -> None:
        """Write an answer, and go on."""
        short.response_complete = True
        if short.disconnected:
            return
        keeps = short.keep_alive and not self.is_leaving()
        closing = b"\r\n" if keeps else b"connection: close\r\n\r\n"
        self.transport.write(b"".join((STATUS_LINE[status], self._added(), head, closing, body)))
        if not keeps:
            self.transport.close()
        self.on_response_complete()

    def _added(self) -> bytes:
        """Return the headers that the server adds to every answer, such as its date, as they are sent."""
        listed = self.server_state.default_headers
        if listed is not self._listed:
            self._listed = listed
            self._defaults = b"".join(b"%b: %b\r\n" % pair for pair in listed)
        return self._defaults

    def on_response_complete(self) -> None:
        """Begin the next request of the pipeline, or wait for one, by one clock per connection."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
            return
        self._idle_since = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self._wait(self._patience())

    def _wait(self, seconds: float) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(seconds, self.timeout_keep_alive_handler)

    def timeout_keep_alive_handler(self) -> None:
        """Close the connection where nothing came for long enough; else look again when that could be."""
        self.timeout_keep_alive_task = None
        if self._idle_since is None:
            return
        left = self._idle_since + self._patience() - self.loop.time()
        if left > 0:
            self._wait(left)
        elif not self.transport.is_closing():
            self.transport.close()

    def data_received(self, data: bytes) -> None:
        """Take what came; who sends is not idle."""
        self._idle_since = None
        super().data_received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the clock with the connection."""
        super().connection_lost(exc)
        super()._unset_keepalive_if_required()

    def _unset_keepalive_if_required(self) -> None:
        """Let the clock run: it looks for itself whether anything came."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for the first request as for any other: whoever connects and says nothing is idle."""
        super().connection_made(transport)
        self._idle_since = self.loop.time()
        self._wait(self._patience())

    def shutdown(self) -> None:
        """Answer what has come, and what comes within a while: a client may be sending at this very moment."""
        if self._idle_since is not None:
            super()._unset_keepalive_if_required()
            self._idle_since = self.loop.time()
            self._wait(self._patience())

    def _patience(self) -> float:
        """Return for how many seconds a connection may be idle."""
        return min(self.timeout_keep_alive, LEAVING_SECONDS) if self.is_draining() else self.timeout_keep_alive

    def is_leaving(self) -> bool:
        """Whether the answer that is written now is the last one on this connection."""
        return self.is_draining() and not self.pipeline

    def is_draining(self) -> bool:
        """Whether no further request is wanted on this connection."""
        return getattr(self.server_state, "draining", False)
