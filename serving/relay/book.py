"""A relay's book: one SQLite file of the offers that it took and where each stands; every step is on the disk.

One process has the book: another that opens it is refused, so that no message has two relays. A message is kept for as
long as it may have to be posted; what remains are the decision's id and where it stands, for a week after the offer's
end: by then nobody delivers it any more.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Any, Final

from model.errors import InvalidInput, Unavailable
from serving.relay.entries import Entry
from serving.relay.states import NEXT, Happening, State

KEPT: Final = timedelta(days=7)
APPLICATION: Final = 0x52454C41  # in the file's header: a book of a relay
TABLE: Final = """CREATE TABLE IF NOT EXISTS offers (
    number INTEGER PRIMARY KEY,
    decision_id TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL,
    due TEXT,
    tries INTEGER NOT NULL,
    at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    body BLOB,
    maybe INTEGER NOT NULL DEFAULT 0,
    revision INTEGER NOT NULL DEFAULT 0
) STRICT"""
PREPARED: Final = (
    "PRAGMA locking_mode = EXCLUSIVE",
    "PRAGMA journal_mode = DELETE",
    "PRAGMA synchronous = EXTRA",
    "PRAGMA secure_delete = ON",  # what is over is overwritten, not only unlinked
    "BEGIN EXCLUSIVE",
    TABLE,
    "CREATE INDEX IF NOT EXISTS due ON offers (due) WHERE due IS NOT NULL",
    "CREATE INDEX IF NOT EXISTS state ON offers (state)",
    "PRAGMA application_id = 1380273217",
    "PRAGMA user_version = 1",
    "COMMIT",
)
HEADER: Final = "SELECT application_id, user_version FROM pragma_application_id, pragma_user_version"
ANY_TABLE: Final = "SELECT count(*) FROM sqlite_master"
# What is held, or waits, may come again with other words and another end; whatever else is known stays as it is.
ADD: Final = """INSERT INTO offers (decision_id, state, due, tries, at, expires_at, body)
    VALUES (:decision_id, 'waiting', :now, 0, :now, :expires_at, :body) ON CONFLICT (decision_id) DO UPDATE
    SET due = iif(state = 'held', :now, due), tries = iif(state = 'held', 0, tries), at = iif(state = 'held', :now, at),
    state = 'waiting', expires_at = :expires_at, body = :body, revision = revision + 1
    WHERE state IN (SELECT value FROM json_each(:again))"""
AGAIN: Final = json.dumps([state for state, happening in NEXT if happening is Happening.OFFERED])
# All columns, in the order of the table: the file says which version it is of.
DUE: Final = "SELECT * FROM offers WHERE due <= :now ORDER BY due, number LIMIT 1"
POSTING: Final = "SELECT * FROM offers WHERE state = 'posting' ORDER BY number"
NUMBERED: Final = "SELECT * FROM offers WHERE number = :number"
CHANGE: Final = """UPDATE offers SET state = :state, due = :due, tries = :tries, at = :at, expires_at = :expires_at,
    body = :body, maybe = :maybe WHERE number = :number AND revision = :revision"""
PUT_OFF: Final = "UPDATE offers SET due = :due, tries = tries + 1 WHERE number = :number AND due IS NOT NULL"
NEXT_DUE: Final = "SELECT min(due) FROM offers WHERE due IS NOT NULL"
COUNTS: Final = "SELECT state, count(*) FROM offers GROUP BY state"
STANDS: Final = "SELECT state FROM offers WHERE decision_id = :decision_id"
FORGET: Final = """DELETE FROM offers WHERE state IN ('reported', 'cancelled', 'held', 'dropped')
    AND expires_at < :before"""


class Book:
    """The book in a file, made where there is none; closed at the end. Several threads may use it.

    Raises:
        InvalidInput: the file is of another program, or of a newer version.
        Unavailable: it cannot be read or written, or another relay has it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()
        with self._told():
            path.touch(mode=0o600)
            self._file = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
        try:
            self._prepare()
        except BaseException:
            self._file.close()
            raise

    def close(self) -> None:
        """Leave the book to others."""
        with self._lock:
            self._file.close()

    def add(self, decision_id: str, body: bytes, *, expires_at: datetime, now: datetime) -> bool:
        """Write down an offer, or one again that is held or waits; False: it was known, and nothing is changed."""
        values = {"decision_id": decision_id, "body": body, "expires_at": _written(expires_at), "now": _written(now)}
        with self._told():
            return bool(self._file.execute(ADD, values | {"again": AGAIN}).rowcount)

    def change(self, entry: Entry) -> Entry:
        """Write down where an offer stands now, and return it; as it is, where it was offered again meanwhile."""
        due = None if entry.due is None else _written(entry.due)
        values = {
            "number": entry.number,
            "state": entry.state.value,
            "due": due,
            "tries": entry.tries,
            "at": _written(entry.at),
            "expires_at": _written(entry.expires_at),
            "body": entry.body,
            "maybe": entry.maybe,
            "revision": entry.revision,
        }
        with self._told():
            if self._file.execute(CHANGE, values).rowcount:
                return entry
            return _entry(self._file.execute(NUMBERED, {"number": entry.number}).fetchone())

    def put_off(self, entry: Entry, due: datetime) -> None:
        """Leave an offer where it stands until then; one that is posted, or over, waits for nothing."""
        with self._told():
            self._file.execute(PUT_OFF, {"number": entry.number, "due": _written(due)})

    def due(self, now: datetime) -> Entry | None:
        """Return the offer about which something was to be done first, by now."""
        with self._told():
            row = self._file.execute(DUE, {"now": _written(now)}).fetchone()
        return None if row is None else _entry(row)

    def posting(self) -> list[Entry]:
        """Return the offers of which a try began, and did not end."""
        with self._told():
            return [_entry(row) for row in self._file.execute(POSTING)]

    def next_due(self) -> datetime | None:
        """Return when there is something to do."""
        with self._told():
            (found,) = self._file.execute(NEXT_DUE).fetchone()
        return None if found is None else datetime.fromisoformat(found)

    def state_of(self, decision_id: str) -> State | None:
        """Return where an offer stands; None where it is not known."""
        with self._told():
            row = self._file.execute(STANDS, {"decision_id": decision_id}).fetchone()
        return None if row is None else State(row[0])

    def counts(self) -> Mapping[State, int]:
        """Count the offers in each state."""
        with self._told():
            return {State(state): count for state, count in self._file.execute(COUNTS)}

    def forget(self, now: datetime) -> None:
        """Take out what is over, and can no longer come again."""
        with self._told():
            self._file.execute(FORGET, {"before": _written(now - KEPT)})

    def _prepare(self) -> None:
        with self._told():
            header = self._file.execute(HEADER).fetchone()
            (tables,) = self._file.execute(ANY_TABLE).fetchone()
            if header != (APPLICATION, 1) and (tables or header != (0, 0)):
                raise InvalidInput(f"book `{self._path}` is another program's, or a newer one's; name another file")
            for statement in PREPARED:
                self._file.execute(statement)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """One thread at a time; what the file says no with is said in our words."""
        with self._lock:
            try:
                yield
            except sqlite3.OperationalError as error:
                held = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
                why = "another relay has it; end that one" if held else "check that folder and file can be written"
                raise Unavailable(f"book `{self._path}`: {error}; {why}") from error
            except sqlite3.DatabaseError as error:
                raise InvalidInput(f"book `{self._path}`: {error}; name another file") from error
            except OSError as error:
                raise Unavailable(f"book `{self._path}`: {error.strerror}; check the folder") from error


def _entry(row: tuple[Any, ...]) -> Entry:
    number, decision_id, state, due, tries, at, expires_at, body, maybe, revision = row
    return Entry(
        number=number,
        decision_id=decision_id,
        state=State(state),
        due=None if due is None else datetime.fromisoformat(due),
        tries=tries,
        at=datetime.fromisoformat(at),
        expires_at=datetime.fromisoformat(expires_at),
        body=body,
        maybe=bool(maybe),
        revision=revision,
    )


def _written(at: datetime) -> str:
    """Write a time so that the texts sort as the times do."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")
