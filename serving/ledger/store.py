"""One SQLite connection that runs constant statements in explicit transactions and names its failures.

Every `sqlite3.Error` leaves here as `Unavailable`: nothing of the transaction happened, trying again may help.
A statement outside a transaction is refused: SQLite would commit it on its own.

What many statements of a transaction call for is done once, before its commit or when somebody settles it; what people
are told of it is told after the commit. A part that is undone takes with it what it called for, and gives back what it
had settled.
"""

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, LiteralString, TypeVar

from model.errors import InvalidInput, Unavailable
from serving.ledger.files import OpenedFile

Row = tuple[Any, ...]
Bound = str | int | float | bytes | None
Taken = TypeVar("Taken")


class Store:
    """The connection of one ledger, used by one thread at a time.

    `name` is what error messages call the file; `file` is None where the ledger is in memory.
    """

    def __init__(self, connection: sqlite3.Connection, name: str, file: OpenedFile | None) -> None:
        self._connection = connection
        self._name = name
        self._file = file
        self._due: dict[str, Callable[[], None]] = {}
        self._told: list[Callable[[], None]] = []

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

    def holds(self, sql: LiteralString, **bound: Bound) -> bool:
        """Return whether a constant SELECT finds anything."""
        return self.row(sql, **bound) is not None

    def change(self, sql: LiteralString, **bound: Bound) -> int:
        """Run a constant statement that writes; return the number of rows it changed."""
        return self._run(sql, bound, lambda done: done.rowcount)

    def insert(self, sql: LiteralString, **bound: Bound) -> int | None:
        """Run a constant INSERT; return the new row's number, or None where it was already there."""
        return self._run(sql, bound, lambda done: done.lastrowid if done.rowcount else None)

    def insert_all(self, sql: LiteralString, bound: Sequence[Mapping[str, Bound]]) -> None:
        """Run a constant INSERT for every mapping of values, prepared once: there may be a hundred thousand."""
        with self._named():
            if self._connection.in_transaction:
                self._connection.executemany(sql, bound)
                return
        raise self._over()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Hold the one write lock; everything in it is durable on leaving, or nothing of it happened.

        A file that was moved, removed or replaced would take all of it along: that is looked at first and last.
        """
        self._same_file()
        with self._named():
            self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.settle()
            self._same_file()
            with self._named():
                self._connection.execute("COMMIT")
            told = self._told
        finally:
            self._due, self._told = {}, []
            if self._connection.in_transaction:
                with self._named():
                    self._connection.execute("ROLLBACK")
        for tell in told:
            tell()

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

    @contextmanager
    def savepoint(self, *, keep: bool = True) -> Iterator[None]:
        """Nest a part that an exception undoes alone; `keep=False` undoes it in any case (a dry run)."""
        self.change("SAVEPOINT part")
        due, told = dict(self._due), list(self._told)
        done = False
        try:
            yield
            done = keep
        finally:
            if not done:
                self._due, self._told = due, told
                self.change("ROLLBACK TO part")
            self.change("RELEASE part")

    def before_commit(self, name: str, work: Callable[[], None]) -> None:
        """Do this once before the commit; of several works of one name the last."""
        self._due[name] = work

    def settle(self) -> None:
        """Do now what is due before the commit, for somebody who reads what comes of it."""
        while self._due:
            self._due.pop(next(iter(self._due)))()

    def after_commit(self, tell: Callable[[], None]) -> None:
        """Do this once everything is durable, and not at all where it never is."""
        self._told.append(tell)

    def close(self) -> None:
        """Close the file."""
        with self._named():
            self._connection.close()

    def _run(self, sql: LiteralString, bound: Mapping[str, Bound], take: Callable[[sqlite3.Cursor], Taken]) -> Taken:
        """Run a statement and take its answer; refuse outside of a transaction, or in one that SQLite has given up."""
        try:
            if self._connection.in_transaction:
                return take(self._connection.execute(sql, bound))
        except (sqlite3.Error, UnicodeEncodeError):
            with self._named():  # entered only where something went wrong: a decision runs some forty statements
                raise
        raise self._over()

    def _over(self) -> Unavailable:
        return Unavailable(f"ledger `{self._name}`: the transaction is over; nothing of it happened; try again")

    def _same_file(self) -> None:
        if self._file is not None:
            self._file.check()

    def _named(self) -> "_Named":
        """Turn what SQLite says into what a reader can act on."""
        return _Named(self._name)


class _Named(AbstractContextManager[None]):
    """Raises `Unavailable` in place of SQLite's own errors; a class, because every transaction passes through it."""

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, sqlite3.Error):
            raise Unavailable(
                f"ledger `{self._name}`: {error}; nothing was half-done; check disk, permissions and other writers"
            ) from error
        if isinstance(error, UnicodeEncodeError):
            raise InvalidInput("ledger: a lone surrogate is not text that can be stored; send valid Unicode") from error
