"""What contact changed, by randomisation: those who were contacted against those who were held out by chance.

Rows are occasions on which the system would contact: with a certificate those at or above its cut-off, in an experiment
all. With T = contacted (by assignment, whatever became of the message) and e = P(T = 1) as logged,

    effect = Σ(T/e)Y / Σ(T/e)  −  Σ((1−T)/(1−e))Y / Σ((1−T)/(1−e))

which is the difference in means where e is the same for all. Opt-outs because of a message cannot happen without one:
there it is the first term alone, never below 0. Intervals are two-sided 95 %, each customer left out once (the
jackknife CV3: `model.evaluation`), since occasions of one customer move together.

A bell curve is wrong where few customers have an outcome, and has no width where none has. With fewer than 20 customers
who have it, or who have it not, in either arm, the interval is Newcombe's, of opt-outs Clopper's and Pearson's, on
effective counts (`model.statistics.few_events`); `se` is then None. So it is where the weights make them fewer than 20
(the rate times the arm's effective count): beside an experiment a few of those whom a certificate held out weigh
twenty times the others. With fewer than 20 customers in either arm there is no figure: robust errors are known to fail
below 20 to 50 clusters (Cameron & Miller 2015, A Practitioner's Guide to Cluster-Robust Inference, section VI), and
the exact interval would be wider than 20 points of a hundred.

    none         no such occasion in the period
    few          fewer than 20 customers were contacted, or held out
    open         there will be enough, but their windows have not closed
    unreported   nobody, contacted or not, is on record with such an outcome: as a rule nobody reports it

`prevented` is how many customers' contacts with us the contacts made have prevented: minus the effect on those who were
contacted (held out rows weigh e/(1−e)), times the contacts whose windows have closed. It is negative where they led to
more.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from model.evaluation import ratio_difference, ratio_interval
from model.statistics.few_events import FEW, caused
from model.statistics.hybrid_score import Z, apart, arm
from serving.analytics.occasions import (
    COMPLAINT,
    CONTACTED_US,
    NEVER_SCORED,
    OPT_OUT,
    OUTCOMES,
    Bools,
    Floats,
    Ints,
    Occasions,
)

LEAST = 20  # customers in either arm
NONE, FEW_CUSTOMERS, OPEN, UNREPORTED = "none", "few", "open", "unreported"
HOLDOUT, EXPERIMENT, POLICY_ONLY = "holdout", "experiment", "policy_only"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """An estimate with its 95 % interval, and of how many occasions; `se` is None where the interval is a count's."""

    estimate: float
    low: float
    high: float
    se: float | None
    contacted: int
    held_out: int

    def times(self, factor: float) -> "Figure":
        """Return the same of a multiple."""
        low, high = sorted((self.low * factor, self.high * factor))
        se = None if self.se is None else self.se * abs(factor)
        return Figure(
            estimate=self.estimate * factor,
            low=low,
            high=high,
            se=se,
            contacted=self.contacted,
            held_out=self.held_out,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What contact changed, per contact; `figures` by outcome, None where `missing` says why in one word.

    `contacted` and `held_out` count occasions, `clusters` customers, whether or not their windows have closed.
    """

    contacted: int
    held_out: int
    clusters: int
    figures: Mapping[str, Figure | None]
    missing: Mapping[str, str]
    prevented: Figure | None


def reported(rows: Occasions) -> frozenset[str]:
    """Return the outcomes that somebody reports: those on record, and harms as soon as anything is."""
    seen = frozenset(name for name in OUTCOMES if rows.labels[name].any())
    return seen | {COMPLAINT, OPT_OUT} if seen else seen


def would_contact(rows: Occasions) -> Bools:
    """Return which occasions the system would contact, if chance did not hold some out."""
    sane = (rows.chance > 0.0) & (rows.chance < 1.0)
    found: Bools = sane & ((rows.above == 1) | ((rows.above == NEVER_SCORED) & rows.named("arm", EXPERIMENT)))
    return found


def against_holdout(rows: Occasions, name: str | None) -> Occasions | None:
    """Return the occasions of an arm that it contacts, beside those of the holdout; None where that means nothing.

    Whether it was this arm or the holdout was drawn apart from all that is known of the occasion: within one watch and
    P(contacted) the arm's own share is its probability. Experiments hold out by themselves.
    """
    if name is None or name == HOLDOUT:
        return None
    mine = rows.named("arm", name)
    if name == EXPERIMENT:
        return rows.rows(mine & would_contact(rows))
    scored = (rows.above == 1) if name != POLICY_ONLY else (rows.above != NEVER_SCORED)
    both = rows.rows((mine | rows.named("arm", HOLDOUT)) & scored)
    known = np.stack([both.names["watch"].astype(np.float64), both.chance])
    strata = np.unique(known, axis=1, return_inverse=True)[1].ravel()
    drawn = both.named("arm", name)
    share = np.bincount(strata, weights=drawn)[strata] / np.bincount(strata)[strata] if len(both) else both.chance
    return _with_chance(both, share)


def _with_chance(rows: Occasions, chance: Floats) -> Occasions:
    return replace(rows, chance=chance).rows((chance > 0.0) & (chance < 1.0))


def effect_of(rows: Occasions, reported: Collection[str]) -> Effect:
    """Estimate what contact changed on these occasions; `reported` are outcomes that somebody reports at all."""
    rows = replace(rows, customer=np.unique(rows.customer, return_inverse=True)[1].astype(np.int64))
    figures: dict[str, Figure | None] = {}
    missing: dict[str, str] = {}
    for name in OUTCOMES:
        closed = rows.rows(rows.closed[name])
        why = _why_not(rows, closed, name, reported)
        figures[name] = None if why else _figure(closed, name, _weights(closed.contacted, closed.chance))
        missing |= {name: why} if why else {}
    return Effect(
        contacted=int(np.sum(rows.contacted)),
        held_out=int(np.sum(~rows.contacted)),
        clusters=_customers(rows.customer),
        figures=MappingProxyType(figures),
        missing=MappingProxyType(missing),
        prevented=None if CONTACTED_US in missing else _prevented(rows),
    )


def _why_not(rows: Occasions, closed: Occasions, name: str, reported: Collection[str]) -> str | None:
    """Say in one word why there is no figure."""
    if not len(rows):
        return NONE
    if _enough(closed):
        return None if name in reported else UNREPORTED
    return OPEN if _enough(rows) else FEW_CUSTOMERS


def _enough(rows: Occasions) -> bool:
    return all(_customers(rows.customer[which]) >= LEAST for which in (rows.contacted, ~rows.contacted))


def _customers(numbers: Ints) -> int:
    """Return how many different ones there are."""
    return int(np.count_nonzero(np.bincount(numbers)))


def _weights(contacted: Bools, chance: Floats) -> tuple[Floats, Floats]:
    """Return T/e and (1 − T)/(1 − e)."""
    return np.where(contacted, 1.0 / chance, 0.0), np.where(contacted, 0.0, 1.0 / (1.0 - chance))


def _prevented(rows: Occasions) -> Figure:
    closed = rows.rows(rows.closed[CONTACTED_US])
    t, e = closed.contacted, closed.chance
    found = _figure(closed, CONTACTED_US, (t.astype(np.float64), np.where(t, 0.0, e / (1.0 - e))))
    return found.times(-float(found.contacted))


def _figure(rows: Occasions, name: str, weights: tuple[Floats, Floats]) -> Figure:
    y = rows.labels[name].astype(np.float64)
    t, cluster = rows.contacted, rows.customer
    many = _many(y, weights[0], cluster, t) and (name == OPT_OUT or _many(y, weights[1], cluster, ~t))
    estimate, low, high, se = (
        _of_contacted(y, rows, weights[0], cluster, many=many)
        if name == OPT_OUT
        else _difference(y, t, weights, cluster, many=many)
    )
    return Figure(estimate=estimate, low=low, high=high, se=se, contacted=int(np.sum(t)), held_out=int(np.sum(~t)))


def _many(y: Floats, weight: Floats, cluster: Ints, which: Bools) -> bool:
    """Return whether enough customers of an arm have the outcome, and enough have it not, for a bell curve.

    Both as they are counted, and as the weights make them count.
    """
    rate, count = arm(y[which], weight[which], cluster[which])
    return min(rate, 1.0 - rate) * count >= FEW and all(
        _customers(cluster[which & (y == value)]) >= FEW for value in (0.0, 1.0)
    )


def _of_contacted(
    y: Floats, rows: Occasions, weight: Floats, cluster: Ints, *, many: bool
) -> tuple[float, float, float, float | None]:
    """Return the rate among the contacted, which is the effect on what cannot happen without contact."""
    if many:
        found = ratio_interval(y * weight, weight, cluster)
        return found.estimate, max(0.0, found.low), found.high, found.se
    exact = caused(y, contacted=rows.contacted, propensity=rows.chance, cluster=cluster)
    return float(exact["estimate"]), float(exact["low"]), float(exact["high"]), None


def _difference(
    y: Floats, contacted: Bools, weights: tuple[Floats, Floats], cluster: Ints, *, many: bool
) -> tuple[float, float, float, float | None]:
    """Return the weighted rate of the contacted less that of the held out."""
    one, zero = weights
    if many:
        found = ratio_difference((y * one, one), (y * zero, zero), cluster)
        return found.estimate, found.low, found.high, found.se
    arms = [arm(y[which], weight[which], cluster[which]) for which, weight in ((contacted, one), (~contacted, zero))]
    low, high = apart(arms[0], arms[1], Z)
    return arms[0][0] - arms[1][0], low, high, None
