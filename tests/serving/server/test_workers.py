import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from model.errors import Unavailable
from serving.server.workers import listen

SECONDS = 60


@dataclass
class Watched:
    """A parent whose workers answer with their process id."""

    process: "subprocess.Popen[str]"
    port: int
    folder: Path

    def answered(self) -> int:
        """Return the id of the process that answers."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=SECONDS) as asking:
            return int(asking.makefile().readline())

    def is_over(self) -> bool:
        """Whether nobody listens any more."""
        try:
            self.answered()
        except (OSError, ValueError):
            return True
        return False

    def said(self) -> str:
        """Return what the parent wrote until it ended."""
        assert self.process.stderr is not None
        return self.process.stderr.read()


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Callable[[int], Watched]]:
    """Start parents, and end them afterwards whatever happened."""
    started: list[subprocess.Popen[str]] = []

    def start(number: int) -> Watched:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.serving.watched", str(number)],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        assert process.stdout is not None
        return Watched(process, int(process.stdout.readline()), tmp_path)

    yield start
    for process in started:
        process.kill()
        process.communicate()


def until(true: Callable[[], bool]) -> None:
    """Wait for something to come true."""
    deadline = time.monotonic() + SECONDS
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_worker_that_dies_is_replaced(watched: Callable[[int], Watched]) -> None:
    """Another process answers then; what was asked in between waits for it."""
    parent = watched(1)
    first = parent.answered()

    os.kill(first, signal.SIGKILL)

    assert (parent.answered() != first, parent.process.poll()) == (True, None)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_a_signal_ends_all(watched: Callable[[int], Watched], number: int) -> None:
    """The workers are sent home, and the parent ends without complaint when they have gone."""
    parent = watched(2)
    parent.answered()

    parent.process.send_signal(number)

    assert (parent.process.wait(SECONDS), parent.is_over()) == (0, True)


def test_a_second_signal_does_not_wait(watched: Callable[[int], Watched]) -> None:
    """Workers that do not go are killed at once."""
    parent = watched(1)
    (parent.folder / "stubborn").touch()
    parent.answered()
    parent.process.send_signal(signal.SIGTERM)
    assert parent.process.stderr is not None
    said = parent.process.stderr.readline()
    patient = parent.answered() > 0  # the worker heard it and stays

    parent.process.send_signal(signal.SIGTERM)

    assert ("stopping" in said, patient, parent.process.wait(10), parent.is_over()) == (True, True, 0, True)


def test_a_restart_replaces_all_and_always_answers(watched: Callable[[int], Watched]) -> None:
    """SIGHUP: one after the other, and at no moment does nobody answer."""
    parent = watched(2)
    seen = {parent.answered() for _ in range(50)}

    parent.process.send_signal(signal.SIGHUP)
    until(lambda: parent.answered() not in seen)
    until(lambda: not seen & {parent.answered() for _ in range(50)})

    assert parent.process.poll() is None


def test_a_restart_that_fails_leaves_the_old_ones(watched: Callable[[int], Watched]) -> None:
    """A new worker that does not come up replaces nobody."""
    parent = watched(1)
    first = parent.answered()
    (parent.folder / "broken").touch()
    parent.process.send_signal(signal.SIGHUP)
    assert parent.process.stderr is not None
    said = [parent.process.stderr.readline() for _ in range(2)]

    assert (parent.answered(), "did not come up" in said[1]) == (first, True)


def test_who_has_served_tries_on(watched: Callable[[int], Watched]) -> None:
    """All die and the next one dies before it is ready, after hours of service: the parent stays until one comes up."""
    parent = watched(1)
    first = parent.answered()
    broken = parent.folder / "broken"
    broken.touch()
    os.kill(first, signal.SIGKILL)
    assert parent.process.stderr is not None
    said = [parent.process.stderr.readline() for _ in range(2)]

    broken.unlink()

    told = ["another one is started" in line for line in said]
    assert (told, parent.answered() != first, parent.process.poll()) == ([True, True], True, None)


def test_workers_that_never_come_up_end_it(watched: Callable[[int], Watched], tmp_path: Path) -> None:
    """It says so instead of starting others for ever."""
    (tmp_path / "broken").touch()
    parent = watched(1)

    code = parent.process.wait(SECONDS)

    assert (code != 0, "ended before it could serve" in parent.said()) == (True, True)


def test_workers_end_without_their_parent(watched: Callable[[int], Watched]) -> None:
    """A parent that is killed leaves nobody behind who still answers."""
    parent = watched(2)
    parent.answered()

    parent.process.kill()

    until(parent.is_over)


def test_an_address_that_is_taken_is_named() -> None:
    """In one line, with what to do."""
    with listen("127.0.0.1", 0) as one, pytest.raises(Unavailable, match="name another with `--host` or `--port`"):
        listen("127.0.0.1", one.getsockname()[1])
