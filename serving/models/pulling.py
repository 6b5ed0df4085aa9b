"""Whoever keeps the child going that asks the registry: one for `outreach serve`, however many workers it has.

The child is the only process that loads MLflow. One that ends, because an attempt took too long or by any fault, is
started again after a pause; with us it ends by itself, for we hold the other end of its standard input.
"""

import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from serving.settings import Settings

CODE: Final = "import sys; sys.path[:] = {path!r}; from serving.cli.pulling import {entry}; {entry}()"
LIMITS: Final = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "0",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "15",
}
READY: Final = "ready"  # what a child says before it asks
PAUSE_SECONDS: Final = 1.0
SLOWEST: Final = 60.0  # between two starts of a child that keeps ending
END_SECONDS: Final = 2.0
log = logging.getLogger(__name__)


def child(settings: Settings, entry: str, *given: str, **pipes: Any) -> "subprocess.Popen[bytes]":
    """Start a process of our own that asks the registry: `entry` of `serving.cli.pulling`.

    It finds our modules where we found them and none in the folder that we run in (`-P`). The settings, and the
    passwords among them, are in its environment: everybody may read the arguments of a process.
    """
    return _run(settings, CODE.format(path=sys.path, entry=entry), *given, **pipes)


def _run(settings: Settings, code: str, *given: str, **pipes: Any) -> "subprocess.Popen[bytes]":
    command = (sys.executable, "-P", "-c", code, *given)
    environment = {**LIMITS, **os.environ, **settings.environment()}
    return subprocess.Popen(command, env=environment, **pipes)  # noqa: S603  (our own module)


class Keeper:
    """Starts the child, and starts it again; a child that ended well had no more to do."""

    def __init__(self, settings: Settings, *, code: str | None = None, pause: float = PAUSE_SECONDS) -> None:
        self._settings = settings
        self._code = CODE.format(path=sys.path, entry="main") if code is None else code
        self._pause = pause
        self._over = threading.Event()
        self._lock = threading.Lock()
        self.child: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._run, name="outreach-pulling", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End the child, and start no other."""
        self._over.set()
        with self._lock:
            if self.child is not None and self.child.poll() is None:
                self.child.kill()
        self._thread.join(END_SECONDS)

    def _run(self) -> None:
        pause = self._pause
        while not self._over.is_set():
            ended = self._once()
            if ended == 0 or self._over.wait(pause):
                return
            log.warning("what asks the registry ended with %s; it is started again", ended)
            pause = min(2 * pause, SLOWEST)

    def _once(self) -> int | str:
        """Run one child to its end; return how it ended, or why it could not begin."""
        try:
            with self._lock:
                if self._over.is_set():
                    return 0
                self.child = _run(self._settings, self._code, stdin=subprocess.PIPE)
        except OSError as error:
            return error.strerror or type(error).__name__
        with self.child:
            return self.child.wait()


@contextmanager
def pulling(settings: Settings) -> Iterator[None]:
    """Keep the child going where a registry names the model or the challenger."""
    if not settings.registered:
        yield
        return
    keeper = Keeper(settings)
    keeper.start()
    try:
        yield
    finally:
        keeper.stop()
