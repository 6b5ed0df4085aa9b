import json
import os
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from model.contracts import Action, Context, Message
from model.errors import InvalidInput, Unavailable
from serving.ledger import open_ledger
from serving.ledger.instants import micros
from serving.ledger.schema.migrations import APPLICATION_ID, MIGRATIONS
from serving.ports import Transaction
from serving.record.record import record_of
from tests.contracts.ledgers import NOW, candidate, context, ruling, send

OPENING = """
import sys
from datetime import datetime, UTC
from serving.ledger import open_ledger
ledger = open_ledger(sys.argv[1], now=datetime(2026, 11, 20, tzinfo=UTC), salt=sys.argv[2].encode(), patience=30.0)
print(ledger.salt.decode())
ledger.close()
"""


def problem(url: str) -> tuple[str, str]:
    """Try to open and return the kind of error and its text."""
    with pytest.raises((InvalidInput, Unavailable)) as caught:
        open_ledger(url, now=NOW, salt=b"s", patience=0.05)
    return type(caught.value).__name__, str(caught.value)


def address(path: Path) -> str:
    """Write the address of a ledger file."""
    return f"sqlite:///{path}"


def test_salt_and_shipped_approvals_belong_to_the_creation(tmp_path: Path) -> None:
    """A ledger that is opened again keeps its own secret and approvals, whatever it is given."""
    url = address(tmp_path / "l.db")
    for salt, digest in ((b"first", "sha256:one"), (b"second", "sha256:two")):
        ledger = open_ledger(url, now=NOW, salt=salt, shipped={digest: "template:parcel_delayed"})
        with ledger.transaction() as tx:
            approvals = [context(tx, candidate(), digest=one).approval for one in ("sha256:one", "sha256:two")]
        ledger.close()
        actual = (ledger.salt, approvals)
        assert actual == (b"first", ["approved", "changed"])


def test_what_was_recorded_is_there_after_reopening(tmp_path: Path) -> None:
    """A closed ledger is a file that says the same again."""
    url = address(tmp_path / "l.db")
    first = open_ledger(url, now=NOW, salt=b"s")
    with first.transaction() as tx:
        send(tx, "d-1")
        before = tx.decision("d-1")
    first.close()
    again = open_ledger(url, now=NOW, salt=b"s")
    with again.transaction() as tx:
        actual = tx.decision("d-1")
    again.close()
    assert actual == before


def test_a_relative_address_is_relative(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three slashes: from the working folder."""
    monkeypatch.chdir(tmp_path)
    open_ledger("sqlite:///outreach.db", now=NOW, salt=b"s").close()
    actual = (tmp_path / "outreach.db").is_file()
    assert actual is True


def test_a_new_ledger_is_its_owners_alone(tmp_path: Path) -> None:
    """The file and the log beside it hold customers and a secret; an existing file keeps its permissions."""
    old_mask = os.umask(0)
    try:
        ledger = open_ledger(address(tmp_path / "l.db"), now=NOW, salt=b"s")
        modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
        ledger.close()
        (tmp_path / "l.db").chmod(0o640)
        open_ledger(address(tmp_path / "l.db"), now=NOW, salt=b"s").close()
    finally:
        os.umask(old_mask)
    actual = (modes, (tmp_path / "l.db").stat().st_mode & 0o777)
    assert actual == ({"l.db": 0o600, "l.db-wal": 0o600, "l.db-shm": 0o600, "l.db-turn": 0o600}, 0o640)


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///", "sqlite:///:memory:"])
def test_memory_leaves_no_file(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All usual ways to say it."""
    monkeypatch.chdir(tmp_path)
    open_ledger(url, now=NOW, salt=b"s").close()
    actual = list(tmp_path.iterdir())
    assert actual == []


def test_the_connection_is_durable_and_strict(tmp_path: Path) -> None:
    """Write-ahead log, full synchronisation, foreign keys, triggers on replaced rows, and patience."""
    ledger = open_ledger(address(tmp_path / "l.db"), now=NOW, salt=b"s", patience=7.0)
    ask = ledger._store._connection.execute
    names = ("journal_mode", "synchronous", "foreign_keys", "recursive_triggers", "busy_timeout", "user_version")
    actual = {name: ask(f"PRAGMA {name}").fetchone()[0] for name in names}
    ledger.close()
    assert actual == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "recursive_triggers": 1,
        "busy_timeout": 7000,
        "user_version": len(MIGRATIONS),
    }


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mysql://ann:secret@db/outreach", "scheme `mysql` is not known"),
        ("outreach.db", "scheme `outreach.db` is not known"),
        ("sqlite://outreach.db", "three slashes: `sqlite:///outreach.db`"),
        ("sqlite:///no/such/folder/l.db", "folder `no/such/folder` does not exist; create it"),
    ],
)
def test_a_wrong_address_says_what_to_write(url: str, words: str) -> None:
    """The user's setting is wrong; a password in it is not repeated."""
    kind, text = problem(url)
    actual = (kind, words in text, "secret" in text)
    assert actual == ("InvalidInput", True, False)


