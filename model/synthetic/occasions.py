"""When something happens that a customer could be told: the schedule of occasions, essential ones among them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np

from model.history import DAY
from model.synthetic.customers import ZONES, Bools, Customers, Floats, Ints, Words
from model.synthetic.purposes import KINDS, ONBOARDING, OUTBOUND

START = datetime(2026, 6, 1, tzinfo=UTC)
WARM_UP_DAYS = 30  # logs begin this long before the first scored occasion, so that history is not empty there
LEAST_GAP_DAYS = 3.0  # between two scored occasions of one customer: the benefit window
COUNTS = (0.15, 0.80, 0.05)  # P(1), P(2), P(3 scored occasions)
ESSENTIAL_MEAN = 0.4  # essential occasions per customer
_SCORED = [i for i, kind in enumerate(KINDS) if not kind.essential]
_ESSENTIAL = [i for i, kind in enumerate(KINDS) if kind.essential]


@dataclass(frozen=True, slots=True)
class Schedule:
    """One entry per occasion, ordered by customer, then time; times are whole epoch seconds."""

    customer: Ints
    time: Ints
    kind: Ints  # index into KINDS
    channel: Words
    evidence_time: Ints

    @property
    def essential(self) -> Bools:
        """Whether each occasion is essential: always contacted, never scored."""
        return np.array([kind.essential for kind in KINDS])[self.kind]


def schedule(customers: Customers, *, days: int, rng: np.random.Generator) -> Schedule:
    """Lay out all occasions within `days` of START (essential ones also in the warm-up)."""
    n = len(customers.plan)
    first = rng.uniform(0.0, days, n)
    who, when, rank = _scored_times(first, rng)
    kind = rng.choice(_SCORED, len(who), p=_weights(_SCORED))
    visitor = np.isnan(customers.tenure_days) | (customers.tenure_days < 21.0)
    kind = np.where((rank == 0) & visitor[who] & (rng.random(len(who)) < 0.8), ONBOARDING, kind)
    extra = np.repeat(np.arange(n), rng.poisson(ESSENTIAL_MEAN, n))
    extra_when = first[extra] + rng.uniform(-25.0, 35.0, len(extra))
    extra_kind = rng.choice(_ESSENTIAL, len(extra), p=_weights(_ESSENTIAL))
    who, when = np.concatenate([who, extra]), np.concatenate([when, extra_when])
    kind = np.concatenate([kind, extra_kind])
    channel = _channels(kind, rng)
    awake = np.isin(channel, list(OUTBOUND))
    when = np.where(awake, _daytime(when, customers.region[who], rng), when)
    wait = np.array([k.wait_minutes for k in KINDS])[kind] * 60.0 * rng.uniform(0.05, 0.95, len(kind))
    begin = int(START.timestamp())
    time = begin + np.floor(when * DAY).astype(np.int64)
    keep = (time < begin + days * int(DAY)) & (time >= begin - WARM_UP_DAYS * int(DAY))
    keep &= np.array([k.essential for k in KINDS])[kind] | (time >= begin)
    order = np.lexsort((time[keep], who[keep]))
    evidence = time - np.ceil(wait).astype(np.int64)
    return Schedule(*(column[keep][order] for column in (who, time, kind, channel, evidence)))


def _scored_times(first: Floats, rng: np.random.Generator) -> tuple[Ints, Floats, Ints]:
    """Return customer, day and rank of every scored occasion: 1 to 3 each, at least LEAST_GAP_DAYS apart."""
    n = len(first)
    count = rng.choice([1, 2, 3], n, p=COUNTS)
    gaps = LEAST_GAP_DAYS + 2.0 + rng.exponential(7.0, (n, 2))  # two more: moving to daytime may shorten a gap
    days = np.column_stack([first, first + gaps[:, 0], first + gaps.sum(axis=1)])
    has = np.arange(3)[None, :] < count[:, None]
    who, rank = np.nonzero(has)
    return who, days[has], rank


def _weights(kinds: list[int]) -> Floats:
    """Return the relative frequency of each kind in its group, summing to 1."""
    weights = np.array([KINDS[i].weight for i in kinds])
    return np.asarray(weights / weights.sum())


def _channels(kind: Ints, rng: np.random.Generator) -> Words:
    """Draw a channel for each occasion among those that its purpose allows."""
    channel = np.full(len(kind), "widget", dtype=object)
    for i, each in enumerate(KINDS):
        here = np.flatnonzero(kind == i)
        channel[here] = rng.choice(list(each.channels), len(here), p=list(each.channels.values()))
    return channel.astype(str)


def _daytime(when: Floats, region: Words, rng: np.random.Generator) -> Floats:
    """Move each day to a moment between 08:05 and 20:55 on the recipient's own clock (outside the quiet hours)."""
    day = np.floor(when)
    local = rng.uniform(8.0 + 5 / 60, 20.0 + 55 / 60, len(when)) / 24.0
    shift = np.array([_offset_days(ZONES[r], int(d)) for r, d in zip(region.tolist(), day.tolist(), strict=True)])
    moved = day + local - shift
    return np.asarray(np.where(moved < day, moved + 1.0, np.where(moved >= day + 1.0, moved - 1.0, moved)))


@cache
def _offset_days(zone: str, day: int) -> float:
    """Return a zone's offset from UTC at noon of a day after START, in days."""
    offset = (START + timedelta(days=day, hours=12)).astimezone(ZoneInfo(zone)).utcoffset()
    return (offset or timedelta()).total_seconds() / DAY
