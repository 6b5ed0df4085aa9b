"""Groups that say what they are about: only where they hold nothing but questions; anew where that is too little."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from serving.loop.loop import DecideLoop
from serving.ports import NotAlone


@dataclass
class Shelf:
    """A ledger that notes what each transaction is about; beside others it refuses a question that it `needs` alone."""

    needs: str = ""
    about: list[Sequence[str] | None] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)

    @contextmanager
    def transaction(self, *, about: Sequence[str] | None = None) -> Iterator["Shelf"]:
        """Keep what was written, or nothing of it."""
        self.about.append(about)
        before = list(self.kept)
        try:
            yield self
        except BaseException:
            self.kept = before
            raise

    @contextmanager
    def savepoint(self, *, keep: bool = True) -> Iterator[None]:
        """Undo a part that is not to stay."""
        before = list(self.kept)
        yield
        if not keep:
            self.kept = before

    def close(self) -> None:
        """Have nothing to close."""


def pool(_: Any, shelf: Any, questions: Sequence[str]) -> list[str]:
    """Write every question down; one needs the whole shelf."""
    for question in questions:
        shelf.kept.append(question)
        if question == shelf.needs and shelf.about[-1] is not None:
            raise NotAlone
    return [question.upper() for question in questions]


def asked(shelf: Shelf, *questions: str, job: bool = False, trial: bool = False) -> list[Any]:
    """Ask all at once; return the answers."""

    async def scene() -> list[Any]:
        loop: DecideLoop[str, str] = DecideLoop(lambda: shelf, pool, about=lambda one: [one, "all"])  # type: ignore[arg-type,return-value]
        await loop.start()
        try:
            waiting: list[Any] = [loop.ask(question, undo=trial) for question in questions]
            if job:
                waiting.append(loop.submit(lambda _, book: book.kept.append("job")))  # type: ignore[attr-defined]
            return await asyncio.gather(*waiting)
        finally:
            await loop.stop()

    return asyncio.run(scene())


def test_a_group_of_questions_names_all_that_they_concern() -> None:
    """In the order in which they came; the ledger sorts."""
    shelf = Shelf()
    assert (asked(shelf, "a", "b"), shelf.about) == (["A", "B"], [["a", "all", "b", "all"]])


@pytest.mark.parametrize("other", [{"job": True}, {"trial": True}], ids=["a job", "a dry run"])
def test_anything_else_has_the_ledger_to_itself(other: dict[str, bool]) -> None:
    """A job may read and write what it likes, and so may a dry run, which leaves nothing."""
    shelf = Shelf()
    asked(shelf, "a", **other)
    assert shelf.about == [None]


def test_a_group_that_needs_more_runs_again_alone() -> None:
    """Once; every question is answered, and nothing is written twice."""
    shelf = Shelf(needs="b")
    answers = asked(shelf, "a", "b", "c")
    assert (answers, len(shelf.about), shelf.about[-1], shelf.kept) == (["A", "B", "C"], 2, None, ["a", "b", "c"])
