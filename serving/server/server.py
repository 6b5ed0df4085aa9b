"""`outreach serve`: the API under uvicorn. It says where it listens, and on a signal finishes what it has accepted."""

import logging
import os
import socket
import sys
import threading
from contextlib import suppress
from functools import partial
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Final

import uvicorn
from fastapi import FastAPI

from model.errors import OutreachError, Unavailable
from serving.app import create_app
from serving.clock.vouching import settle
from serving.ledger import open_ledger
from serving.masked import masked_address
from serving.metrics.figures_folder import figures_folder
from serving.metrics.logs import write_as
from serving.models.pulling import pulling
from serving.policy_files.templates import shipped_digests
from serving.server.connection import Connection
from serving.server.crowding import as_many_files_as_may_be
from serving.server.draining import Server
from serving.server.workers import Workers, listen
from serving.settings import Settings, load_settings
from serving.system import boot, new_salt, now

DRAIN_SECONDS: Final = 20
OPEN_SECONDS: Final = 1.0  # that the ledger has when the process starts
LAST_SECONDS: Final = 5  # more, until the parent kills a worker that did not end by itself
END_SECONDS: Final = 1.0  # that a process has to end by itself after a second signal
KEEP_ALIVE_SECONDS: Final = 75  # longer than the 60 seconds of most proxies: who keeps the connection closes it
AT_ONCE: Final = 16  # connections that are accepted in one turn: fewer than the files that are kept for the ledger
TURN_SECONDS: Final = 0.001  # the writer and the event loop take turns; Python's own 5 ms shows in the slowest answers
log = logging.getLogger(__name__)


def serve(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT; several workers are processes of their own that share the ledger.

    The ledger is opened once before anything listens; from then on it is never created again.

    Raises:
        InvalidInput: the policy folder, the ledger or a setting is wrong.
        Unavailable: the address cannot be listened at, or no worker comes up.
    """
    write_as(settings.logs)
    as_many_files_as_may_be()  # workers as well: they inherit it
    with pulling(settings):
        _serve(settings)


def _serve(settings: Settings) -> None:
    app = create_app(settings, create=not _opens(settings))
    if settings.workers == 1:
        run(app, settings)
        return
    os.environ.update(settings.environment())
    with listen(settings.host, settings.port) as listening, figures_folder() as figures:
        log.info("listening on %s:%d with %d workers", *listening.getsockname()[:2], settings.workers)
        seconds = DRAIN_SECONDS + LAST_SECONDS
        target = partial(work, figures=figures)
        Workers(target=target, listening=listening, number=settings.workers, drain_seconds=seconds).run()
    _settle(settings)


def _settle(settings: Settings) -> None:
    """Note that the workers were ended in order; a worker that ends by itself may be one of a rolling restart."""
    with suppress(OutreachError):  # who starts next waits with the clock, where it was set
        ledger = open_ledger(settings.ledger, now=now(), salt=new_salt(), patience=OPEN_SECONDS, create=False)
        try:
            with ledger.transaction() as transaction:
                settle(transaction, boot())
        finally:
            ledger.close()


def run(app: FastAPI, settings: Settings) -> None:
    """Serve this application, in this process alone."""
    sys.setswitchinterval(TURN_SECONDS)
    with listen(settings.host, settings.port) as listening, suppress(KeyboardInterrupt):  # Ctrl-C, after the drain
        log.info("listening on %s:%d", *listening.getsockname()[:2])
        Server(uvicorn.Config(app, **_options(settings)), last=end_soon).run([listening])


def end_soon(signal: int) -> None:
    """End this process a moment after a second signal, whatever holds it: a thread may wait for a ledger that hangs."""
    ending = threading.Timer(END_SECONDS, os._exit, (128 + signal,))
    ending.daemon = True
    ending.start()


def work(listening: socket.socket, says: Pipe, figures: Path | None = None) -> None:
    """Be one of several workers: the parent made the ledger and put all settings into the environment.

    `figures` is where the workers leave what they counted, for each other.
    """
    sys.setswitchinterval(TURN_SECONDS)
    settings = load_settings()
    write_as(settings.logs, worker=True)
    config = uvicorn.Config(create_app(settings, create=False, figures=figures), **_options(settings))
    Server(config, ready=lambda: says.send_bytes(b"ready")).run([listening])


def _opens(settings: Settings) -> bool:
    """Open or create the ledger and close it; False where it is only away for now: locked, or a server that is silent.

    It has a second for that; one that takes longer is opened by whoever asks first.
    """
    came: SimpleQueue[Exception | None] = SimpleQueue()
    threading.Thread(target=_open, args=(settings, came), name="outreach-opening", daemon=True).start()
    try:
        error = came.get(timeout=OPEN_SECONDS)
    except Empty:
        error = Unavailable(f"ledger `{masked_address(settings.ledger)}` does not answer yet; see that it runs")
    if isinstance(error, Unavailable):
        log.warning("%s; starting all the same: every question is answered 503 until it is back", error)
        return False
    if error is not None:
        raise error
    return True


def _open(settings: Settings, came: "SimpleQueue[Exception | None]") -> None:
    """Open it once and say what came of it."""
    try:
        open_ledger(settings.ledger, now=now(), salt=new_salt(), shipped=shipped_digests()).close()
    except Exception as error:  # noqa: BLE001  (handed to who waits, who raises it)
        came.put(error)
    else:
        came.put(None)


def _options(settings: Settings) -> dict[str, Any]:
    """Return how to serve: httptools, no access log, no server header, a bounded drain; the log is ours."""
    return {
        "log_config": None,
        "host": settings.host,
        "port": settings.port,
        "http": Connection,
        "ws": "none",
        "interface": "asgi3",
        "proxy_headers": False,
        "lifespan": "on",
        "access_log": False,
        "server_header": False,
        "backlog": AT_ONCE,
        "timeout_keep_alive": KEEP_ALIVE_SECONDS,
        "timeout_graceful_shutdown": DRAIN_SECONDS,
    }
