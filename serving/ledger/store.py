"""One connection to a ledger that runs constant statements in explicit transactions and names its failures.

Every failure of the database leaves here as `Unavailable`: nothing of the transaction happened, trying again may help.
A statement outside a transaction is refused: the database would commit it on its own.

What many statements of a transaction call for is done once, before its commit or when somebody settles it; what people
are told of it is told after the commit. A part that is undone takes with it what it called for, and gives back what it
had settled.

What is read again and again is read once per transaction (`recall`): whoever writes to it says so (`forget`).

Statements are those of SQLite with `:name` parameters; `serving.ledger.postgres.dialect` says them in PostgreSQL's.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, LiteralString, TypeVar

from model.errors import Unavailable

Row = tuple[Any, ...]
Bound = str | int | float | bytes | None
T = TypeVar("T")


class Store(ABC):
    """The connection of one ledger, used by one thread at a time; `name` is what error messages call it."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._due: dict[str, Callable[[], None]] = {}
        self._told: list[Callable[[], object]] = []
        self._recalled: dict[Hashable, Any] = {}

    @property
    def in_memory(self) -> bool:
        """Whether it ends with its connection."""
        return False

    @property
    def part(self) -> int:
        """A number that no other connection has at the same time; 0 where there is one writer."""
        return 0

    @abstractmethod
    def rows(self, sql: LiteralString, **bound: Bound) -> list[Row]:
        """Return all rows of a constant SELECT."""

    @abstractmethod
    def row(self, sql: LiteralString, **bound: Bound) -> Row | None:
        """Return the first row of a constant SELECT, or None."""

    def holds(self, sql: LiteralString, **bound: Bound) -> bool:
        """Return whether a constant SELECT finds anything."""
        return self.row(sql, **bound) is not None

    @abstractmethod
    def change(self, sql: LiteralString, **bound: Bound) -> int:
        """Run a constant statement that writes; return the number of rows it changed."""

    @abstractmethod
    def insert(self, sql: LiteralString, **bound: Bound) -> int | None:
        """Run a constant INSERT; return the new row's number, or None where it was already there."""

    @abstractmethod
    def insert_all(self, sql: LiteralString, bound: Sequence[Mapping[str, Bound]]) -> int:
        """Run a constant INSERT for every mapping of values, prepared once: there may be a hundred thousand.

        In order; a row sees those before it. Returns how many rows are new or changed.
        """

    @abstractmethod
    def insert_numbered(self, sql: LiteralString, bound: Sequence[Mapping[str, Bound]]) -> list[int]:
        """Run a constant INSERT as `insert_all` does; return the numbers of the new rows, in order.

        Fewer than there are mappings mean that some were already there; then they are nobody's in particular.
        """

    @contextmanager
    def transaction(self, about: Sequence[str] | None = None) -> Iterator[None]:
        """Hold the write lock; everything in it is durable on leaving, or nothing of it happened.

        `about` names the customers, and whatever else no two transactions may share, to which it keeps: where the
        database lets several write at once, those of others need not wait. None: it is the only one.
        """
        self._begin(about)
        try:
            yield
            self.settle()
            self._commit()
            told = self._told
        finally:
            self._due, self._told, self._recalled = {}, [], {}
            self._undo()
        for tell in told:
            tell()

    @abstractmethod
    def _begin(self, about: Sequence[str] | None) -> None:
        """Begin a transaction and take its locks."""

    @abstractmethod
    def _commit(self) -> None:
        """Make all of it durable."""

    @abstractmethod
    def _undo(self) -> None:
        """Undo the transaction, where one is still open."""

    @abstractmethod
    def look(self) -> AbstractContextManager[None]:
        """Read all of it as it stands now, whatever others write meanwhile; takes no lock and leaves nothing behind."""

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
                self._due, self._told, self._recalled = due, told, {}
                self.change("ROLLBACK TO part")
            self.change("RELEASE part")

    def recall(self, name: Hashable, read: Callable[[], T]) -> T:
        """Return what was read under a name in this transaction, or read it now."""
        try:
            known: T = self._recalled[name]
        except KeyError:
            known = self._recalled[name] = read()
        return known

    def forget(self, name: Hashable) -> None:
        """Have it read again: it is written to."""
        self._recalled.pop(name, None)

    @abstractmethod
    def alone(self) -> None:
        """Say that what follows concerns more than what the transaction is about: it must be the only one.

        Raises:
            NotAlone: it is not; begin it anew with `about=None`.
        """

    def is_about(self, name: str) -> bool:
        """Return whether nobody else can write about this customer now."""
        del name
        return True

    @abstractmethod
    def counting(self, keys: Iterable[str]) -> None:
        """Have the counters of these keys to itself from here on, to read them and to write them.

        Raises:
            NotAlone: as `alone`.
        """

    def before_commit(self, name: str, work: Callable[[], None]) -> None:
        """Do this once before the commit; of several works of one name the last."""
        self._due[name] = work

    def settle(self) -> None:
        """Do now what is due before the commit, for somebody who reads what comes of it."""
        while self._due:
            self._due.pop(next(iter(self._due)))()

    def after_commit(self, tell: Callable[[], object]) -> None:
        """Do this once everything is durable, and not at all where it never is."""
        self._told.append(tell)

    @abstractmethod
    def checkpoint(self) -> bool:
        """Let what was deleted or overwritten leave the disk, where the database keeps it for longer; say if it has."""

    def size(self) -> int | None:
        """Return the bytes of the file that can be written anew; None where there is none of ours."""
        return None

    def write_anew(self) -> None:  # noqa: B027  (most have nothing to write)
        """Write the whole file anew: others read meanwhile, nobody writes, and what fails changes nothing.

        Raises:
            Unavailable: it cannot be written now.
        """

    @abstractmethod
    def close(self) -> None:
        """Release the connection."""

    def _over(self) -> Unavailable:
        return Unavailable(f"ledger `{self._name}`: the transaction is over; nothing of it happened; try again")
