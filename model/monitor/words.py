"""What a detector says, in words that somebody who runs customer service can read (METHOD section 7).

Example:
    >>> from model.monitor.detector import Cell, Watch, signals
    >>> watch = Watch(key="7", complaint_at_most=0.005, opt_out_at_most=0.005, control_rate=0.006)
    >>> counts = {Cell(day=1, e=0.95, contacted=True, complained=False, harmed=False): 1_000}
    >>> print(said(signals(counts, watch, today=2)[1]))
    opt-outs and complaints about the message: 0.00 % per contact so far (limit 0.50 %), evidence 0 % of what trips
"""

import math

from model.monitor.detector import COMPLAINT, WINDOW_DAYS, Signal, Watch, date_of, matured

NAMES = {True: "complaints that contact causes", False: "opt-outs and complaints about the message"}


def progress(signal: Signal) -> float:
    """Return how far the evidence has come: ln M over what trips, in [0, 1]; 0 without any evidence of harm.

    >>> progress(Signal(harm="opt_out", log_evidence=-2.0, log_threshold=8.9, occasions=9, estimate=0.0, at_most=0.005,
    ...     delay=4_800.0))
    0.0
    """
    return min(max(signal.log_evidence / signal.log_threshold, 0.0), 1.0)


def said(signal: Signal) -> str:
    """Return what was seen so far against the limit, and how much of the evidence that trips has come together."""
    name = NAMES[signal.harm == COMPLAINT]
    limit = f"(limit {_percent(signal.at_most)})"
    if signal.estimate is None:
        return f"{name}: no contact counts yet {limit}"
    seen = f"{name}: {_percent(signal.estimate)} per contact so far {limit}"
    if signal.tripped and signal.rate is not None:
        grown = f"{name}: {_percent(signal.rate)} per contact for decisions of {signal.days} {limit}"
        return f"{grown}, more than chance explains: it trips"
    return f"{seen}, evidence {int(100.0 * progress(signal))} % of what trips"


def delay_said(signal: Signal, watch: Watch) -> str:
    """Return the stated delay: how long harm at twice its limit goes on before it trips."""
    if math.isinf(signal.delay):
        return "cannot trip: no rate is above this limit"
    occasions = f"{float(f'{signal.delay:.2g}'):,.0f} occasions"
    which = "" if watch.contact_above == watch.contact_below else " above the cut-off"
    when = (
        f"whole days count, {WINDOW_DAYS + 1} days after the decision"
        if signal.harm == COMPLAINT
        else "an opt-out counts once it is reported"
    )
    return f"twice the limit trips after about {occasions}{which}; {when}"


def matured_until(today: int) -> str:
    """Return the date of the last day of decisions whose complaints count on `today` (UTC days since 1970).

    >>> matured_until(20_000)
    '2024-09-19'
    """
    return date_of(matured(today))


def _percent(rate: float) -> str:
    """Return a rate as a percentage with two decimals."""
    return f"{100.0 * rate:.2f} %"
