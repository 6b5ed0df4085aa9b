"""Why people complain: occasions grouped by their customers, by what was said, and by the time of day.

The time of day is the customer's own; where their zone is not known it groups nobody.

Example:
    >>> causes([]).groups
    []
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from model.contracts import JSON
from serving.analytics.grouping import falls_into, groups_of
from serving.analytics.segments import Compared, Rows, compared
from serving.people.complaining import Watched
from serving.policy.zones import zone

PARTS = ((8, "night, 21:00 to 8:00"), (12, "morning, 8:00 to 12:00"), (17, "afternoon, 12:00 to 17:00"))
EVENING, NIGHT = "evening, 17:00 to 21:00", PARTS[0][1]
TIME = "time of day"


@dataclass(frozen=True, slots=True, kw_only=True)
class Causes:
    """What was compared: how many occasions of how many customers, since when; the groups, the surest excess first."""

    occasions: int
    customers: int
    contacted: int
    since: datetime | None
    until: datetime | None
    groups: list[Compared]


def causes(seen: Sequence[Watched]) -> Causes:
    """Compare every group that these occasions make."""
    groups = groups_of([each.attributes for each in seen])
    groups += groups_of([_around(each) for each in seen], of="message")
    return Causes(
        occasions=len(seen),
        customers=len({each.customer for each in seen}),
        contacted=sum(each.contacted for each in seen),
        since=min((each.at for each in seen), default=None),
        until=max((each.at for each in seen), default=None),
        groups=compared(_rows(seen), groups),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Treated:
    """Of how many occasions of some customers how many were written to, beside those of all others; since when."""

    since: datetime
    written: int
    occasions: int
    others_written: int
    others: int


def treated(seen: Sequence[Watched], kind: str, name: str) -> Treated | None:
    """Count how a group of customers fared on these occasions; None where it had none."""
    mine = [falls_into(name, each.attributes.get(kind)) for each in seen]
    if not any(mine):
        return None
    written = sum(each.contacted for each, own in zip(seen, mine, strict=True) if own)
    return Treated(
        since=min(each.at for each in seen),
        written=written,
        occasions=sum(mine),
        others_written=sum(each.contacted for each in seen) - written,
        others=len(seen) - sum(mine),
    )


def part_of_day(at: datetime, timezone: str | None) -> str | None:
    """Return which part of the customer's own day an instant falls into; None where their zone is not known.

    Example:
        >>> from datetime import UTC
        >>> part_of_day(datetime(2026, 11, 20, 7, 30, tzinfo=UTC), "Europe/Paris")
        'morning, 8:00 to 12:00'
    """
    where = None if timezone is None else zone(timezone)
    if where is None:
        return None
    hour = at.astimezone(where).hour
    if hour >= 21:
        return NIGHT
    return next((name for end, name in PARTS if hour < end), EVENING)


def _around(seen: Watched) -> dict[str, JSON]:
    """Return what groups an occasion beside its customer."""
    return {
        "purpose": seen.purpose,
        "channel": seen.channel,
        "template": seen.template,
        TIME: part_of_day(seen.at, seen.timezone),
    }


def _rows(seen: Sequence[Watched]) -> Rows:
    numbers: dict[str, int] = {}
    return Rows(
        customer=np.asarray([numbers.setdefault(each.customer, len(numbers)) for each in seen], dtype=np.intp),
        contacted=np.asarray([each.contacted for each in seen], dtype=np.bool_),
        chance=np.asarray([each.chance for each in seen], dtype=np.float64),
        complained=np.asarray([each.complained for each in seen], dtype=np.float64),
        harmed=np.asarray([each.harmed for each in seen], dtype=np.float64),
    )
