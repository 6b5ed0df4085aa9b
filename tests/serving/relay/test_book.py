"""The book is one file that one relay has, and keeps what is needed."""

import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from model.errors import InvalidInput, Unavailable
from serving.relay.book import APPLICATION, KEPT, PREPARED, Book
from serving.relay.entries import Entry
from serving.relay.states import State
from tests.serving.relay.relaying import NOON

DAY = timedelta(days=1)
ROOT = Path(__file__).resolve().parents[3]


def opened(folder: Path, *names: str) -> Book:
    """Open a book, with these offers."""
    book = Book(folder / "relay.db")
    for name in names:
        book.add(name, b"{}", expires_at=NOON + DAY, now=NOON)
    return book


def first(book: Book) -> Entry:
    """Return the offer that is due first."""
    found = book.due(NOON)
    assert found is not None
    return found


def test_another_relay_cannot_have_the_book(tmp_path: Path) -> None:
    """Neither in this process nor in another: a message would have two relays."""
    code = f"from pathlib import Path; from serving.relay.book import Book; Book(Path({str(tmp_path)!r}, 'relay.db'))"
    with closing(opened(tmp_path)):
        with pytest.raises(Unavailable, match="another relay has it"):
            opened(tmp_path)
        done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, "another relay has it" in done.stderr) == (1, True)


def test_the_book_is_its_owners_alone(tmp_path: Path) -> None:
    """It holds customers and messages."""
    opened(tmp_path).close()
    assert stat.S_IMODE((tmp_path / "relay.db").stat().st_mode) == 0o600


def test_what_was_written_is_there_when_it_is_opened_again(tmp_path: Path) -> None:
    """To the microsecond."""
    with closing(opened(tmp_path, "d-1")) as book:
        changed = replace(first(book), state=State.UNSURE, due=NOON + timedelta(microseconds=1), tries=3, maybe=True)
        book.change(changed)
    with closing(opened(tmp_path)) as again:
        assert (again.due(NOON), again.due(NOON + DAY), again.next_due()) == (None, changed, changed.due)


@pytest.mark.parametrize("state", State, ids=str)
def test_only_what_is_held_or_waits_is_taken_again(tmp_path: Path, state: State) -> None:
    """With what it says now; what waits keeps its place, and the others stay as they are."""
    waits = state is State.WAITING
    with closing(opened(tmp_path, "d-1")) as book:
        before = NOON - DAY
        due = before if waits else None
        book.change(replace(first(book), state=state, due=due, tries=4, at=before, body=None))
        added = book.add("d-1", b"{1}", expires_at=NOON + 2 * DAY, now=NOON)
        found = book.due(NOON)
    taken = state in (State.HELD, State.WAITING)
    expected = Entry(
        number=1,
        decision_id="d-1",
        state=State.WAITING,
        due=before if waits else NOON,
        tries=4 if waits else 0,
        at=before if waits else NOON,
        expires_at=NOON + 2 * DAY,
        body=b"{1}",
        revision=1,
    )
    assert (added, found) == (taken, expected if taken else None)


@pytest.mark.parametrize("state", State, ids=str)
def test_what_is_over_is_forgotten_when_it_cannot_come_again(tmp_path: Path, state: State) -> None:
    """A week after its end; what is not over never is."""
    with closing(opened(tmp_path, "d-1")) as book:
        book.change(replace(first(book), state=state, due=None))
        left = []
        for at in (NOON + DAY + KEPT, NOON + DAY + KEPT + timedelta(seconds=1)):
            book.forget(at)
            left.append(sum(book.counts().values()))
    over = state in (State.REPORTED, State.CANCELLED, State.HELD, State.DROPPED)
    assert left == ([1, 0] if over else [1, 1])


@pytest.mark.parametrize(
    "statements",
    [
        ["CREATE TABLE theirs (x)"],
        ["PRAGMA application_id = 7"],
        [f"PRAGMA application_id = {APPLICATION}", "PRAGMA user_version = 2"],
        ["PRAGMA user_version = 1"],
    ],
    ids=["tables", "application", "newer", "version"],
)
def test_the_file_of_another_program_is_refused(tmp_path: Path, statements: list[str]) -> None:
    """And left as it was."""
    path = tmp_path / "relay.db"
    with closing(sqlite3.connect(path)) as file:
        for statement in statements:
            file.execute(statement)
    before = path.read_bytes()
    with pytest.raises(InvalidInput, match="name another file"):
        opened(tmp_path)
    assert path.read_bytes() == before


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    """And left as it was."""
    (tmp_path / "relay.db").write_bytes(b"some notes, and more of them " * 40)
    with pytest.raises(InvalidInput, match="name another file"):
        opened(tmp_path)
    assert (tmp_path / "relay.db").read_bytes() == b"some notes, and more of them " * 40


@pytest.mark.parametrize("path", ["absent/relay.db", "."], ids=["no-folder", "a-folder"])
def test_a_book_that_cannot_be_made_is_said(tmp_path: Path, path: str) -> None:
    """With the path, and what to do."""
    with pytest.raises(Unavailable, match="book `"):
        Book(tmp_path / path)


@pytest.mark.parametrize(
    ("pragma", "expected"),
    [("synchronous", 3), ("secure_delete", 1), ("journal_mode", "delete")],
    ids=lambda part: part,
)
def test_every_step_is_on_the_disk(tmp_path: Path, pragma: str, expected: Any) -> None:
    """What is committed is there after a power cut, and what was deleted is not."""
    with closing(opened(tmp_path)) as book:
        (actual,) = book._file.execute(f"PRAGMA {pragma}").fetchone()
    assert (actual, f"PRAGMA application_id = {APPLICATION}" in PREPARED) == (expected, True)
