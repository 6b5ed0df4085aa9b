"""Reading a ledger beside its writer: each look has a connection of its own that can only read, and sees one state."""

from collections.abc import Callable
from typing import TypeVar

from serving.ledger.looking import looking
from serving.ledger.sqlite.ledger import SqliteTransaction
from serving.people.looking import Looking

T = TypeVar("T")


class Reading:
    """Reads the ledger at an address, from any thread; nothing waits for it, and it waits for nobody."""

    def __init__(self, url: str) -> None:
        self._url = url

    def __call__(self, job: Callable[[Looking], T]) -> T:
        """Return what the job finds, all of it as of one instant.

        Raises:
            InvalidInput: the address is wrong, or the file is no ledger of this version.
            Unavailable: it is not there, or cannot be read now.
        """
        with looking(self._url) as store:
            return job(SqliteTransaction(store))
