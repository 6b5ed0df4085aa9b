"""Times as the ledger stores them: whole microseconds since 1970 in UTC, which sort and compare exactly.

Example:
    >>> instant(micros(datetime(2026, 11, 20, tzinfo=UTC))).isoformat()
    '2026-11-20T00:00:00+00:00'
"""

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
SECOND = 1_000_000  # microseconds
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
EVER = -(2**62)  # before any time that can be stored


def micros(at: datetime) -> int:
    """Count the microseconds from the epoch to an aware time."""
    return (at - EPOCH) // MICROSECOND


def instant(stored: int) -> datetime:
    """Return the time, in UTC, that `micros` counted."""
    return EPOCH + stored * MICROSECOND


def instant_or_none(stored: int | None) -> datetime | None:
    """Return the time, or None for what never happened."""
    return None if stored is None else instant(stored)
