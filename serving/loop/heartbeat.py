"""Whether the ledger can be written now, and how things stand in it: asked for all who want to know, once a second.

A row is written and committed: opening a transaction proves little, for on a full disk that works and only the commit
fails. The question goes along with the next group, however many wait: a full queue is no ledger that is away.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from model.errors import Unavailable
from serving.clock.steady import ClockSet
from serving.loop.lately import REMEMBERED_SECONDS, Lately
from serving.loop.loop import DecideLoop
from serving.ports import Clock, Ledger, Transaction
from serving.standing import Breaker, Standing
from serving.timetable import OfferState

NOBODY, HEARTBEAT, NOTHING_ASKED = "", "/readyz", ""  # the one row: no API key has an empty id


@dataclass(frozen=True, slots=True, kw_only=True)
class Stands:
    """What the ledger says of what may go out, its open breakers and its offers."""

    standing: Standing
    breakers: Sequence[Breaker]
    offers: Mapping[OfferState, int]


def stands_in(transaction: Transaction, now: datetime) -> Stands:
    """Return how things stand, as the next decision would find them."""
    transaction.expire_offers(now)
    return Stands(
        standing=transaction.standing(now),
        breakers=transaction.breakers(released=0),
        offers=transaction.count_offers(),
    )


class Heartbeat:
    """Has the ledger keep a heartbeat. While the clock is not believed, things stand as when it last was."""

    def __init__(self, loop: DecideLoop[Any, Any], clock: Clock) -> None:
        self._loop = loop
        self._clock = clock
        self._believed = clock()
        self._lately = Lately(self._ask, seconds=REMEMBERED_SECONDS)

    async def stands(self) -> Stands | None:
        """Return how things stand, as of a commit within the last second; None where none went through."""
        return await self._lately.get()

    async def _ask(self) -> Stands | None:
        try:
            return await self._loop.submit(self._beat, urgent=True, own=True)
        except Unavailable:
            return None

    def _beat(self, _: Ledger, transaction: Transaction) -> Stands:
        """Replace the one row by another: a page is written, nothing grows."""
        now = self._now()
        transaction.remember(NOBODY, HEARTBEAT, NOTHING_ASKED, now.isoformat().encode(), at=now)
        return stands_in(transaction, now)

    def _now(self) -> datetime:
        with suppress(ClockSet):
            self._believed = self._clock()
        return self._believed
