"""Rolling restarts, drains and deaths under load, counted: dropped questions, lost answers.

    python -m benchmarks.exact_restart [ROUNDS]

A server with two workers is asked by 16 clients without a pause. Each round replaces all workers (SIGHUP), then kills
one (SIGKILL); at the end all is drained (SIGTERM). A question that a killed worker held is broken and counted apart.
Every decision that was acknowledged must be on record.
"""

import os
import signal
import sys
import tempfile
from pathlib import Path

from tests.end_to_end.load import Load
from tests.end_to_end.server import START_SECONDS, Server, with_key
from tests.end_to_end.test_workers import missing, until, workers_of

CLIENTS, ANSWERS = 16, 500


def main(rounds: int) -> None:
    """Print the counts; the exit code is 1 where one that must be 0 is not."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "ledger.db")
        with_key(path)
        dropped = broken = 0
        with Server(path, workers=2) as server, Load(server.url, clients=CLIENTS) as load:
            for _ in range(rounds):
                load.more(ANSWERS)
                _restart(server)
                load.more(ANSWERS)
                dropped += len(load.failed)
                load.failed.clear()
                _kill_one(server)
                broken += len(load.failed)
                load.failed.clear()
            server.process.send_signal(signal.SIGTERM)
            server.process.wait(START_SECONDS)
        cut = sum(one != "nobody listens" for one in load.failed)
        lost = missing(path, load.acknowledged)
    print(f"{rounds} rolling restarts of 2 workers, {rounds} kills, 1 drain, {CLIENTS} clients")
    print(f"acknowledged decisions {len(load.acknowledged)}, of them not on record {lost}")
    print(f"dropped in rolling restarts {dropped}, cut off in the drain {cut}, broken by kills {broken}")
    if dropped or cut or lost:
        raise SystemExit(1)


def _restart(server: Server) -> None:
    before = workers_of(server)
    server.process.send_signal(signal.SIGHUP)
    until(lambda: len(now := workers_of(server)) == len(before) and not now & before)


def _kill_one(server: Server) -> None:
    before = workers_of(server)
    victim = min(before)
    os.kill(victim, signal.SIGKILL)
    until(lambda: len(workers_of(server) - {victim}) == len(before))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
