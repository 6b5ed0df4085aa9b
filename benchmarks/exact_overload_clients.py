"""The clients of `exact_overload.py`: a load at a fixed rate, and a crowd that does not behave."""

import asyncio
import json
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Self

from benchmarks.exact_kills import question
from benchmarks.exact_servers import HEAD, KEY, Connection, Told
from benchmarks.exact_traffic import as_bytes

BATCH = 50
ALONE_SHARE = 0.1  # of the decisions; the others come in arrays
TICK = 0.01  # seconds
OPEN_AT_ONCE = 4000  # requests that wait for their answers
PATIENCE = 60.0  # seconds that a client waits
REFUSALS = (429, 503)
ONE, MANY = "/v1/decisions", "/v1/decisions/batch"
GONE = (ConnectionError, EOFError, OSError)
LEAVING = 0.05  # seconds between two clients that leave


@dataclass
class Load:
    """Asks one server, and keeps what it was told."""

    port: int
    answers: list[dict[str, Any]] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    bare: int = 0
    broken: int = 0
    unanswered: int = 0
    postponed: int = 0
    made: int = 0
    _idle: list[Connection] = field(default_factory=list)
    _waiting: int = 0

    async def offer(self, rate: float, *, seconds: float) -> int:
        """Send so many decisions a second, whatever is answered; return how many were sent, once all is settled."""
        began, offered, owed = time.perf_counter(), 0, 0.0
        tasks: set[asyncio.Task[None]] = set()
        singles = 0.0
        while (passed := time.perf_counter() - began) < seconds:
            owed = rate * passed - offered
            while owed >= 1:
                singles += ALONE_SHARE * BATCH / (1 - ALONE_SHARE + ALONE_SHARE * BATCH)
                many = 1 if singles >= 1 else BATCH
                singles -= many == 1
                owed -= many
                offered += many
                if self._waiting >= OPEN_AT_ONCE:
                    self.postponed += many
                    continue
                self._waiting += 1
                task = asyncio.create_task(self.ask(many))
                tasks.add(task)
                task.add_done_callback(tasks.discard)
            await asyncio.sleep(TICK)
        await asyncio.gather(*tasks)
        return offered - self.postponed

    async def ask(self, many: int) -> None:
        """Ask one thing, or an array, and note what came of it."""
        bodies = [self._question() for _ in range(many)]
        body = as_bytes(bodies[0] if many == 1 else bodies)
        began = time.perf_counter()
        try:
            async with asyncio.timeout(PATIENCE):
                told = await self._post(ONE if many == 1 else MANY, body)
        except TimeoutError:
            self.unanswered += 1
        except GONE:
            self.broken += 1
        else:
            self.seconds.append(time.perf_counter() - began)
            self._note(told, many)
        finally:
            self._waiting -= 1

    async def alone(self) -> float:
        """Ask one thing; return how long that took."""
        self._waiting += 1
        began, before = time.perf_counter(), len(self.answers)
        await self.ask(1)
        return time.perf_counter() - began if len(self.answers) > before else PATIENCE

    async def close(self) -> None:
        """Close all connections that are kept."""
        while self._idle:
            await self._idle.pop().__aexit__(None, None, None)

    def told(self) -> dict[str, int]:
        """Return what there is to say of all answers."""
        good = sorted(self.seconds)
        known = {200, *REFUSALS}
        return {
            **{f"answered {status}": count for status, count in sorted(self.statuses.items())},
            "not sent, for too many were open": self.postponed,
            "p99 of all answers, milliseconds": round(1000 * good[int(0.99 * len(good))]) if good else 0,
            "other statuses": sum(count for status, count in self.statuses.items() if status not in known),
            "refused without Retry-After": self.bare,
            "requests that were never answered": self.unanswered,
            "connections that broke": self.broken,
        }

    def _question(self) -> dict[str, Any]:
        self.made += 1
        return question(self.made)

    async def _post(self, path: str, body: bytes) -> Told:
        connection = self._idle.pop() if self._idle else await Connection(self.port).__aenter__()
        try:
            told = await connection.post(path, body)
        except BaseException:
            await connection.__aexit__(None, None, None)
            raise
        self._idle.append(connection)
        return told

    def _note(self, told: Told, many: int) -> None:
        """Count a status, or one of each element of an array, and keep the decisions."""
        self.bare += told.status in REFUSALS and not told.again
        if told.status != 200:
            self.statuses[told.status] += many
            return
        read = json.loads(told.body)
        for one in [read] if many == 1 else read:
            self.statuses[int(one.get("status", 200))] += 1
            if "decision_id" in one:
                self.answers.append(one)


async def capacity(load: Load, *, seconds: float, clients: int) -> float:
    """Return how many decisions a second are answered to clients that ask one thing after the other."""

    async def client() -> None:
        while time.perf_counter() < until:
            load._waiting += 1  # noqa: SLF001  (of this file)
            await load.ask(1)

    began, before = time.perf_counter(), len(load.answers)
    until = began + seconds
    await asyncio.gather(*(client() for _ in range(clients)))
    return (len(load.answers) - before) / (time.perf_counter() - began)


class Crowd:
    """Clients that never read, that say nothing, and that leave; `async with` has them there for a while."""

    def __init__(self, port: int, *, connections: int) -> None:
        self._port = port
        self._connections = connections
        self._writers: list[asyncio.StreamWriter] = []

    async def __aenter__(self) -> Self:
        request = _request({"user": {"id": "nobody"}})
        for number in range(2 * self._connections):
            _, writer = await asyncio.open_connection("127.0.0.1", self._port)
            self._writers.append(writer)
            if number % 2:
                writer.write(request * 200)  # and reads none of the answers
        self._leaving = asyncio.create_task(self._leave())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._leaving.cancel()
        await asyncio.gather(self._leaving, return_exceptions=True)
        for writer in self._writers:
            writer.transport.abort()  # what it did not read is not waited for
        await asyncio.sleep(LEAVING)

    async def _leave(self) -> None:
        """Ask, and be gone."""
        number = 10**9
        while True:
            number += 1
            _, writer = await asyncio.open_connection("127.0.0.1", self._port)
            try:
                writer.write(_request(question(number)))
                await asyncio.sleep(LEAVING)
            finally:
                writer.transport.abort()


def _request(body: dict[str, Any]) -> bytes:
    """Write a request as it is sent."""
    written = as_bytes(body)
    return HEAD.format(path=ONE, key=KEY, length=len(written), more="").encode() + written
