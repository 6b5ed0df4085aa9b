import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.end_to_end.load import Load
from tests.end_to_end.server import START_SECONDS, Server, opened, with_key

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="who is whose child is read from /proc")


def workers_of(server: Server) -> set[int]:
    """Return the ids of the worker processes that run."""
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text("ascii").split()
    return {int(child) for child in children if b"spawn_main" in _command(child)}


def _command(process: str) -> bytes:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return b""


def until(true: Callable[[], bool]) -> None:
    """Wait for something to come true."""
    deadline = time.monotonic() + START_SECONDS
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def missing(path: Path, acknowledged: list[str]) -> int:
    """Count the acknowledged decisions that the ledger does not have."""
    ledger = opened(path)
    with ledger.transaction() as transaction:
        lost = sum(transaction.decision(one) is None for one in acknowledged)
    ledger.close()
    return lost


def test_restarts_a_death_and_a_drain(tmp_path: Path) -> None:
    """Under load all workers are replaced twice and nobody notices; one is killed and replaced; the rest is drained.

    Whatever was acknowledged is on record.
    """
    path = tmp_path / "l.db"
    with_key(path)
    with Server(path, workers=2) as server, Load(server.url) as load:
        load.more(20)
        for _ in range(2):
            before = workers_of(server)
            server.process.send_signal(signal.SIGHUP)
            until(lambda before=before: len(now := workers_of(server)) == 2 and not now & before)  # type: ignore[misc]
            load.more(20)
        dropped = [*load.failed]

        victim = min(workers_of(server))
        os.kill(victim, signal.SIGKILL)
        until(lambda: len(workers_of(server) - {victim}) == 2)
        load.more(20)
        load.failed.clear()

        server.process.send_signal(signal.SIGTERM)
        code = server.process.wait(START_SECONDS)

    cut = [one for one in load.failed if one != "nobody listens"]
    assert (dropped, cut, code, missing(path, load.acknowledged)) == ([], [], 0, 0)


def test_a_lone_worker_answers_what_it_took_before_it_ends(tmp_path: Path) -> None:
    """SIGTERM under load: no question that was sent is cut off; only new connections find nobody."""
    path = tmp_path / "l.db"
    with_key(path)
    with Server(path) as server, Load(server.url) as load:
        load.more(20)
        server.process.send_signal(signal.SIGTERM)
        server.process.wait(START_SECONDS)

    cut = [one for one in load.failed if one != "nobody listens"]
    assert (cut, missing(path, load.acknowledged)) == ([], 0)
