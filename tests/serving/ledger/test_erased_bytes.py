"""What is erased, or too old, is in none of the ledger's files: not in a row, not between rows, not in the log."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from model.contracts import Action, Context, Message, OutcomeKind
from model.errors import Unavailable
from serving.ledger import rewriting
from serving.ledger.rewriting import Rewritten
from serving.ledger.sqlite.ledger import SqliteLedger
from serving.ledger.sqlite.store import SqliteStore
from serving.ports import Preferences, Transaction
from tests.contracts.identified import identify
from tests.contracts.ledgers import NOW, ago, candidate, event, record, report, ruling, sqlite_file

CANARY = "canary-7f3a"
LATER = NOW + timedelta(days=400)


def crowd(tx: Transaction, who: list[str], draw: np.random.Generator, start: int) -> None:
    """Record for each what makes rows of many sizes, so that pages are split and rows move from one to another."""
    for number, user in enumerate(who, start=start):
        told = event(
            identity=f"{draw.integers(10**9)}-{user}",
            subject=user,
            time=ago(minutes=int(draw.integers(1, 9000))),
            data={"parcel": f"parcel-of-{user}-{'x' * int(draw.integers(900))}"},
        )
        seen = {"session": f"s-{number}-{user}", "page": f"/{user}"}
        record(tx, told, event("page.viewed", f"v-{number}-{user}", subject=user, data=seen))
        text = Message(text=f"Dear {user}, {'y' * int(draw.integers(3000))}")
        held = ruling(f"d-{number}", action=(Action.HOLD, Action.SEND)[draw.integers(2)])
        tx.add_decision(candidate(told, user_id=user, message=text), Context(evidence=told), held)
        tx.set_preferences(user, Preferences(consent={"email": True}), at=ago(minutes=int(draw.integers(900))))
        identify(tx, f"anon-{number}-{user}", user, traits={"plan": f"plan-{user}"})
        report(tx, OutcomeKind.ENGAGED, user_id=user)


def crowded(folder: Path, seed: int = 3) -> SqliteLedger:
    """Make a ledger in which the canary's rows stand among those of a hundred others."""
    draw = np.random.default_rng(seed)
    who = [f"{'abcxyz'[number % 6]}{number}" for number in range(100) for _ in range(3)] + [CANARY] * 50
    draw.shuffle(who)
    ledger = sqlite_file(folder)
    assert isinstance(ledger, SqliteLedger)
    for start in range(0, len(who), 10):
        with ledger.transaction() as tx:
            crowd(tx, who[start : start + 10], draw, start)
    return ledger


def found(folder: Path) -> int:
    """Count the canary's letters in all files, whatever they are."""
    return sum(path.read_bytes().count(CANARY.encode()) for path in folder.iterdir())


def erase(tx: Transaction) -> object:
    """Erase the canary."""
    return tx.erase(CANARY, at=NOW)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_nothing_is_left_between_the_rows(tmp_path: Path, seed: int) -> None:
    """SQLite leaves copies where rows have moved: the file is written anew."""
    ledger = crowded(tmp_path, seed)
    before = found(tmp_path)
    with ledger.transaction() as tx:
        erase(tx)
    after = found(tmp_path)
    ledger.close()
    assert (before > 1000, after, found(tmp_path)) == (True, 0, 0)


def test_without_that_copies_are_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What deleting alone does, so that the test above is seen to look; a large file waits for `--rewrite`."""
    monkeypatch.setattr(rewriting, "SMALL", 0)
    ledger = crowded(tmp_path)
    with ledger.transaction() as tx:
        erase(tx)
    left = found(tmp_path)
    said = [ledger.rewrite(), ledger.rewrite(whatever_size=True), ledger.rewrite()]
    assert (left > 0, said, found(tmp_path)) == (True, [Rewritten.LARGE, Rewritten.DONE, Rewritten.DONE], 0)


def full(_: SqliteStore) -> None:
    """Be a disk on which no second copy has room."""
    raise Unavailable("ledger `x`: database or disk is full")


def test_a_file_that_cannot_be_written_anew_now_is_within_the_hour(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The erasure stands, whatever comes of the file; what is due is on record, for whoever opens it next."""
    ledger = crowded(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(SqliteStore, "write_anew", full)
        with ledger.transaction() as tx:
            erased = erase(tx)
        left, said = found(tmp_path), ledger.rewrite(whatever_size=True)
        ledger.close()
    again = sqlite_file(tmp_path)
    with again.transaction() as tx:
        tx.forget_answers(now=NOW)
    assert (erased is not None, left > 0, said, found(tmp_path)) == (True, True, Rewritten.FAILED, 0)


def test_it_is_written_anew_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many are erased in one transaction, and whoever asks again; nobody knew of a stranger."""
    counted: list[int] = []
    real = SqliteStore.write_anew
    monkeypatch.setattr(SqliteStore, "write_anew", lambda store: (counted.append(1), real(store))[1])
    ledger = crowded(tmp_path)
    with ledger.transaction() as tx:
        erase(tx)
        tx.erase("a0", at=NOW)
    ledger.rewrite(whatever_size=True)
    with ledger.transaction() as tx:
        tx.erase("stranger", at=NOW)
        tx.forget_answers(now=NOW)
    assert counted == [1]


def test_what_is_asked_for_meanwhile_is_due_afterwards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process erases after the copy was made, and its own turn at the file fails: the mark stays."""
    ledger, other = crowded(tmp_path), sqlite_file(tmp_path)
    real = SqliteStore.write_anew

    def overtaken(store: SqliteStore) -> None:
        real(store)
        with monkeypatch.context() as patched:
            patched.setattr(SqliteStore, "write_anew", full)
            with other.transaction() as tx:
                erase(tx)

    with monkeypatch.context() as patched:
        patched.setattr(SqliteStore, "write_anew", overtaken)
        with ledger.transaction() as tx:
            tx.erase("a0", at=NOW)
    counted: list[int] = []
    monkeypatch.setattr(SqliteStore, "write_anew", lambda store: (counted.append(1), real(store))[1])
    said = [ledger.rewrite(), ledger.rewrite()]
    assert (said, counted) == ([Rewritten.DONE] * 2, [1])


def test_readers_read_on_and_a_writer_in_between_puts_it_off(tmp_path: Path) -> None:
    """Nothing is lost and nobody fails: not who reads an older state, not who writes at that moment."""
    ledger = crowded(tmp_path)
    with closing(sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)) as other:
        other.execute("BEGIN")
        before = other.execute("SELECT count(*) FROM decisions").fetchone()
        with ledger.transaction() as tx:
            erase(tx)
        seen = other.execute("SELECT count(*) FROM decisions").fetchone()
        other.execute("ROLLBACK")
        with ledger.transaction() as tx:
            tx.erase("a0", at=NOW)
            tx.forget_answers(now=NOW)
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        after = other.execute("SELECT count(*) FROM decisions").fetchone()
    assert (seen, after, found(tmp_path)) == (before, before, 0)


