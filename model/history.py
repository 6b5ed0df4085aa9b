"""What is on record about a customer at the moment of a decision: one definition for the table and for the ledger.

    contacts_1d … opt_outs_90d     how often, for each of the four logs, in rolling windows of 1, 7, 30 and 90 days
    days_since_contact …           days since the latest of each log; NaN: none on record
    days_on_record                 days since the earliest thing in any of the logs; NaN: nothing on record
    hour                           the hour of the decision in UTC, 0 to 23

Every feature reads only what lies strictly before `now`: an event of the same instant is not history (HOUSE promise 9).
A rolling window of `d` days counts times with `0 < now − t < d` days, the same edge as the frequency caps use. The
definitions are data (`COUNTS`, `LATEST`): the builder of tables writes its SQL from them.
"""

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

DAY = 86_400.0  # seconds
HOURS_A_DAY = 24

LOGS = ("contacts", "engagements", "complaints", "opt_outs")
WINDOWS = (1, 7, 30, 90)  # days


class Count(NamedTuple):
    """How many times of this log have `0 < now − t < days`."""

    name: str
    log: str
    days: int


class Latest(NamedTuple):
    """Days since the latest time of this log that is before `now`; missing where there is none."""

    name: str
    log: str


COUNTS = tuple(Count(f"{log}_{days}d", log, days) for log in LOGS for days in WINDOWS)
LATEST = tuple(Latest(f"days_since_{log.removesuffix('s')}", log) for log in LOGS)
ON_RECORD = "days_on_record"  # days since the earliest time of any log that is before `now`; missing where none is
HOUR = "hour"  # of the decision, UTC

FEATURES: tuple[str, ...] = (*(name for name, _, _ in COUNTS), *(name for name, _ in LATEST), ON_RECORD, HOUR)

NEVER = frozenset({*(name for name, _ in LATEST), ON_RECORD})  # the features that are missing where nothing is
NOTHING: Mapping[str, float] = MappingProxyType(  # of a customer without any history, but for the hour
    {name: math.nan if name in NEVER else 0.0 for name in FEATURES if name != HOUR}
)

BEFORE_DAYS = 14  # of outcomes before an occasion, which no message of it can have caused
OTHER_DAYS = (7, 28)  # of outcomes after it, which only the checks read

LONGEST_DAYS = float(max(WINDOWS))  # how far back the counts look; the latest and the earliest look back for ever

_OF_LOG = {log: tuple((each.name, each.days) for each in COUNTS if each.log == log) for log in LOGS}
_LATEST_OF = {each.log: each.name for each in LATEST}


def history_features(  # noqa: PLR0913  (the four logs, all named)
    now: float,
    *,
    contacts: Sequence[float],
    engagements: Sequence[float],
    complaints: Sequence[float],
    opt_outs: Sequence[float],
    unit: int = 1,
) -> dict[str, float]:
    """Compute the features of one customer at `now`; every time is since 1970, in any order, `unit` to the second.

    `contacts` are messages that went out, essential ones included; `engagements`, `complaints` and `opt_outs` are the
    customer's own acts, whether contacted or not. All features are floats. Whole microseconds (`unit=1_000_000`) make
    them exact: days are then one correctly rounded division, whoever divides.

    Example:
        >>> seen = history_features(10 * DAY, contacts=[2 * DAY, 9 * DAY], engagements=[], complaints=[], opt_outs=[])
        >>> seen["contacts_7d"], seen["contacts_30d"], seen["days_since_contact"], seen["days_on_record"]
        (1.0, 2.0, 1.0, 8.0)
    """
    features = nothing_on_record(now, unit=unit)
    day, longest = DAY * unit, 0.0
    for log, times in zip(LOGS, (contacts, engagements, complaints, opt_outs), strict=True):
        ages = sorted([now - t for t in times if t < now]) if times else ()
        if ages:
            features[_LATEST_OF[log]] = ages[0] / day
            for name, days in _OF_LOG[log]:
                features[name] = float(bisect_left(ages, days * day))
            longest = max(longest, ages[-1])
    if longest > 0:
        features[ON_RECORD] = longest / day
    return features


def nothing_on_record(now: float, *, unit: int = 1) -> dict[str, float]:
    """Return the features of a customer of whom nothing is on record: those of all of them at the same `now`."""
    return {**NOTHING, HOUR: float(now // (DAY * unit / HOURS_A_DAY) % HOURS_A_DAY)}
