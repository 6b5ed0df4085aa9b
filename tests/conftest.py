"""The order of the whole session, what each of its tests pays, and what it leaves behind."""

import gc
import socket
import sys
from collections.abc import Iterator

import pytest

from tests.dear import dear_first


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Look for no garbage while tests are collected: all that is made then stays."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where several workers share the tests, the dear ones stand first, and one worker begins with them."""
    if hasattr(config, "workerinput"):
        items[:] = dear_first(items, config.rootpath)


def pytest_collection_finish() -> None:
    """Leave modules and tests out of the search for garbage, which went through all of them again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Let a worker that asks how often a test has failed (`--reruns`) send at once, not when 40 ms have passed.

    It tells one thing and asks the next: a socket holds the second message back until the first is acknowledged.
    """
    asked = getattr(getattr(session.config, "failures_db", None), "sock", None)
    if asked is not None and hasattr(session.config, "workerinput"):
        asked.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def pytest_unconfigure() -> None:
    """Stop the PostgreSQL of this process, where a test started one."""
    started = sys.modules.get("tests.postgres")
    if started is not None:
        started.stop()
