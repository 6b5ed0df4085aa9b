"""Every chance of the world, drawn before anything happens: the script that `simulate` plays."""

from dataclasses import dataclass

import numpy as np

from model.history import DAY
from model.synthetic.customers import Customers, Floats, Ints
from model.synthetic.effects import COMPLAINTS_PER_DAY, OPT_OUTS_PER_DAY, Rates, delays
from model.synthetic.occasions import START, WARM_UP_DAYS, Schedule

Stream = dict[int, list[int]]  # customer -> epoch seconds
OptOut = tuple[int, int, int, str | None]  # customer, epoch second, occasion or -1, channel (None: every channel)


@dataclass(frozen=True, slots=True)
class Draws:
    """Uniforms and delays (seconds) per occasion, aligned with the schedule; unprompted acts per customer."""

    contact: Floats
    engage: Floats
    complain: Floats
    opt_out: Floats
    engaged_after: Ints
    complained_after: Ints
    opted_out_after: Ints
    engagements: Stream
    complaints: Stream
    opt_outs: Stream


@dataclass(frozen=True, slots=True)
class Script:
    """All that `simulate` needs; `propensity` None means confounded: contact depends on features."""

    people: Customers
    plan: Schedule
    rates: Rates
    chance: Draws
    propensity: float | None


def draws(people: Customers, plan: Schedule, *, days: int, rng: np.random.Generator) -> Draws:
    """Draw every chance of a world that lasts `days` after START."""
    n = len(plan.time)
    contact, engage, complain, opt_out = rng.random((4, n))
    engaged_after, complained_after, opted_out_after = delays(n, rng)
    span = float(days + WARM_UP_DAYS)
    everyone = np.ones(len(people.plan))
    return Draws(
        contact=contact,
        engage=engage,
        complain=complain,
        opt_out=opt_out,
        engaged_after=engaged_after,
        complained_after=complained_after,
        opted_out_after=opted_out_after,
        engagements=_unprompted(people.activity * span, span, rng),
        complaints=_unprompted(COMPLAINTS_PER_DAY * span * everyone, span, rng),
        opt_outs=_unprompted(OPT_OUTS_PER_DAY * span * everyone, span, rng),
    )


def _unprompted(mean: Floats, span: float, rng: np.random.Generator) -> Stream:
    """Draw Poisson acts per customer, uniform over `span` days from the start of the logs."""
    count = rng.poisson(mean)
    begin = int(START.timestamp()) - int(WARM_UP_DAYS * DAY)
    times = begin + np.floor(rng.random(int(count.sum())) * span * DAY).astype(np.int64)
    ends = np.cumsum(count)
    return {int(c): times[ends[c] - count[c] : ends[c]].tolist() for c in np.flatnonzero(count)}
