"""Ten times what it can do, for a minute: is what is answered right, is everybody told, does it come back?

    python -m benchmarks.exact_overload                        # a minute at ten times the measured capacity
    python -m benchmarks.exact_overload --seconds 15 --times 5
    python -m benchmarks.exact_overload --naive                # no bound on what waits: what the bounds are for

First as many decisions a second as there can be are counted, then requests are sent at a fixed rate, whether or not
those before were answered: candidates one by one and in arrays, over hundreds of connections. Beside them are clients
that never read their answers, that connect and say nothing, and that leave before they are told. Somebody asks
`/livez` and `/readyz` all the time. Afterwards the ledger is read. Only this machine's loopback address is asked.
Exits with 1 on any violation; times are information, for they are those of a busy machine.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.exact_caps import records
from benchmarks.exact_judge import bears_out, judged
from benchmarks.exact_overload_clients import BATCH, Crowd, Load, capacity
from benchmarks.exact_servers import Servers, lives, opened, with_key
from benchmarks.exact_watching import Watching
from serving.system import now

WARM_SECONDS, CAPACITY_CLIENTS = 3.0, 32
MEMORY_MB = 256  # that a server may grow by: what waits, and a few hundred connections
LATE_MB = 48  # of it, in the second half of the minute
DESCRIPTORS_LEFT = 40  # afterwards, above those before
WELL_SECONDS = 15.0  # after the last request: until one alone is answered in good time again
GOOD_SECONDS = 1.0
VIOLATIONS = (
    "other statuses",
    "refused without Retry-After",
    "requests that were never answered",
    "connections that broke",
    "acknowledged decisions lost or other",
    "acts recorded twice",
    "over a cap",
    "facts told twice",
    "health that was not answered",
    "memory that grew",
    "descriptors that were left open",
    "not well in time",
    "servers that ended",
)


def run(folder: Path, asking: argparse.Namespace) -> dict[str, int]:
    """Load and read; return the counts."""
    url = f"sqlite:///{folder}/ledger.db"
    ledger = opened(url, now=now())
    with_key(ledger)
    ledger.close()
    with Servers(url, naive=asking.naive) as servers:
        port = servers.start()
        process = servers.processes()[0]
        load = Load(port)
        found = asyncio.run(_under_load(load, process, asking))
        found["servers that ended"] = int(not lives(process))
    ledger = opened(url, now=now())
    known = list(records(ledger))
    ledger.close()
    return found | load.told() | on_record(known, load)


async def _under_load(load: Load, process: int, asking: argparse.Namespace) -> dict[str, int]:
    """Count what can be done, ask for ten times that, and wait until it is well again."""
    able = await capacity(load, seconds=WARM_SECONDS, clients=CAPACITY_CLIENTS)
    watching = Watching(process, load.port)
    rate = able * asking.times
    async with Crowd(load.port, connections=asking.connections), watching:
        offered = await load.offer(rate, seconds=asking.seconds)
    recovered = await _well(load)
    await load.close()
    await asyncio.sleep(GOOD_SECONDS)
    left = watching.descriptors() - watching.descriptors_before
    return {
        "capacity, decisions a second": round(able),
        "offered, decisions a second": round(offered / asking.seconds),
        "memory, growth in MB": watching.grown,
        "of it in the second half": watching.grown_late,
        "descriptors, most": watching.descriptors_most,
        "health answers": watching.answered,
        **{f"slowest {path}, milliseconds": round(1000 * took) for path, took in watching.slowest.items()},
        "well again after, milliseconds": round(1000 * recovered),
        "health that was not answered": watching.failed,
        "memory that grew": int(watching.grown > MEMORY_MB or watching.grown_late > LATE_MB),
        "descriptors that were left open": max(0, left - DESCRIPTORS_LEFT),
        "not well in time": int(recovered > WELL_SECONDS),
    }


async def _well(load: Load) -> float:
    """Ask one thing alone until that is answered in good time; return after how many seconds that was."""
    began = time.perf_counter()
    while time.perf_counter() - began <= WELL_SECONDS:
        if await load.alone() < GOOD_SECONDS:
            break
    return time.perf_counter() - began


def on_record(known: list[dict[str, Any]], load: Load) -> dict[str, int]:
    """Compare what is on record with what was acknowledged."""
    found = judged(known)
    by_id = {record["decision_id"]: record for record in known}
    evidence = [record["candidate"]["evidence"]["id"] for record in known]
    lost = [one for one in load.answers if not bears_out(by_id.get(one["decision_id"]), one)]
    return {
        "decisions on record": len(known),
        "acknowledged decisions": len(load.answers),
        "acknowledged decisions lost or other": len(lost),
        "acts recorded twice": len(evidence) - len(set(evidence)),
        "over a cap": len(found.over),
        "facts told twice": len(found.twice),
    }


def options(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="ten times what a server can do, and what becomes of it")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--times", type=float, default=10.0, help=f"the capacity; nine of ten in arrays of {BATCH}")
    parser.add_argument("--connections", type=int, default=100, help="of each kind of client that misbehaves")
    parser.add_argument("--naive", action="store_true", help="nothing bounds what waits")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """Print the counts; return 1 where anything was violated."""
    with tempfile.TemporaryDirectory() as folder:
        found = run(Path(folder), options(arguments))
    for name, count in found.items():
        print(f"{name:44} {count:>9,}")
    return int(any(found.get(name) for name in VIOLATIONS))


if __name__ == "__main__":
    sys.exit(main())
