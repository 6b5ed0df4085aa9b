"""What the monitor says of one watch, as lines and as JSON: for `outreach monitor` and `outreach experiment`."""

from datetime import datetime

from model.contracts import JSON
from model.monitor.detector import Counts, Watch, described, signals
from model.monitor.words import delay_said, matured_until, progress, said
from serving.record.record import stated_time, timestamp
from serving.standing import Standing, Trip

DAY_SECONDS = 86_400
STOPPED = {
    "tripped": "nothing discretionary goes out: the monitor tripped; essential service goes on",
    "silent": "nothing discretionary goes out: in 14 days of sends nobody reported any outcome to `/v1/outcomes`",
}


def standing_said(standing: Standing) -> str:
    """Say whether anything discretionary may go out at all."""
    return "not tripped" if standing.stopped is None else STOPPED[standing.stopped]


def watch_json(watch: Watch, counts: Counts, at: datetime) -> dict[str, JSON]:
    """Return what the detectors say of one watch, with the words for it."""
    today = day_of(at)
    heard = [
        described(signal)
        | {"progress": progress(signal), "said": said(signal), "delay_said": delay_said(signal, watch)}
        for signal in signals(counts, watch, today=today)
    ]
    return {"watch": watch.key, "signals": heard, "matured_until": matured_until(today)}


def watch_lines(watch: Watch, counts: Counts, at: datetime) -> list[str]:
    """Say what the detectors of one watch say: harm against its limit, evidence, delay, and which days count."""
    today = day_of(at)
    lines = [
        line for signal in signals(counts, watch, today=today) for line in (said(signal), delay_said(signal, watch))
    ]
    return [*lines, f"complaints count of decisions up to {matured_until(today)}: their 14 days have closed"]


def trip_json(trip: Trip) -> dict[str, JSON]:
    """Return a trip as JSON."""
    return {
        "watch": trip.watch,
        "harm": trip.harm,
        "detail": trip.detail,
        "at": timestamp(trip.at),
        "released_at": stated_time(trip.released_at),
        "released_by": trip.released_by,
        "why": trip.why,
    }


def trip_lines(trip: Trip) -> list[str]:
    """Say when it tripped, on what evidence, and who released it and why."""
    state = (
        "not released; find the cause, then `outreach monitor release --by NAME --why TEXT`"
        if trip.released_at is None
        else f"released {timestamp(trip.released_at)} by {trip.released_by}: {trip.why}"
    )
    return [f"tripped {timestamp(trip.at)} on watch {trip.watch}: {trip.detail}", f"  {state}"]


def day_of(at: datetime) -> int:
    """Return the UTC day, counted from 1970."""
    return int(at.timestamp() // DAY_SECONDS)
