"""PostgreSQL goes away in the middle of everything, again and again: is anything lost, told twice, or sent unrecorded?

    python -m benchmarks.exact_postgres_restart                       # 24 rounds: each of six faults four times
    python -m benchmarks.exact_postgres_restart --rounds 6 --clients 4
    python -m benchmarks.exact_postgres_restart --rounds 2 --naive    # a database that comes back as it was before

Two servers share a ledger on a PostgreSQL of its own. In each round clients ask them, confirm and report what arrived,
and in the middle the database is stopped (fast, immediately), stays away for seconds, has its sessions ended or killed,
or loses its first process to `kill -9`. Nobody restarts the servers: they are to find back by themselves. A client that
is told 503, that the fate of a commit is unknown for example, asks again under the same Idempotency-Key. Exits with 1
on any violation.
"""

import argparse
import asyncio
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.exact_caps import records
from benchmarks.exact_kills import OF_THE_ANSWERS, Acknowledged, Client, counts
from benchmarks.exact_postgres_database import FAULTS, Database
from benchmarks.exact_servers import Servers, lives, opened, postgres_server, with_key
from serving.system import now

SHORTEST, LONGEST = 0.1, 0.8  # seconds of load before a fault
AFTERWARDS = 0.3  # seconds of load after the database is back
WELL_SECONDS = 60.0  # from then on, until every client has its answers
VIOLATIONS = (*OF_THE_ANSWERS, "servers that ended", "rounds that were not over in time")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """How many faults, under how many clients; `faults` in turn; `naive`: the database forgets what it was told."""

    rounds: int
    clients: int
    seed: int = 0
    naive: bool = False
    faults: tuple[str, ...] = tuple(FAULTS)


@dataclass(slots=True)
class Suffered:
    """What happened: how often each fault, how long until all was answered (seconds), rounds that took too long."""

    faults: dict[str, int] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)
    late: int = 0


async def break_again_and_again(
    live: list[int], database: Database, told: Acknowledged, asking: Asking, copy: Path
) -> Suffered:
    """Run the rounds; whoever asks is answered in the end, or the round is not over in time."""
    chance = np.random.default_rng(asking.seed)
    suffered = Suffered()
    for number in range(asking.rounds):
        name = asking.faults[number % len(asking.faults)]
        if asking.naive:
            database.copy(copy)
        clients = [Client(live, told, seed=asking.seed + 1000 * number + each) for each in range(asking.clients)]
        running = [asyncio.create_task(client.run()) for client in clients]
        await asyncio.sleep(float(chance.uniform(SHORTEST, LONGEST)))
        await asyncio.to_thread(FAULTS[name], database)
        if asking.naive:
            await asyncio.to_thread(database.forget, copy)
        suffered.faults[name] = suffered.faults.get(name, 0) + 1
        await asyncio.sleep(AFTERWARDS)
        for client in clients:
            client.stop()
        began = time.perf_counter()
        _, late = await asyncio.wait(running, timeout=WELL_SECONDS)
        suffered.seconds.append(time.perf_counter() - began)
        suffered.late += bool(late)
        await _ended(running)
    return suffered


async def _ended(running: list["asyncio.Task[None]"]) -> None:
    """End who still asks; what a client met that it does not foresee is raised."""
    for task in running:
        task.cancel()
    for error in await asyncio.gather(*running, return_exceptions=True):
        if isinstance(error, Exception):
            raise error


def run(folder: Path, asking: Asking) -> dict[str, int]:
    """Break and read; return the counts."""
    with postgres_server(folder / "postgres") as server:
        database = Database(server)
        ledger = opened(database.url, now=now())
        with_key(ledger)
        ledger.close()
        told = Acknowledged()
        with Servers(database.url) as servers:
            live = [servers.start(), servers.start()]
            began = servers.processes()
            work = break_again_and_again(live, database, told, asking, folder / "copy")
            suffered = asyncio.run(work)
            ended = sum(not lives(process) for process in began)
        ledger = opened(database.url, now=now())
        known = list(records(ledger))
        ledger.close()
    for line in told.refused[:5]:
        print("refused:", line, file=sys.stderr)
    return _told(suffered) | counts(known, told) | {"servers that ended": ended}


def _told(suffered: Suffered) -> dict[str, int]:
    return {
        **{f"fault: {name}": count for name, count in suffered.faults.items()},
        "slowest way back, milliseconds": round(1000 * max(suffered.seconds, default=0.0)),
        "rounds that were not over in time": suffered.late,
    }


def main(arguments: list[str] | None = None) -> int:
    """Print the counts; return 1 where anything was violated."""
    parser = argparse.ArgumentParser(description="PostgreSQL that goes away under load, and what it holds afterwards")
    parser.add_argument("--rounds", type=int, default=4 * len(FAULTS))
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--naive", action="store_true", help="the database comes back as it was before each round")
    given: dict[str, Any] = vars(parser.parse_args(arguments))
    folder = Path(tempfile.mkdtemp(prefix="outreach-"))
    try:
        found = run(folder, Asking(**given))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    for name, count in found.items():
        print(f"{name:44} {count:>9,}")
    return int(any(found.get(name) for name in VIOLATIONS))


if __name__ == "__main__":
    sys.exit(main())
