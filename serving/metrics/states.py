"""How things stand at the moment of asking: what the ledger says, and what the model in use is like."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from model.contracts import Shares
from model.errors import Unavailable
from serving.in_use import InUse
from serving.loop import DecideLoop
from serving.metrics.catalogue import (
    BREAKERS,
    CONTACTS_LEFT,
    CUTOFF,
    EXPERIMENT,
    ISSUED,
    LEDGER_UP,
    OFFERS,
    PERMITS,
    REMAINING,
    SILENT,
    TRIPPED,
    Metric,
)
from serving.ports import Clock, Ledger, Transaction
from serving.routes.lately import Lately
from serving.standing import Standing
from serving.timetable import OfferState
from serving.withheld import lacking

REMEMBERED_SECONDS = 1.0
Reading = tuple[Metric, tuple[str, ...], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stands:
    """What the ledger says of what may go out, its open breakers and its offers."""

    standing: Standing
    breakers: int
    offers: Mapping[OfferState, int]

    def readings(self) -> Iterator[Reading]:
        """Return it as metrics."""
        experiment = self.standing.experiment
        yield TRIPPED, (), self.standing.trip is not None
        yield SILENT, (), self.standing.silent_since is not None
        yield BREAKERS, (), self.breakers
        yield EXPERIMENT, (), experiment is not None
        yield CONTACTS_LEFT, (), 0 if experiment is None else experiment.remaining
        for state, number in self.offers.items():
            yield OFFERS, (state.value,), number


class States:
    """Asks the ledger at most once a second."""

    def __init__(self, loop: DecideLoop[Any, Any], clock: Clock) -> None:
        self._loop = loop
        self._clock = clock
        self._lately = Lately(self._ask, seconds=REMEMBERED_SECONDS)

    async def readings(self) -> list[Reading]:
        """Return what the ledger says, or that it says nothing."""
        stands = await self._lately.get()
        up: Reading = (LEDGER_UP, (), stands is not None)
        return [up] if stands is None else [up, *stands.readings()]

    async def _ask(self) -> Stands | None:
        try:
            return await self._loop.submit(self._look)
        except Unavailable:
            return None

    def _look(self, _: Ledger, transaction: Transaction) -> Stands:
        now = self._clock()
        transaction.expire_offers(now)
        return Stands(
            standing=transaction.standing(now),
            breakers=len(transaction.breakers(released=0)),
            offers=transaction.count_offers(),
        )


def of_model(models: InUse, shares: Shares, now: datetime) -> Iterator[Reading]:
    """Return what the certificate of the model in use is like; nothing but that there is none, without a model."""
    scorer = models.scorer
    cutoff = None if scorer is None else scorer.cutoff
    ends = getattr(scorer, "expires_at", None)
    yield ISSUED, (), cutoff is not None
    yield PERMITS, (), scorer is not None and not lacking(scorer, shares, now)
    if cutoff is not None:
        yield CUTOFF, (), cutoff
    if ends is not None:
        yield REMAINING, (), (ends - now).total_seconds()
