"""A trouble that comes with every group: few lines, and none of it forgotten."""

import asyncio
import logging
from typing import Any

import pytest

from model.errors import Unavailable
from serving.loop import saying
from serving.loop.loop import DecideLoop
from serving.loop.saying import CALM, EVERY, Trouble
from tests.serving.loop.test_loop import Book, echo

WELL = "it is well"


class Scene:
    """A trouble, and the time that passes."""

    def __init__(self) -> None:
        self.at = 1000.0
        self.trouble = Trouble(logging.getLogger("trouble"), logging.ERROR, WELL, clock=lambda: self.at)

    def for_(self, seconds: float, *, met: bool, step: float = 0.1) -> None:
        """Meet it at every step, or miss it."""
        for _ in range(round(seconds / step)):
            self.at += step
            self.trouble.met("broken") if met else self.trouble.missed()


@pytest.fixture
def scene(caplog: pytest.LogCaptureFixture) -> Scene:
    """Nothing has happened."""
    caplog.set_level(logging.INFO, logger="trouble")
    return Scene()


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return the lines."""
    return [record.getMessage() for record in caplog.records]


def test_it_is_said_once_then_now_and_then_with_a_count_and_once_when_it_is_over(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    """Nine minutes of ten a second are ten lines, and the count misses none."""
    scene.for_(9 * EVERY, met=True)
    scene.for_(2 * CALM, met=False)
    lines = said(caplog)
    more = [int(line.partition("(")[2].split()[0]) for line in lines if "(" in line]
    assert (lines[0], lines[-1].partition(" (")[0], len(lines) <= 11) == ("broken", WELL, True)
    assert sum(more) + len(lines) - 1 == 9 * EVERY * 10


def test_what_comes_and_goes_is_not_told_each_time(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    """Every other group for a minute."""
    for _ in range(200):
        scene.for_(0.1, met=True)
        scene.for_(0.1, met=False)
    assert said(caplog) == ["broken"]


def test_a_new_trouble_is_said_at_once(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    """However soon it comes after one that was over; and while all is well nothing is said."""
    scene.for_(CALM, met=False)
    for _ in range(2):
        scene.for_(0.1, met=True)
        scene.for_(CALM + 1, met=False)
    assert said(caplog) == ["broken", WELL] * 2


def broken_disk(*, pool_fails: bool, groups: int = 50) -> None:
    """Let a loop meet a disk that fails so many groups, then is well."""
    state = {"broken": True}

    class Breaking(Book):
        """A ledger whose commit fails."""

        def transaction(self, **about: Any) -> Any:
            if state["broken"] and not pool_fails:
                raise Unavailable("ledger `x`: disk I/O error")
            return super().transaction(**about)

    def pool(ledger: Any, page: Any, asked: Any) -> list[str]:
        if state["broken"] and pool_fails:
            raise Unavailable("ledger `x`: disk I/O error")
        return echo(ledger, page, asked)

    async def play() -> None:
        loop = DecideLoop(Breaking, pool)
        await loop.start()
        for _ in range(groups):
            await asyncio.gather(*(loop.ask(f"q-{n}") for n in range(3)), return_exceptions=True)
        state["broken"] = False
        await loop.ask_all(["a", "b"])
        await loop.stop()

    asyncio.run(play())


@pytest.mark.parametrize("pool_fails", [True, False], ids=["statements", "transactions"])
def test_a_broken_disk_is_a_line_or_two(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, *, pool_fails: bool
) -> None:
    """However many groups fail of it; the reason is in the log, and so is that it is well again."""
    monkeypatch.setattr(saying, "CALM", 0.0)
    with caplog.at_level(logging.INFO, logger="serving.loop.group_writing"):
        broken_disk(pool_fails=pool_fails)
    lines = said(caplog)
    assert len(lines) <= 4
    assert sum("disk I/O error" in line for line in lines) == 1
    assert sum(line.startswith("the ledger is written again") for line in lines) == 1