def test_who_reads_an_older_state_holds_it_and_whoever_erases_next_finishes(tmp_path: Path) -> None:
    """A replay for example: the file keeps its old pages so long, and nobody is told that it is done."""
    ledger = crowded(tmp_path)
    with closing(sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)) as other:
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM decisions").fetchone()
        with ledger.transaction() as tx:
            erase(tx)
        said, held = ledger.rewrite(whatever_size=True), found(tmp_path) > 0
    ledger.close()
    again = sqlite_file(tmp_path)
    assert isinstance(again, SqliteLedger)
    actual = (said, held, again.rewrite(), found(tmp_path), again.rewrite())
    assert actual == (Rewritten.HELD, True, Rewritten.DONE, 0, Rewritten.DONE)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="wants a process that is killed in the middle of a statement")
@pytest.mark.parametrize("after", [0, 100, 2000, 8000])
def test_killed_in_the_middle_nothing_is_lost(tmp_path: Path, after: int) -> None:
    """Wherever it breaks off the file is whole, all that was committed is in it, and the mark as well."""
    ledger = crowded(tmp_path)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(SqliteStore, "write_anew", full)
        with ledger.transaction() as tx:
            erase(tx)
    ledger.close()
    code = (
        "import sqlite3, os, signal, sys; told = []\n"
        "def killed():\n    told.append(1)\n    if len(told) > int(sys.argv[2]): os.kill(os.getpid(), signal.SIGKILL)\n"
        "one = sqlite3.connect(sys.argv[1], isolation_level=None); one.set_progress_handler(killed, 10)\n"
        "one.execute('VACUUM')"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "ledger.db"), str(after)], check=False)
    again = sqlite_file(tmp_path)
    assert isinstance(again, SqliteLedger)
    done = again.rewrite()
    with closing(sqlite3.connect(tmp_path / "ledger.db")) as looked:
        sound = looked.execute("PRAGMA integrity_check").fetchone()[0]
        many = looked.execute("SELECT count(*) FROM decisions").fetchone()[0]
    assert (done, sound, many, found(tmp_path)) == (Rewritten.DONE, "ok", 350, 0)


def test_what_is_too_old_leaves_the_file_as_well(tmp_path: Path) -> None:
    """Retention empties records, and the file with them; ids stay, as documented."""
    ledger, text = crowded(tmp_path), f"Dear {CANARY}".encode()

    def texts() -> int:
        return sum(path.read_bytes().count(text) for path in tmp_path.iterdir())

    before = texts()
    with ledger.transaction() as tx:
        tx.retain(before=LATER, now=LATER, most=10_000)
    with ledger.transaction() as tx:
        tx.forget_answers(now=LATER)
    assert (before > 10, texts()) == (True, 0)


def test_their_sessions_are_forgotten_a_day_later(tmp_path: Path) -> None:
    """One widget message in each is all that they protect."""
    ledger = sqlite_file(tmp_path)
    with ledger.transaction() as tx:
        record(tx, event("page.viewed", "p", subject=CANARY, time=ago(minutes=3), data={"session": "session-9d1"}))
        asked = candidate(user_id=CANARY, session_id="session-9d1", channel="widget")
        tx.add_decision(asked, Context(), ruling("d-1", at=ago(minutes=1)))
        erase(tx)
    kept = b"session-9d1" in b"".join(path.read_bytes() for path in tmp_path.iterdir())
    with ledger.transaction() as tx:
        tx.forget_answers(now=NOW + timedelta(days=2))
    left = b"session-9d1" in b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert (kept, left) == (True, False)
