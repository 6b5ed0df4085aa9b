"""Time zones: a customer's own clock, and when their quiet hours end and begin, right at every change of offset.

Instants are epoch seconds (UTC), quiet hours are `(start, end)` in minutes after local midnight with end < start.
The zones' rules are the installed IANA data; names that depend on the machine (`localtime`) are unknown.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

HOUR, DAY = 3600.0, 86_400.0
LONGEST_WAIT = 8 * DAY
FIRST, LAST = (datetime(year, 1, 1, tzinfo=UTC).timestamp() for year in (2, 9999))  # what any local clock can show
MACHINE = frozenset({"localtime", "posixrules", "Factory"})
NO_END = float("inf")
Quiet = tuple[int, int]


@lru_cache(maxsize=4096)
def zone(name: str) -> ZoneInfo | None:
    """Return the zone of an IANA name, or None where there is none: unknown means no."""
    if name in MACHINE or name.startswith(("posix/", "right/")):
        return None
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # not a key, not a plain path, a folder: all of them unknown
        return None


def offset(at: float, where: ZoneInfo) -> float:
    """Return local time minus UTC, in seconds; beyond the calendar it stays as it is at its end."""
    shift = datetime.fromtimestamp(FIRST if at < FIRST else min(at, LAST), where).utcoffset()
    return 0.0 if shift is None else shift.total_seconds()


def local_second(at: float, where: ZoneInfo) -> float:
    """Return the seconds after local midnight."""
    return (at + offset(at, where)) % DAY


def is_quiet(at: float, where: ZoneInfo, quiet: Quiet) -> bool:
    """Whether the local clock stands in the quiet hours: from the start on, until before the end."""
    return not quiet[1] * 60 <= local_second(at, where) < quiet[0] * 60


def next_change(at: float, where: ZoneInfo, quiet: Quiet) -> float:
    """Return the first instant after `at` at which quiet hours end (if it is quiet) or begin (if it is not).

    As long as the offset stays, that is simple subtraction; where it changes before, the moment of change is looked
    at by itself: it may jump over the mark, even over a whole day.
    """
    shift = offset(at, where)
    quiet_now = not quiet[1] * 60 <= (at + shift) % DAY < quiet[0] * 60
    mark = quiet[1] * 60 if quiet_now else quiet[0] * 60
    while True:
        goal = float(round(at + (mark - (at + shift) % DAY) % DAY))  # a full minute there, a full second here
        if offset(goal, where) == shift:
            return goal
        at = _offset_change(at, goal, where)
        if is_quiet(at, where, quiet) != quiet_now:
            return at
        shift = offset(at, where)


def _offset_change(low: float, high: float, where: ZoneInfo) -> float:
    """Return the first whole second in (low, high] with another offset than at `low`."""
    before = offset(low, where)
    start, end = int(low), int(high) + 1
    while end - start > 1:
        middle = (start + end) // 2
        start, end = (middle, end) if offset(middle, where) == before else (start, middle)
    return float(end)


def awake_from(at: float, where: Sequence[ZoneInfo], quiet: Quiet) -> float | None:
    """Return the first instant at or after `at` that is quiet in none of the zones, or None where there is none."""
    limit = at + LONGEST_WAIT
    while -NO_END < at <= limit < NO_END:
        asleep = [each for each in where if is_quiet(at, each, quiet)]
        if not asleep:
            return at
        at = max(next_change(at, each, quiet) for each in asleep)
    return None


def quiet_from(at: float, where: Sequence[ZoneInfo], quiet: Quiet) -> float | None:
    """Return the next instant after `at` (which is quiet nowhere) at which it is quiet in one of the zones."""
    return min((next_change(at, each, quiet) for each in where), default=None)


@lru_cache(maxsize=4096)
def moment(at: float) -> datetime:
    """Return the instant as an aware datetime in UTC."""
    return datetime.fromtimestamp(at, UTC)
