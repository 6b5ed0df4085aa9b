import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from model.errors import InvalidInput, Unavailable
from serving.loop.loop import GROUP, TURNS, DecideLoop


class Page(list[str]):
    """What one transaction writes, with savepoints."""

    @contextmanager
    def savepoint(self, *, keep: bool = True) -> Iterator[None]:
        """Forget what was written since, on an exception or where it is not to be kept."""
        before = len(self)
        done = False
        try:
            yield
            done = keep
        finally:
            if not done:
                del self[before:]


class Book:
    """A ledger that keeps a list: what a transaction wrote stays only when it commits."""

    def __init__(self) -> None:
        self.kept: list[str] = []
        self.commits = 0
        self.closed = False
        self.refuse_commit = False
        self.refuse_open = False
        self.salt = b"salt"
        self.threads: set[str] = set()

    @contextmanager
    def transaction(self) -> Iterator[Page]:
        """Hand out a page that is kept on leaving normally."""
        self.threads.add(threading.current_thread().name)
        if self.refuse_open:
            raise Unavailable("locked")
        page = Page()
        yield page
        if self.refuse_commit:
            raise OSError("disk full")
        self.kept += page
        self.commits += 1

    def close(self) -> None:
        """Remember that the file was closed."""
        self.closed = True


def echo(_: Any, page: Any, questions: Sequence[str]) -> list[str]:
    """Write every question; one that says `bad` breaks the whole call, after writing."""
    page += questions
    if "bad" in questions:
        raise ValueError("bad")
    return [f"{question} of {len(questions)}" for question in questions]


def write(word: str) -> Callable[[Any, Any], str]:
    """Return a job that writes a word; `bad` is written and then refused."""

    def job(_: Any, page: Any) -> str:
        page.append(word)
        if word == "bad":
            raise InvalidInput("bad")
        return word

    return job


def played(book: Book, play: Callable[[DecideLoop[str, str]], Any], *, capacity: int = 100) -> Any:
    """Run a coroutine against a started loop and stop the loop afterwards."""

    async def scene() -> Any:
        loop: DecideLoop[str, str] = DecideLoop(lambda: book, echo, capacity=capacity)  # type: ignore[arg-type,return-value]
        await loop.start()
        try:
            return await play(loop)
        finally:
            await loop.stop()

    return asyncio.run(scene())


async def all_of(*waits: Any) -> list[Any]:
    """Wait for all; an error is a result like any other."""
    return await asyncio.gather(*waits, return_exceptions=True)


def test_what_has_queued_shares_one_commit() -> None:
    """Fifty pieces that wait together cost one commit, and every one is answered."""
    book = Book()

    answers = played(book, lambda loop: all_of(*(loop.submit(write(str(number))) for number in range(50))))

    assert (answers, book.kept, book.commits) == ([str(n) for n in range(50)], [str(n) for n in range(50)], 1)


async def after(turns: int, loop: DecideLoop[str, str], question: str) -> str:
    """Ask after so many turns of the event loop."""
    for _ in range(turns):
        await asyncio.sleep(0)
    return await loop.ask(question)


def test_who_asked_together_is_waited_for() -> None:
    """The next group takes those along who ask again within a few turns of the event loop."""

    async def play(loop: DecideLoop[str, str]) -> list[Any]:
        await all_of(*(loop.ask(f"first {number}") for number in range(4)))
        return await all_of(*(after(turns, loop, f"{turns}") for turns in range(4)))

    assert played(Book(), play) == ["0 of 4", "1 of 4", "2 of 4", "3 of 4"]


def test_who_asks_alone_waits_for_nobody() -> None:
    """Neither at first, nor once those who asked together before have stayed away."""

    async def play(loop: DecideLoop[str, str]) -> list[Any]:
        alone = await all_of(loop.ask("a"), after(1, loop, "b"))
        await all_of(*(loop.ask(f"{number}") for number in range(4)))
        stayed = await loop.ask("c")
        again = await all_of(loop.ask("d"), after(TURNS, loop, "e"))
        return [*alone, stayed, *again]

    assert played(Book(), play) == ["a of 1", "b of 1", "c of 1", "d of 1", "e of 1"]


def test_consecutive_questions_reach_the_pool_together() -> None:
    """Questions are pooled up to the next job, and the order of arrival is kept."""
    book = Book()

    answers = played(book, lambda loop: all_of(loop.ask("a"), loop.ask("b"), loop.submit(write("job")), loop.ask("c")))

    assert (answers, book.kept) == (["a of 2", "b of 2", "job", "c of 1"], ["a", "b", "job", "c"])


def test_a_large_queue_is_cut_into_groups() -> None:
    """One commit never waits for more than a group."""
    book = Book()

    played(book, lambda loop: all_of(*(loop.ask(str(n)) for n in range(GROUP + 1))), capacity=GROUP * 2)

    assert (len(book.kept), book.commits) == (GROUP + 1, 2)