def test_a_folder_is_no_ledger(tmp_path: Path) -> None:
    """Named instead of a file in it."""
    kind, text = problem(address(tmp_path))
    actual = (kind, "is a folder; name a file in it" in text)
    assert actual == ("InvalidInput", True)


def test_a_file_that_is_no_database_is_refused_untouched(tmp_path: Path) -> None:
    """Somebody's text file stays as it is."""
    path = tmp_path / "notes.txt"
    path.write_text("these are notes, and long enough to look like a page" * 100)
    before = path.read_bytes()
    kind, text = problem(address(path))
    actual = (kind, "file is not a database; name another file" in text, path.read_bytes() == before)
    assert actual == ("InvalidInput", True, True)


def test_another_programs_database_is_refused_untouched(tmp_path: Path) -> None:
    """Its tables are not ours to extend."""
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE recipes (name TEXT)")
    other.close()
    kind, text = problem(address(path))
    with sqlite3.connect(path) as other:
        tables = other.execute("SELECT name FROM sqlite_master").fetchall()
    other.close()
    actual = (kind, "is a database of another program" in text, tables)
    assert actual == ("InvalidInput", True, [("recipes",)])


def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    """An older program must not write what it does not understand."""
    path = tmp_path / "l.db"
    with sqlite3.connect(path) as newer:
        newer.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        newer.execute("PRAGMA user_version = 999")
    newer.close()
    kind, text = problem(address(path))
    actual = (kind, "schema version `999`, newer than" in text)
    assert actual == ("InvalidInput", True)


def test_a_lost_secret_is_refused(tmp_path: Path) -> None:
    """A new salt would draw other arms for the same occasions."""
    path = tmp_path / "l.db"
    open_ledger(address(path), now=NOW, salt=b"s").close()
    with sqlite3.connect(path) as broken:
        broken.execute("DELETE FROM secrets")
    broken.close()
    kind, text = problem(address(path))
    actual = (kind, "its secret is gone; restore the file from a backup" in text)
    assert actual == ("InvalidInput", True)


def test_a_locked_ledger_is_unavailable(tmp_path: Path) -> None:
    """Another writer that does not let go: try again later."""
    path = tmp_path / "l.db"
    ledger = open_ledger(address(path), now=NOW, salt=b"s", patience=0.05)
    with ledger.transaction():
        opening, said = problem(address(path))
    other = open_ledger(address(path), now=NOW, salt=b"s", patience=0.05)
    with other.transaction(), pytest.raises(Unavailable, match="another program holds its write lock") as caught:
        ledger.transaction().__enter__()
    actual = (opening, *("end it, or wait" in words for words in (said, str(caught.value))))
    ledger.close()
    other.close()
    assert actual == ("Unavailable", True, True)


