"""Watching a certificate live: a restarting e-detector on the harm that contact causes (METHOD section 7).

Shiryaev–Roberts on e-values (Shin, Ramdas & Rinaldo 2023), one detector per harm, restarted every day:

    M_d = (M_{d−1} + 1)·Π over the occasions of day d of (1 + λ·L),      trip where max_d M_d ≥ 2·RUN_LENGTH

λ and L stand in `model.monitor.bets`. An opt-out counts as zero until it is reported; complaints count from the day on
which the 14-day window of a whole day has closed, and are compared with the held out: a carrier strike, which makes
everybody complain, trips nothing. A further contact about a fact counts for its opt-outs alone: its occasion is
compared already.

While harm is at its limit at most, given all that was decided before, a factor has mean at most 1. So E[M_τ] ≤ E[days
until τ] whenever one stops, and P(a false trip within D days) ≤ D/RUN_LENGTH for both harms of a watch together. An
opt-out that has not been reported can only make M smaller: knowing less trips nothing. A day worse than the limit is
worth a trip, even between better days. What this rests on: decision 13.

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
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, astuple, dataclass
from datetime import UTC, datetime, timedelta

from model.contracts import JSON
from model.errors import InvalidInput
from model.monitor.bets import COMPLAINT, OPT_OUT, RUN_LENGTH, Bet, Cell, Watch, bets, caused, loss

__all__ = [
    "COMPLAINT",
    "LOG_THRESHOLD",
    "OPT_OUT",
    "RUN_LENGTH",
    "WINDOW_DAYS",
    "Bet",
    "Cell",
    "Counts",
    "Signal",
    "Watch",
    "bets",
    "counting",
    "date_of",
    "described",
    "from_json",
    "matured",
    "merge",
    "path",
    "signals",
    "to_json",
]

WINDOW_DAYS = 14  # in which a complaint or an opt-out belongs to an occasion
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LOG_THRESHOLD = math.log(2.0 * RUN_LENGTH)

Counts = Mapping[Cell, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """What a detector says: the largest ln M so far, how much would trip, and the figures behind it.

    `estimate` is the harm caused per contact among the `occasions` that count, None without any; `at_most` its limit;
    `delay` is the bet's: about how many occasions above the cut-off must count until harm at twice its limit trips.
    `since` and `until` (UTC days since 1970) are the days of decisions over which the largest evidence grew, `rate` the
    harm per contact of those days: above the limit where it trips, even if that of all days is not.
    """

    harm: str
    log_evidence: float
    log_threshold: float
    occasions: int
    estimate: float | None
    at_most: float
    delay: float
    since: int | None = None
    until: int | None = None
    rate: float | None = None

    @property
    def tripped(self) -> bool:
        """Whether the evidence is enough to stop."""
        return self.log_evidence >= self.log_threshold

    @property
    def days(self) -> str:
        """The dates from `since` to `until`; empty without evidence."""
        return " to ".join(dict.fromkeys(date_of(day) for day in (self.since, self.until) if day is not None))


def signals(counts: Counts, watch: Watch, *, today: int) -> tuple[Signal, Signal]:
    """Return what the detectors say of complaints and of opt-outs, as known on `today` (UTC days since 1970).

    A harm that was reported counts whatever the clock said when its message was decided; complaints wait for their day.

    Raises:
        InvalidInput: an occasion whose P(contacted) is not one of the watch's two: it belongs to another watch; or a
            count below 0.
    """
    if any(cell.e not in (watch.contact_above, watch.contact_below) for cell in counts):
        raise InvalidInput(
            f"watch `{watch.key}`: occasions with another P(contacted) than its own; feed them to theirs"
        )
    if not all(count >= 0 for count in counts.values()):
        raise InvalidInput(f"watch `{watch.key}`: a count below 0; hand in each occasion once, then its corrections")
    complaint, opt_out = bets(watch)
    return (
        _signal(complaint, watch, counting(COMPLAINT, counts, today=today)),
        _signal(opt_out, watch, counting(OPT_OUT, counts, today=today)),
    )


def counting(harm: str, counts: Counts, *, today: int) -> Counts:
    """Return what counts of a harm on `today`: of complaints the occasions alone, once their windows are closed.

    >>> cell = Cell(day=100, e=0.95, contacted=True, complained=False, harmed=False)
    >>> [len(counting(harm, {cell: 1}, today=110)) for harm in (COMPLAINT, OPT_OUT)]
    [0, 1]
    """
    if harm != COMPLAINT:
        return counts
    return {cell: n for cell, n in counts.items() if cell.day <= matured(today) and not cell.again}


def matured(today: int) -> int:
    """Return the last day of decisions whose complaints count on `today`: every window of it is closed.

    >>> matured(115)
    100
    """
    return today - WINDOW_DAYS - 1


def date_of(day: int) -> str:
    """Return a UTC day since 1970 as a date.

    >>> date_of(20_000)
    '2024-10-04'
    """
    return (EPOCH + timedelta(days=day)).date().isoformat()


def path(bet: Bet, watch: Watch, counts: Counts) -> Iterator[tuple[int, float]]:
    """Yield (day, ln M) for every day that has occasions, oldest first; `counts` are those that this bet is about."""
    log_m = -math.inf
    for day, gain in _gains(bet, watch, counts):
        log_m = _log_add_one(log_m) + gain
        yield day, log_m


def _gains(bet: Bet, watch: Watch, counts: Counts) -> Iterator[tuple[int, float]]:
    """Yield (day, ln of what the occasions of that day multiply M with), oldest first."""
    gains: dict[int, list[float]] = {}
    for cell, count in counts.items():
        if count:
            gains.setdefault(cell.day, []).append(count * math.log1p(bet.stake * loss(bet.harm, cell, watch)))
    for day in sorted(gains):
        yield day, math.fsum(gains[day])


def _grown(bet: Bet, watch: Watch, counts: Counts) -> tuple[float, int, int] | None:
    """Return the largest ln M, and the first and last day of the restart that contributes most to it."""
    found, log_m, run, since = None, -math.inf, -math.inf, 0
    for day, gain in _gains(bet, watch, counts):
        log_m = _log_add_one(log_m) + gain
        run, since = (run + gain, since) if run > 0.0 else (gain, day)
        if found is None or log_m > found[0]:
            found = (log_m, since, day)
    return found


def merge(parts: Iterable[Counts]) -> dict[Cell, int]:
    """Add the counts of several parts: other processes, files or customers; a correction takes 1 away and adds 1."""
    total: dict[Cell, int] = {}
    for part in parts:
        for cell, count in part.items():
            total[cell] = total.get(cell, 0) + count
    return total


def to_json(counts: Counts) -> list[JSON]:
    """Write counts as rows `[day, e, contacted, complained, harmed, again, n]`, in one order."""
    return [[*astuple(cell), count] for cell, count in sorted(counts.items())]


def from_json(rows: Sequence[JSON]) -> dict[Cell, int]:
    """Read what `to_json` wrote; a row without `again` is one of occasions.

    Raises:
        InvalidInput: no list, a row of another form, e outside (0, 1), or a count below 0.
    """
    if not isinstance(rows, list | tuple):
        raise InvalidInput("monitor state: it is no list of rows; hand in what `to_json` wrote")
    return merge(_read(row) for row in rows)


def _read(row: JSON) -> dict[Cell, int]:
    """Read one row of counts."""
    match row:
        case [int() as day, float() as e, bool() as t, bool() as y, bool() as a, *again, int() as count]:
            plain = 0.0 < e < 1.0 and count >= 0 and not isinstance(day, bool) and not isinstance(count, bool)
            if plain and (not again or (len(again) == 1 and isinstance(again[0], bool))):
                return {Cell(day=day, e=e, contacted=t, complained=y, harmed=a, again=again == [True]): count}
    raise InvalidInput(
        "monitor state: a row is not `[day, e, contacted, complained, harmed, again, n]` with e in (0, 1); "
        "hand in what `to_json` wrote"
    )


def _signal(bet: Bet, watch: Watch, counts: Counts) -> Signal:
    """Run one detector over the days."""
    log_evidence, since, until = _grown(bet, watch, counts) or (-math.inf, None, None)
    within = {} if since is None or until is None else {c: n for c, n in counts.items() if since <= c.day <= until}
    return Signal(
        harm=bet.harm,
        log_evidence=log_evidence,
        log_threshold=LOG_THRESHOLD,
        occasions=sum(counts.values()),
        estimate=_estimate(bet.harm, watch, counts),
        at_most=watch.complaint_at_most if bet.harm == COMPLAINT else watch.opt_out_at_most,
        delay=bet.delay,
        since=since,
        until=until,
        rate=_estimate(bet.harm, watch, within),
    )


def _log_add_one(log_m: float) -> float:
    """Return ln(e^x + 1) without overflow."""
    return max(log_m, 0.0) + math.log1p(math.exp(-abs(log_m)))


def _estimate(harm: str, watch: Watch, counts: Counts) -> float | None:
    """Return the harm per contact: Σ s·Γ_C / Σ s, or attributable harms per contact."""
    if harm == COMPLAINT:
        exposed = math.fsum(count * cell.e for cell, count in counts.items())
        harms = math.fsum(count * caused(cell, watch) for cell, count in counts.items())
    else:
        exposed = float(sum(count for cell, count in counts.items() if cell.contacted))
        harms = float(sum(count for cell, count in counts.items() if cell.contacted and cell.harmed))
    return harms / exposed if exposed > 0.0 else None


def described(signal: Signal) -> dict[str, JSON]:
    """Return a signal as JSON, infinities as None."""
    return {
        name: None if isinstance(value, float) and not math.isfinite(value) else value
        for name, value in asdict(signal).items()
    } | {"tripped": signal.tripped}
