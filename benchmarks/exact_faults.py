"""Does anything become untrue where a disk or a database fails? Real servers under load, one fault after the other.

    python -m benchmarks.exact_faults                         # every fault for 12 seconds, two servers on one file
    python -m benchmarks.exact_faults --faults full locked --seconds 120
    python -m benchmarks.exact_faults --faults fsync --naive     # servers that believe the disk, to see that it is seen

Clients report events, ask, confirm and say what arrived; in the middle something breaks, and is well again. Where it
lasted, every refusal must be a 503 with `Retry-After` and `/readyz` must say so; afterwards the servers must be well by
themselves, and all that was answered must be on record exactly once, with the same bytes. Exits with 1 on a violation.
What needs a C compiler (`exact_shim.py`) or may not be mounted here is named and left out.
"""

import argparse
import asyncio
import json
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from benchmarks.exact_caps import records
from benchmarks.exact_fault_kinds import FAULTS, Fault, Stage, small_disk
from benchmarks.exact_fault_load import Heard, clients, welcome
from benchmarks.exact_fault_servers import NAIVE, Faulty, ready
from benchmarks.exact_kills import Acknowledged, counts, whole
from benchmarks.exact_servers import opened, with_key
from benchmarks.exact_shim import Disk, compiler
from serving.system import now

