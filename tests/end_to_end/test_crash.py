import asyncio
import signal
import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from serving.system import now
from tests.end_to_end.server import AUTHORIZED, Server, opened, with_key

ROUNDS = 5
CLIENTS = 16


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """A ledger file with one key."""
    path = tmp_path / "outreach.db"
    with_key(path)
    return path


def question(name: str) -> dict[str, Any]:
    """Return a critical candidate (no quiet hours, no model needed) with inline evidence, just now."""
    return {
        "user": {"id": f"u-{name}"},
        "purpose": "account_event",
        "channel": "chat",
        "evidence": {
            "type": "account.fraud_suspected",
            "id": f"ev-{name}",
            "time": now().isoformat(),
            "data": {"amount": f"EUR {name}"},
        },
        "message": {"template": "fraud_suspected", "facts": {"amount": f"EUR {name}"}},
    }


async def _ask_until_dead(server: Server, tag: str, answered: dict[str, bytes], *, seconds: float = 60.0) -> None:
    """Ask from many clients at once, each with an Idempotency-Key; remember every 200 until the process is gone."""

    async def client(number: int, http: httpx.AsyncClient) -> None:
        for turn in range(100_000):
            name = f"{tag}-{number}-{turn}"
            try:
                answer = await http.post("/v1/decisions", json=question(name), headers={"Idempotency-Key": name})
            except httpx.TransportError:
                return
            if answer.status_code == 200:
                answered[name] = answer.content
            elif answer.status_code == 503:
                return

    limits = httpx.Limits(max_connections=CLIENTS)
    async with httpx.AsyncClient(base_url=server.url, headers=AUTHORIZED, timeout=seconds, limits=limits) as http:
        await asyncio.gather(*(client(number, http) for number in range(CLIENTS)))


def asked_until(server: Server, tag: str, stop: Any, *, after: int) -> dict[str, bytes]:
    """Ask until `after` answers are there, then call `stop`; return what was acknowledged."""
    answered: dict[str, bytes] = {}
    thread = threading.Thread(target=lambda: asyncio.run(_ask_until_dead(server, tag, answered)))
    thread.start()
    deadline = time.monotonic() + 60
    while len(answered) < after and time.monotonic() < deadline:
        time.sleep(0.005)
    stop()
    thread.join()
    return answered


def recorded(path: Path) -> dict[str, Any]:
    """Return every decision of the ledger file by its id."""
    ledger = opened(path)
    with ledger.transaction() as transaction:
        records = transaction.decisions(action=None, user=None, since=None, after=None, limit=10_000)
    ledger.close()
    return {record["decision_id"]: record for record in records}


def ids(answered: dict[str, bytes]) -> set[str]:
    """Return the decision ids of acknowledged answers."""
    return {httpx.Response(200, content=body).json()["decision_id"] for body in answered.values()}


def test_killed_under_load_nothing_acknowledged_is_lost(ledger: Path) -> None:
    """Five times `kill -9` under load: every answered decision is in the ledger, and the file is sound."""
    told: dict[str, bytes] = {}
    for number in range(ROUNDS):
        with Server(ledger) as server:
            fresh = asked_until(server, f"r{number}", server.process.kill, after=30 + 25 * number)
            assert server.process.wait() == -signal.SIGKILL
        assert len(fresh) >= 30
        told |= fresh
        missing = ids(told) - set(recorded(ledger))
        assert missing == set()

    with Server(ledger) as server, httpx.Client(base_url=server.url, headers=AUTHORIZED, timeout=30) as http:
        sample = list(told)[:: max(1, len(told) // 20)]
        reference = {name: http.get(f"/v1/decisions/{_id(told[name])}") for name in sample}
    statuses = {answer.status_code for answer in reference.values()}
    actions = {answer.json()["action"] for answer in reference.values()}
    with closing(sqlite3.connect(ledger)) as file:
        integrity = file.execute("PRAGMA integrity_check").fetchone()[0]
    assert (statuses, actions, integrity) == ({200}, {"send"}, "ok")


def _id(body: bytes) -> str:
    decision_id: str = httpx.Response(200, content=body).json()["decision_id"]
    return decision_id


def test_after_a_crash_a_repeat_gives_the_same_bytes(ledger: Path) -> None:
    """The Idempotency-Key is as durable as the decision that it stands for."""
    name, body = "once", question("once")
    with Server(ledger) as server:
        first = httpx.post(
            f"{server.url}/v1/decisions", json=body, headers=AUTHORIZED | {"Idempotency-Key": name}, timeout=30
        )
        server.process.kill()
        server.process.wait()

    with Server(ledger) as server:
        again = httpx.post(
            f"{server.url}/v1/decisions", json=body, headers=AUTHORIZED | {"Idempotency-Key": name}, timeout=30
        )

    assert (first.status_code, again.content == first.content, len(recorded(ledger))) == (200, True, 1)


def test_a_signal_drains(ledger: Path) -> None:
    """On SIGTERM what was accepted is answered and recorded, the process ends by itself, and no answer is lost."""
    with Server(ledger) as server:
        answered = asked_until(server, "drain", server.process.terminate, after=40)
        code = server.process.wait(timeout=30)

    records = set(recorded(ledger))
    assert (code in (0, -signal.SIGTERM), ids(answered) - records, records - ids(answered)) == (True, set(), set())


def test_workers_share_a_ledger(ledger: Path) -> None:
    """Two processes on one file, forty critical messages for one customer: ten a day are sent, whoever answers."""
    with Server(ledger, workers=2) as server:
        bodies = [question(f"w{number}") | {"user": {"id": "one"}} for number in range(40)]

        async def all_of() -> list[httpx.Response]:
            async with httpx.AsyncClient(base_url=server.url, headers=AUTHORIZED, timeout=60) as http:
                return await asyncio.gather(*(http.post("/v1/decisions", json=body) for body in bodies))

        answers = asyncio.run(all_of())
        server.process.terminate()
        server.process.wait(timeout=30)

    actions = [answer.json()["action"] for answer in answers]
    assert (actions.count("send"), actions.count("hold"), len(recorded(ledger))) == (10, 30, 40)
