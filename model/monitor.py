"""Watching a certificate live: a restarting e-detector on the harm that contact causes (METHOD section 7).

Shiryaev–Roberts on e-values (Shin, Ramdas & Rinaldo 2023), one detector per harm, restarted every day:

    M_d = (M_{d−1} + 1)·Π over the occasions of day d of (1 + λ·L),      trip where M_d ≥ 2·RUN_LENGTH

    opt-outs     L = T·(A − α_A)                                          A counts as 0 until it is reported
    complaints   L = T·(Y − m) − (1 − T)·(Y − m)·e/(1 − e) − e·α_C        only days whose 14-day window has closed

This is METHOD's L = s·(Γ_C − α_C) and s·(T/e)·(A − α_A) with m1 = m0 = m, the control rate, and s = e: what the system
does and what it logs are the same probability. Complaints are compared with the held out, so that a carrier strike,
which makes everybody complain, trips nothing. λ is Kelly's for harm at twice its limit, fixed beforehand.

While the harm is at most α, each factor has mean at most 1, so that P(a false trip within D days) ≤ D/RUN_LENGTH for
both harms together. An opt-out that has not been reported can only make M smaller: knowing less trips nothing wrongly.

The state is a sum of counts per day: it does not depend on the order of reports, parts of it can be merged, a late
label moves one count, and what was interrupted resumes. Pure: standard library only.

Example:
    >>> watch = Watch(key="7", complaint_at_most=0.005, opt_out_at_most=0.005, control_rate=0.006)
    >>> quiet = {Cell(day=1, e=0.95, contacted=True, complained=False, harmed=False): 4_000}
    >>> loud = quiet | {Cell(day=1, e=0.95, contacted=True, complained=True, harmed=True): 60}
    >>> [[signal.tripped for signal in signals(counts, watch, today=2)] for counts in (quiet, loud)]
    [[False, False], [False, True]]
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, astuple, dataclass
from functools import lru_cache

from model.contracts import JSON, Shares
from model.errors import InvalidInput

RUN_LENGTH = 3650.0  # days between false trips on average, both harms together, where harm stands at its limit
WINDOW_DAYS = 14  # in which a complaint or an opt-out belongs to an occasion
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

    `complained`: any complaint in the window. `harmed`: a complaint or opt-out about this message.
    """

    day: int
    e: float
    contacted: bool
    complained: bool
    harmed: bool


