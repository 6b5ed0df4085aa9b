"""Until when nobody should send a customer a promotion (CONTRACT section 4): advice for those who own marketing.

Here nothing promotional is ever sent. Who sends it elsewhere asks first: not within a day of a service message, not
while a complaint cools off, not within three days of what an incident's events say about this customer.

Example:
    >>> noon = datetime(2026, 11, 20, 12, tzinfo=UTC)
    >>> embargo(Recent(message_at=noon), now=noon, cooling_off_days=14).because
    'service_message'
    >>> embargo(Recent(), now=noon, cooling_off_days=14).until is None
    True
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

AFTER_MESSAGE = timedelta(hours=24)
AFTER_INCIDENT = timedelta(hours=72)
NO_END = datetime.max.replace(tzinfo=UTC)  # later than the calendar goes


@dataclass(frozen=True, slots=True, kw_only=True)
class Recent:
    """When each last happened to a customer; None: never.

    `message_at` is a send that was not released, `incident_at` an event of the incident family that is about them.
    """

    message_at: datetime | None = None
    complaint_at: datetime | None = None
    incident_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Embargo:
    """Nobody should send a promotion before `until`; both are None where nothing speaks against it."""

    until: datetime | None = None
    because: str | None = None


def embargo(recent: Recent, *, now: datetime, cooling_off_days: int) -> Embargo:
    """Return what ends last; of several that end together the first of `service_message`, `cooling_off`, `incident`.

    As a rolling cap counts, each holds while `now − t` is less than its span.
    """
    spans = {
        "service_message": (recent.message_at, AFTER_MESSAGE),
        "cooling_off": (recent.complaint_at, timedelta(days=cooling_off_days)),
        "incident": (recent.incident_at, AFTER_INCIDENT),
    }
    ends = {word: _after(at, span) for word, (at, span) in spans.items() if at is not None}
    because = max(ends, key=lambda word: ends[word], default=None)
    if because is None or ends[because] <= now:
        return Embargo()
    return Embargo(until=ends[because], because=because)


def _after(at: datetime, span: timedelta) -> datetime:
    try:
        return at + span
    except OverflowError:
        return NO_END
