"""A connection of uvicorn's that writes our short answers at once, and says `Connection: close` while draining.

uvicorn writes an answer's head and its body one after the other, checks every header anew and makes both of parts. What
`serving.routes.direct` answers is one block: it says so by an ASGI extension, and other servers get two messages.
"""

import asyncio
from typing import Any, Final, cast

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from serving.routes.direct import WHOLE

LEAVING_SECONDS: Final = 2.0  # how long a connection on which nothing comes stays open while the server drains


class Cycle(RequestResponseCycle):
    """One request and its answer."""

    connection: "Connection"

    async def send(self, message: Any) -> None:
        """Send a part of the answer, or all of it."""
        if self.connection.is_draining() and not self.connection.pipeline:
            self.keep_alive = False
        if message["type"] != WHOLE:
            await super().send(message)
            return
        if self.flow.write_paused and not self.disconnected:
            await self.flow.drain()
        if self.disconnected:
            return
        closing = b"" if self.keep_alive else b"connection: close\r\n"
        head = (STATUS_LINE[message["status"]], self.connection.defaults(), message["head"], closing, b"\r\n")
        self.transport.write(b"".join((*head, message["body"])))
        self.response_started = self.response_complete = True
        self.waiting_for_100_continue = False
        self.message_event.set()
        if not self.keep_alive:
            self.transport.close()
        self.on_response()


class Connection(HttpToolsProtocol):
    """One client's connection."""

    _listed: list[tuple[bytes, bytes]] | None = None
    _defaults = b""
    _idle_since: float | None = None

    def on_message_begin(self) -> None:
        """Tell the application that it may answer in one block."""
        super().on_message_begin()
        cast("dict[str, Any]", self.scope)["extensions"] = {WHOLE: {}}

    def on_headers_complete(self) -> None:
        """Begin a request."""
        super().on_headers_complete()
        self.cycle.__class__ = Cycle
        cast("Cycle", self.cycle).connection = self

    def defaults(self) -> bytes:
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

    def is_draining(self) -> bool:
        """Whether no further request is wanted on this connection."""
        return getattr(self.server_state, "draining", False)
