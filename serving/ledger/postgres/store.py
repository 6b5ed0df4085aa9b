"""The store on one PostgreSQL connection: many hosts write at once, each transaction under the locks that it needs."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, LiteralString

from model.errors import InvalidInput, Unavailable
from serving.ledger.postgres import locks
from serving.ledger.postgres.dialect import Statement, translated
from serving.ledger.postgres.link import Link, Lost, Refused, packed
from serving.ledger.pseudonyms import pseudonyms
from serving.ledger.store import Bound, Row, Store
from serving.ports import NotAlone, Unsure

if TYPE_CHECKING:
    from psycopg import pq

DEADLOCK, SERIALIZATION, NO_ROOM_FOR_LOCKS = "40P01", "40001", "53200"
TOO_LONG = "54000"
WAITED = {"55P03": "other writers hold it", "57014": "a statement took too long"}
AGAIN = frozenset({DEADLOCK, SERIALIZATION, NO_ROOM_FOR_LOCKS, "55P03"})  # beside others: begun anew, alone


class PostgresStore(Store):
    """`name` is the address without its password."""

    def __init__(self, link: Link, name: str) -> None:
        super().__init__(name)
        self._link = link
        self._open = False
        self._names: frozenset[str] | None = None  # whom a shared transaction is about; None: it is the only one
        self._counted: set[str] = set()
        self._monitors = False

    @property
    def limit(self) -> float:
        """How many seconds a statement may take until the server counts as gone."""
        return self._link.limit

    @limit.setter
    def limit(self, seconds: float) -> None:
        self._link.limit = seconds

    @property
    def name(self) -> str:
        """The address, as it may be shown."""
        return self._name

    @property
    def part(self) -> int:
        """The number of the server's process for this connection."""
        return self._link.process

    def rows(self, sql: LiteralString, **bound: Bound) -> list[Row]:
        """Return all rows of a constant SELECT."""
        return self._rows(translated(sql), bound)

    def row(self, sql: LiteralString, **bound: Bound) -> Row | None:
        """Return the first row of a constant SELECT, or None."""
        found = self._rows(translated(sql), bound)
        return found[0] if found else None

    def change(self, sql: LiteralString, **bound: Bound) -> int:
        """Run a constant statement that writes; return the number of rows it changed."""
        statement = translated(sql)
        if self._names is not None:
            self._may_write(statement.writes)
        if not self._open:
            raise self._over()
        try:
            return self._link.run(statement, bound).command_tuples or 0
        except Refused as refused:
            raise self._said(refused) from refused

    def insert(self, sql: LiteralString, **bound: Bound) -> int | None:
        """Run a constant INSERT; return the new row's number, or None where it was already there."""
        found = self._rows(translated(sql, numbered=True), bound)
        return int(found[0][0]) if found else None

    def insert_all(self, sql: LiteralString, bound: Sequence[Mapping[str, Bound]]) -> int:
        """Run a constant INSERT for every mapping of values, in few round trips; return how many rows are new."""
        return sum(answer.command_tuples or 0 for answer in self._all(translated(sql), bound))

    def insert_numbered(self, sql: LiteralString, bound: Sequence[Mapping[str, Bound]]) -> list[int]:
        """Run a constant INSERT for every mapping of values, in few round trips; return the numbers of the new rows."""
        answers = self._all(translated(sql, numbered=True), bound)
        return [int(row[0]) for answer in answers for row in self._link.read(answer)]

    @contextmanager
    def look(self) -> Iterator[None]:
        """Read all of it as it stands now, whatever others write meanwhile; takes no lock and leaves nothing behind."""
        self._open = True
        try:
            self._say(locks.LOOK)
            yield
        finally:
            self._undo()

    def alone(self) -> None:
        """Refuse to go on beside others."""
        if self._names is not None:
            raise NotAlone

    def is_about(self, name: str) -> bool:
        """Return whether nobody else can write about this customer now."""
        return self._names is None or name in self._names

    def counting(self, keys: Iterable[str]) -> None:
        """Lock these counters; those that come after others were locked already must be free, or it is not alone."""
        if self._names is None:
            return
        more = sorted({key for key in keys if key not in self._counted})
        if more and not (self._counted or self._monitors):
            self.rows(locks.VOLUMES, keys=json.dumps(more))
        elif more and not all(free for (free,) in self.rows(locks.TRY_VOLUMES, keys=json.dumps(more))):
            raise NotAlone
        self._counted.update(more)

    def make(self, sql: str) -> None:
        """Run a statement that makes a table, an index or a trigger."""
        self._say(sql)  # put together from the constants of the schema

    def checkpoint(self) -> bool:
        """Old versions of rows go with the server's own vacuum: there is nothing to do."""
        return True

    def close(self) -> None:
        """Close the connection."""
        self._open = False
        self._link.close()

    def _begin(self, about: Sequence[str] | None) -> None:
        """Lock the ledger, then the customers; each in a statement of its own, so that what follows reads what is."""
        names = None if about is None or len(about) > locks.MOST_NAMES else _listed(about)
        self._names, self._counted, self._monitors = None, set(), False
        self._open = True
        try:
            self._say(locks.ALONE if names is None else locks.SHARED)
            if names is not None and about is not None:
                self._names = frozenset(about)  # what the server refuses from here on may be tried alone
                self._names |= self._locked(about)
        except BaseException:
            self._undo()
            raise

    def _locked(self, about: Sequence[str]) -> frozenset[str]:
        """Lock the customers that these ids stand for, all in one order; who was erased, by their pseudonym as well."""
        erased = pseudonyms(self, about).values() if self.holds(locks.ERASED) else ()
        return frozenset(name for name, _ in self.rows(locks.CUSTOMERS, names=json.dumps([*about, *erased])))

    def _commit(self) -> None:
        """Make it durable; a transaction that the server has given up says ROLLBACK here, and that it is well."""
        try:
            said = self._link.say("COMMIT")
        except Lost as lost:
            raise Unsure(
                f"ledger `{self._name}`: {lost}; whether it was recorded is not known; "
                "ask again with the same Idempotency-Key, or look it up"
            ) from lost
        except Refused as refused:
            raise self._said(refused) from refused
        if said != b"COMMIT":
            raise self._over()
        self._open = False

    def _undo(self) -> None:
        """Roll back; where the server is gone it has done so itself, or will."""
        was_open, self._open, self._names = self._open, False, None
        if was_open:
            try:
                self._link.say("ROLLBACK")
            except Refused:
                self._link.close()

    def _rows(self, statement: Statement, bound: Mapping[str, Bound]) -> list[Row]:
        if self._names is not None:
            self._may_write(statement.writes)
        if not self._open:
            raise self._over()
        try:
            return self._link.read(self._link.run(statement, bound))
        except Refused as refused:
            raise self._said(refused) from refused

    def _all(self, statement: Statement, bound: Sequence[Mapping[str, Bound]]) -> "list[pq.abc.PGresult]":
        if self._names is not None:
            self._may_write(statement.writes)
        if not self._open:
            raise self._over()
        try:
            return self._link.run_all(statement, bound)
        except Refused as refused:
            raise self._said(refused) from refused

    def _may_write(self, table: str | None) -> None:
        """Refuse, beside others, what is nobody's own: whatever is not known to be safe is not."""
        if table is None or table in locks.OWN or (table in locks.COUNTED and self._counted):
            return
        if table not in locks.MONITORED:
            raise NotAlone
        if not self._monitors:
            self.rows(locks.MONITOR)
            self._monitors = True

    def _say(self, sql: LiteralString) -> bytes:
        try:
            return self._link.say(sql)
        except Refused as refused:
            raise self._said(refused) from refused

    def _said(self, refused: Refused) -> BaseException:
        """Turn what the server says into what a reader can act on, or what its caller begins anew."""
        if refused.state in AGAIN and self._names is not None:
            return NotAlone()
        if refused.state == TOO_LONG:
            return InvalidInput("ledger: a name is too long for PostgreSQL to find it; give one under 2,600 bytes")
        said = WAITED.get(refused.state, str(refused))
        advice = "check the server, its disk and its permissions" if refused.state not in WAITED else "try again"
        return Unavailable(f"ledger `{self._name}`: {said}; nothing was half-done; {advice}")


def _listed(names: Sequence[str]) -> str | None:
    """Return the names as a JSON list, or None where the server could not read one of them."""
    try:
        packed(("names",), {"names": "".join(names)})
    except InvalidInput:
        return None
    return json.dumps(names, ensure_ascii=False)
