"""Everything that leaves a process beside its answers: every logger at every level, warnings, what asyncio says."""

import asyncio
import json
import logging
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from tests.serving.privacy.bodies import CANARY

LOUDEST = 1
CLIENT = ("httpx", "httpcore")  # what the test itself asks with, in this process


class Ear(logging.Handler):
    """Notes all of a record: the line, the arguments, the traceback as Python would print it, and whatever hangs on."""

    def __init__(self) -> None:
        super().__init__(LOUDEST)
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Note it."""
        if record.name.partition(".")[0] in CLIENT:
            return
        shown = "".join(traceback.format_exception(record.exc_info[1])) if record.exc_info else ""
        self.heard.append(f"{record.name}: {record.getMessage()} {record.__dict__!r} {shown}")


@contextmanager
def listening() -> Iterator[list[str]]:
    """Listen to every logger there is, as loud as it can be, and to warnings."""
    ear, root = Ear(), logging.getLogger()
    loggers = [root, *(one for one in root.manager.loggerDict.values() if isinstance(one, logging.Logger))]
    before = [(one, one.level, one.disabled, one.propagate) for one in loggers]
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        root.addHandler(ear)
        for one in loggers:
            one.setLevel(LOUDEST)
            one.disabled, one.propagate = False, True
        try:
            yield ear.heard
        finally:
            root.removeHandler(ear)
            for one, level, disabled, propagate in before:
                one.setLevel(level)
                one.disabled, one.propagate = disabled, propagate
            ear.heard += [str(one.message) for one in warned]


def told(heard: list[str]) -> list[str]:
    """Return what was heard that a sender wrote."""
    return [line[:300] for line in heard if CANARY in line]


def echoes(answer: httpx.Response) -> list[str]:
    """Return the problems within an answer that repeat what a sender wrote: the whole of it, or one element's."""
    if answer.status_code >= 400:
        return [f"{answer.status_code}: {part}"[:300] for part in (answer.text, str(answer.headers)) if CANARY in part]
    found = answer.json() if answer.headers.get("content-type", "").startswith("application/json") else None
    return [json.dumps(part)[:300] for part in _problems(found) if CANARY in json.dumps(part)]


def _problems(value: Any) -> Iterator[Any]:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for part in inner:
        yield from _problems(part)
    if isinstance(value, dict) and "problem" in value:
        yield value["problem"]


def louder(loop: asyncio.AbstractEventLoop) -> None:
    """Have asyncio say what it says to developers alone."""
    loop.set_debug(True)
