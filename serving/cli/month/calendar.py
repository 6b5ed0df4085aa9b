"""When the month begins and ends, and when its model takes over from its experiment."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

DAYS = 30
LEARNING = timedelta(days=13, hours=9)  # of the experiment; then there is a model
MIDNIGHT = {"hour": 0, "minute": 0, "second": 0, "microsecond": 0}


@dataclass(frozen=True, slots=True)
class Calendar:
    """The month before `end`; days are counted back from its day, in UTC."""

    end: datetime

    @property
    def begin(self) -> datetime:
        """Midnight, thirty days before the last day."""
        return self.end.replace(**MIDNIGHT) - timedelta(days=DAYS)  # type: ignore[arg-type]  # all are whole numbers

    @property
    def learned(self) -> datetime:
        """When the experiment had shown enough, and the model took over."""
        return self.begin + LEARNING

    def ago(self, days: int, clock: str, zone: str = "Europe/Paris") -> datetime:
        """Return the instant at which a clock in that zone showed `HH:MM`, so many days before the last day."""
        hour, minute = map(int, clock.split(":"))
        day = (self.end - timedelta(days=days)).astimezone(ZoneInfo(zone))
        return day.replace(hour=hour, minute=minute, second=0, microsecond=0).astimezone(self.end.tzinfo)
