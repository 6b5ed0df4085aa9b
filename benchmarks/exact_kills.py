"""Is anything lost where servers are killed? `kill -9` under load, again and again, then the ledger is read.

    python -m benchmarks.exact_kills                       # 100 rounds, 150 kills: one of two servers, or both
    python -m benchmarks.exact_kills --rounds 20 --supervised            # the workers of one `outreach serve`
    python -m benchmarks.exact_kills --rounds 20 --postgres              # a ledger on a PostgreSQL of its own

Two servers share one SQLite file. In each round clients ask them, confirm and report what arrived; one server is killed
in the middle, in every other round both, and started again. A client whose answer did not come asks again under the
same Idempotency-Key, of whichever server answers. Exits with 1 on any violation.
"""

import argparse
import asyncio
import json
import sqlite3
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.exact_caps import records
from benchmarks.exact_judge import bears_out, judged
from benchmarks.exact_servers import Connection, Servers, Told, opened, postgres, with_key
from benchmarks.exact_supervised import Supervised
from benchmarks.exact_traffic import as_bytes
from serving.system import now

OF_ONE = 12  # messages for one customer: more than essential ones have a day
CONFIRMED, ARRIVED, FAILED = 0.2, 0.4, 0.5  # of what is sent, added up
SHORTEST, LONGEST = 0.05, 0.6  # seconds of load before a kill
PATIENCE = 0.02  # seconds before a client asks again
GONE = (ConnectionError, EOFError, OSError)
RECORDED = """SELECT d.decision_id, d.action, EXISTS (SELECT 1 FROM reservations r WHERE r.decision_id = d.decision_id)
    FROM decisions d"""
NOTHING: dict[str, Any] = {"confirmations": ()}
REMEMBERED = "SELECT response FROM responses WHERE key_id <> ''"  # the one of nobody is a heartbeat


@dataclass(slots=True)
class Acknowledged:
    """What clients were told, by Idempotency-Key, and what they asked for before it."""

    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    confirmed: list[dict[str, Any]] = field(default_factory=list)
    reported: Counter[tuple[str, str]] = field(default_factory=Counter)
    asked: int = 0
    again: int = 0
    unavailable: int = 0
    bare: int = 0
    refused: list[str] = field(default_factory=list)


class Client:
    """Asks, and asks again until it is told."""

    def __init__(self, live: list[int], told: Acknowledged, *, seed: int) -> None:
        self._live = live
        self._told = told
        self._chance = np.random.default_rng(seed)
        self._stopped = False
        self._connection: Connection | None = None

    def stop(self) -> None:
        """Ask nothing new."""
        self._stopped = True

    async def run(self) -> None:
        """Ask until told to stop; what was asked is asked to the end."""
        while not self._stopped:
            self._told.asked += 1
            key = f"key-{self._told.asked}"
            said = await self._until_told("/v1/decisions", as_bytes(question(self._told.asked)), key)
            if said.status != 200:
                self._told.refused.append(f"{key}: {said.status} {said.body[:200]!r}")
                continue
            answer = json.loads(said.body)
            self._told.answers[key] = answer
            if answer["action"] == "send":
                await self._follow(answer["decision_id"], float(self._chance.random()))
        await self._close()

    async def _follow(self, decision: str, drawn: float) -> None:
        """Confirm, or report what became of it."""
        if drawn < CONFIRMED:
            said = await self._until_told(f"/v1/decisions/{decision}/confirm", b"", None)
            if said.status == 200:
                self._told.confirmed.append(json.loads(said.body))
            else:
                self._told.refused.append(f"{decision}: {said.status} {said.body[:200]!r}")
        elif drawn < FAILED:
            kind = "delivered" if drawn < ARRIVED else "not_delivered"
            body = as_bytes({"decision_id": decision, "kind": kind, "time": now().isoformat()})
            await self._until_told("/v1/outcomes", body, None)
            self._told.reported[decision, kind] += 1

    async def _until_told(self, path: str, body: bytes, key: str | None) -> Told:
        """Ask any server that lives, and another one where it goes away or cannot answer now."""
        while True:
            try:
                connection = await self._connected()
                told = await connection.post(path, body, key=key)
            except GONE:
                await self._close()
                self._told.again += 1
            else:
                if told.status not in (409, 503):
                    return told
                self._told.unavailable += told.status == 503
                self._told.bare += told.status == 503 and not told.again
            await asyncio.sleep(PATIENCE)

    async def _connected(self) -> Connection:
        if self._connection is None:
            connection = Connection(self._live[int(self._chance.integers(len(self._live)))])
            self._connection = await connection.__aenter__()
        return self._connection

    async def _close(self) -> None:
        if self._connection is not None:
            await self._connection.__aexit__(None, None, None)
            self._connection = None


