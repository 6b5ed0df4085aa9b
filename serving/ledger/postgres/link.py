"""A connection to PostgreSQL, spoken to through libpq itself: every statement is prepared once, every value is bound.

A round trip of psycopg's cursor takes 26 µs of CPU here, one of libpq 9: the ledger's statements are known beforehand,
so that what a cursor works out each time is worked out once. Texts go as they are (in binary), numbers as digits,
answers come back in binary: floats keep every bit.

No wait is without an end: a server that is stopped, or a network that swallows what is sent, says nothing for hours.
Whoever has waited for the limit closes the connection, and what was not committed is undone.
"""

import select
import time
from collections.abc import Mapping, Sequence
from typing import Any, LiteralString

from psycopg import Connection, Error, pq
from psycopg.adapt import Transformer

from model.errors import InvalidInput, one_line
from serving.ledger.postgres.dialect import Statement, translated
from serving.ledger.store import Bound, Row

TEXT, BINARY = 0, 1
SMALLEST, LARGEST = -(2**63), 2**63 - 1
BURST = 500  # statements on their way at once; their answers fit into a socket's buffer
GONE = "the server is gone"
GOOD = frozenset({pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK})


class Refused(Exception):  # noqa: N818  (what a server does; the store decides which error that is)
    """The server refused a statement, or is gone; `state` is its SQLSTATE, empty where it said none."""

    def __init__(self, said: str, state: str = "") -> None:
        super().__init__(said)
        self.state = state


class Lost(Refused):
    """A statement was sent, and its answer never came: it was carried out, or it was not."""


class Link:
    """An open connection, with the names of what is prepared on it; `limit`: seconds that an answer may take."""

    def __init__(self, connection: "Connection[Row]", *, limit: float) -> None:
        self.limit = limit
        self._connection = connection
        self._raw = connection.pgconn
        self._raw.nonblocking = 1  # so that sending waits no longer either
        self._ready = select.poll()
        self._awaited = 0  # what is polled for
        self._reader = Transformer(connection)
        self._prepared: dict[Statement, bytes] = {}
        self.trips = 0  # round trips, to be measured

    @property
    def process(self) -> int:
        """The number of the server's process that answers here."""
        return self._raw.backend_pid

    def say(self, sql: LiteralString) -> bytes:
        """Run statements that take no values, in one round trip; return what the server calls the last."""
        try:
            self._raw.send_query(sql.encode())
        except Error as error:
            raise Refused(str(error)) from error
        return self._checked(self._answered()).command_status or b""

    def run(self, statement: Statement, bound: Mapping[str, Bound]) -> "pq.abc.PGresult":
        """Run a statement with its values; refused values leave the transaction as it is."""
        values, formats = packed(statement.names, bound)
        try:
            name = self._prepared.get(statement) or self._prepare(statement)
            self._raw.send_query_prepared(name, values, formats, BINARY)
        except Error as error:  # the server is gone
            raise Refused(str(error)) from error
        return self._checked(self._answered())

    def read(self, result: "pq.abc.PGresult") -> list[Row]:
        """Read all rows of an answer."""
        self._reader.set_pgresult(result)
        return self._reader.load_rows(0, result.ntuples, tuple)

    def ask(self, sql: LiteralString, **bound: Bound) -> list[Row]:
        """Run a constant statement and return its rows."""
        return self.read(self.run(translated(sql), bound))

    def run_all(self, statement: Statement, bound: Sequence[Mapping[str, Bound]]) -> "list[pq.abc.PGresult]":
        """Run a statement for every mapping of values, in few round trips; return an answer for each."""
        rows = [packed(statement.names, one) for one in bound]
        try:
            name = self._prepared.get(statement) or self._prepare(statement)
            return [
                one for start in range(0, len(rows), BURST) for one in self._burst(name, rows[start : start + BURST])
            ]
        except Error as error:
            raise Refused(str(error)) from error

    def close(self) -> None:
        """Close the connection; what was not committed is undone."""
        self._connection.close()

    def _prepare(self, statement: Statement) -> bytes:
        name = b"s%d" % len(self._prepared)
        self._raw.send_prepare(name, statement.text)
        self._checked(self._answered())
        self._prepared[statement] = name
        return name

    def _burst(self, name: bytes, rows: Sequence[tuple[list[Any], list[int]]]) -> "list[pq.abc.PGresult]":
        """Run one statement for all of them; the first that is refused ends it."""
        raw = self._raw
        self.trips += 1
        raw.enter_pipeline_mode()
        for values, formats in rows:
            raw.send_query_prepared(name, values, formats, BINARY)
        raw.pipeline_sync()
        until = time.monotonic() + self.limit
        answers = [self._answer(until) for _ in rows]
        self._next(until)  # of the synchronisation
        raw.exit_pipeline_mode()
        for answer in answers:
            if answer.status not in GOOD:
                raise _refused(answer)
        return answers

    def _answer(self, until: float) -> "pq.abc.PGresult":
        """Read one answer of several, and the end that follows it."""
        result = self._next(until)
        if result is None:
            raise Lost(GONE)
        self._next(until)
        return result

    def _answered(self) -> "pq.abc.PGresult":
        """Read the last answer to what was sent, or the refusal that ended it."""
        until = time.monotonic() + self.limit
        told = None
        while (result := self._next(until)) is not None:
            if told is None or told.status in GOOD:
                told = result
        if told is None:
            raise Lost(GONE)
        return told

    def _next(self, until: float) -> "pq.abc.PGresult | None":
        """Send what is not sent yet, and read the next answer, or the end of them."""
        raw = self._raw
        try:
            while raw.flush():
                self._wait(select.POLLIN | select.POLLOUT, until)
                raw.consume_input()
            while raw.is_busy():
                self._wait(select.POLLIN, until)
                raw.consume_input()
            return raw.get_result()
        except Error as error:
            raise Lost(one_line(error)) from error

    def _wait(self, events: int, until: float) -> None:
        """Wait until the server reads or says something; who waited long enough hangs up."""
        if events != self._awaited:
            self._ready.register(self._raw.socket, events)
            self._awaited = events
        left = until - time.monotonic()
        if left <= 0 or not self._ready.poll(left * 1000):
            self.close()
            raise Lost(f"the server did not answer within {self.limit:g} seconds")

    def _checked(self, result: "pq.abc.PGresult") -> "pq.abc.PGresult":
        self.trips += 1
        if result.status not in GOOD:
            raise _refused(result)
        return result


