"""More clients than places: who says nothing gives way, and who asks is answered."""

import asyncio
import resource
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from serving.server import crowding, guarded
from serving.server.crowding import KEPT, MOST, as_many_files_as_may_be, make_room, places
from tests.serving.routes.ways import LAST, post, raw_answers
from tests.serving.server.test_connection import Served, played


@dataclass(eq=False)
class Seat:
    """A connection; `since`: silent since then."""

    since: float | None
    left: bool = False
    begun: float | None = None

    def silent_since(self) -> float | None:
        """Say since when."""
        return self.since

    def unfinished_since(self) -> float | None:
        """Say since when it has been at one request."""
        return self.begun

    def leave(self) -> None:
        """Note that it had to."""
        self.left = True


@pytest.mark.parametrize(
    ("others", "most", "gone"),
    [
        ([3.0, 1.0, 2.0], 4, []),
        ([3.0, 1.0, 2.0], 3, [1.0]),
        ([3.0, None, 2.0], 3, [2.0]),
        ([None, None, None], 3, [9.0]),
        ([float(number) for number in range(40)], 40, [0.0, 1.0]),
    ],
)
def test_who_is_silent_for_longest_gives_way(others: list[float | None], most: int, gone: list[float]) -> None:
    """Some at once where there are many; the newcomer only where nobody is silent."""
    newcomer, seats = Seat(9.0), [Seat(since) for since in others]
    make_room(newcomer, [*seats, newcomer], most)
    assert [seat.since for seat in [*seats, newcomer] if seat.left] == gone


def test_who_does_not_end_a_request_gives_way_before_the_newcomer() -> None:
    """The one that has been at it for longest, where nobody is silent; who waits for an answer stays."""
    newcomer, waits = Seat(9.0), Seat(None)
    seats = [Seat(None, begun=at) for at in (2.0, 1.0, 3.0)]
    silent = Seat(5.0)

    make_room(newcomer, [newcomer, waits, *seats], 4)
    first = [seat.left for seat in (newcomer, waits, *seats)]
    make_room(newcomer, [newcomer, waits, silent, seats[0], seats[2]], 4)

    assert (first, silent.left, seats[0].left) == ([False, False, False, True, False], True, False)


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[int, int]]]:
    """Limits of files that a test sets; the last one counts."""
    limits = [(1024, 4096)]
    monkeypatch.setattr(resource, "getrlimit", lambda _: limits[-1])
    monkeypatch.setattr(resource, "setrlimit", lambda _, both: limits.append(both))
    places.cache_clear()
    yield limits
    places.cache_clear()


@pytest.mark.parametrize(
    ("soft", "expected"), [(1024, 1024 - KEPT), (10, 1), (10**6, MOST), (resource.RLIM_INFINITY, MOST)]
)
def test_the_ledger_keeps_files_for_itself(files: list[tuple[int, int]], soft: int, expected: int) -> None:
    """However few there are; and there is an end, for memory is one too."""
    files.append((soft, soft))
    assert places() == expected


def test_a_server_asks_for_as_many_files_as_it_may_have(files: list[tuple[int, int]]) -> None:
    """The soft limit becomes the hard one."""
    as_many_files_as_may_be()
    assert files[-1] == (4096, 4096)


def test_a_system_that_does_not_grant_them_is_let_be(monkeypatch: pytest.MonkeyPatch) -> None:
    """It serves with what it has."""

    def refused(*_: object) -> None:
        raise ValueError("not allowed")

    monkeypatch.setattr(resource, "setrlimit", refused)
    as_many_files_as_may_be()
    assert crowding.places() >= 1


def test_who_asks_is_answered_among_many_who_say_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four places, forty who say nothing: each that asks has its answer, and no more than four are there."""
    monkeypatch.setattr(guarded, "places", lambda: 4)

    async def play(served: Served) -> tuple[list[bytes], int]:
        silent = await asyncio.gather(*(served.connect() for _ in range(40)))  # at once: several come in one turn
        answers = [(await raw_answers(served, post() + LAST, 10**6))[0] for _ in range(3)]
        await asyncio.sleep(0)
        there = len(served.server.server_state.connections)
        for _, writer in silent:
            writer.transport.abort()
        return answers, there

    answers, there = played(play)
    assert (answers, there <= 4) == ([b"HTTP/1.1 200 OK"] * 3, True)


@pytest.mark.parametrize(
    "begun", [b"G", post()[:-10], b"\r\n", LAST[:-2]], ids=["a letter", "a body", "a line end", "a head"]
)
def test_who_asks_is_answered_among_many_who_do_not_end(begun: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Four places, and twelve who begin a request each and leave it at that."""
    monkeypatch.setattr(guarded, "places", lambda: 4)

    async def play(served: Served) -> list[bytes]:
        held = []
        for _ in range(12):
            _, writer = await served.connect()
            writer.write(begun)
            held.append(writer)
            await asyncio.sleep(0.02)
        return [(await asyncio.wait_for(raw_answers(served, post() + LAST, 10**6), 5))[0] for _ in range(3)]

    assert played(play) == [b"HTTP/1.1 200 OK"] * 3
