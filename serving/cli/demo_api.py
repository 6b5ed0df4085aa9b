"""The API of the demo: a process of its own, the requests that are made of it, and the wait for its end."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from model.errors import InvalidInput, Unavailable
from serving.settings import Settings

PATIENCE_S = 30.0


@contextmanager
def served(settings: Settings, log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Serve in a process while the block runs, which begins when the API is ready; SIGTERM ends both in order.

    What it says goes into `log`.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    environment = {**os.environ, **settings.environment()}
    with log.open("w") as said:
        server = subprocess.Popen(
            [sys.executable, "-m", "serving.cli", "serve"], env=environment, stdout=said, stderr=said
        )
        try:
            ready(f"http://{settings.host}:{settings.port}", server, said=f"in {log}")
            yield server
        finally:
            server.terminate()
            server.wait()


def ready(base: str, server: "subprocess.Popen[bytes]", said: str) -> None:
    """Wait until the API answers that it is ready; `said` is where it says why it is not."""
    last = time.monotonic() + PATIENCE_S
    while time.monotonic() < last:
        if server.poll() is not None:
            raise Unavailable(f"the API ended with code {server.returncode} before it was ready; see why {said}")
        try:
            call(base, "GET", "/readyz", None, "")
        except (URLError, OSError):
            time.sleep(0.05)
        else:
            return
    raise Unavailable(f"the API at {base} was not ready within {PATIENCE_S:.0f} s; run `outreach doctor`")


def call(base: str, method: str, path: str, body: Mapping[str, Any] | None, key: str) -> Any:
    """Make one request; raises what the API answers as an error."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    request = Request(base + path, data=data, method=method, headers=headers)  # noqa: S310  (always http to 127.0.0.1)
    try:
        with urlopen(request, timeout=PATIENCE_S) as response:  # noqa: S310  (as above)
            return json.loads(response.read())
    except HTTPError as error:
        raise Unavailable(f"the API answered {error.code} to {method} {path}: {error.read().decode()}") from error


def free_port(wanted: int | None) -> int:
    """Return the wanted port, or 8080, or the next free one; a wanted port that is taken is refused."""
    candidates = range(8080, 8100) if wanted is None else [wanted]
    for port in candidates:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise InvalidInput(f"port {candidates[0]} of 127.0.0.1 is taken; name another with `--port`")


def wait(server: "subprocess.Popen[bytes]") -> None:
    """Wait for the API or for Ctrl-C, whichever comes first."""
    try:
        server.wait()
    except KeyboardInterrupt:
        return
