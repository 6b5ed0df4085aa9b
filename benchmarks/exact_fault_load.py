"""The load of `exact_faults.py`: events, decisions, confirmations and outcomes, asked until each is answered.

A client that is refused waits a moment and asks again, under the same Idempotency-Key, of whichever server answers.
Every answer is counted by its status; what is no refusal of ours, or one without a `Retry-After`, is a violation.
"""

import asyncio
import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from benchmarks.exact_servers import Connection, Told
from benchmarks.exact_traffic import CHANNELS, Traffic, as_bytes
from serving.ports import Ledger, Preferences
from serving.system import now

CUSTOMERS = 60
EVENTS, CONFIRMED, ARRIVED, FAILED = 0.15, 0.2, 0.35, 0.5  # the last three of what is sent, added up
PAUSE = 0.05  # seconds before a client asks again
GONE = (ConnectionError, EOFError, OSError)
AGAIN = (409, 503)
GOOD = (200, 202)
ZONES = ("UTC", "Asia/Kolkata", "Asia/Tokyo", "Pacific/Auckland", "Pacific/Honolulu", "America/New_York")
FIRST, LAST = 10, 18  # hours of a day at which nobody is disturbed
HANGS = 60.0  # seconds until an answer that does not come is none


@dataclass(slots=True)
class Heard:
    """What the clients were told."""

    answers: dict[str, bytes] = field(default_factory=dict)
    confirmed: list[dict[str, Any]] = field(default_factory=list)
    reported: Counter[tuple[str, str]] = field(default_factory=Counter)
    events: list[str] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    asked: int = 0
    broken: int = 0
    longest: float = 0.0


def welcome(ledger: Ledger) -> None:
    """Let customers for whom it is daytime agree to every channel."""
    at = now()
    zone = next(zone for zone in ZONES if FIRST <= at.astimezone(ZoneInfo(zone)).hour < LAST)
    told = Preferences(timezone=zone, consent=dict.fromkeys(CHANNELS, True))
    with ledger.transaction() as transaction:
        for number in range(CUSTOMERS):
            transaction.set_preferences(f"u-{number}", told, at=at - timedelta(days=1))


class Client:
    """Asks one thing after the other, each until it is told."""

    def __init__(self, ports: list[int], heard: Heard, traffic: Traffic, *, seed: int) -> None:
        self._ports = ports
        self._heard = heard
        self._traffic = traffic
        self._chance = np.random.default_rng(seed)
        self._stopped = False
        self._connection: Connection | None = None

    def stop(self) -> None:
        """Ask nothing new."""
        self._stopped = True

    async def run(self) -> None:
        """Ask until told to stop; what was asked is asked to the end."""
        while not self._stopped:
            self._heard.asked += 1
            number, drawn = self._heard.asked, float(self._chance.random())
            if drawn < EVENTS:
                await self._tell(number)
            else:
                await self._ask(number, drawn=float(self._chance.random()))
        await self.close()

    async def _tell(self, number: int) -> None:
        """Report an event of its own."""
        name, at = f"told-{number}", now().isoformat()
        data = {"parcel": str(number), "new_eta": "tomorrow"}
        event = {"specversion": "1.0", "id": name, "source": "urn:shop", "type": "shipment.delayed", "time": at}
        if await self._until_told("/v1/events", as_bytes(event | {"subject": "u-events", "data": data}), None):
            self._heard.events.append(name)

    async def _ask(self, number: int, *, drawn: float) -> None:
        key = f"key-{number}"
        said = await self._until_told("/v1/decisions", as_bytes(self._traffic.question(now())), key)
        if said is None:
            return
        self._heard.answers[key] = said.body
        answer = json.loads(said.body)
        if answer["action"] == "send":
            await self._follow(answer["decision_id"], drawn)

    async def _follow(self, decision: str, drawn: float) -> None:
        """Confirm, or report what became of it."""
        if drawn < CONFIRMED:
            said = await self._until_told(f"/v1/decisions/{decision}/confirm", b"", None)
            if said is not None:
                self._heard.confirmed.append(json.loads(said.body))
        elif drawn < FAILED:
            kind = "delivered" if drawn < ARRIVED else "not_delivered"
            body = as_bytes({"decision_id": decision, "kind": kind, "time": now().isoformat()})
            if await self._until_told("/v1/outcomes", body, None):
                self._heard.reported[decision, kind] += 1

    async def _until_told(self, path: str, body: bytes, key: str | None) -> Told | None:
        """Ask any server until one answers; None where that is no answer."""
        while not self._stopped or key is not None:
            told = await self._once(path, body, key)
            if told is not None and told.status in GOOD:
                return told
            if told is not None and told.status not in AGAIN:
                self._heard.wrong.append(f"{path}: {told.status} {told.body[:200]!r}")
                return None
            await asyncio.sleep(PAUSE)
        return None

    async def _once(self, path: str, body: bytes, key: str | None) -> Told | None:
        """Ask once and count what came; None where the connection broke."""
        began = asyncio.get_running_loop().time()
        try:
            connection = await self._connected()
            async with asyncio.timeout(HANGS):
                told = await connection.post(path, body, key=key)
        except TimeoutError:
            self._heard.wrong.append(f"{path}: no answer within {HANGS:.0f} s")
            await self.close()
            return None
        except GONE:
            self._heard.broken += 1
            await self.close()
            return None
        self._heard.longest = max(self._heard.longest, asyncio.get_running_loop().time() - began)
        self._heard.statuses[told.status] += 1
        if told.status == 503 and not told.again:
            self._heard.wrong.append(f"{path}: 503 without Retry-After")
        return told

    async def _connected(self) -> Connection:
        if self._connection is None:
            connection = Connection(self._ports[int(self._chance.integers(len(self._ports)))])
            self._connection = await connection.__aenter__()
        return self._connection

    async def close(self) -> None:
        """Leave."""
        if self._connection is not None:
            await self._connection.__aexit__(None, None, None)
            self._connection = None


def clients(ports: list[int], heard: Heard, *, many: int, seed: int) -> list[Client]:
    """Make clients who share their customers."""
    traffic = Traffic(CUSTOMERS, seed=seed)
    return [Client(ports, heard, traffic, seed=seed + 1 + number) for number in range(many)]
