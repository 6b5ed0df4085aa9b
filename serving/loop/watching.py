"""Who looks on while the decide loop works, and changes nothing: a protocol, and nobody."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from serving.ports import Transaction


class Onlooker(Protocol):
    """Who looks on, and changes nothing: what is counted of the groups (`serving.metrics`)."""

    def begun(self, waited: Sequence[float], /) -> None:
        """A group is handed over; each piece that somebody asked for waited so many seconds. On the event loop."""

    def transaction(
        self, opened: AbstractContextManager[Transaction], /, *, asked: bool = True
    ) -> AbstractContextManager[Transaction]:
        """Return the transaction of a group, or what stands for it; from here on the writer's thread.

        `asked`: whether somebody asked for any of it; else it is our own housekeeping.
        """
        ...

    def failed(self) -> None:
        """Nothing of a group is recorded, as far as is known."""


class Unwatched:
    """Nobody looks on."""

    def begun(self, waited: Sequence[float], /) -> None:
        """Count nothing."""

    def transaction(
        self, opened: AbstractContextManager[Transaction], /, *, asked: bool = True
    ) -> AbstractContextManager[Transaction]:
        """Return it as it is."""
        del asked
        return opened

    def failed(self) -> None:
        """Count nothing."""
