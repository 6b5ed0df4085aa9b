"""A clock that is set while the API runs: every answer is 503 until that is settled, and nothing is recorded."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from serving.app import create_app
from serving.clock.steady import SteadyClock
from serving.fakes import FakeScorer
from serving.ledger import open_ledger
from serving.policy_files.templates import shipped_digests
from serving.ports import Ledger
from serving.settings import Settings
from tests.serving.clock.test_steady import NOON, Machine
from tests.serving.metrics.reading import of, samples
from tests.serving.routes.ways import EVENTS, KNOWN, post, raw_answers
from tests.serving.served import Served, candidate, consent, event, memory_ledger, token, with_keys
from tests.serving.server.test_connection import Served as Wire
from tests.serving.server.test_connection import played

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


@pytest.fixture
def on_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Machine], Any]:
    """An API on a ledger file, whose key to read ends in an hour; it remembers nothing of what the ledger said."""
    url = f"sqlite:///{tmp_path / 'outreach.db'}"
    ledger: Any = with_keys(open_ledger(url, now=NOON, salt=b"on disk", shipped=shipped_digests()), NOON)
    with ledger.transaction() as tx:
        tx.expire_key("key-read", at=NOON + timedelta(hours=1))
    ledger.close()
    for named in ("loop.heartbeat", "routes.keyring"):
        monkeypatch.setattr(f"serving.{named}.REMEMBERED_SECONDS", 0)
    return lambda machine: create_app(Settings(ledger=url), scorer=FakeScorer(cutoff=0.004), clock=machine.clock)


@pytest.mark.parametrize("jump", [-3600.0, 3653 * 86_400.0], ids=["an hour back", "ten years"])
@pytest.mark.parametrize("looks", ["a scrape", "a tick", "both"])
def test_a_clock_that_was_set_is_no_fault_of_the_ledgers(
    on_file: Callable[[Machine], Any], looks: str, jump: float
) -> None:
    """A file stays open, counts as well, and every answer gives the clock's reason; keys are what they were before."""
    machine = Machine()
    app = on_file(machine)
    with Served(app) as api:
        opened = api.post("/v1/events", event()).status_code
        machine.set_by = jump
        for _ in range(2):
            ticked = api._wait(_ticked(app)) if looks != "a scrape" else None
            scraped = api.get("/metrics", key=token("read")) if looks != "a tick" else None
        said = {name: ask(api) for name, ask in ASKED.items()}
        last = api.get("/metrics", key=token("read"))
        machine.set_by = 0.0
        after = api.post("/v1/decisions", candidate()).status_code
    found = samples(last.text)
    assert [name for name, answer in said.items() if (answer.status_code, SET in answer.text) != (503, True)] == []
    assert (opened, ticked in {None, "ClockSet"}, scraped is None or scraped.status_code) in {
        (202, True, True),
        (202, True, 200),
    }
    assert (last.status_code, of(found, "outreach_ledger_up"), of(found, "outreach_monitor_tripped")) == (200, 1, 0)
    assert (of(found, "outreach_ledger_failures_total") or 0, after) == (0, 200)


def test_a_ledger_that_is_there_opens_whatever_the_clock_says(on_file: Callable[[Machine], Any]) -> None:
    """Where the clock is set before the first request: the keys are read, and the answer is the clock's."""
    machine = Machine()
    with Served(on_file(machine)) as api:
        machine.set_by = 86_400.0
        answer, scraped = api.post("/v1/decisions", candidate()), api.get("/metrics", key=token("read"))
    assert (answer.status_code, SET in answer.text) == (503, True)
    assert (scraped.status_code, of(samples(scraped.text), "outreach_ledger_up")) == (200, 1)


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