def test_a_failing_job_harms_nobody_else() -> None:
    """Its waiter gets its error, nothing of it stays, the others are durable."""
    book = Book()

    answers = played(book, lambda loop: all_of(loop.submit(write("a")), loop.submit(write("bad")), loop.ask("b")))

    actual = (answers[0], type(answers[1]), answers[2], book.kept)
    assert actual == ("a", InvalidInput, "b of 1", ["a", "b"])


def test_a_failing_question_harms_nobody_else() -> None:
    """A pool that raises is asked again, one question at a time."""
    book = Book()

    answers = played(book, lambda loop: all_of(loop.ask("a"), loop.ask("bad"), loop.ask("b")))

    actual = (answers[0], type(answers[1]), answers[2], book.kept, book.commits)
    assert actual == ("a of 1", ValueError, "b of 1", ["a", "b"], 1)


def test_a_failed_commit_is_unavailable_for_everyone() -> None:
    """Nobody gets an answer that is not durable, and nothing is kept."""
    book = Book()
    book.refuse_commit = True

    answers = played(book, lambda loop: all_of(loop.ask("a"), loop.submit(write("b")), loop.ask("c", undo=True)))

    actual = ([type(answer) for answer in answers[:2]], book.kept)
    assert actual == ([Unavailable, Unavailable], [])


def test_a_ledger_that_cannot_be_written_is_unavailable() -> None:
    """A transaction that does not open refuses every piece, dry runs included."""
    book = Book()
    book.refuse_open = True

    answers = played(book, lambda loop: all_of(loop.ask("a"), loop.ask("b", undo=True)))

    assert [type(answer) for answer in answers] == [Unavailable, Unavailable]


def test_the_loop_recovers_when_the_ledger_does() -> None:
    """After a failed commit the next piece is recorded."""
    book = Book()
    book.refuse_commit = True

    async def play(loop: DecideLoop[str, str]) -> Any:
        first = await all_of(loop.ask("a"))
        book.refuse_commit = False
        return first + await all_of(loop.ask("b"))

    answers = played(book, play)

    assert (type(answers[0]), answers[1], book.kept) == (Unavailable, "b of 1", ["b"])


def test_a_ledger_is_opened_again_after_it_could_not_be() -> None:
    """Opening is tried by every group until it works."""
    book = Book()
    tries: list[int] = []

    def opened() -> Book:
        tries.append(1)
        if len(tries) < 3:
            raise InvalidInput("the folder does not exist")
        return book

    async def scene() -> list[Any]:
        loop: DecideLoop[str, str] = DecideLoop(opened, echo)  # type: ignore[arg-type]
        await loop.start()
        answers = [await all_of(loop.ask(str(number))) for number in range(4)]
        await loop.stop()
        return [type(answer[0]).__name__ for answer in answers]

    assert (asyncio.run(scene()), len(tries)) == (["Unavailable", "Unavailable", "str", "str"], 3)


def test_a_dry_run_gives_the_answer_and_keeps_nothing() -> None:
    """What `undo` wrote is rolled back, and nobody after it sees it."""
    book = Book()

    answers = played(
        book, lambda loop: all_of(loop.ask("a", undo=True), loop.ask("b"), loop.submit(write("c"), undo=True))
    )

    assert (answers, book.kept) == (["a of 1", "b of 1", "c"], ["b"])


def test_a_full_queue_refuses_at_once() -> None:
    """What does not fit is refused without waiting; what fitted is answered."""
    book = Book()

    answers = played(book, lambda loop: all_of(*(loop.ask(str(number)) for number in range(5))), capacity=3)

    actual = ([type(answer) for answer in answers], book.kept)
    assert actual == ([str, str, str, Unavailable, Unavailable], ["0", "1", "2"])


def test_stopping_answers_what_has_queued_and_closes_the_ledger() -> None:
    """A drain loses nothing that was accepted, refuses what comes later, and then closes."""
    book = Book()

    async def play(loop: DecideLoop[str, str]) -> Any:
        waiting = [asyncio.create_task(loop.ask(str(number))) for number in range(20)]
        await asyncio.sleep(0)
        await loop.stop()
        late = await all_of(loop.ask("late"))
        return [task.result() for task in waiting], type(late[0]), loop.room()

    async def scene() -> Any:
        loop: DecideLoop[str, str] = DecideLoop(lambda: book, echo)  # type: ignore[arg-type,return-value]
        await loop.start()
        return await play(loop)

    answers, late, room = asyncio.run(scene())

    assert (len(answers), late, room, len(book.kept), book.closed) == (20, Unavailable, 0, 20, True)


def test_who_left_before_their_turn_is_not_decided() -> None:
    """A cancelled waiter that was still queued leaves no record."""
    book = Book()

    async def play(loop: DecideLoop[str, str]) -> Any:
        task = asyncio.create_task(loop.ask("gone"))
        await asyncio.sleep(0)
        task.cancel()
        return await all_of(task, loop.ask("here"))

    played(book, play)

    assert book.kept == ["here"]


