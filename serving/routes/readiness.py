"""Whether the ledger can be written now: a row is written and committed, and the verdict is remembered for a second.

Opening a transaction proves little: on a full disk that works, and only the commit fails. The same transaction reads
what may go out at all, and how many breakers are open.
"""

from dataclasses import dataclass
from typing import Any

from model.errors import Unavailable
from serving.loop import DecideLoop
from serving.ports import Clock, Ledger, Transaction
from serving.routes.lately import Lately
from serving.standing import Standing

REMEMBERED_SECONDS = 1.0
NOBODY, HEARTBEAT, NOTHING_ASKED = "", "/readyz", ""  # the one row: no API key has an empty id


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What may go out, and how many breakers hold something back."""

    standing: Standing
    breakers: int


class Readiness:
    """Asks the ledger to keep a heartbeat, and says what may go out, or that it kept none."""

    def __init__(self, loop: DecideLoop[Any, Any], clock: Clock) -> None:
        self._loop = loop
        self._clock = clock
        self._lately = Lately(self._try, seconds=REMEMBERED_SECONDS)

    async def seen(self) -> Seen | None:
        """Return what may go out, as of a commit within the last second; None where none went through."""
        return await self._lately.get()

    async def _try(self) -> Seen | None:
        try:
            return await self._loop.submit(self._beat, urgent=True)
        except Unavailable:
            return None

    def _beat(self, _: Ledger, transaction: Transaction) -> Seen:
        """Replace the one row by another: a page is written, nothing grows."""
        now = self._clock()
        transaction.remember(NOBODY, HEARTBEAT, NOTHING_ASKED, now.isoformat().encode(), at=now)
        return Seen(standing=transaction.standing(now), breakers=len(transaction.breakers(released=0)))
