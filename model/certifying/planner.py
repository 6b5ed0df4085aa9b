"""How much a certificate needs: n ≈ 2·ln(K/δ)·Var(L)/E[L]² + 2·hi·ln(K/δ)/(3·|E L|) (METHOD section 4).

n counts occasions at or above the cut-off on D2, each a cluster of its own. An experiment is larger: D2 is 40 % of the
occasions, and perhaps not all of them will lie above the cut-off. The figures are those of about an even chance: in
simulation a certificate was issued in 52–58 % of repeats at n, in 82–86 % at 1.5 n and in 94–97 % at 2 n. δ is that of
all attempts together, as METHOD has it; the certificates of the simulation were first attempts, held to 6δ/π².

Example:
    >>> round(plan(alpha=0.005, control_rate=0.004, effect=0.002, propensity=0.5), -3)
    29000.0
    >>> size(Aim(alpha=0.005, control_rate=0.004), Collect()).decides
    'complaint'
"""

import math
from dataclasses import dataclass

from model.certifying.words import HARMS

GRID = 20  # cut-offs tested at once, at most
CONFIDENCE = 0.95
CERTIFIES = 0.4  # of the occasions: D2
WINDOW = 14  # days until the last outcome of the last occasion is known


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """What is to be shown, and what is thought to be so: rates per contact; `effect` is what contact adds."""

    alpha: float
    control_rate: float
    effect: float = 0.0
    opt_out_alpha: float = 0.005
    opt_out_rate: float = 0.0
    confidence: float = CONFIDENCE


@dataclass(frozen=True, slots=True, kw_only=True)
class Collect:
    """How occasions are collected: P(contacted) at or above the cut-off and below, how many lie above, how many a day.

    One share for all, as in an experiment, is `above` = `below`; the usual arms are .95 and .02.
    """

    above: float = 0.5
    below: float = 0.5
    share_above: float = 1.0
    per_day: float | None = None

    @property
    def contacted(self) -> float:
        """The share of all occasions that is contacted."""
        return self.share_above * self.above + (1.0 - self.share_above) * self.below


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How large the collection must be; every figure infinite where no size would do.

    `needed` holds the occasions at or above the cut-off on D2 by harm, `decides` names the harm that needs more;
    `occasions` and `contacts` are those of both halves, `days` the days of collecting and `WINDOW` more.
    """

    needed: dict[str, float]
    decides: str
    occasions: float
    contacts: float
    days: float | None

    @property
    def possible(self) -> bool:
        """Whether any size would do."""
        return math.isfinite(self.occasions)


def needed(*, mean: float, variance: float, hi: float, log_level: float) -> float:
    """Return the number of clusters at which the bets are expected to certify; infinite where the mean is not below 0.

    `mean` and `variance` are those of L per cluster, `hi` its ceiling, `log_level` is ln(K/δ).
    """
    if mean >= 0.0:
        return math.inf
    return 2.0 * log_level * variance / mean / mean + 2.0 * hi * log_level / (3.0 * -mean)


def plan(
    *, alpha: float, control_rate: float, effect: float = 0.0, propensity: float = 0.5, confidence: float = CONFIDENCE
) -> float:
    """Return how many rows above the cut-off certify "complaints caused per contact ≤ α" (one row per cluster).

    `control_rate` is the complaint rate without contact, `effect` what contact is thought to add; `propensity` is
    P(contacted) while collecting, best near ½. Variance of Γ without useful features, ceiling 1/e.
    """
    e, contacted_rate = propensity, control_rate + effect
    variance = contacted_rate * (1.0 - contacted_rate) / e + control_rate * (1.0 - control_rate) / (1.0 - e)
    log_level = math.log(GRID / (1.0 - confidence))
    return needed(mean=effect - alpha, variance=variance, hi=1.0 / e - alpha, log_level=log_level)


def plan_opt_outs(*, alpha: float, rate: float = 0.0, confidence: float = CONFIDENCE) -> float:
    """Return how many contacts certify "attributable harm per contact ≤ α"; with none at all about ln(K/δ)/α."""
    log_level = math.log(GRID / (1.0 - confidence))
    if rate == 0.0:
        return log_level / alpha
    return needed(mean=rate - alpha, variance=rate * (1.0 - rate), hi=1.0 - alpha, log_level=log_level)


def size(aim: Aim, collect: Collect) -> Size:
    """Return how many occasions show both harms at once (intersection–union: the harm that needs more decides)."""
    complaints = plan(
        alpha=aim.alpha,
        control_rate=aim.control_rate,
        effect=aim.effect,
        propensity=collect.above,
        confidence=aim.confidence,
    )
    contacts = plan_opt_outs(alpha=aim.opt_out_alpha, rate=aim.opt_out_rate, confidence=aim.confidence)
    found = dict(zip(HARMS, (complaints, contacts / collect.above), strict=True))
    decides = max(found, key=lambda harm: found[harm])
    occasions = found[decides] / CERTIFIES / collect.share_above
    days = None if collect.per_day is None else occasions / collect.per_day + WINDOW
    return Size(needed=found, decides=decides, occasions=occasions, contacts=occasions * collect.contacted, days=days)
