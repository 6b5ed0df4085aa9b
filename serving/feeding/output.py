"""Where a feed writes its decisions: a file that is only added to, and never ahead of the ledger.

What a transaction decides is first written, whole and synced, beside the file (`<name>.next`, with the length that the
file has by then); then the transaction commits; then it is added to the file. A feed that was killed in between finds
it there: where the ledger has those decisions they are added, once, else they are dropped.
"""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from model.contracts import JSON
from model.errors import InvalidInput, Unavailable
from model.folders import sync_folder
from serving.ports import Ledger, Transaction
from serving.record.record import read_record

NEXT = ".next"


class DecisionsFile:
    """The file of a feed's decisions, one JSON line each.

    Every method raises `Unavailable` where the disk is full, or went away: what the ledger has by then is added when
    the same feed is started again.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._beside = path.with_name(path.name + NEXT)

    def resume(self, ledger: Ledger) -> None:
        """Add what a feed that was killed could not add any more.

        Raises:
            InvalidInput: what lies beside the file does not belong to it.
        """
        with _writable(self._path):
            self._path.touch()
            waiting = self._waiting()
            if waiting is None or not _on_record(ledger, waiting[1]):
                return
            length, lines = waiting
            there, whole = _from(self._path, length), b"".join(lines)
            if self._path.stat().st_size < length or not (there.startswith(whole) or whole.startswith(there)):
                raise InvalidInput(
                    f"`{self._beside}` does not go on what `{self._path}` holds by now; remove one of them"
                )
            if not there.startswith(whole):
                _write(self._path, length, *lines)

    def prepare(self, lines: list[bytes]) -> None:
        """Put lines beside the file: their transaction commits next."""
        with _writable(self._path):
            _write(self._beside, 0, b"%d %d\n" % (self._path.stat().st_size, len(lines)), *lines)
            sync_folder(self._path.absolute().parent)

    def add(self, lines: list[bytes]) -> None:
        """Add the lines that were prepared: they are in the ledger now."""
        with _writable(self._path):
            _write(self._path, self._path.stat().st_size, *lines)

    def finish(self) -> None:
        """Leave nothing beside the file."""
        with _writable(self._path):
            self._beside.unlink(missing_ok=True)

    def _waiting(self) -> tuple[int, list[bytes]] | None:
        """Return what lies beside the file, or None where nothing does that was ever whole."""
        try:
            head, *lines = self._beside.read_bytes().splitlines(keepends=True)
            length, count = map(int, head.split())
        except (FileNotFoundError, ValueError):
            return None
        return (length, lines) if len(lines) == count and all(line.endswith(b"\n") for line in lines) else None


def _on_record(ledger: Ledger, lines: Sequence[bytes]) -> bool:
    """Return whether the ledger has all that these lines say."""
    with ledger.transaction() as transaction:
        return all(_is_recorded(transaction, json.loads(line)) for line in lines)


def _is_recorded(transaction: Transaction, told: Mapping[str, JSON]) -> bool:
    known = transaction.confirmable(told["decision_id"])
    if known is None:
        return False
    first = read_record(known.record).decided.decision.decided_at
    at = first if known.last is None else known.last.at
    return at >= datetime.fromisoformat(told["decided_at"])


def _from(path: Path, length: int) -> bytes:
    """Return what a file holds after so many bytes."""
    with path.open("rb") as file:
        file.seek(length)
        return file.read()


def _write(path: Path, length: int, *parts: bytes) -> None:
    """Write parts from this length of a file on, to its new end, and sync it."""
    with path.open("r+b" if path.exists() else "w+b") as file:
        file.truncate(length)
        file.seek(length)
        file.writelines(parts)
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def _writable(path: Path) -> Iterator[None]:
    """Say in one line what the disk refused."""
    try:
        yield
    except OSError as error:
        raise Unavailable(
            f"`{path}` cannot be written ({error.strerror}); make room, and feed the same file again: it goes on there"
        ) from error
