"""How things stand at the moment of asking: what the ledger says, and what the model in use is like."""

from collections.abc import Iterator
from datetime import datetime

from model.contracts import Shares
from serving.loop.heartbeat import Stands
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
from serving.models.in_use import InUse
from serving.models.withheld import lacking

Reading = tuple[Metric, tuple[str, ...], float]


def of_ledger(stands: Stands | None) -> Iterator[Reading]:
    """Return what the ledger says; nothing but that it is away, where it kept no heartbeat."""
    yield LEDGER_UP, (), stands is not None
    if stands is None:
        return
    experiment = stands.standing.experiment
    yield TRIPPED, (), stands.standing.trip is not None
    yield SILENT, (), stands.standing.silent_since is not None
    yield BREAKERS, (), len(stands.breakers)
    yield EXPERIMENT, (), experiment is not None
    yield CONTACTS_LEFT, (), 0 if experiment is None else experiment.remaining
    for state, number in stands.offers.items():
        yield OFFERS, (state.value,), number


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
