"""What the monitor watches, what an occasion says about harm, and the stakes that bet on it (METHOD section 7).

    opt-outs     L = T·(A − α_A)
    complaints   L = T·(Y − m) − (1 − T)·(Y − m)·e/(1 − e) − e·α_C

METHOD's L = s·(T/e)·(A − α_A) and s·(Γ_C − α_C) with m1 = m0 = m, the control rate, and s = e: what the system does and
what it logs are the same probability. E[L] = e·(harm caused per contact − α), whatever m is: a wrong m costs delay, not
validity.

λ is Kelly's for harm at twice its limit above the cut-off, fixed before the first occasion, and at most ¾ of what one
occasion can take on either side: every factor 1 + λL is at least ¼.

Example:
    >>> watch = Watch(key="7", complaint_at_most=0.005, opt_out_at_most=0.005, control_rate=0.006)
    >>> [(bet.harm, round(bet.stake, 4), round(bet.delay, -3)) for bet in bets(watch)]
    [('complaint', 0.0231, 138000.0), ('opt_out', 1.005, 5000.0)]
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from model.contracts import Shares
from model.errors import InvalidInput

RUN_LENGTH = 3650.0  # days between false trips on average, both harms together, where harm stands at its limit
LARGEST_STAKE = 0.75  # of what one occasion can take: no single one ruins the detector
DETECTED = 2.0  # times the limit: the harm that the bets are made for, and whose delay is stated
STEPS = 60  # of the bisection for the stake
COMPLAINT, OPT_OUT = "complaint", "opt_out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What is watched: limits α per harm, the control rate m, and P(contacted) on each side of the cut-off.

    `key` names the certificate (its artefact's SHA-256) or the experiment. Raises `InvalidInput` for a rate outside its
    domain.
    """

    key: str
    complaint_at_most: float
    opt_out_at_most: float
    control_rate: float
    contact_above: float = Shares().above
    contact_below: float = Shares().below

    def __post_init__(self) -> None:
        inside = all(0.0 < rate < 1.0 for rate in (self.complaint_at_most, self.opt_out_at_most))
        inside &= 0.0 <= self.control_rate < 1.0 and 0.0 < self.contact_below <= self.contact_above < 1.0
        if not self.key or not inside:
            raise InvalidInput(
                f"watch `{self.key}`: limits, control rate and contact probabilities must be rates below 1; "
                "take them from a certificate or an experiment"
            )


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Cell:
    """Occasions that are alike: `day` of the decision (UTC days since 1970), e = P(contacted | history), and outcomes.

    `complained`: any complaint in the window. `harmed`: a complaint or opt-out about this message. `again`: a further
    contact about a fact whose occasion is counted already, so only its attributable harm counts.
    """

    day: int
    e: float
    contacted: bool
    complained: bool
    harmed: bool
    again: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Bet:
    """The stake λ on one harm, and its `growth`: E ln(1 + λL) of an occasion above the cut-off at twice the limit."""

    harm: str
    stake: float
    growth: float

    @property
    def delay(self) -> float:
        """How many occasions above the cut-off must count until harm at twice its limit trips: ln(2·RUN_LENGTH)/growth.

        Infinite where the bet cannot grow, since no rate is above the limit. By simulation (benchmarks/monitor.py) the
        mean is .65 to 1.3 times that: restarts help, the end is overshot, and days count as a whole.
        """
        return math.log(2.0 * RUN_LENGTH) / self.growth if self.growth > 0.0 else math.inf


@lru_cache(maxsize=64)
def bets(watch: Watch) -> tuple[Bet, Bet]:
    """Return the bets on complaints and on opt-outs: Kelly's stakes for harm at twice its limit.

    Where twice the limit is no rate, half the way from the limit to 1 is taken.
    """
    return _bet(COMPLAINT, watch), _bet(OPT_OUT, watch)


def loss(harm: str, cell: Cell, watch: Watch) -> float:
    """Return L of an occasion of this cell: what it says about the harm above its limit."""
    if harm == OPT_OUT:
        return (cell.harmed - watch.opt_out_at_most) if cell.contacted else 0.0
    return caused(cell, watch) - cell.e * watch.complaint_at_most


def caused(cell: Cell, watch: Watch) -> float:
    """Return s·Γ_C of an occasion, m1 = m0 = the control rate."""
    above = cell.complained - watch.control_rate
    return above if cell.contacted else -above * cell.e / (1.0 - cell.e)


def _bet(harm: str, watch: Watch) -> Bet:
    """Return the bet on one harm."""
    chances = _chances(harm, watch)
    stake = _kelly(chances, _lowest(harm, watch))
    return Bet(harm=harm, stake=stake, growth=math.fsum(p * math.log1p(stake * x) for p, x in chances))


def _chances(harm: str, watch: Watch) -> list[tuple[float, float]]:
    """Return (probability, L) of an occasion above the cut-off where harm is at twice its limit."""
    e, m = watch.contact_above, watch.control_rate
    if harm == OPT_OUT:
        limit = watch.opt_out_at_most
        harmed = min(DETECTED * limit, 0.5 * (1.0 + limit))
        return [(e * harmed, 1.0 - limit), (e * (1.0 - harmed), -limit), (1.0 - e, 0.0)]
    limit = watch.complaint_at_most
    extra = min(DETECTED * limit, 0.5 * (1.0 + limit), 1.0 - m)
    cells = [
        (p * (share if complained else 1.0 - share), Cell(day=0, e=e, contacted=t, complained=complained, harmed=False))
        for t, p, share in ((True, e, m + extra), (False, 1.0 - e, m))
        for complained in (True, False)
    ]
    return [(chance, loss(COMPLAINT, cell, watch)) for chance, cell in cells]


def _lowest(harm: str, watch: Watch) -> float:
    """Return the most that one occasion can take, on either side of the cut-off: the largest −L."""
    if harm == OPT_OUT:
        return watch.opt_out_at_most
    cells = (
        Cell(day=0, e=e, contacted=t, complained=y, harmed=False)
        for e in (watch.contact_above, watch.contact_below)
        for t in (True, False)
        for y in (True, False)
    )
    return max(-loss(COMPLAINT, cell, watch) for cell in cells)


def _kelly(chances: Sequence[tuple[float, float]], lowest: float) -> float:
    """Return the stake of largest expected growth, at most .75/lowest (the growth is concave: bisect its slope)."""
    low, high = 0.0, LARGEST_STAKE / lowest
    for _ in range(STEPS):
        middle = 0.5 * (low + high)
        rising = math.fsum(p * x / (1.0 + middle * x) for p, x in chances) > 0.0
        low, high = (middle, high) if rising else (low, middle)
    return low
