"""`outreach serve`: the API under uvicorn. It says where it listens, and on a signal finishes what it has accepted."""

import os
from contextlib import suppress
from typing import Any, Final

import uvicorn
from fastapi import FastAPI

from serving.app import create_app
from serving.settings import Settings, load_settings

DRAIN_SECONDS: Final = 20
FACTORY: Final = "serving.server:from_environment"


def serve(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT; several workers are processes of their own that share the ledger file.

    Raises:
        InvalidInput: the policy folder or a setting is wrong.
    """
    app = create_app(settings)
    if settings.workers == 1:
        with suppress(KeyboardInterrupt):  # Ctrl-C, after the drain
            uvicorn.Server(uvicorn.Config(app, **_options(settings))).run()
        return
    os.environ.update(settings.environment())
    uvicorn.run(FACTORY, factory=True, workers=settings.workers, **_options(settings))


def from_environment() -> FastAPI:
    """Make the application of a worker process: its parent put all settings into the environment."""
    return create_app(load_settings())


def _options(settings: Settings) -> dict[str, Any]:
    """Return how to serve: httptools, no access log, no server header, a bounded drain."""
    return {
        "host": settings.host,
        "port": settings.port,
        "http": "httptools",
        "ws": "none",
        "lifespan": "on",
        "access_log": False,
        "server_header": False,
        "timeout_graceful_shutdown": DRAIN_SECONDS,
    }
