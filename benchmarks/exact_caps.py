"""Are caps, facts and Idempotency-Keys exact under concurrency? Many decisions on few customers, judged by the ledger.

    python -m benchmarks.exact_caps                                  # 200,000 on 50 customers, SQLite, two processes
    python -m benchmarks.exact_caps --postgres --servers 16          # the same on a PostgreSQL of its own
    python -m benchmarks.exact_caps --ledger postgresql://… --decisions 20000
    python -m benchmarks.exact_caps --naive                          # what read, then insert, lets through

Real servers, real HTTP, one clock for all of them that the requests move, so that the hours, days and weeks of the caps
pass. A tenth of the questions comes in twice at once under one Idempotency-Key; a part of what was sent is confirmed,
often twice at once; a part is reported as not delivered, or as delivered. Exits with 1 on any violation.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.exact_clock import SharedClock
from benchmarks.exact_judge import judged
from benchmarks.exact_naive import naive
from benchmarks.exact_servers import Connection, Servers, Told, opened, postgres, with_key
from benchmarks.exact_traffic import Traffic, as_bytes, welcome
from serving.ports import Ledger

BEGAN = datetime(2026, 11, 20, 12, tzinfo=UTC)
PAGE = 5000
TWICE, BATCHED, BATCH = 0.1, 0.1, 8
FAILED, ARRIVED, CONFIRMED = 0.3, 0.5, 0.7  # of what is sent, added up
HELD_CONFIRMED = 0.05
BUSY = (409, 503)


@dataclass(slots=True)
class Asked:
    """What the clients were told: answers by decision, how many of each status, keys with more than one answer.

    A hold that is confirmed twice may be a send the second time, where the first was answered before that.
    """

    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    confirmed: list[dict[str, Any]] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    torn: list[str] = field(default_factory=list)
    twins: int = 0
    made: int = 0
    left: int = 0


class Client:
    """Asks over a connection to each of its servers until enough was asked."""

    def __init__(self, connections: list[Connection], traffic: Traffic, clock: SharedClock, asked: Asked) -> None:
        self._connections = connections
        self._traffic = traffic
        self._clock = clock
        self._asked = asked

    async def run(self, step: int) -> None:
        """Ask; before each question the clock moves by so many microseconds."""
        while self._asked.left > 0:
            many = BATCH if self._traffic.chance() < BATCHED else 1
            self._asked.left -= many
            now = self._clock.move(step * many)
            questions = [self._traffic.question(now) for _ in range(many)]
            for answer in await self._decide(questions):
                await self._follow(answer)

    async def _decide(self, questions: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Ask at one server, or at all at once under one key; return the decisions that are new."""
        self._asked.made += 1
        key, many = f"key-{self._asked.made}", len(questions) > 1
        path, body = ("/v1/decisions/batch", as_bytes(questions)) if many else ("/v1/decisions", as_bytes(questions[0]))
        twice = self._traffic.chance() < TWICE
        self._asked.twins += twice
        told = await self._at_once(path, body, key, twice=twice)
        if len({one.body for one in told}) != 1:
            self._asked.torn.append(f"{key}: {len(told)} answers that differ")
        read = json.loads(told[0].body)
        fresh = [one for one in (read if many else [read]) if "decision_id" in one]
        self._asked.answers |= {one["decision_id"]: one for one in fresh}
        return fresh

    async def _at_once(self, path: str, body: bytes, key: str | None, *, twice: bool) -> list[Told]:
        start = int(self._traffic.chance() * len(self._connections))
        chosen = (self._connections[start:] + self._connections[:start])[: 2 if twice else 1]
        return await asyncio.gather(*(self._ask(one, path, body, key) for one in chosen))

    async def _ask(self, connection: Connection, path: str, body: bytes, key: str | None) -> Told:
        """Ask until it is answered: who is told to try again does so."""
        while True:
            told = await connection.post(path, body, key=key)
            self._asked.statuses[told.status] += 1
            if told.status not in BUSY and b'"status":503' not in told.body:
                return told
            await asyncio.sleep(0.002)

    async def _follow(self, answer: dict[str, Any]) -> None:
        """Do with an answer what platforms do."""
        drawn, decision = self._traffic.chance(), answer["decision_id"]
        if answer["action"] == "send":
            if drawn < FAILED:
                await self._report(decision, "not_delivered")
            elif drawn < ARRIVED:
                await self._report(decision, "delivered")
            elif drawn < CONFIRMED:
                await self._confirm(decision)
        elif answer["action"] == "hold" and drawn < HELD_CONFIRMED:
            await self._confirm(decision)

    async def _confirm(self, decision: str) -> None:
        told = await self._at_once(f"/v1/decisions/{decision}/confirm", b"", None, twice=True)
        said = [json.loads(one.body) for one in told]
        self._asked.confirmed += said
        sends = {one["decided_at"] for one in said if one["action"] == "send"}
        if len(sends) > 1:
            self._asked.torn.append(f"{decision}: confirmed as a send twice at once, at {' and '.join(sorted(sends))}")
        if sends and self._traffic.chance() < FAILED:
            await self._report(decision, "not_delivered")

    async def _report(self, decision: str, kind: str) -> None:
        outcome = {"decision_id": decision, "kind": kind, "time": self._clock().isoformat()}
        await self._at_once("/v1/outcomes", as_bytes(outcome), None, twice=False)


