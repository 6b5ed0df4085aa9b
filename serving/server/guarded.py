"""A connection of uvicorn's that nobody can hold open, fill or confuse.

uvicorn takes heads of any size, waits for a request for ever once its first byte came, keeps a connection whose body
was refused, and says what it cannot read in a text of its own. Here a head and what stands between the pieces of a body
are bounded, a request has a time to be complete in, a client that does not read is left, and whatever ends a connection
is a problem document with the headers that every answer has. Answers that are owed to earlier requests come first.
"""

import asyncio
from collections.abc import Collection, MutableMapping
from typing import Any, Final, cast

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

from serving.errors import BadRequest, Problem, TooLarge, TooSlow
from serving.routes.counted import ENDED
from serving.routes.edge import ALWAYS_SENT, BODY_LIMIT, problem_response
from serving.server.crowding import make_room, places
from serving.server.heads import HEAD_LIMIT, head_too_large, wrong_head
from serving.server.reading import Reading

PIPELINED: Final = 256  # requests that may wait on one connection for the answers before them
BLANK_LIMIT: Final = 256  # bytes of line ends before a request: some clients send one too many
BETWEEN_LIMIT: Final = 1024 * 1024  # bytes of a request that are neither head nor body: sizes of chunks, trailers
REQUEST_SECONDS: Final = 30.0  # from the first byte of a request to its last
LEAVING_SECONDS: Final = 2.0  # how long a connection on which nothing comes stays open while the server drains
LINGER_SECONDS: Final = 2.0  # in which what still comes of a refused request is thrown away, so that its answer arrives


class Refused(Exception):  # noqa: N818  (it says what became of the request, to the parser alone)
    """Stops the parser; the connection knows why."""


class Lingering:
    """Where the answer goes to a request whose body is not read to its end: it closes without cutting that off."""

    def __init__(self, connection: "Guarded") -> None:
        self._connection = connection
        self.write = connection.transport.write

    def close(self) -> None:
        """Close when the client has had the time to read."""
        self._connection.linger()


