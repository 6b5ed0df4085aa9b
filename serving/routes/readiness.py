"""Whether the ledger can be written now: a row is written and committed, and the verdict is remembered for a second.

Opening a transaction proves little: on a full disk that works, and only the commit fails.
"""

from typing import Any

from model.errors import Unavailable
from serving.loop import DecideLoop
from serving.ports import Clock, Ledger, Transaction
from serving.routes.lately import Lately

REMEMBERED_SECONDS = 1.0
NOBODY, HEARTBEAT, NOTHING_ASKED = "", "/readyz", ""  # the one row: no API key has an empty id


class Readiness:
    """Asks the ledger to keep a heartbeat, and says whether it did."""

    def __init__(self, loop: DecideLoop[Any, Any], clock: Clock) -> None:
        self._loop = loop
        self._clock = clock
        self._lately = Lately(self._try, seconds=REMEMBERED_SECONDS)

    async def writable(self) -> bool:
        """Return whether a commit went through within the last second."""
        return await self._lately.get()

    async def _try(self) -> bool:
        try:
            await self._loop.submit(self._beat)
        except Unavailable:
            return False
        return True

    def _beat(self, _: Ledger, transaction: Transaction) -> None:
        """Replace the one row by another: a page is written, nothing grows."""
        now = self._clock()
        transaction.remember(NOBODY, HEARTBEAT, NOTHING_ASKED, now.isoformat().encode(), at=now)
