"""One process vouches for the clock of the next: what was believed stands in the ledger.

A process that takes the place of one that died, or was restarted by a signal, has nothing of its own to compare its
clock with. So the first thing it reads in the ledger is which clock was believed since this machine was started; where
its own differs it was set meanwhile, and is believed no sooner than by those that saw it (`serving.clock.steady`).

    the same clock                  believed
    another one                     as where it is set while the API runs
    another one, after the API was  believed: whoever stopped it knows; nothing is forgotten for a day
    ended in order
    the machine was started anew    believed: it may have been off for days; nothing is forgotten for a day
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Final

from serving.clock.believed import Believed
from serving.clock.steady import ClockSet, SteadyClock
from serving.ports import Ledger, Transaction

Job = Callable[[Ledger, Transaction], int]
MOVED: Final = 1.0  # seconds that the believed clock may have been slewed by until that is written down


class Vouching:
    """Hands on what a clock believes; `boot` names this start of the machine, None where that cannot be known."""

    def __init__(self, clock: SteadyClock, boot: str | None) -> None:
        self._clock = clock
        self._boot = boot
        self.began = False

    def opened(self, ledger: Ledger) -> None:
        """Compare the clock with what was believed, before anything is decided by it; of this process only once."""
        with ledger.transaction() as transaction:
            self._clock.compare(None if self._boot is None else transaction.clock_kept(self._boot))
            self.keep(transaction)
        self.began = True

    def keep(self, transaction: Transaction) -> None:
        """Write down what is believed, where that differs; a clock that is not believed now leaves what stands."""
        with suppress(ClockSet):
            self._clock()
            kept = None if self._boot is None else transaction.clock_kept(self._boot)
            mine = self._clock.believed()
            if self._boot is not None and (kept is None or _differs(kept, mine)):
                transaction.keep_clock(self._boot, mine)

    def calm(self) -> bool:
        """Whether what is old may be forgotten."""
        return self._clock.calm()

    def before(self, job: Job) -> Job:
        """Return a job that does this as well, first."""

        def done(ledger: Ledger, transaction: Transaction) -> int:
            self.keep(transaction)
            return job(ledger, transaction)

        return done

    def settle(self, _: Ledger, transaction: Transaction) -> None:
        """Note that somebody ends the API in order: who starts it again knows what the clock says."""
        settle(transaction, self._boot)


def settle(transaction: Transaction, boot: str | None) -> None:
    """Note that whoever believed the clock of this machine was ended in order."""
    kept = None if boot is None else transaction.clock_kept(boot)
    if boot is not None and kept is not None:
        transaction.keep_clock(boot, replace(kept, settled=True))


def _differs(kept: Believed, mine: Believed) -> bool:
    return kept.settled or abs(kept.offset - mine.offset) > MOVED or kept.calm_at < mine.calm_at
