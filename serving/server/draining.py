"""uvicorn's server, stopped without cutting anybody off.

On a signal it accepts no more, answers what has come and what still comes on open connections, tells their clients with
`Connection: close` to come back by a new one, and closes those on which nothing comes any more. All within a time.
"""

import asyncio
import signal
import socket
from collections.abc import Callable, Iterable
from contextlib import suppress
from types import FrameType
from typing import Final

import uvicorn
from uvicorn.server import ServerState

from serving.server.connection import Connection
from serving.server.workers import BACKLOG

TURNS: Final = 5  # of the event loop: what was accepted just now is a connection after three


class State(ServerState):
    """What all connections see: whether the server is on its way out."""

    draining = False


class Server(uvicorn.Server):
    """One process's server.

    `ready`, where it has a parent, is called once it serves; `last`, where it has none, at a second signal.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        *,
        ready: Callable[[], None] | None = None,
        last: Callable[[int], None] | None = None,
    ) -> None:
        super().__init__(config)
        self.server_state = self._state = State()
        self._ready = ready
        self._last = last

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so."""
        await super().startup(sockets=sockets)
        for listening in sockets or []:
            listening.listen(BACKLOG)  # asyncio made it as short as its own turns are
        if self._ready is not None:
            self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take the last connections, accept no more, drain, and stop.

        What asyncio accepted in this turn of the event loop is a connection a few turns later, and would be lost with
        the listening socket before that; what waits in the socket's own queue would be lost at any time.
        """
        self._state.draining = True
        loop = asyncio.get_running_loop()
        for listening in sockets or []:
            loop.remove_reader(listening.fileno())
        for _ in range(TURNS):
            await asyncio.sleep(0)
        last = [loop.connect_accepted_socket(self._connection, one) for one in waiting_in(sockets or [])]
        for server in self.servers:
            server.close()
        await asyncio.gather(*last, return_exceptions=True)  # who has left by now is no error
        await super().shutdown(sockets=sockets)

    def _connection(self) -> asyncio.Protocol:
        made: asyncio.Protocol = Connection(
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
        return made

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Drain at the first signal and end at the second; who has a parent drains, and leaves the rest to it."""
        del frame
        if self._ready is not None and sig == signal.SIGINT:
            return  # a terminal sends it to the parent as well
        if self.should_exit and self._ready is None:
            self.force_exit = True
            if self._last is not None:
                self._last(sig)
        self._captured_signals = [sig]
        self.should_exit = True


def waiting_in(sockets: Iterable[socket.socket]) -> list[socket.socket]:
    """Accept all that wait in the queues of these listening sockets."""
    found = []
    for listening in sockets:
        with suppress(OSError):  # BlockingIOError: that was the last one
            while True:
                accepted, _ = listening.accept()
                accepted.setblocking(False)
                found.append(accepted)
    return found
