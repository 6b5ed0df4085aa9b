"""A year of nights and reminders in four zones, by clocks that are set forward and back; and what became of each."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from model.contracts import Candidate, Event
from tests.serving.timekeeping import Company, moved, of_appointment, of_reminder, reminder

ZONES = ("Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu")
BEGINS = datetime(2026, 11, 21, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
CHANGES = (  # in UTC: Paris, New York, Lord Howe (by half an hour), there and back
    datetime(2027, 3, 28, 1, tzinfo=UTC),
    datetime(2027, 10, 31, 1, tzinfo=UTC),
    datetime(2027, 3, 14, 7, tzinfo=UTC),
    datetime(2027, 11, 7, 6, tzinfo=UTC),
    datetime(2027, 4, 3, 15, tzinfo=UTC),
    datetime(2027, 10, 2, 15, 30, tzinfo=UTC),
)


@dataclass
class Asked:
    """A message that is asked for at `at`, and may go from `earliest` on, before `until`."""

    at: datetime
    event: Event
    candidate: Candidate
    zone: str
    earliest: datetime
    until: datetime


def awake(at: datetime, zone: str) -> bool:
    """Whether the customer's own clock stands between eight and nine in the evening."""
    return 8 <= at.astimezone(ZoneInfo(zone)).hour < 21


def first_permitted(one: Asked) -> datetime | None:
    """Look at their clock minute after minute, from the earliest on; None where the end comes before."""
    at = one.earliest
    while not awake(at, one.zone):
        at = at.replace(second=0, microsecond=0) + MINUTE
        if at >= one.until:
            return None
    return at


def year() -> list[Asked]:
    """Draw what is asked for within a year, in order: in each zone, and more often before a change of clocks."""
    draw = np.random.default_rng(20261121)
    days = [float(day) for day in range(0, 360, 12)]
    days += [(change - BEGINS) / DAY + shift for change in CHANGES for shift in (-0.9, -0.5, -0.1)]
    asked = []
    for number, (day, zone) in enumerate((day, zone) for day in days for zone in ZONES):
        user = f"{zone}/{number}"
        at = BEGINS + timedelta(seconds=int((max(day, 0) + draw.random() / 2) * 86_400))
        asked.append(_news(user, at, zone))
        asked.append(_reminder(user, at, zone, wait=timedelta(seconds=int(draw.random() * 5 * 86_400) + 3600)))
    return sorted(asked, key=lambda one: one.at)


def _news(user: str, at: datetime, zone: str) -> Asked:
    event = moved(f"news/{user}", at=at, user=user)
    message = of_appointment(event, timezone=zone)
    return Asked(at, event, message, zone, earliest=at, until=at + 72 * HOUR)


def _reminder(user: str, at: datetime, zone: str, *, wait: timedelta) -> Asked:
    event = reminder(f"reminder/{user}", at=at, remind_at=at + wait, due_at=at + wait + 8 * HOUR, user=user)
    message = of_reminder(event, timezone=zone)
    return Asked(at, event, message, zone, earliest=at + wait, until=at + wait + 8 * HOUR)


def near(asked: list[Asked], change: datetime) -> list[Asked]:
    """Return what is asked for within ten days of a change of clocks."""
    return [one for one in asked if abs(one.at - change) < 10 * DAY]


@dataclass
class Passing:
    """What became of each message: when it was sent or offered, whether it was denied, or cancelled; what is `left`."""

    times: dict[str, list[datetime]] = field(default_factory=dict)
    denied: set[str] = field(default_factory=set)
    cancelled: set[str] = field(default_factory=set)
    left: datetime | None = None
    names: dict[str, str] = field(default_factory=dict)

    def asks(self, it: Company, one: Asked) -> None:
        """Ask for a message, now."""
        it.told(one.event)
        answer = it.asked(one.candidate)
        self.names[str(answer["decision_id"])] = one.event.id
        if answer["action"] == "send":
            self.times.setdefault(one.event.id, []).append(it.clock.at)
        if answer["action"] == "deny":
            self.denied.add(one.event.id)

    def collects(self, it: Company) -> None:
        """Take what was offered, and what was cancelled."""
        for name, at in it.offered():
            self.times.setdefault(self.names[name], []).append(at)
        over = {name for name in self.names if it.confirmations(name)[-1:] == ["cancel"]}
        self.cancelled = {self.names[name] for name in over}
        self.left = it.next_due()


def lives(
    it: Company,
    asked: list[Asked],
    *,
    step: timedelta,
    exact: bool,
    restarts: int = 0,
    jumps: tuple[datetime, timedelta] | None = None,
) -> Passing:
    """Let the time pass that it takes: a look at every step, `exact`: and whenever something is due.

    The process is started anew so many times; the clock jumps once, for three hours, by so much.
    """
    passing, rest, at = Passing(), list(asked), asked[0].at
    ends = asked[-1].at + 10 * DAY
    again = [at + (ends - at) * part / (restarts + 1) for part in range(1, restarts + 1)]
    while at < ends:
        at += step
        while rest and rest[0].at <= at:
            one = rest.pop(0)
            _looks(it, until=one.at, exact=exact)
            it.clock.at = one.at
            passing.asks(it, one)
        _looks(it, until=at, exact=exact)
        it.clock.at = at
        if jumps is not None and jumps[0] <= at < jumps[0] + 3 * HOUR:
            it.clock.at += jumps[1]
        it.ticks()
        if again and at >= again[0]:
            again.pop(0)
            it.restarts()
    passing.collects(it)
    return passing


def _looks(it: Company, *, until: datetime, exact: bool) -> None:
    """Look at every instant, until then, at which something is due."""
    while exact and (due := it.next_due()) is not None and due <= until:
        it.clock.at = max(due, it.clock.at)
        it.ticks()
