"""The equivalence classes of every column that a filter may read, and of every limit.

A class is a value, or an open interval between two values at which some filter may change its mind; instants are cut
at `now` and at `now` minus every limit of time. Each interval has two classes, so that one of two instants in the same
interval can be the later one. Out-of-range flags never reach a filter: `serving.verify.invalid`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import combinations, pairwise
from math import nextafter
from types import MappingProxyType

import numpy as np

from model.errors import OutreachError
from serving.policy.columns import NAN, NEVER, NO, NO_END, UNKNOWN, YES, Columns, Flags, Floats, Numbers
from serving.policy.limits import LONGEST, WORDS, Limits

DAY, HOUR, MICROSECOND = 86_400.0, 3600.0, 1e-6
TRUTH, ANSWER = (UNKNOWN, NO, YES), (NO, YES)
FLAGS: Mapping[str, tuple[int, ...]] = MappingProxyType(
    {
        "readable": ANSWER,
        "purpose": tuple(range(-2, 9)),
        "channel": tuple(range(-1, 6)),
        "mark": (0, 1, 2),
        "ages_as": (0, 1, 2, 3),
        **dict.fromkeys(("found", "fits", "theirs", "superseded", "outdated", "already_told"), TRUTH),
        **dict.fromkeys(("promotional", "generic", "newcomer"), TRUTH),
        **dict.fromkeys(("judged", "complete", "grounded", "next_step", "templated", "same_purpose"), ANSWER),
        "approval": (-1, 0, 1, 2),
        **dict.fromkeys(("allowed", "consent", "opted_out", "zoned"), TRUTH),
        "outbound": ANSWER,
        "live": TRUTH,
        **dict.fromkeys(("own", "returning", "complaint_open", "conversation_open", "breaker_open"), TRUTH),
    }
)
TIMES = (
    *("evidence_time", "remind_at", "due_at", "expires_at", "last_inbound", "last_complaint", "dismissed_at"),
    "settled_since",
)
MINUTES = ("minute", "minute_too")
COUNTS: Mapping[str, tuple[str, ...]] = MappingProxyType(  # column: the limits that it is compared with
    {
        "contacts_60m": ("contacts_60m",),
        "contacts_24h": ("contacts_24h", "essential_24h"),
        "contacts_7d": ("contacts_7d",),
        "widget_messages": ("widget_per_session",),
    }
)
NOT_GRIDDED = frozenset({"contacts", "timed", "zones", "now", "doubtful"})  # no filter's test may read the first three
FREE = frozenset({"now", "doubtful"})  # the grid is laid around the one; the other only saves work

Tightening = int | frozenset[str]
NUMBERED: Mapping[str, tuple[int, ...]] = MappingProxyType(  # the default, a step tighter, and far tighter
    {
        "quiet_start": (1260, 1259, 900),
        "quiet_end": (480, 481, 720),
        "contacts_60m": (1, 0),
        "contacts_24h": (2, 1, 0),
        "contacts_7d": (5, 4, 3, 2, 1, 0),
        "essential_24h": (10, 9, 1, 0),
        "cooling_off_days": (14, 15, LONGEST),
        "dismissal_days": (30, 31, LONGEST),
        "dwell_seconds": (30, 31, LONGEST),
        "widget_per_session": (1, 0),
        "evidence_hours": (24, 23, 1, 0),
        "essential_hours": (72, 71, 1, 0),
        "widget_minutes": (5, 4, 0),
        "breaker_volume": (200, 199, 0),  # these two are the ledger's to read: no filter does
        "breaker_times": (10, 9, 0),
    }
)
CUTS: Mapping[str, float] = MappingProxyType(  # what one of a limit of time is, in seconds
    {
        "cooling_off_days": DAY,
        "dismissal_days": DAY,
        "dwell_seconds": 1.0,
        "evidence_hours": HOUR,
        "essential_hours": HOUR,
        "widget_minutes": 60.0,
    }
)


class Uncovered(OutreachError):  # noqa: N818  (the error tree names what is wrong, not that it is one)
    """An input has no classes here: nothing is verified until it has."""


@dataclass(frozen=True, slots=True, eq=False)
class Axis:
    """The classes of one column: a representative each, and the closed interval that it stands for."""

    values: Floats
    low: Floats
    high: Floats

    def __len__(self) -> int:
        return len(self.values)


def covered() -> None:
    """Raise `Uncovered` where a column or a limit has no classes, or classes have no column."""
    columns = {*Flags._fields, *Numbers._fields}
    _same("column", columns, {*FLAGS, *TIMES, *MINUTES, *COUNTS})
    _same("column", {field.name for field in fields(Columns)}, columns | NOT_GRIDDED)
    _same("limit", {field.name for field in fields(Limits)}, {*NUMBERED, *WORDS})


def _same(kind: str, there: set[str] | frozenset[str], known: set[str] | frozenset[str]) -> None:
    for name in sorted(there ^ known):
        raise Uncovered(f"the {kind} `{name}` has no classes; give it some in `serving.verify.classes`")


def axis(name: str, now: float, *, minutes: Sequence[int] = range(1440)) -> Axis:
    """Return the classes of one column around `now` (epoch seconds), in ascending order, unknown (NaN) last."""
    if name in FLAGS:
        values = np.array(FLAGS[name], dtype=np.float64)
        return Axis(values, values, values)
    if name in MINUTES:
        return _axis([(float(minute),) * 3 for minute in minutes], (-1.0, 1440.0))
    if name in COUNTS:
        caps = sorted({value for limit in COUNTS[name] for value in NUMBERED[limit]})
        return _axis([*_between_counts(caps)], ())
    if name in TIMES:
        return _axis([*_between_times(sorted(now - cut for cut in cuts()))], (-1e300, 1e300))
    raise Uncovered(f"the column `{name}` has no classes; give it some, or no filter that reads it can be verified")


def cuts() -> set[float]:
    """Return how long before `now` a filter may change its mind, in seconds."""
    return {0.0} | {value * unit for limit, unit in CUTS.items() for value in NUMBERED[limit]}


def _axis(classes: Iterable[tuple[float, float, float]], extremes: Iterable[float]) -> Axis:
    points = [(value, value, value) for value in (*extremes, NEVER, NO_END)]
    rows = [*sorted([*classes, *points]), (NAN, NAN, NAN)]
    low, values, high = (np.array(column) for column in zip(*((a, b, c) for b, a, c in rows), strict=True))
    return Axis(values, low, high)


def _between_times(cut: Sequence[float]) -> Iterator[tuple[float, float, float]]:
    """Yield (representative, low, high): the cuts, and two halves of each interval between them."""
    yield from ((at, at, at) for at in cut)
    for before, after in pairwise([-6e10, *cut, 2.5e11]):  # about the years that a calendar can show
        first, last, middle = before + MICROSECOND, after - MICROSECOND, (before + after) / 2
        yield first, first, nextafter(middle, before)
        yield last, middle, last


def _between_counts(caps: Sequence[int]) -> Iterator[tuple[float, float, float]]:
    yield from ((float(cap),) * 3 for cap in caps)
    for before, after in pairwise([-1e9, *caps, 1e9]):
        inside = before + 1 if after == 1e9 else after - 1 if before == -1e9 else (before + after) / 2
        yield inside, before + 0.01, after - 0.01


def tightenings(name: str) -> tuple[tuple[Tightening, ...], tuple[tuple[int, int], ...]]:
    """Return a limit's classes (the default first), and the pairs (looser, tighter) of places that are one step."""
    if name in NUMBERED:
        return NUMBERED[name], tuple(pairwise(range(len(NUMBERED[name]))))
    words = sorted(WORDS[name])
    sets = [frozenset(chosen) for size in range(len(words) + 1) for chosen in combinations(words, size)]
    place = {each: at for at, each in enumerate(sets)}
    steps = [(place[each], place[each | {word}]) for each in sets for word in words if word not in each]
    return tuple(sets), tuple(steps)
