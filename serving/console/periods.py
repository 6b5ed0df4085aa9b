"""Of which time a page tells: the last 24 hours, 7 or 30 days. Days are those of UTC, so that figures are whole ones.

Example:
    >>> period_named("7d").start(datetime(2026, 11, 20, 15, 30, tzinfo=UTC)).isoformat()
    '2026-11-14T00:00:00+00:00'
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from serving.errors import Invalid

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """So many steps of one length, the one that runs now included; `words` say it."""

    name: str
    words: str
    step: timedelta
    steps: int

    def start(self, now: datetime) -> datetime:
        """Return when its first step begins."""
        return self.starts(now)[0]

    def starts(self, now: datetime) -> list[datetime]:
        """Return when each of its steps begins, the oldest first."""
        whole = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        last = whole if self.step < DAY else whole.replace(hour=0)
        return [last - back * self.step for back in range(self.steps - 1, -1, -1)]

    def end(self, now: datetime) -> datetime:
        """Return when its last step ends: whole hours are counted at once, and nothing was decided after now."""
        return self.starts(now)[-1] + self.step

    def label(self, at: datetime) -> str:
        """Write the beginning of a step for a chart: a day, or an hour."""
        return at.date().isoformat() if self.step >= DAY else f"{at:%H:%M}"


PERIODS: Final[Sequence[Period]] = (
    Period(name="24h", words="24 hours", step=HOUR, steps=24),
    Period(name="7d", words="7 days", step=DAY, steps=7),
    Period(name="30d", words="30 days", step=DAY, steps=30),
)


def period_named(name: str | None) -> Period:
    """Return the period of this name; seven days where none is named.

    Raises:
        Invalid: there is none of this name.
    """
    found = next((each for each in PERIODS if each.name == (name or "7d")), None)
    if found is None:
        raise Invalid("`period` must be 24h, 7d or 30d")
    return found
