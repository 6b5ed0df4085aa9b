"""Which clock a process believed, as a value and as a port: `serving.ports.Transaction` has it."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Believed:
    """What a clock believes: `offset` of the wall clock from elapsed time; until `calm_at` nothing is forgotten.

    `settled` says that whoever believed it was ended in order.
    """

    offset: float
    calm_at: float
    settled: bool = False


class Clocks(Protocol):
    """What a ledger knows of the clocks that it is written by."""

    def clock_kept(self, boot: str) -> Believed | None:
        """Return what was believed last since the machine was started under this name, or None."""
        ...

    def keep_clock(self, boot: str, believed: Believed) -> None:
        """Keep it in place of what was."""
        ...