async def ask_all(ports: list[int], clock: SharedClock, *, asking: argparse.Namespace) -> Asked:
    """Let the clients ask until the decisions are made."""
    asked = Asked(left=asking.decisions)
    traffic = Traffic(asking.customers, seed=asking.seed)
    step = int(timedelta(days=asking.days) / timedelta(microseconds=1)) // asking.decisions
    async with AsyncExitStack() as stack:
        clients = []
        for number in range(asking.clients):
            mine = [ports[number % len(ports)], ports[(number + 1) % len(ports)]]
            connections = [await stack.enter_async_context(Connection(port)) for port in mine]
            clients.append(Client(connections, traffic, clock, asked))
        await asyncio.gather(*(client.run(step) for client in clients))
    return asked


def records(ledger: Ledger) -> Iterator[dict[str, Any]]:
    """Read every decision, in the order they were made."""
    after = None
    while True:
        with ledger.transaction() as transaction:
            page = transaction.decisions(action=None, user=None, since=None, after=after, limit=PAGE)
        if not page:
            return
        yield from page
        after = str(page[-1]["decision_id"])


def run(asking: argparse.Namespace, folder: Path, url: str) -> dict[str, int]:
    """Ask and judge; return the counts."""
    ledger = opened(url, now=BEGAN)
    with_key(ledger)
    welcome(ledger, asking.customers, at=BEGAN - timedelta(days=1))
    ledger.close()
    with SharedClock(folder / "clock", BEGAN) as clock, Servers(url, folder / "clock") as servers:
        ports = [servers.start() for _ in range(asking.servers)]
        began = time.perf_counter()
        asked = asyncio.run(ask_all(ports, clock, asking=asking))
        seconds = time.perf_counter() - began
    return verdict(url, asked) | {"seconds": round(seconds)}


def verdict(url: str, asked: Asked) -> dict[str, int]:
    """Judge what is on record, and compare it with what was answered."""
    ledger = opened(url, now=BEGAN)
    known = list(records(ledger))
    ledger.close()
    found = judged(known)
    actions = {record["decision_id"]: record["decided"]["decision"]["action"] for record in known}
    said = {record["decision_id"]: [_said(one) for one in record["confirmations"]] for record in known}
    other = [name for name, answer in asked.answers.items() if actions.get(name) != answer["action"]]
    other += [one["decision_id"] for one in asked.confirmed if one not in said[one["decision_id"]]]
    for line in (*found.over[:5], *found.twice[:5], *asked.torn[:5], *other[:5]):
        print("violation:", line, file=sys.stderr)
    return {
        "decisions on record": found.decisions,
        "asked twice at once under one key": asked.twins,
        "sends": found.sends,
        "confirmations": found.confirmed,
        "released": found.released,
        "told to try again": sum(asked.statuses[status] for status in BUSY),
        "over a cap": len(found.over),
        "facts told twice": len(found.twice),
        "keys or confirmations with two answers": len(asked.torn),
        "answers that the record does not bear out": len(other),
        "decisions that nobody was told": len(actions.keys() - asked.answers.keys()),
    }


def _said(confirmation: dict[str, Any]) -> dict[str, Any]:
    """Return a confirmation on record as it was answered."""
    return {name: value for name, value in confirmation.items() if name != "confirmed_at"}


VIOLATIONS = (
    "over a cap",
    "facts told twice",
    "keys or confirmations with two answers",
    "answers that the record does not bear out",
    "decisions that nobody was told",
)


def options(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="caps, facts and keys under concurrency, judged from the ledger")
    parser.add_argument("--decisions", type=int, default=200_000)
    parser.add_argument("--customers", type=int, default=50)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--servers", type=int, default=2)
    parser.add_argument("--days", type=float, default=30.0, help="how long it takes by the clock")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--ledger", help="its address; an empty one (default: a new SQLite file)")
    parser.add_argument("--postgres", action="store_true", help="start a PostgreSQL for it")
    parser.add_argument("--naive", action="store_true", help="what read, then insert, lets through instead")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """Print the counts; return 1 where anything was violated."""
    asking = options(arguments)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        if asking.naive:
            counts = naive(folder / "naive.db", customers=asking.customers, clients=asking.clients, at=BEGAN)
        else:
            url = asking.ledger or f"sqlite:///{folder}/ledger.db"
            if asking.postgres:
                url = stack.enter_context(postgres(folder / "postgres"))
            counts = run(asking, folder, url)
    for name, count in counts.items():
        print(f"{name:44} {count:>9,}")
    return int(any(counts.get(name) for name in VIOLATIONS))


if __name__ == "__main__":
    sys.exit(main())
