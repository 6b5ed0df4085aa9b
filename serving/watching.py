"""Who looks on while the decide loop works, and changes nothing: a protocol, and nobody."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from serving.ports import Transaction


class Onlooker(Protocol):
    """Who looks on, and changes nothing: what is counted of the groups (`serving.metrics`)."""

    def begun(self, waited: Sequence[float], /) -> None:
        """A group is handed over, of which each piece waited for so many seconds; on the event loop."""

    def transaction(self, opened: AbstractContextManager[Transaction], /) -> AbstractContextManager[Transaction]:
        """Return the transaction of a group, or what stands for it; from here on the writer's thread."""
        ...

    def failed(self) -> None:
        """Nothing of a group is recorded, as far as is known."""


class Unwatched:
    """Nobody looks on."""

    def begun(self, waited: Sequence[float], /) -> None:
        """Count nothing."""

    def transaction(self, opened: AbstractContextManager[Transaction], /) -> AbstractContextManager[Transaction]:
        """Return it as it is."""
        return opened

    def failed(self) -> None:
        """Count nothing."""
