"""Whether somebody holds a ledger whose log or index was removed: another one beside theirs would be a second ledger.

Processes that share a file find each other by its index (`-shm`). Where that, or the log, is removed under them they go
on with what has no name any more; who opens the file then would make new ones, and each side would write over what the
other acknowledged. So whoever finds one of them missing first asks for the whole file: SQLite's own lock on it, that
every process with a log holds for as long as it has the file open, says whether anybody is left. The kernel frees it
when a process dies, so what a dead one left behind keeps nobody waiting.
"""

import sqlite3
import time
from contextlib import closing, suppress
from typing import Final

from model.errors import Unavailable
from serving.ledger.files import OpenedFile
from serving.ledger.sqlite.store import PRIMARY

WAIT: Final = 1.0  # seconds: who opens it at the same time has made both by then
PAUSE: Final = 0.02
_ALONE = ("PRAGMA locking_mode = EXCLUSIVE", "BEGIN EXCLUSIVE", "ROLLBACK")  # without an index: it is made by none


def refuse_second_index(file: OpenedFile) -> None:
    """Raise `Unavailable` where its log or its index is gone, and somebody still holds the file without."""
    until = time.monotonic() + WAIT
    while not file.has_both and _held(file):
        if time.monotonic() >= until:
            raise Unavailable(
                f"ledger `{file.path}`: its log or index was removed, and another process still holds it so; "
                f"it is opened when that one has noticed or ended: `fuser {file.path}` names it, restart or end it"
            )
        time.sleep(PAUSE)


def _held(file: OpenedFile) -> bool:
    """Ask for all of it, for a moment; what else fails shows itself to whoever opens it."""
    with suppress(sqlite3.Error), closing(sqlite3.connect(file.uri, uri=True, timeout=0, isolation_level=None)) as all_:
        try:
            for statement in _ALONE:
                all_.execute(statement)
        except sqlite3.OperationalError as error:
            return error.sqlite_errorcode & PRIMARY == sqlite3.SQLITE_BUSY
    return False