class Guarded(Reading):
    """One client's connection."""

    _idle_since: float | None = None
    _begun_at = 0.0
    _is_open = False  # a request has begun and is not complete
    _in_head = False
    _is_blank = False  # no request is open, and in what comes now none has begun
    _is_first = False  # what comes now holds the beginning of the request
    _between = 0
    _lingers = False
    _begins_nothing = False  # the newest cycle waited in the pipeline, and was taken out of it
    _unread: int | None = None
    _why: Problem | None = None
    _last_word: Problem | None = None
    _listed: list[tuple[bytes, bytes]] | None = None
    _defaults = b""

    def data_received(self, data: bytes) -> None:
        """Take what came; who sends line ends and nothing else is as idle as before."""
        if self._lingers:
            return
        self._is_blank = not self._is_open
        if not self.read(data):
            self._give_up(self._why or BadRequest("this is not HTTP as it is read here; send HTTP/1.1"))
            return
        if not (self._is_open or self._is_blank) or self._lingers:
            return
        if self._is_first:
            self._is_first = False
            return
        self._between += len(data)
        if self._between > self._most_between():
            self._give_up(self._too_much())

    def _most_between(self) -> int:
        return BLANK_LIMIT if self._is_blank else HEAD_LIMIT if self._in_head else BETWEEN_LIMIT

    def _too_much(self) -> Problem:
        if self._is_blank:
            return BadRequest(f"there are more than {BLANK_LIMIT} bytes of line ends before this request; send none")
        if self._in_head:
            return head_too_large()
        return TooLarge("there is more between the pieces of this body than may be; send fewer and larger ones")

    def on_message_begin(self) -> None:
        """Begin a request; a scope is made for the long way only."""
        self.url = b""
        self.expect_100_continue = False
        self.headers = []
        self._is_open = self._in_head = self._is_first = True
        self._is_blank = False
        self._idle_since = None
        self._between = 0
        self._begun_at = self.loop.time()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header; what is named after the body was never asked for, and counts for nothing."""
        if self._in_head:
            super().on_header(name, value)

    def check_head(self) -> None:
        """Look at the head, now that it is complete; where it is refused the parser goes no further."""
        self.version = self.parser.get_http_version()
        self._why = wrong_head(self.url, self.headers, self.version)
        if self.is_wish() and self.parser.get_method() == b"CONNECT":
            self._why = BadRequest("this is no proxy: `CONNECT` is not taken, ask the API itself")
        if len(self.pipeline) >= PIPELINED:
            self._why = BadRequest(f"more than {PIPELINED} requests wait on this connection; read their answers first")
        if self._why is not None:
            raise Refused

    def begin_body(self) -> None:
        """Have the head, and what is to become of the request."""
        self._in_head = False
        self._between = 0

    def on_body(self, body: bytes) -> None:
        """Take a piece of a body."""
        if not self._is_first:
            self._between -= len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Have the whole request; where it was answered before that, nothing is owed any more."""
        self.have_whole()
        super().on_message_complete()
        self._rest()

    def have_whole(self) -> None:
        """Know that a request is complete."""
        self._is_open = self._is_first = False
        self._between = 0

    def is_endless(self, cycle: RequestResponseCycle) -> bool:
        """Whether more of this request may come than anybody wants to read, now that its answer is known."""
        declared = dict(cycle.scope["headers"]).get(b"content-length", b"")
        return cycle.more_body and not (declared and int(declared) <= BODY_LIMIT)

    def _give_up(self, problem: Problem) -> None:
        """Read nothing more on this connection, and say why, once everything before it is answered."""
        in_body = self._is_open and not self._in_head
        owes = bool(self.pipeline) or (self._is_answering() and not in_body)
        if self.pipeline and in_body:
            self.pipeline.popleft()
            self._begins_nothing = True
        self._is_open = False
        self._lingers = True
        if owes:
            self._last_word = problem
        elif in_body and not self._is_answering():
            self.linger()
        else:
            self._end(problem)

    def _is_answering(self) -> bool:
        before = cast("RequestResponseCycle | None", self.cycle)
        return before is not None and not before.response_complete

    def _end(self, problem: Problem) -> None:
        """Say the last thing on this connection, unless an answer is being written.

        An application that waits for the rest of the request learns that there is none: it has done nothing yet.
        """
        self._last_word = None
        begun = None
        if self._is_answering():
            begun = None if self._begins_nothing else getattr(self.cycle, "scope", None)
            started = getattr(self.cycle, "response_started", False)
            self.cycle.disconnected = True
            self.cycle.message_event.set()
            if started:
                self.transport.close()
                return
        self._write(problem)
        self._count(problem.status, begun)
        self.linger()

    def _write(self, problem: Problem) -> None:
        answer = problem_response(problem)
        head = b"".join(b"%b: %b\r\n" % pair for pair in answer.raw_headers)
        parts = (STATUS_LINE[problem.status], self.added(), head, ALWAYS_SENT, b"connection: close\r\n\r\n")
        self.transport.write(b"".join((*parts, bytes(answer.body))))

    def _count(self, status: int, begun: MutableMapping[str, Any] | None) -> None:
        """Count what was answered here, or, of a request that the application has begun, tell who counts it."""
        if begun is not None:
            begun["state"][ENDED] = status
            return
        api = getattr(getattr(self.config.loaded_app, "state", None), "api", None)
        if api is not None:
            api.metrics.unheard(status)

    def added(self) -> bytes:
        """Return the headers that the server adds to every answer, such as its date, as they are sent."""
        listed = self.server_state.default_headers
        if listed is not self._listed:
            self._listed = listed
            self._defaults = b"".join(b"%b: %b\r\n" % pair for pair in listed)
        return self._defaults

    def linger(self) -> None:
        """Close, but not at once: a client that is still sending would not get to read what it was told."""
        self._lingers = True
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.loop.call_later(LINGER_SECONDS, self.transport.abort)

    def on_response_complete(self) -> None:
        """Begin the next request of the pipeline, or wait for one, by one clock per connection."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        elif self._last_word is not None:
            self._end(self._last_word)
        elif not self._lingers:
            self._begun_at = self.loop.time()
            self._rest()
            if self.timeout_keep_alive_task is None:
                self._wait(self._patience())

    def _rest(self) -> None:
        """Be idle from now on, unless a request has begun or an answer is owed."""
        if not (self._is_open or self.pipeline or self._is_answering()):
            self._idle_since = self.loop.time()

    def _wait(self, seconds: float) -> None:
        seconds = min(seconds, REQUEST_SECONDS)
        self.timeout_keep_alive_task = self.loop.call_later(seconds, self.timeout_keep_alive_handler)

    def timeout_keep_alive_handler(self) -> None:
        """Close the connection where nothing came, or was read, for long enough; else look again when that could be."""
        self.timeout_keep_alive_task = None
        if self._lingers and self._last_word is None and not self.transport.is_closing():
            return
        now = self.loop.time()
        left = self._patience() if self._idle_since is None else self._idle_since + self._patience() - now
        if self.flow.read_paused:
            self._begun_at = now  # it is not the client that waits
        if self._is_stuck():
            self.transport.abort()
        elif self.transport.is_closing():
            self._wait(REQUEST_SECONDS)
        elif left <= 0:
            self.transport.close()
        else:
            if self._is_open and now - self._begun_at >= REQUEST_SECONDS:
                self._give_up(
                    TooSlow(f"a request must be complete within {REQUEST_SECONDS:g} seconds; send it at once")
                )
            self._wait(left)

    def _is_stuck(self) -> bool:
        """Whether nothing of an answer was read since this was asked last."""
        before, self._unread = self._unread, None
        if self.flow.write_paused or self.transport.is_closing():
            self._unread = self.transport.get_write_buffer_size()
        return before is not None and self._unread is not None and self._unread >= before

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
        make_room(self, cast("Collection[Guarded]", self.connections), places())

    def silent_since(self) -> float | None:
        """Return since when nothing has come and nothing is owed."""
        return self._idle_since

    def unfinished_since(self) -> float | None:
        """Return since when a request has been coming that is not complete; None where an answer is owed to another."""
        if not self._is_open or self._lingers or self.pipeline or (self._in_head and self._is_answering()):
            return None
        return self._begun_at

    def leave(self) -> None:
        """Close at once: the place is needed, and is free from now on for whoever counts them."""
        self.connections.discard(self)
        self.transport.abort()

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
