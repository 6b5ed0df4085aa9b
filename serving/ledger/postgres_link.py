"""A connection to PostgreSQL, spoken to through libpq itself: every statement is prepared once, every value is bound.

A round trip of psycopg's cursor takes 26 µs of CPU here, one of libpq 9: the ledger's statements are known beforehand,
so that what a cursor works out each time is worked out once. Texts go as they are (in binary), numbers as digits,
answers come back in binary: floats keep every bit.
"""

from collections.abc import Mapping, Sequence
from typing import Any, LiteralString

from psycopg import Connection, Error, pq
from psycopg.adapt import Transformer

from model.errors import InvalidInput
from serving.ledger.postgres_dialect import Statement, translated
from serving.ledger.store import Bound, Row

TEXT, BINARY = 0, 1
SMALLEST, LARGEST = -(2**63), 2**63 - 1
BURST = 500  # statements on their way at once; their answers fit into a socket's buffer
GOOD = frozenset({pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK})


class Refused(Exception):  # noqa: N818  (what a server does; the store decides which error that is)
    """The server refused a statement, or is gone; `state` is its SQLSTATE, empty where it said none."""

    def __init__(self, said: str, state: str = "") -> None:
        super().__init__(said)
        self.state = state


class Link:
    """An open connection, with the names of what is prepared on it."""

    def __init__(self, connection: "Connection[Row]") -> None:
        self._connection = connection
        self._raw = connection.pgconn
        self._reader = Transformer(connection)
        self._prepared: dict[Statement, bytes] = {}
        self.trips = 0  # round trips, to be measured

    def say(self, sql: LiteralString) -> bytes:
        """Run statements that take no values, in one round trip; return what the server calls the last."""
        try:
            return self._checked(self._raw.exec_(sql.encode())).command_status or b""
        except Error as error:
            raise Refused(str(error)) from error

    def run(self, statement: Statement, bound: Mapping[str, Bound]) -> "pq.abc.PGresult":
        """Run a statement with its values; refused values leave the transaction as it is."""
        values, formats = packed(statement.names, bound)
        try:
            name = self._prepared.get(statement) or self._prepare(statement)
            return self._checked(self._raw.exec_prepared(name, values, formats, BINARY))
        except Error as error:  # the server is gone
            raise Refused(str(error)) from error

    def read(self, result: "pq.abc.PGresult") -> list[Row]:
        """Read all rows of an answer."""
        self._reader.set_pgresult(result)
        return self._reader.load_rows(0, result.ntuples, tuple)

    def ask(self, sql: LiteralString, **bound: Bound) -> list[Row]:
        """Run a constant statement and return its rows."""
        return self.read(self.run(translated(sql), bound))

    def run_all(self, statement: Statement, bound: Sequence[Mapping[str, Bound]]) -> int:
        """Run a statement for every mapping of values, in few round trips; return how many rows it changed."""
        rows = [packed(statement.names, one) for one in bound]
        try:
            name = self._prepared.get(statement) or self._prepare(statement)
            return sum(self._burst(name, rows[start : start + BURST]) for start in range(0, len(rows), BURST))
        except Error as error:
            raise Refused(str(error)) from error

    def close(self) -> None:
        """Close the connection; what was not committed is undone."""
        self._connection.close()

    def _prepare(self, statement: Statement) -> bytes:
        name = b"s%d" % len(self._prepared)
        self._checked(self._raw.prepare(name, statement.text))
        self._prepared[statement] = name
        return name

    def _burst(self, name: bytes, rows: Sequence[tuple[list[Any], list[int]]]) -> int:
        """Run one statement for all of them; the first that is refused ends it."""
        raw = self._raw
        self.trips += 1
        raw.enter_pipeline_mode()
        for values, formats in rows:
            raw.send_query_prepared(name, values, formats, BINARY)
        raw.pipeline_sync()
        answers = [self._answer() for _ in rows]
        raw.get_result()  # of the synchronisation
        raw.exit_pipeline_mode()
        for answer in answers:
            if answer.status not in GOOD:
                raise _refused(answer)
        return sum(answer.command_tuples or 0 for answer in answers)

    def _answer(self) -> "pq.abc.PGresult":
        """Read one answer of several, and the end that follows it."""
        result = self._raw.get_result()
        if result is None:
            raise Refused("the server is gone")
        self._raw.get_result()
        return result

    def _checked(self, result: "pq.abc.PGresult") -> "pq.abc.PGresult":
        self.trips += 1
        if result.status not in GOOD:
            raise _refused(result)
        return result


def _refused(result: "pq.abc.PGresult") -> Refused:
    state = result.error_field(pq.DiagnosticField.SQLSTATE) or b""
    said = result.error_field(pq.DiagnosticField.MESSAGE_PRIMARY) or result.error_message.partition(b"\n")[0]
    return Refused(said.decode("utf-8", "replace"), state.decode())


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
