"""The store on one SQLite connection: one writer at a time, whatever a transaction is about."""

import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from functools import cache
from operator import itemgetter
from typing import Any, Final, LiteralString, NoReturn, TypeVar

from model.errors import InvalidInput, Unavailable
from serving.ledger.files import OpenedFile
from serving.ledger.store import Bound, Row, Store
from serving.ledger.turns import Turn
from serving.ports import Unsure

Taken = TypeVar("Taken")
Tuples = Callable[[Mapping[str, Bound]], tuple[Bound, ...]]

_PARAMETER = re.compile(r"(?<![\w:]):([a-z]\w*)")
HELD: Final = "another program holds its write lock; nothing was half-done: end it, or wait"
PRIMARY: Final = 0xFF  # the part of SQLite's extended error codes that names the kind
_LAST = "SELECT last_insert_rowid()"


class SqliteStore(Store):
    """`name` is what error messages call the file; `file` is None where the ledger is in memory.

    `patience`, in seconds, is how long to wait for the turn of other processes.
    """

    def __init__(
        self, connection: sqlite3.Connection, name: str, file: OpenedFile | None, *, patience: float = 0.0
    ) -> None:
        super().__init__(name)
        self._emptying = False
        self._connection = connection
        self._file = file
        self._beside: tuple[OpenedFile, ...] = ()  # the log that it writes, and the index of it
        self._turn = None if file is None else Turn(file.path, patience=patience)

    @property
    def in_memory(self) -> bool:
        """Whether it ends with its connection."""
        return self._file is None

    def rows(self, sql: LiteralString, **bound: Bound) -> list[Row]:
        """Return all rows of a constant SELECT."""
        return self._run(sql, bound, sqlite3.Cursor.fetchall)

    def row(self, sql: LiteralString, **bound: Bound) -> Row | None:
        """Return the first row of a constant SELECT, or None."""
        found: Row | None = self._run(sql, bound, sqlite3.Cursor.fetchone)
        return found

    def change(self, sql: LiteralString, **bound: Bound) -> int:
        """Run a constant statement that writes; return the number of rows it changed."""
        return self._run(sql, bound, lambda done: done.rowcount)

    def insert(self, sql: LiteralString, **bound: Bound) -> int | None:
        """Run a constant INSERT; return the new row's number, or None where it was already there."""
        return self._run(sql, bound, lambda done: done.lastrowid if done.rowcount else None)

    def insert_all(self, sql: LiteralString, bound: Sequence[Mapping[str, Bound]]) -> int:
        """Run a constant INSERT for every mapping of values, prepared once; return how many are new or changed."""
        return self._run_all(*_in_order(sql), bound)

    def insert_numbered(self, sql: LiteralString, bound: Sequence[Mapping[str, Bound]]) -> list[int]:
        """Run a constant INSERT for every mapping of values; rows are numbered one after the other."""
        count = self.insert_all(sql, bound)
        row = self.row(_LAST)
        last = 0 if row is None else int(row[0])
        return list(range(last - count + 1, last + 1))

    def _begin(self, about: Sequence[str] | None) -> None:
        """Take the one write lock; a file that was moved, removed or replaced would take all of it along."""
        del about
        self._same_file()
        if self._turn is not None:
            self._turn.take()
        try:
            with self._named():
                self._connection.execute("BEGIN IMMEDIATE")
            if not self._beside and self._file is not None:
                self._beside = self._found_beside(self._file)
        except BaseException:
            self._give_back()
            raise

    def _found_beside(self, file: OpenedFile) -> tuple[OpenedFile, ...]:
        """Return the log that this connection writes and its index; a transaction has made them."""
        try:
            return file.log, file.index
        except OSError as error:
            said = f"ledger `{self._name}`: its log or index cannot be found: {error}; check the folder"
            raise Unavailable(said) from error

    def _commit(self) -> None:
        self._same_file()
        try:
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            self._uncommitted(error)
        self._still_there()
        if self._emptying:
            self._empty_log()

    def _still_there(self) -> None:
        """Look once more: what went into a log without a name, or beside another's index, may not be there tomorrow."""
        try:
            self._same_file()
        except Unavailable as error:
            raise Unsure(f"{error}; whether what was just committed stays is not known") from error

    def _uncommitted(self, error: sqlite3.Error) -> NoReturn:
        """Say what became of a commit that failed.

        Where writing or flushing failed all of it may stand in the log: whoever reads that anew finds it recorded.
        """
        if error.sqlite_errorcode & PRIMARY == sqlite3.SQLITE_IOERR:
            raise Unsure(
                f"ledger `{self._name}`: {error} in a commit; whether it was recorded is not known; check the disk"
            ) from error
        with self._named():
            raise error

    def _undo(self) -> None:
        try:
            if self._connection.in_transaction:
                with self._named():
                    self._connection.execute("ROLLBACK")
        finally:
            self._give_back()

    def _give_back(self) -> None:
        if self._turn is not None:
            self._turn.give_back()

    @contextmanager
    def look(self) -> Iterator[None]:
        """Read the file as it stands now, whatever others write meanwhile; takes no lock and leaves nothing behind."""
        self._same_file()
        with self._named():
            self._connection.execute("BEGIN")
        try:
            yield
        finally:
            with self._named():
                self._connection.execute("ROLLBACK")

    def alone(self) -> None:
        """Nobody else writes meanwhile."""

    def counting(self, keys: Iterable[str]) -> None:
        """Nobody else counts meanwhile."""

    def checkpoint(self) -> bool:
        """Bring the write-ahead log into the file and empty it: what was erased stands in neither any more.

        Where somebody reads an older state just now, it is tried again after each commit.
        """
        self._emptying = True
        self._empty_log()
        return not self._emptying

    def flush(self) -> None:
        """Bring what the log holds into the file and flush both, waiting for nobody; refused where that fails.

        A log that is read anew may hold what was never flushed: after a flush that failed the system shows it all the
        same, and calls it clean. Written once more, into the file, it is durable, or the disk says no again.
        """
        with self._named():
            self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    def _empty_log(self) -> None:
        """Try it on a connection of its own that waits for nobody; what was committed stays so whatever comes of it."""
        if self._file is None:
            self._emptying = False
            return
        with suppress(sqlite3.Error), closing(sqlite3.connect(self._file.uri, uri=True, timeout=0)) as beside:
            self._emptying = beside.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] != 0

    def size(self) -> int | None:
        """Return the bytes of the file; None where the ledger is in memory."""
        try:
            return None if self._file is None else self._file.path.stat().st_size
        except OSError as error:
            raise Unavailable(f"ledger `{self._name}`: it cannot be looked at: {error}; check the folder") from error

    def write_anew(self) -> None:
        """Copy every row to a new place, and the whole back: others read meanwhile, nobody writes."""
        self._same_file()
        if self._turn is not None:
            self._turn.take()
        try:
            with self._named():
                self._connection.execute("VACUUM")
        finally:
            self._give_back()

    def close(self) -> None:
        """Close the file; what is only in a log that was removed is brought into it before."""
        try:
            self._same_file(self._beside[:1])  # a log that is there but for its index is read whole by who comes next
        except Unavailable:
            with suppress(sqlite3.Error):
                self._connection.execute("PRAGMA wal_checkpoint(FULL)").fetchall()
        with self._named():
            self._connection.close()
        if self._turn is not None:
            self._turn.close()

    def _run(self, sql: LiteralString, bound: Mapping[str, Bound], take: Callable[[sqlite3.Cursor], Taken]) -> Taken:
        """Run a statement and take its answer; refuse outside of a transaction, or in one that SQLite has given up."""
        try:
            if self._connection.in_transaction:
                return take(self._connection.execute(sql, bound))
        except (sqlite3.Error, UnicodeEncodeError):
            with self._named():  # entered only where something went wrong: a decision runs some forty statements
                raise
        raise self._over()

    def _run_all(self, sql: LiteralString, values: Tuples, bound: Sequence[Mapping[str, Bound]]) -> int:
        with self._named():
            if self._connection.in_transaction:
                return self._connection.executemany(sql, map(values, bound)).rowcount
        raise self._over()

    def _same_file(self, beside: tuple[OpenedFile, ...] | None = None) -> None:
        """Raise where the file, its log or its index is not the one that is open; `beside` says which of the last."""
        if self._file is not None:
            for file in (self._file, *(self._beside if beside is None else beside)):
                file.check()

    def _named(self) -> "_Named":
        """Turn what SQLite says into what a reader can act on."""
        return _Named(self._name)