Counts = Mapping[Cell, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bet:
    """The stake λ on one harm; `growth` of ln M per occasion at twice the limit, and the `delay` this means.

    `delay` is in occasions above the cut-off that entered the detector: ln(2·RUN_LENGTH)/growth.
    """

    harm: str
    stake: float
    growth: float

    @property
    def delay(self) -> float:
        """How many occasions it takes, about, until harm at twice its limit trips."""
        return math.log(2.0 * RUN_LENGTH) / self.growth


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """What a detector says: the largest ln M so far, how much would trip, and the figures behind it.

    `estimate` is the harm caused per contact among the `occasions` that count, None without any; `at_most` its limit.
    """

    harm: str
    log_evidence: float
    log_threshold: float
    occasions: int
    estimate: float | None
    at_most: float
    delay: float

    @property
    def tripped(self) -> bool:
        """Whether the evidence is enough to stop."""
        return self.log_evidence >= self.log_threshold


def signals(counts: Counts, watch: Watch, *, today: int) -> tuple[Signal, Signal]:
    """Return what both detectors say at the end of what is known on `today` (UTC days since 1970).

    Occasions of later days (a clock that jumped) do not count yet.

    Raises:
        InvalidInput: an occasion whose P(contacted) is not one of the watch's two: it belongs to another watch.
    """
    if any(cell.e not in (watch.contact_above, watch.contact_below) for cell in counts):
        raise InvalidInput(
            f"watch `{watch.key}`: occasions with another P(contacted) than its own; feed them to theirs"
        )
    complaint, opt_out = bets(watch)
    return (
        _signal(complaint, watch, [(c, n) for c, n in counts.items() if c.day + WINDOW_DAYS < today]),
        _signal(opt_out, watch, [(c, n) for c, n in counts.items() if c.day <= today]),
    )


def merge(parts: Iterable[Counts]) -> dict[Cell, int]:
    """Add the counts of several parts: other processes, files, or customers."""
    total: dict[Cell, int] = {}
    for part in parts:
        for cell, count in part.items():
            total[cell] = total.get(cell, 0) + count
    return total


def to_json(counts: Counts) -> list[JSON]:
    """Write counts as rows `[day, e, contacted, complained, harmed, n]`, in one order."""
    return [[*astuple(cell), count] for cell, count in sorted(counts.items())]


def from_json(rows: Sequence[JSON]) -> dict[Cell, int]:
    """Read what `to_json` wrote.

    Raises:
        InvalidInput: a row of another form, e outside (0, 1), or a count below 0.
    """
    return merge(_read(row) for row in rows)


def _read(row: JSON) -> dict[Cell, int]:
    """Read one row of counts."""
    match row:
        case [int() as day, float() as e, bool() as t, bool() as y, bool() as a, int() as count]:
            if 0.0 < e < 1.0 and count >= 0 and not isinstance(day, bool) and not isinstance(count, bool):
                return {Cell(day=day, e=e, contacted=t, complained=y, harmed=a): count}
    raise InvalidInput(
        "monitor state: a row is not `[day, e, contacted, complained, harmed, n]` with e in (0, 1); "
        "hand in what `to_json` wrote"
    )


@lru_cache(maxsize=64)
def bets(watch: Watch) -> tuple[Bet, Bet]:
    """Return the bets on complaints and on opt-outs: Kelly's stakes for harm at twice its limit.

    Where twice the limit is no rate, half the way from the limit to 1 is taken.
    """
    chances = [_chances(harm, watch) for harm in (COMPLAINT, OPT_OUT)]
    lowest = [_lowest(harm, watch) for harm in (COMPLAINT, OPT_OUT)]
    complaint, opt_out = (_kelly(*pair) for pair in zip(chances, lowest, strict=True))
    return (
        Bet(harm=COMPLAINT, stake=complaint, growth=_growth(complaint, chances[0])),
        Bet(harm=OPT_OUT, stake=opt_out, growth=_growth(opt_out, chances[1])),
    )


def loss(harm: str, cell: Cell, watch: Watch) -> float:
    """Return L of an occasion of this cell: what it says about the harm above its limit."""
    if harm == OPT_OUT:
        return (cell.harmed - watch.opt_out_at_most) if cell.contacted else 0.0
    return _caused(cell, watch) - cell.e * watch.complaint_at_most


def _caused(cell: Cell, watch: Watch) -> float:
    """Return s·Γ_C of an occasion, m1 = m0 = the control rate."""
    above = cell.complained - watch.control_rate
    return above if cell.contacted else -above * cell.e / (1.0 - cell.e)


def _chances(harm: str, watch: Watch) -> list[tuple[float, float]]:
    """Return (probability, L) of an occasion above the cut-off where harm is at twice its limit."""
    e, m = watch.contact_above, watch.control_rate
    if harm == OPT_OUT:
        limit = watch.opt_out_at_most
        harmed = min(DETECTED * limit, 0.5 * (1.0 + limit))
        return [(e * harmed, 1.0 - limit), (e * (1.0 - harmed), -limit), (1.0 - e, 0.0)]
    limit = watch.complaint_at_most
    caused = min(DETECTED * limit, 0.5 * (1.0 + limit), 1.0 - m)
    cells = [
        (p * (share if complained else 1.0 - share), Cell(day=0, e=e, contacted=t, complained=complained, harmed=False))
        for t, p, share in ((True, e, m + caused), (False, 1.0 - e, m))
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
        rising = sum(p * x / (1.0 + middle * x) for p, x in chances) > 0.0
        low, high = (middle, high) if rising else (low, middle)
    return 0.5 * (low + high)


def _growth(stake: float, chances: Sequence[tuple[float, float]]) -> float:
    """Return E ln(1 + λL)."""
    return math.fsum(p * math.log1p(stake * x) for p, x in chances)


def _signal(bet: Bet, watch: Watch, cells: Sequence[tuple[Cell, int]]) -> Signal:
    """Run one detector over the days, oldest first."""
    log_m, largest = -math.inf, -math.inf
    gains: dict[int, list[float]] = {}
    for cell, count in cells:
        gains.setdefault(cell.day, []).append(count * math.log1p(bet.stake * loss(bet.harm, cell, watch)))
    for day in sorted(gains):
        log_m = _log_add_one(log_m) + math.fsum(gains[day])
        largest = max(largest, log_m)
    return Signal(
        harm=bet.harm,
        log_evidence=largest,
        log_threshold=math.log(2.0 * RUN_LENGTH),
        occasions=sum(count for _, count in cells),
        estimate=_estimate(bet.harm, watch, cells),
        at_most=watch.complaint_at_most if bet.harm == COMPLAINT else watch.opt_out_at_most,
        delay=bet.delay,
    )


def _log_add_one(log_m: float) -> float:
    """Return ln(e^x + 1) without overflow."""
    return max(log_m, 0.0) + math.log1p(math.exp(-abs(log_m)))


def _estimate(harm: str, watch: Watch, cells: Sequence[tuple[Cell, int]]) -> float | None:
    """Return the harm per contact: Σ s·Γ_C / Σ s, or attributable harms per contact."""
    if harm == COMPLAINT:
        exposed = math.fsum(count * cell.e for cell, count in cells)
        caused = math.fsum(count * _caused(cell, watch) for cell, count in cells)
    else:
        exposed = float(sum(count for cell, count in cells if cell.contacted))
        caused = float(sum(count for cell, count in cells if cell.contacted and cell.harmed))
    return caused / exposed if exposed > 0.0 else None


def described(signal: Signal) -> dict[str, JSON]:
    """Return a signal as JSON, infinities as None."""
    return {
        name: None if isinstance(value, float) and not math.isfinite(value) else value
        for name, value in asdict(signal).items()
    } | {"tripped": signal.tripped}
