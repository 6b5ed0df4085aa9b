"""`outreach serve`: the API under uvicorn. It says where it listens, and on a signal finishes what it has accepted."""

import logging
import os
import sys
from contextlib import suppress
from typing import Any, Final

import uvicorn
from fastapi import FastAPI

from model.errors import Unavailable
from serving.app import create_app
from serving.connection import Connection
from serving.ledger import open_ledger
from serving.policy_files import shipped_digests
from serving.settings import Settings, load_settings
from serving.system import new_salt, now

DRAIN_SECONDS: Final = 20
TURN_SECONDS: Final = 0.001  # the writer and the event loop take turns; Python's own 5 ms shows in the slowest answers
FACTORY: Final = "serving.server:from_environment"
log = logging.getLogger(__name__)


def serve(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT; several workers are processes of their own that share the ledger file.

    The ledger is opened once before anything listens; from then on it is never created again.

    Raises:
        InvalidInput: the policy folder, the ledger or a setting is wrong.
    """
    app = create_app(settings, create=not _opens(settings))
    if settings.workers == 1:
        run(app, settings)
        return
    os.environ.update(settings.environment())
    uvicorn.run(FACTORY, factory=True, workers=settings.workers, **_options(settings))


def run(app: FastAPI, settings: Settings) -> None:
    """Serve this application, in this process alone."""
    sys.setswitchinterval(TURN_SECONDS)
    with suppress(KeyboardInterrupt):  # Ctrl-C, after the drain
        uvicorn.Server(uvicorn.Config(app, **_options(settings))).run()


def _opens(settings: Settings) -> bool:
    """Open or create the ledger and close it; False where it is only away for now, locked for example."""
    try:
        open_ledger(settings.ledger, now=now(), salt=new_salt(), shipped=shipped_digests()).close()
    except Unavailable as error:
        log.warning("%s; starting all the same: every question is answered 503 until it is back", error)
        return False
    return True


def from_environment() -> FastAPI:
    """Make the application of a worker: its parent made the ledger and put all settings into the environment."""
    sys.setswitchinterval(TURN_SECONDS)
    return create_app(load_settings(), create=False)


def _options(settings: Settings) -> dict[str, Any]:
    """Return how to serve: httptools, no access log, no server header, a bounded drain."""
    return {
        "host": settings.host,
        "port": settings.port,
        "http": Connection,
        "ws": "none",
        "interface": "asgi3",
        "proxy_headers": False,
        "lifespan": "on",
        "access_log": False,
        "server_header": False,
        "timeout_graceful_shutdown": DRAIN_SECONDS,
    }
