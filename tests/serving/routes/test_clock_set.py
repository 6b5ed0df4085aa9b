"""A clock that is set while the API runs: every answer is 503 until that is settled, and nothing is recorded."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from serving.app import create_app
from serving.fakes import FakeScorer
from serving.ports import Ledger
from serving.settings import Settings
from serving.steady import SteadyClock
from tests.serving.routes.ways import EVENTS, KNOWN, post, raw_answers
from tests.serving.served import Served, candidate, consent, event, memory_ledger
from tests.serving.test_connection import Served as Wire
from tests.serving.test_connection import played
from tests.serving.test_steady import NOON, Machine

SET = "the clock was set by"
WORD = {"decision_id": "d", "kind": "engaged", "time": NOON.isoformat()}
ASKED: dict[str, Callable[[Served], Any]] = {
    "decision": lambda api: api.post("/v1/decisions", candidate()),
    "decision that is only tried": lambda api: api.post("/v1/decisions?dry_run=true", candidate()),
    "event": lambda api: api.post("/v1/events", event(7)),
    "outcome": lambda api: api.post("/v1/outcomes", WORD),
    "confirmation": lambda api: api.post("/v1/decisions/d/confirm", {}),
    "preferences": lambda api: api.call("PUT", "/v1/users/u-1/preferences", json={"consent": {"chat": True}}),
    "erasure": lambda api: api.call("DELETE", "/v1/users/u-1"),
    "readiness": lambda api: api.get("/readyz", key=None),
}


def served(machine: Machine, ledger: Ledger) -> Any:
    """Compose an API that reads this machine's clock."""
    return create_app(Settings(), scorer=FakeScorer(cutoff=0.004), ledger=ledger, clock=machine.clock)


def recorded(ledger: Ledger) -> int:
    """Return how many decisions there are."""
    with ledger.transaction() as tx:
        return len(tx.decisions(action=None, user=None, since=None, after=None, limit=99))


@pytest.mark.parametrize("jump", [3600.0, -3600.0, 3653 * 86_400.0], ids=["an hour", "an hour back", "ten years"])
def test_nothing_is_decided_by_a_clock_that_was_set(jump: float) -> None:
    """503 with `Retry-After` and the reason, whatever is asked; once it is back, all goes on as before."""
    machine, ledger = Machine(), memory_ledger()
    with Served(served(machine, ledger)) as api:
        consent(api, "u-17")
        api.post("/v1/events", event())
        before = recorded(ledger)
        machine.set_by = jump
        said = {name: ask(api) for name, ask in ASKED.items()}
        alive, during = api.get("/livez", key=None).status_code, recorded(ledger)
        machine.set_by = 0.0
        after = api.post("/v1/decisions", candidate())
    short = {name: answer.status_code for name, answer in said.items() if answer.status_code != 503}
    wordless = [name for name, answer in said.items() if SET not in answer.text or "retry-after" not in answer.headers]
    assert (short, wordless, alive, during - before) == ({}, [], 200, 0)
    assert (after.status_code, after.json()["decided_at"][:10]) == (200, f"{NOON:%Y-%m-%d}")


def test_elements_of_a_batch_are_refused_one_by_one() -> None:
    """Each says 503, as where the ledger is away, and nothing of any is there."""
    machine, ledger = Machine(), memory_ledger()
    with Served(served(machine, ledger)) as api:
        machine.set_by = 7200.0
        answer, there = api.post("/v1/decisions/batch", [candidate(1), candidate(2, user="u-2")]), recorded(ledger)
    assert ([one["status"] for one in answer.json()], there) == ([503, 503], 0)


def test_the_short_way_says_the_same() -> None:
    """Events and decisions over a real connection."""
    machine, ledger = Machine(), memory_ledger()
    body = json.dumps(event(9)).encode()

    async def play(wire: Wire) -> list[list[bytes]]:
        await raw_answers(wire, KNOWN, 10**6)
        machine.set_by = 86_400.0
        last = b"Connection: close"
        return [
            await raw_answers(wire, sent, 10**6)
            for sent in (post(EVENTS, body, last), post("/v1/decisions", None, last))
        ]

    answers = played(play, served(machine, ledger))
    assert [(lines[0].split()[1], SET.encode() in lines[-1]) for lines in answers] == [(b"503", True)] * 2


def test_a_key_remembers_its_answer_over_a_clock_that_was_years_ahead_for_a_moment() -> None:
    """Idempotency and records outlive it, also where retention looks while the clock is ahead."""
    machine, ledger = Machine(), memory_ledger()
    headers = {"Idempotency-Key": "k-1"}
    app = served(machine, ledger)
    with Served(app) as api:
        consent(api, "u-17")
        api.post("/v1/events", event())
        first = api.post("/v1/decisions", candidate(), headers=headers)
        machine.set_by = 3653 * 86_400.0
        ticks = api._wait(_ticked(app))
        machine.set_by = 0.0
        again = api.post("/v1/decisions", candidate(), headers=headers)
    assert (ticks, first.status_code, first.content) == ("ClockSet", 200, again.content)


async def _ticked(app: Any) -> str:
    """Let the timekeeper look; return what it met."""
    try:
        await app.state.api.timekeeper.tick()
    except Exception as error:  # noqa: BLE001  (its name is what is asked for)
        return type(error).__name__
    return "nothing"


def test_the_api_reads_a_steady_clock_by_itself() -> None:
    """Where nobody passes one."""
    clock = create_app(Settings(), scorer=FakeScorer(), ledger=memory_ledger()).state.api.clock
    assert (isinstance(clock, SteadyClock), abs(clock() - clock()) < timedelta(seconds=5)) == (True, True)