def _refused(result: "pq.abc.PGresult") -> Refused:
    state = result.error_field(pq.DiagnosticField.SQLSTATE) or b""
    said = result.error_field(pq.DiagnosticField.MESSAGE_PRIMARY) or result.error_message.partition(b"\n")[0]
    return (Refused if state else Lost)(said.decode("utf-8", "replace"), state.decode())


def packed(names: Sequence[str], bound: Mapping[str, Bound]) -> tuple[list[Any], list[int]]:
    """Return values and their formats as libpq takes them.

    Raises:
        InvalidInput: a text holds NUL or a lone surrogate, or a number has more than 64 bits: refused here, so that the
            transaction goes on.
    """
    values: list[Any] = []  # bytes or None, which psycopg's own types do not foresee
    formats: list[int] = []
    for name in names:
        value = bound[name]
        if value.__class__ is str:
            values.append(_text(value))
            formats.append(BINARY)
        else:
            values.append(None if value is None else _number(value))
            formats.append(BINARY if isinstance(value, bytes | str) else TEXT)
    return values, formats


def _text(value: str) -> bytes:
    if "\0" in value:
        raise InvalidInput("ledger: a NUL is not text that PostgreSQL can store; leave it out")
    try:
        return value.encode()
    except UnicodeEncodeError as error:
        raise InvalidInput("ledger: a lone surrogate is not text that can be stored; send valid Unicode") from error


def _number(value: Bound) -> bytes:
    """Return a number as its digits, a truth as 0 or 1; and what is only nearly a text, or bytes, as what it is."""
    if isinstance(value, int):
        if not SMALLEST <= value <= LARGEST:
            raise InvalidInput(f"ledger: `{value}` has more than the 64 bits of a whole number; send a smaller one")
        return b"%d" % value
    if isinstance(value, float):
        return float.__repr__(value).encode()
    return _text(value) if isinstance(value, str) else bytes(value or b"")
