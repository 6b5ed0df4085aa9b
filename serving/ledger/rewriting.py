"""Writing the whole file anew, so that nothing that was erased is left between its rows; what is due stays on record.

SQLite overwrites what is deleted where it stands; but it also moves rows from page to page, and leaves copies. So
whoever erases marks the file, in the same transaction. Whoever writes it anew, at once or later, in whichever process,
clears no mark that was made since it began. A server keeps its own tables: nothing of them is marked.

SQLite's `VACUUM` is one write transaction: readers read on, nobody else writes, and where it breaks off (killed, or the
disk is full) the file is as it was. What it writes stands in the log until nobody reads an older state: so long the
file holds what was erased, and the mark stays. It wants room for two copies: one in the temporary folder, one in the
log.
"""

from enum import StrEnum
from functools import partial
from typing import Final

from model.errors import Unavailable
from serving.ledger.store import Store

SMALL: Final = 64 * 1024 * 1024  # bytes of a file that is written anew in about a second, while everybody waits
_ASK = """INSERT INTO rewriting (id, asked, done) VALUES (1, 1, 0)
    ON CONFLICT (id) DO UPDATE SET asked = rewriting.asked + 1"""
_DUE = "SELECT asked FROM rewriting WHERE asked > done"
_DONE = "UPDATE rewriting SET done = :asked WHERE done < :asked"


class Rewritten(StrEnum):
    """What became of it: nothing is left to do; somebody reads; too large to do it unasked; it failed; a server's."""

    DONE = "done"
    HELD = "held"
    LARGE = "large"
    FAILED = "failed"
    ELSEWHERE = "elsewhere"


def mark(store: Store) -> None:
    """Have the file written anew: this transaction leaves something between its rows."""
    if store.size() is not None:
        store.change(_ASK)


def rewrite_after(store: Store) -> None:
    """Mark the file in this transaction, and write a small one anew once that is durable."""
    mark(store)
    store.after_commit(partial(rewrite, store))


def rewrite(store: Store, *, whatever_size: bool = False) -> Rewritten:
    """Write the file anew where that is due and it is small, or of any size; empty its log in any case.

    It raises nothing: what was erased is erased, and what failed is still due.
    """
    try:
        return _rewritten(store, whatever_size=whatever_size)
    except Unavailable:
        return Rewritten.FAILED
    finally:
        store.checkpoint()


def _rewritten(store: Store, *, whatever_size: bool) -> Rewritten:
    size = store.size()
    if size is None:
        return Rewritten.DONE if store.in_memory else Rewritten.ELSEWHERE
    with store.look():
        due = store.row(_DUE)
    if due is None:
        return Rewritten.DONE
    if size > SMALL and not whatever_size:
        return Rewritten.LARGE
    store.write_anew()
    if not store.checkpoint():
        return Rewritten.HELD
    with store.transaction():
        store.change(_DONE, asked=due[0])
    return Rewritten.DONE