def test_a_second_transaction_of_a_thread_does_not_wait_for_ever() -> None:
    """One transaction at a time; a nested one is refused after the ledger's patience."""
    ledger = open_ledger("sqlite://", now=NOW, salt=b"s", patience=0.05)
    with ledger.transaction(), pytest.raises(Unavailable) as caught:
        ledger.transaction().__enter__()
    ledger.close()
    actual = str(caught.value)
    assert actual == "ledger: another transaction of this process is still open; try again"


@pytest.mark.parametrize("path", ["/proc/outreach.db", "/dev/full"])
def test_a_place_that_cannot_be_written_is_unavailable(path: str) -> None:
    """Not even an administrator may write there; the message says what to check."""
    if not Path(path).parent.is_dir():
        pytest.skip(f"this system has no {Path(path).parent}")
    kind, text = problem("sqlite:///" + path)
    actual = (kind, "check" in text)
    assert actual == ("Unavailable", True)


def send_many(tx: Transaction, count: int) -> None:
    """Record as many sends."""
    for number in range(count):
        send(tx, f"d-{number}")


def test_a_full_disk_undoes_everything_and_is_survived(tmp_path: Path) -> None:
    """Where SQLite gives the transaction up itself, nothing of it is kept, and the next one works."""
    ledger = open_ledger(address(tmp_path / "l.db"), now=NOW, salt=b"s")
    ask = ledger._store._connection.execute
    with ledger.transaction() as tx:
        send(tx, "before")
    pages = ask("PRAGMA page_count").fetchone()[0]
    ask(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(Unavailable, match="full"), ledger.transaction() as tx:
        send_many(tx, 1000)
    ask("PRAGMA max_page_count = 1000000")
    with ledger.transaction() as tx:
        send(tx, "after")
        actual = [one["decision_id"] for one in tx.decisions(action=None, user=None, since=None, after=None, limit=9)]
    ledger.close()
    assert actual == ["before", "after"]


def test_a_new_ledger_may_be_opened_by_several_at_once(tmp_path: Path) -> None:
    """The first one makes it; all agree on its secret."""
    url = address(tmp_path / "l.db")
    opening = [
        subprocess.Popen([sys.executable, "-c", OPENING, url, f"salt-{number}"], stdout=subprocess.PIPE, text=True)
        for number in range(4)
    ]
    salts = {process.communicate(timeout=120)[0].strip() for process in opening}
    actual = (len(salts), {process.returncode for process in opening})
    assert actual == (1, {0})


def test_an_older_ledger_is_upgraded_in_place(tmp_path: Path) -> None:
    """What the first version wrote is still there, under its own secret, and the texts held by it are found."""
    path = tmp_path / "l.db"
    waits = candidate(message=Message(text="Do you still need é?", next_step=None))
    held = replace(ruling("d-1", action=Action.HOLD), verdicts={"awaiting_approval": "refuse"})
    capped = replace(held, verdicts={}, decision=replace(held.decision, decision_id="d-2"))
    with sqlite3.connect(path, isolation_level=None) as old:
        for statement in MIGRATIONS[0]:
            old.execute(statement)
        old.execute("INSERT INTO secrets (name, value) VALUES ('salt', x'6f6c64')")
        for one in (held, capped):
            record = json.dumps(record_of(waits, Context(), one))
            old.execute(
                """INSERT INTO decisions (decision_id, user_id, action, purpose, channel, decided_at, record)
                VALUES (?, 'u', 'hold', 'p', 'chat', ?, ?)""",
                (one.decision.decision_id, micros(NOW), record),
            )
    old.close()
    ledger = open_ledger(address(path), now=NOW, salt=b"new", create=False)
    with ledger.transaction() as tx:
        actual = (ledger.salt, tx.held_texts(since=NOW), tx.decision("d-2") is not None)
    ledger.close()
    assert actual == (b"old", [waits.message], True)
