"""Whether a ledger file is damaged, as far as that can be seen in a few seconds."""

import sqlite3
from time import monotonic
from typing import Final

from model.errors import InvalidInput, Unavailable

SECONDS: Final = 3.0  # for looking: a gigabyte or so
STEPS: Final = 50_000  # of SQLite's, between two looks at the clock


def check_sound(connection: sqlite3.Connection, path: str) -> None:
    """Look through the file on a connection of its own; what was not looked at in time is taken for sound.

    Raises:
        InvalidInput: it is damaged.
        Unavailable: the disk does not let it be read.
    """
    until = monotonic() + SECONDS
    connection.set_progress_handler(lambda: monotonic() > until, STEPS)
    try:
        (said,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
            raise Unavailable(f"ledger `{path}`: {error}; check the disk") from error
        return
    except sqlite3.DatabaseError as error:
        raise _damaged(path, str(error)) from error
    finally:
        connection.set_progress_handler(None, 0)
    if said != "ok":
        raise _damaged(path, said)


def _damaged(path: str, said: str) -> InvalidInput:
    return InvalidInput(f"ledger `{path}` is damaged: {' '.join(said.split())}; stop the API and restore a backup")
