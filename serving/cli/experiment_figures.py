"""What an experiment has collected, and about how much a certificate needs: figures for `outreach experiment`."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from model.contracts import JSON
from model.monitor.detector import Counts, matured
from serving.cli.monitor_figures import day_of, watch_json
from serving.record.record import stated_time, timestamp
from serving.standing import Experiment, Trip


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """Occasions by what chance did; `waited` of the held out have a closed window, `complained` of those complained."""

    contacted: int = 0
    held_out: int = 0
    waited: int = 0
    complained: int = 0

    @property
    def occasions(self) -> int:
        """All of them."""
        return self.contacted + self.held_out


@dataclass(frozen=True, slots=True, kw_only=True)
class Needed:
    """About how many occasions and contacts a certificate needs at this share, contact harming nobody.

    `control_rate` is the complaint rate assumed without contact, `seen` whether it was seen among the held out; else it
    is the limit.
    """

    occasions: float
    contacts: float
    control_rate: float
    seen: bool


def recounted(begun: Experiment, trips: Sequence[Trip]) -> bool:
    """Whether the monitor began afresh after this experiment did, so that its counts are not the whole."""
    return any(trip.released_at is not None and trip.released_at >= begun.started_at for trip in trips)


def collected(counts: Counts, at: datetime) -> Collected:
    """Add up the monitor's counts of an experiment."""
    held = {cell: n for cell, n in counts.items() if not cell.contacted}
    closed = {cell: n for cell, n in held.items() if cell.day <= matured(day_of(at))}
    return Collected(
        contacted=sum(counts.values()) - sum(held.values()),
        held_out=sum(held.values()),
        waited=sum(closed.values()),
        complained=sum(n for cell, n in closed.items() if cell.complained),
    )


def needed(begun: Experiment, found: Collected) -> Needed:
    """Ask the planner, with the complaints of the held out as far as they are known."""
    from model.certifying.planner import Aim, Collect, size

    seen = 0 < found.complained < found.waited
    control_rate = found.complained / found.waited if seen else begun.complaint_at_most
    aim = Aim(alpha=begun.complaint_at_most, control_rate=control_rate, opt_out_alpha=begun.opt_out_at_most)
    planned = size(aim, Collect(above=begun.share, below=begun.share))
    return Needed(occasions=planned.occasions, contacts=planned.contacts, control_rate=control_rate, seen=seen)


def needed_said(begun: Experiment, found: Collected) -> str:
    """Say about how much a certificate needs, and on what assumption."""
    from model.certifying.planner_words import about

    plan = needed(begun, found)
    rate = f"{100.0 * plan.control_rate:.2f} % complain without contact{'' if plan.seen else ' (an assumption)'}"
    return (
        f"a certificate needs about {about(plan.occasions)} occasions ({about(plan.contacts)} contacts) at this share, "
        f"where {rate} and contact harms nobody; for other assumptions: `outreach plan`"
    )


def as_stated(begun: Experiment, counts: Counts | None, at: datetime) -> dict[str, JSON]:
    """Return an experiment as JSON; what is counted is null where the monitor has begun afresh since."""
    stated: dict[str, JSON] = asdict(begun) | {
        "started_at": timestamp(begun.started_at),
        "until": timestamp(begun.until),
        "stopped_at": stated_time(begun.stopped_at),
    }
    if counts is None:
        return stated | {"collected": None, "needed": None, "monitor": None}
    found = collected(counts, at)
    plan = needed(begun, found)
    return stated | {
        "collected": {"occasions": found.occasions, "contacted": found.contacted, "held_out": found.held_out},
        "needed": {"occasions": _whole(plan.occasions), "contacts": _whole(plan.contacts)}
        | {"control_rate": plan.control_rate, "control_rate_seen": plan.seen},
        "monitor": watch_json(begun.watch, counts, at),
    }


def _whole(number: float) -> int | None:
    """Return a count rounded up; null beyond anything that could be collected."""
    return -int(-number // 1) if number < 1e15 else None
