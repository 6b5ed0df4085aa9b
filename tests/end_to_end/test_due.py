"""A reminder through a real process that is killed before its time: the next ones offer it, once."""

import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from serving.system import now
from tests.end_to_end.server import AUTHORIZED, Server, with_key
from tests.plain import PLAIN

PATIENCE = 60.0  # seconds
AHEAD = timedelta(seconds=8)  # more than five requests take on a busy machine


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """A ledger file with one key."""
    path = tmp_path / "outreach.db"
    with_key(path)
    return path


def at_noon() -> str:
    """Name a zone in which it is about noon now (its sign is the reverse of an offset's)."""
    return f"Etc/GMT{now().hour - 12:+d}"


def reminder(number: int) -> dict[str, Any]:
    """Ask for a reminder in a few seconds, with its evidence."""
    remind_at = now() + AHEAD
    data = {
        "what": f"contract {number}",
        "due": "tomorrow",
        "item": f"c-{number}",
        "channel": "chat",
        "remind_at": remind_at.isoformat(),
        "due_at": (remind_at + timedelta(minutes=30)).isoformat(),
    }
    return {
        "user": {"id": f"u-{number}", "timezone": at_noon()},
        "purpose": "requested_reminder",
        "channel": "chat",
        "evidence": {"type": "reminder.requested", "id": f"r-{number}", "time": now().isoformat(), "data": data},
        "message": {"template": "requested_reminder", "facts": {name: data[name] for name in ("what", "due")}},
    }


def offered(server: Server) -> list[str]:
    """Return the decisions that are offered."""
    answer = httpx.get(f"{server.url}/v1/offers", headers=AUTHORIZED, timeout=30, verify=PLAIN)
    return [offer["decision_id"] for offer in answer.json()["offers"]]


def test_a_reminder_outlives_the_process_that_took_it(ledger: Path) -> None:
    """Killed while it is held; two processes come after it, and one of them offers each, once."""
    with Server(ledger) as server:
        answers = [
            httpx.post(
                f"{server.url}/v1/decisions", json=reminder(number), headers=AUTHORIZED, timeout=30, verify=PLAIN
            ).json()
            for number in range(5)
        ]
        early = offered(server)
        server.process.kill()
        server.process.wait()

    with Server(ledger, workers=2) as server:
        try:
            deadline = time.monotonic() + PATIENCE
            while len(offered(server)) < len(answers) and time.monotonic() < deadline:
                time.sleep(0.1)
            time.sleep(2.5)
            found = offered(server)
        finally:
            server.process.terminate()
            server.process.wait(timeout=30)

    names = sorted(answer["decision_id"] for answer in answers)
    actual = ({answer["action"] for answer in answers}, early, sorted(found))
    assert actual == ({"hold"}, [], names)