def test_everything_is_written_by_one_thread() -> None:
    """The ledger never meets a second thread of ours."""
    book = Book()

    async def play(loop: DecideLoop[str, str]) -> None:
        for number in range(20):
            await all_of(loop.ask(str(number)), loop.submit(write("x")), loop.ask("y", undo=True))

    played(book, play)

    assert len(book.threads) == 1


def test_a_pool_that_forgets_an_answer_refuses() -> None:
    """A wrong number of answers is an error for the askers, not a hang."""

    async def scene() -> Any:
        loop: DecideLoop[str, str] = DecideLoop(lambda: book, lambda _, __, questions: questions[1:])  # type: ignore[arg-type,return-value]
        await loop.start()
        answers = await asyncio.wait_for(all_of(loop.ask("a"), loop.ask("b")), timeout=5)
        await loop.stop()
        return [type(answer) for answer in answers]

    book = Book()

    assert (asyncio.run(scene()), book.kept) == ([RuntimeError, RuntimeError], [])


@pytest.mark.parametrize("size", [1, 7, 64])
def test_counting_is_exact_under_concurrency(size: int) -> None:
    """A job that reads and then writes never sees a stale count: transactions follow one another."""
    seen: list[int] = []

    def count(_: Any, __: Any) -> None:
        seen.append(len(seen))

    async def play(loop: DecideLoop[str, str]) -> None:
        await all_of(*(loop.submit(count) for _ in range(size)))

    played(Book(), play)

    assert seen == list(range(size))


def test_a_ledger_is_opened_again_after_a_transaction_failed() -> None:
    """What a failed commit leaves behind is not trusted: the next group opens anew, once."""
    book = Book()
    openings: list[int] = []

    def opened() -> Book:
        openings.append(1)
        return book

    async def scene() -> list[int]:
        loop: DecideLoop[str, str] = DecideLoop(opened, echo)  # type: ignore[arg-type]
        await loop.start()
        seen = []
        for refuse in (False, False, True, False, False):
            book.refuse_commit = refuse
            await all_of(loop.ask("a"))
            seen.append(len(openings))
        await loop.stop()
        return seen

    assert asyncio.run(scene()) == [1, 1, 1, 2, 2]


def test_a_piece_that_raises_is_no_reason_to_open_again() -> None:
    """Only the ledger's own failures count; a refused request is an everyday thing."""
    openings: list[int] = []

    def opened() -> Book:
        openings.append(1)
        return Book()

    async def scene() -> None:
        loop: DecideLoop[str, str] = DecideLoop(opened, echo)  # type: ignore[arg-type]
        await loop.start()
        for _ in range(3):
            await all_of(loop.submit(write("bad")), loop.ask("bad"))
        await loop.stop()

    asyncio.run(scene())

    assert len(openings) == 1


def test_a_rehearsal_is_one_piece_of_which_nothing_stays() -> None:
    """All questions are answered by one call, as if asked together; others before and after do not see it."""
    book = Book()

    answers = played(
        book, lambda loop: all_of(loop.ask("a"), loop.rehearse(["b", "c", "d"]), loop.ask("e"), loop.rehearse([]))
    )

    assert (answers, book.kept) == (["a of 1", ["b of 3", "c of 3", "d of 3"], "e of 1", []], ["a", "e"])


def test_in_a_rehearsal_only_who_fails_fails() -> None:
    """As in the real thing: the others are asked one by one, and each gets an answer or an error."""
    book = Book()

    answers = played(book, lambda loop: all_of(loop.rehearse(["a", "bad", "b"])))

    first, failed, second = answers[0]
    assert (first, type(failed), second, book.kept) == ("a of 1", ValueError, "b of 1", [])


def test_what_was_rehearsed_before_counts_for_what_comes_after() -> None:
    """Asked one by one, a later question still sees what the earlier ones wrote."""
    seen: list[list[str]] = []

    def pool(_: Any, page: Any, questions: Sequence[str]) -> list[str]:
        seen.append(list(page))
        return echo(_, page, questions)

    async def scene() -> None:
        loop: DecideLoop[str, str] = DecideLoop(Book, pool)  # type: ignore[arg-type]
        await loop.start()
        await loop.rehearse(["a", "bad", "b"])
        await loop.stop()

    asyncio.run(scene())

    assert seen == [[], [], ["a"], ["a"]]


class Broken:
    """Who cannot be woken."""

    def done(self) -> bool:
        """Still wait."""
        return False

    def set_result(self, _: object) -> None:
        """Fail."""
        raise RuntimeError("closed")

    set_exception = set_result


def test_who_cannot_be_woken_harms_nobody_else() -> None:
    """The others of the group have their answers, and the next group its turn."""
    book = Book()

    async def play(loop: DecideLoop[str, str]) -> list[str]:
        loop.enqueue(Broken(), question="a")
        return [await loop.ask("b"), await loop.ask("c")]

    assert (played(book, play), book.kept) == (["b of 2", "c of 1"], ["a", "b", "c"])
