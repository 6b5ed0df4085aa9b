"""A connection of uvicorn's that takes the short way where there is one, and says `Connection: close` while draining.

uvicorn makes a cycle, a scope and a task of every request, and writes an answer's head and body one after the other. A
plain request to a path of `serving.routes.direct` is kept here until it is complete, and asked there; its answer is
one write. Where anything about it is unusual, or it is not taken there, it goes uvicorn's way with all that came.
"""

import asyncio
from functools import partial
from typing import Any, Final, cast

from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from serving.routes.direct import WAYS, Direct, Way
from serving.routes.heard import Found
from serving.server.guarded import Guarded, Lingering


class Cycle(RequestResponseCycle):
    """One request and its answer, the long way."""

    connection: "Connection"

    async def send(self, message: Any) -> None:
        """Send a part of the answer."""
        if self.connection.is_leaving():
            self.keep_alive = False
        if not self.response_started and self.connection.is_endless(self):
            self.keep_alive = False
            self.transport = cast("asyncio.Transport", Lingering(self.connection))
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


class Connection(Guarded):
    """One client's connection."""

    _direct: Direct | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Learn whether the application has a short way."""
        super().connection_made(transport)
        direct: Direct | None = getattr(self.config.loaded_app, "direct", None)
        self._direct = None if self.root_path or self.limit_concurrency is not None else direct

    def on_headers_complete(self) -> None:
        """Choose the way of a request, once its head is found good."""
        self.check_head()
        if not self.is_wish():
            self._choose_the_way()
            self.begin_body()

    def _choose_the_way(self) -> None:
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
            and self.version == "1.1"
            and len(declared) <= len(str(HIGH_WATER_LIMIT))
            and declared.isdecimal()
            and int(declared) <= HIGH_WATER_LIMIT
            and "transfer-encoding" not in headers
            and not self.expect_100_continue
            and not headers.repeats()
        )
        return headers if plain else None

    def _take_the_long_way(self) -> None:
        """Begin the request as uvicorn does, with what is known of it."""
        url, headers, expects = self.url, self.headers, self.expect_100_continue
        HttpToolsProtocol.on_message_begin(self)
        self.url, self.expect_100_continue = url, expects
        self.headers += headers
        super().on_headers_complete()
        self.cycle.__class__ = Cycle
        cast("Cycle", self.cycle).connection = self

    def on_message_complete(self) -> None:
        """Ask what the request asks; where it cannot be asked at once it goes the long way, as if it came now."""
        if self.is_wish():
            return
        short = cast("Short | RequestResponseCycle", self.cycle)
        if self._direct is None or not isinstance(short, Short):
            super().on_message_complete()
            return
        self.have_whole()
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
        self.transport.write(b"".join((STATUS_LINE[status], self.added(), head, closing, body)))
        if not keeps:
            self.transport.close()
        self.on_response_complete()