@cache  # a program has some hundred statements
def _in_order(sql: LiteralString) -> tuple[LiteralString, Tuples]:
    """Return a statement with `?1, ?2, …`, and what puts the values in that order: SQLite looks up no names then."""
    names = tuple(dict.fromkeys(_PARAMETER.findall(sql)))
    places = {name: place for place, name in enumerate(names, start=1)}
    text = _PARAMETER.sub(lambda found: f"?{places[found[1]]}", sql)
    pick: Any = itemgetter(*names) if len(names) > 1 else lambda bound: tuple(bound[name] for name in names)
    return text, pick


def is_held(error: sqlite3.Error) -> bool:
    """Return whether SQLite gave up waiting for somebody else."""
    return getattr(error, "sqlite_errorcode", 0) & PRIMARY == sqlite3.SQLITE_BUSY


class _Named(AbstractContextManager[None]):
    """Raises `Unavailable` in place of SQLite's own errors; a class, because every transaction passes through it."""

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, sqlite3.Error):
            next_step = HELD if is_held(error) else f"{error}; nothing was half-done; check disk and permissions"
            raise Unavailable(f"ledger `{self._name}`: {next_step}") from error
        if isinstance(error, UnicodeEncodeError):
            raise InvalidInput("ledger: a lone surrogate is not text that can be stored; send valid Unicode") from error