def question(number: int) -> dict[str, Any]:
    """Return a critical candidate (no quiet hours, no model needed) with evidence of its own, just now."""
    facts = {"amount": f"EUR {number}"}
    return {
        "user": {"id": f"u-{number // OF_ONE}"},
        "purpose": "account_event",
        "channel": "chat",
        "evidence": {"type": "account.fraud_suspected", "id": f"ev-{number}", "time": now().isoformat(), "data": facts},
        "message": {"template": "fraud_suspected", "facts": facts},
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """How often to kill, under how many clients; `supervised`: the workers of one `outreach serve`.

    `ledger` None: a new SQLite file, which is looked at as well.
    """

    rounds: int
    clients: int
    seed: int = 0
    supervised: bool = False
    ledger: str | None = None


async def kill_again_and_again(servers: Servers | Supervised, told: Acknowledged, asking: Asking) -> int:
    """Run the rounds; return how many servers were killed."""
    chance = np.random.default_rng(asking.seed)
    live = [servers.start(), servers.start()]
    killed = 0
    for number in range(asking.rounds):
        clients = [Client(live, told, seed=asking.seed + 1000 * number + each) for each in range(asking.clients)]
        running = [asyncio.create_task(client.run()) for client in clients]
        await asyncio.sleep(float(chance.uniform(SHORTEST, LONGEST)))
        both = number % 2 == 1 and not asking.supervised
        victims = list(live) if both else [live[int(chance.integers(2))]]
        for port in victims:
            servers.kill(port)
        killed += len(victims)
        for port in victims:
            await asyncio.to_thread(servers.start, port)
        for client in clients:
            client.stop()
        await asyncio.gather(*running)
    return killed


def run(folder: Path, asking: Asking) -> dict[str, int]:
    """Kill and read; return the counts."""
    path = folder / "ledger.db"
    url = asking.ledger or f"sqlite:///{path}"
    ledger = opened(url, now=now())
    with_key(ledger)
    ledger.close()
    told = Acknowledged()
    with Supervised(url) if asking.supervised else Servers(url) as servers:
        killed = asyncio.run(kill_again_and_again(servers, told, asking))
    ledger = opened(url, now=now())
    known = list(records(ledger))
    ledger.close()
    return (
        {"rounds": asking.rounds, "servers killed": killed}
        | counts(known, told)
        | ({} if asking.ledger else whole(path))
    )


def counts(known: list[dict[str, Any]], told: Acknowledged) -> dict[str, int]:
    """Compare what is on record with what was acknowledged."""
    found = judged(known)
    by_id = {record["decision_id"]: record for record in known}
    evidence = Counter(record["candidate"]["evidence"]["id"] for record in known)
    lost = [name for name, answer in told.answers.items() if not bears_out(by_id.get(answer["decision_id"]), answer)]
    unsaid = [one for one in told.confirmed if not _said(by_id.get(one["decision_id"], NOTHING)["confirmations"], one)]
    outcomes = {(name, one["kind"]) for name, record in by_id.items() for one in record["outcomes"]}
    return {
        "asked": told.asked,
        "asked again, for want of an answer": told.again,
        "acknowledged decisions": len(told.answers),
        "acknowledged confirmations": len(told.confirmed),
        "acknowledged outcomes": sum(told.reported.values()),
        "answered 503": told.unavailable,
        "answered 503 without Retry-After": told.bare,
        "refused": len(told.refused),
        "acknowledged decisions lost or other": len(lost),
        "acknowledged confirmations lost": len(unsaid),
        "acknowledged outcomes lost": len(told.reported.keys() - outcomes),
        "keys acted on twice": sum(count > 1 for count in evidence.values()),
        "over a cap": len(found.over),
        "facts told twice": len(found.twice),
    }


def _said(confirmations: Iterable[dict[str, Any]], answer: dict[str, Any]) -> bool:
    return any({**one, "confirmed_at": None} == {**answer, "confirmed_at": None} for one in confirmations)


def whole(path: Path) -> dict[str, int]:
    """Read the file itself: is it sound, and is everything that belongs to a decision there with it?"""
    with closing(sqlite3.connect(path)) as file:
        sound = file.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        orphans = file.execute("PRAGMA foreign_key_check").fetchall()
        rows = file.execute(RECORDED).fetchall()
        remembered = {json.loads(body)["decision_id"] for (body,) in file.execute(REMEMBERED)}
    recorded = {name for name, *_ in rows}
    half = [name for name, action, reserved in rows if (action == "send") != bool(reserved)]
    return {
        "decisions half written": len(half) + len(orphans),
        "answers kept for no decision, or none kept": len(recorded ^ remembered),
        "files that are not sound": int(not sound),
    }


OF_THE_FILE = (
    "decisions half written",
    "answers kept for no decision, or none kept",
    "files that are not sound",
)
OF_THE_ANSWERS = (
    "refused",
    "answered 503 without Retry-After",
    "acknowledged decisions lost or other",
    "acknowledged confirmations lost",
    "acknowledged outcomes lost",
    "keys acted on twice",
    "over a cap",
    "facts told twice",
)
VIOLATIONS = (*OF_THE_ANSWERS, *OF_THE_FILE)


def main(arguments: list[str] | None = None) -> int:
    """Print the counts; return 1 where anything was violated."""
    parser = argparse.ArgumentParser(description="kill -9 under load, and what the ledger holds afterwards")
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--supervised", action="store_true", help="one `outreach serve --workers 2`; kill workers")
    parser.add_argument("--postgres", action="store_true", help="start a PostgreSQL for the ledger")
    given = vars(parser.parse_args(arguments))
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        ledger = stack.enter_context(postgres(folder / "postgres")) if given.pop("postgres") else None
        found = run(folder, Asking(ledger=ledger, **given))
    for name, count in found.items():
        print(f"{name:44} {count:>9,}")
    return int(any(found.get(name) for name in VIOLATIONS))


if __name__ == "__main__":
    sys.exit(main())
