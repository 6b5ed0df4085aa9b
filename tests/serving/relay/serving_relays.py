"""A relay served on a thread of this process, on a port of its own."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import uvicorn

from serving.relay.application import Application
from serving.relay.relay import Relay
from tests.end_to_end.server import free_port

PATIENCE = 20.0  # seconds, for what takes milliseconds


@dataclass
class Running:
    """A server on a thread."""

    url: str
    port: int


@contextmanager
def running(relay: Relay, *, lifespan: Any = "on") -> Iterator[Running]:
    """Serve the relay until the end of the block."""
    port = free_port()
    server = uvicorn.Server(
        uvicorn.Config(Application(relay), host="127.0.0.1", port=port, lifespan=lifespan, log_level="error")
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        until(lambda: server.started)
        yield Running(f"http://127.0.0.1:{port}/hook", port)
    finally:
        server.should_exit = True
        thread.join(PATIENCE)
    assert not thread.is_alive()


def until(done: Any) -> None:
    """Wait until it is so; fail where it never is."""
    deadline = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.005)