LOOKS: Final = 0.25  # seconds between two looks at `/readyz`
WITHIN: Final = 20.0  # seconds in which servers are well again
GROWTH: Final = 96 * 1024  # KiB that a server may have more at the end
ANSWERS = "SELECT name, response FROM responses"
ASKED = "/v1/decisions"
EVENTS = "SELECT id FROM events WHERE source = 'urn:shop'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """How many servers and clients, for how many seconds well and broken."""

    servers: int = 2
    clients: int = 8
    well: float = 2.0
    broken: float = 12.0
    seed: int = 0
    naive: bool = False


@dataclass(slots=True)
class Watched:
    """What was seen from outside while it lasted and afterwards."""

    before: int = 0
    during: Counter[int] = field(default_factory=Counter)
    grown: int = 0
    seconds: float = 0.0
    died: int = 0
    unanswered: int = 0


async def load(stage: Stage, fault: Fault, asking: Asking, heard: Heard) -> Watched:
    """Ask while all is well, while it is not, and again; return what was seen meanwhile."""
    seen = Watched()
    asked = clients(stage.servers.ports, heard, many=asking.clients, seed=asking.seed)
    running = [asyncio.create_task(client.run()) for client in asked]
    await asyncio.sleep(asking.well)
    memory = stage.servers.memory()
    seen.before = sum(heard.statuses[status] for status in (200, 202))
    with fault.make(stage):
        until = time.monotonic() + asking.broken
        while time.monotonic() < until:
            await asyncio.sleep(LOOKS)
            statuses = await asyncio.gather(*(asyncio.to_thread(ready, port) for port in stage.servers.ports))
            seen.during.update(statuses)
        seen.died = stage.servers.died()
    seen.seconds = await _well_again(stage, heard)
    await asyncio.sleep(asking.well)
    for client in asked:
        client.stop()
    _, left = await asyncio.wait(running, timeout=WITHIN)
    seen.unanswered = len(left)
    for client in left:
        client.cancel()
    seen.grown = stage.servers.memory() - memory
    seen.died += stage.servers.died()
    return seen


async def _well_again(stage: Stage, heard: Heard) -> float:
    """Wait until every server is ready and something new is answered; return after how many seconds."""
    began, answered = time.monotonic(), len(heard.answers)
    while time.monotonic() < began + WITHIN:
        statuses = await asyncio.gather(*(asyncio.to_thread(ready, port) for port in stage.servers.ports))
        if set(statuses) == {200} and len(heard.answers) > answered:
            break
        await asyncio.sleep(LOOKS / 5)
    return time.monotonic() - began


def run(folder: Path, fault: Fault, asking: Asking) -> dict[str, float]:
    """Break it and read; return the counts."""
    path = folder / "ledger.db"
    ledger = opened(f"sqlite:///{path}", now=now())
    with_key(ledger)
    welcome(ledger)
    ledger.close()
    heard = Heard()
    with tempfile.TemporaryDirectory() as beside:
        disk = Disk(Path(beside), path)
        environment = disk.environment() | {"FAULT_LOG": f"{beside}/servers.log"}
        environment |= {NAIVE: "1"} if asking.naive else {}
        with Faulty(path, environment, servers=asking.servers) as servers:
            stage = Stage(ledger=path, disk=disk, servers=servers)
            seen = asyncio.run(load(stage, fault, asking, heard))
            stuck = servers.drain()
            said = servers.said()
    for line in heard.wrong[:5]:
        print("violation:", line, file=sys.stderr)
    return _asked(heard, seen) | _outside(fault, seen, stuck, said) | judged(path, heard)


def _asked(heard: Heard, seen: Watched) -> dict[str, float]:
    """Say what was asked and answered."""
    return {
        "asked": heard.asked,
        "answered before it broke": seen.before,
        "refused with 503, and asked again": heard.statuses[503],
        "connections that broke": heard.broken,
        "longest answer in seconds": round(heard.longest, 1),
        "seconds until all was well again": round(seen.seconds, 1),
        "KiB grown": seen.grown,
        "acknowledged events": len(heard.events),
    }


def _outside(fault: Fault, seen: Watched, stuck: int, said: str) -> dict[str, float]:
    """Say what was untrue seen from outside."""
    untrue = seen.during[200] > 2 * LAST if fault.nothing else False
    return {
        "`/readyz` 503 while it lasted": seen.during[503],
        "`/readyz` 200 while it lasted": seen.during[200],
        "ready while nothing could be written": int(untrue or (fault.nothing and not seen.during[503])),
        "not well again in time": int(seen.seconds >= WITHIN),
        "clients without an answer": seen.unanswered,
        "memory that grew": int(seen.grown > GROWTH),
        "servers that died or did not end": seen.died + stuck,
        "tracebacks in the log": said.count("Traceback"),
    }


LAST: Final = 4  # looks that may still see a verdict of a second ago


def judged(path: Path, heard: Heard) -> dict[str, float]:
    """Compare what is on record with what was answered."""
    ledger = opened(f"sqlite:///{path}", now=now())
    known = list(records(ledger))
    ledger.close()
    read = {name: json.loads(body) for name, body in heard.answers.items()}
    told = Acknowledged(answers=read, confirmed=heard.confirmed, reported=heard.reported, asked=heard.asked)
    told.refused = heard.wrong
    with closing(sqlite3.connect(path)) as file:
        kept = dict(file.execute(ANSWERS).fetchall())
        events = Counter(name for (name,) in file.execute(EVENTS))
    other = [name for name, body in heard.answers.items() if bytes(kept.get(f"{ASKED} {name}", b"")) != body]
    wrong = [name for name in heard.events if events[name] != 1]
    found: dict[str, float] = dict(counts(known, told)) | dict(whole(path))
    del found["asked again, for want of an answer"]
    return found | {"answers with other bytes on record": len(other), "acknowledged events lost or twice": len(wrong)}


VIOLATIONS: Final = (
    "refused",
    "acknowledged decisions lost or other",
    "acknowledged confirmations lost",
    "acknowledged outcomes lost",
    "acknowledged events lost or twice",
    "answers with other bytes on record",
    "keys acted on twice",
    "over a cap",
    "facts told twice",
    "decisions half written",
    "answers kept for no decision, or none kept",
    "files that are not sound",
    "ready while nothing could be written",
    "not well again in time",
    "clients without an answer",
    "memory that grew",
    "servers that died or did not end",
    "tracebacks in the log",
)


def main(arguments: list[str] | None = None) -> int:
    """Print the counts of every fault; return 1 where anything was violated."""
    parser = argparse.ArgumentParser(description="faults of disk and database under load, judged from the ledger")
    parser.add_argument("--faults", nargs="*", choices=list(FAULTS), default=list(FAULTS))
    parser.add_argument("--seconds", type=float, default=12.0, help="how long each fault lasts")
    parser.add_argument("--servers", type=int, default=2)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--naive", action="store_true", help="servers that answer whatever a commit says")
    given = parser.parse_args(arguments)
    if compiler() is None:
        print("left out: no C compiler is here; install one, such as gcc, to let a disk fail")
        return 0
    asking = Asking(
        servers=given.servers, clients=given.clients, broken=given.seconds, seed=given.seed, naive=given.naive
    )
    violated = [name for name in given.faults if violations(name, asking)]
    print(f"faults {len(given.faults)}, violated {', '.join(violated) or 'none'}")
    return int(bool(violated))


def violations(name: str, asking: Asking) -> bool:
    """Try one fault, print its counts, and return whether anything was violated."""
    fault = FAULTS[name]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        if fault.mounted and not stack.enter_context(small_disk(folder)):
            print(f"# {name}: left out, no disk may be mounted here; `limited` is its like")
            return False
        found = run(folder, fault, asking)
    print(f"# {name}, {asking.broken:g} seconds")
    for what, count in found.items():
        print(f"{what:44} {count:>9,}", "VIOLATED" if what in VIOLATIONS and count else "", flush=True)
    return any(found.get(one) for one in VIOLATIONS)


if __name__ == "__main__":
    sys.exit(main())
