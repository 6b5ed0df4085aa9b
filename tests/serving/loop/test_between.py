"""What changes between two groups changes there only: not within a group, and not within an array of several groups."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from model.errors import Unavailable
from serving.loop.loop import GROUP, DecideLoop
from tests.serving.loop.test_loop import Book, all_of


@dataclass
class Version:
    """A number that goes up when it is wanted."""

    number: int = 0
    wanted: bool = False
    broken: bool = False

    def make(self) -> None:
        """Go up by one."""
        self.wanted = False
        if self.broken:
            raise ValueError("no")
        self.number += 1


def played(version: Version, play: Callable[[DecideLoop[str, int]], Any], *, book: Book | None = None) -> Any:
    """Run a coroutine against a loop whose pool answers with the version, one look for every question."""

    def pool(_: Any, __: Any, questions: Sequence[str]) -> list[int]:
        answers = []
        for question in questions:
            version.wanted |= question == "offer"
            answers.append(version.number)
        return answers

    async def scene() -> Any:
        loop: DecideLoop[str, int] = DecideLoop(lambda: book or Book(), pool, capacity=4096, between=version)  # type: ignore[arg-type,return-value]
        await loop.start()
        try:
            return await play(loop)
        finally:
            await loop.stop()

    return asyncio.run(scene())


def test_an_offer_in_the_middle_of_a_group_waits_for_the_next() -> None:
    """All of the group are answered by the version that began it."""

    async def play(loop: DecideLoop[str, int]) -> list[Any]:
        first = await all_of(*(loop.ask(word) for word in ("a", "offer", "b", "c")))
        return [*first, await loop.ask("d")]

    assert played(Version(), play) == [0, 0, 0, 0, 1]


def test_an_array_of_several_groups_is_answered_by_one_version() -> None:
    """The offer comes in its first group; whoever queued behind the array gets the next version."""
    long = 3 * GROUP + 10

    async def play(loop: DecideLoop[str, int]) -> list[Any]:
        array = asyncio.create_task(loop.ask_all(["offer", *(str(number) for number in range(long - 1))]))
        await asyncio.sleep(0)
        return [await loop.ask("after"), set(await array)]

    assert played(Version(), play) == [1, {0}]


def test_arrays_without_a_gap_do_not_hold_a_change_up() -> None:
    """It is made at the end of the array that was cut, and none of five gets two versions."""

    async def play(loop: DecideLoop[str, int]) -> list[Any]:
        words = [["offer", *("x" * (GROUP // 2 + 60))], *(["x"] * (GROUP + 17) for _ in range(2))]
        arrays = await all_of(*(loop.ask_all(array) for array in words))
        return [sorted(set(array)) for array in arrays]

    assert played(Version(), play) == [[0], [0], [1]]


def test_without_an_offer_groups_are_cut_as_ever() -> None:
    """Arrays share a group: two of them cost two commits and not three."""
    book = Book()

    async def play(loop: DecideLoop[str, int]) -> None:
        await all_of(loop.ask_all(["x"] * (GROUP - 6)), loop.ask_all(["x"] * 12))

    played(Version(), play, book=book)

    assert book.commits == 2


def test_the_rest_of_an_array_that_left_holds_nobody_up() -> None:
    """Who queued behind it is answered, by the version that was offered meanwhile."""

    async def play(loop: DecideLoop[str, int]) -> Any:
        array = asyncio.create_task(loop.ask_all(["offer"] + ["x"] * (2 * GROUP)))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        array.cancel()
        return await asyncio.wait_for(loop.ask("after"), timeout=10)

    assert played(Version(), play) in (0, 1)


def test_a_change_that_fails_refuses_nobody() -> None:
    """The group is decided by what is in use."""

    async def play(loop: DecideLoop[str, int]) -> list[Any]:
        return [await loop.ask("offer"), await loop.ask("b")]

    assert played(Version(broken=True), play) == [0, 0]


def test_an_array_that_does_not_fit_is_refused_where_it_ends() -> None:
    """Element by element, as before: those that fitted are answered."""

    async def play(loop: DecideLoop[str, int]) -> list[str]:
        return [type(one).__name__ for one in (await loop.ask_all(["x"] * 4100))[4094:4098]]

    assert played(Version(), play) == ["int", "int", Unavailable.__name__, Unavailable.__name__]
