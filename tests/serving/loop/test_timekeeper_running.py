"""The timekeeper beside the requests: by itself, between them, and for as long as the ledger is away."""

import asyncio
import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from model.errors import Unavailable
from serving.ledger import open_ledger
from serving.loop import timekeeper
from serving.loop.timekeeper import HOLDS
from serving.policy_files.templates import shipped_digests
from serving.ports import Ledger, Transaction
from tests.serving.loop.test_timekeeper import EVENING, MORNING, overnight
from tests.serving.served import Counting
from tests.serving.timekeeping import company


async def until(what: Callable[[], bool]) -> bool:
    """Wait until something is so, for half a minute at most; return whether it is."""
    deadline = time.monotonic() + 30
    while not what() and time.monotonic() < deadline:  # noqa: ASYNC110  (what is waited for knows nothing of events)
        await asyncio.sleep(0.005)
    return what()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a second pass at once."""
    monkeypatch.setattr(timekeeper, "IDLE", 0.01)
    monkeypatch.setattr(timekeeper, "SLOWEST", 0.04)


class Flaky:
    """Opens a ledger file, but not while it is `away`; counts the tries."""

    def __init__(self) -> None:
        self.away = False
        self.tries = 0
        self.ledger: Ledger | None = None

    def __call__(self, url: str) -> Ledger:
        """Open it."""
        self.ledger = Breaking(open_ledger(url, now=EVENING, salt=b"s", shipped=shipped_digests()), self)
        return self.ledger


class Breaking(Counting):
    """A ledger that cannot be written while its owner says so."""

    def __init__(self, real: Ledger, owner: Flaky) -> None:
        super().__init__(real)
        self.owner = owner

    def transaction(self, *, about: Any = None) -> Any:
        """Open a transaction, or fail."""
        self.owner.tries += 1
        if self.owner.away:
            raise Unavailable("the disk is full")
        return super().transaction(about=about)


def test_a_round_raises_where_the_ledger_is_away(tmp_path: Path) -> None:
    """What was due is due when it is back."""
    flaky = Flaky()
    with company(tmp_path, EVENING, opening=flaky) as it:
        [name] = overnight(it, "u")
        it.clock.at = MORNING
        flaky.away = True
        with pytest.raises(Unavailable):
            it.ticks()
        flaky.away = False
        actual = (it.ticks(), it.offered())
    assert actual == (1, [(name, MORNING)])


@pytest.mark.usefixtures("quick")
def test_it_runs_by_itself_until_it_is_stopped(tmp_path: Path) -> None:
    """What becomes due is done within a second; after `stop` nothing is."""
    seen: list[int] = []
    with company(tmp_path, EVENING) as it:
        names = overnight(it, "u", "v")

        async def scene() -> None:
            await it.keeper.start()
            it.clock.at = MORNING
            await until(lambda: bool(seen))
            await it.keeper.stop()
            await it.keeper.stop()

        def offering(candidate: Any, decision: Any) -> bytes:
            seen.append(1)
            return before(candidate, decision)

        before, it.keeper._offering = it.keeper._offering, offering
        it.runs(scene())
        done = len(it.offers())
        it.does(lambda tx: [tx.put_off(name, now=EVENING) for name in names])
        actual = (done, it.ticks(), len(it.offers()))
    assert actual == (2, 0, 2)


@pytest.mark.usefixtures("quick")
def test_a_ledger_that_is_away_is_said_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """And tried ever more slowly; what is due is done when it is back, and the next time it is said again."""
    flaky = Flaky()
    with company(tmp_path, EVENING, opening=flaky) as it:
        [name] = overnight(it, "u")
        it.clock.at = MORNING

        async def scene() -> None:
            await it.keeper.start()
            for _ in range(2):
                flaky.away, tries = True, flaky.tries
                await until(lambda: flaky.tries >= tries + 5)  # noqa: B023  (it is awaited here)
                flaky.away, tries = False, flaky.tries
                await until(lambda: flaky.tries >= tries + 5)  # noqa: B023  (the same)
            await it.keeper.stop()

        with caplog.at_level(logging.WARNING, logger="serving.loop.timekeeper"):
            it.runs(scene())
        actual = (
            [record.getMessage() for record in caplog.records if record.name == "serving.loop.timekeeper"],
            it.offered(),
        )
    said, offered = actual
    assert [line.split(";")[0] for line in said] == [
        "what is due waits, and is tried again: the ledger cannot be written now"
    ] * 2
    assert offered == [(name, MORNING)]


@pytest.mark.usefixtures("quick")
def test_nothing_that_fails_ends_it(tmp_path: Path) -> None:
    """A fault of our own neither."""
    tries: list[int] = []

    def deciding(_: Ledger, __: Transaction, ___: int) -> int:
        tries.append(1)
        raise MemoryError

    with company(tmp_path, EVENING, deciding=deciding) as it:

        async def scene() -> bool:
            await it.keeper.start()
            going = await until(lambda: len(tries) > 200)
            await it.keeper.stop()
            return going

        actual = it.runs(scene())
    assert actual is True


def test_requests_are_answered_between_the_jobs(tmp_path: Path) -> None:
    """Forty are due: who asks meanwhile waits for one job, not for all of them."""
    with company(tmp_path, EVENING) as it:
        overnight(it, *(f"u-{number}" for number in range(40)))
        it.clock.at = MORNING

        async def scene() -> list[int]:
            ticking = asyncio.create_task(it.keeper.tick())
            await asyncio.sleep(0)
            seen = []
            while not ticking.done():
                seen.append(await it.loop.submit(lambda _, tx: len(tx.due(now=MORNING, limit=99))))
            return seen

        seen = it.runs(scene())
        steps = {before - after for before, after in zip([40, *seen], seen, strict=False)}
    actual = (max(steps) <= 2 * HOLDS, len(seen) >= 3, seen[-1])
    assert actual == (True, True, 0)
