"""What the demo shows: nine moments in which a company might write first, each told by a real event."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

CITIES = (
    "Pacific/Honolulu",
    "America/Los_Angeles",
    "America/Denver",
    "America/Chicago",
    "America/New_York",
    "America/Sao_Paulo",
    "Atlantic/Azores",
    "Europe/Lisbon",
    "Europe/Paris",
    "Europe/Athens",
    "Africa/Nairobi",
    "Asia/Dubai",
    "Asia/Karachi",
    "Asia/Dhaka",
    "Asia/Bangkok",
    "Asia/Shanghai",
    "Asia/Tokyo",
    "Australia/Brisbane",
    "Pacific/Noumea",
    "Pacific/Auckland",
)
LIVELY = {"tenure_days": 60, "plan": "plus", "app_user": True, "notifications_muted": False, "chats_per_month": 6}
MUTED = {"tenure_days": 900, "plan": "basic", "app_user": False, "notifications_muted": True, "chats_per_month": 0}
ABOUT = {"region": "france", "age_group": "30-44"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One moment: whose, when in their day, what happened, what somebody wants to say, and what should come of it."""

    title: str
    user: str
    purpose: str
    message: Mapping[str, Any]
    expected: str
    hour: int = 14
    channel: str = "chat"
    event: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    attributes: Mapping[str, Any] = field(default_factory=lambda: LIVELY)
    consent: bool = True

    def preferences(self, at: datetime) -> dict[str, Any]:
        """Return what the customer told us: a zone in which it is now about `hour` o'clock, and consent."""
        return {"timezone": zone_where(self.hour, at), "consent": {self.channel: self.consent}}

    def evidence(self, at: datetime, number: int) -> dict[str, Any] | None:
        """Return the CloudEvent that tells what happened ten minutes ago, or None where nothing did."""
        if self.event is None:
            return None
        return {
            "specversion": "1.0",
            "source": "urn:demo:shop",
            "id": f"ev-{number}",
            "type": self.event,
            "subject": self.user,
            "time": (at - timedelta(minutes=10)).isoformat(),
            "data": dict(self.data),
        }

    def candidate(self, number: int) -> dict[str, Any]:
        """Return the body of `POST /v1/decisions`."""
        body: dict[str, Any] = {
            "user": {"id": self.user, "attributes": {**ABOUT, **self.attributes}},
            "purpose": self.purpose,
            "channel": self.channel,
            "message": dict(self.message),
        }
        if self.event is not None:
            body["evidence"] = {"type": self.event, "id": f"ev-{number}"}
        return body


def zone_where(hour: int, at: datetime) -> str:
    """Return the city whose clock is nearest to `hour` now, so that the demo tells the same story at any time."""

    def away(zone: str) -> float:
        local = at.astimezone(ZoneInfo(zone))
        gap = abs(local.hour + local.minute / 60 - hour)
        return min(gap, 24 - gap)

    return min(CITIES, key=away)


LATE = {"parcel": "A-7", "new_eta": "Friday", "delay_hours": 26}
SAYS_LATE = {"template": "parcel_delayed", "facts": {"parcel": "A-7", "new_eta": "Friday"}}

SCENES = (
    Scene(
        title="Mia's parcel is late. She chats with us often.",
        user="mia",
        purpose="delivery_update",
        event="shipment.delayed",
        data=LATE,
        message=SAYS_LATE,
        expected="send",
    ),
    Scene(
        title="The warehouse reports the same delay once more.",
        user="mia",
        purpose="delivery_update",
        event="shipment.delayed",
        data=LATE,
        message=SAYS_LATE,
        expected="already_told",
    ),
    Scene(
        title="Noah's parcel is late too, but it is night where he lives.",
        user="noah",
        hour=2,
        purpose="delivery_update",
        event="shipment.delayed",
        data=LATE,
        message=SAYS_LATE,
        expected="quiet_hours",
    ),
    Scene(
        title="Somebody wants Olga back: “We miss you! 20 % off.”",
        user="olga",
        channel="email",
        purpose="win_back",
        message={"text": "We miss you! Come back for 20 % off."},
        expected="purpose_is_marketing",
    ),
    Scene(
        title="A discount hides inside a parcel update.",
        user="pia",
        purpose="delivery_update",
        event="shipment.delayed",
        data=LATE,
        message={
            "text": "Your parcel A-7 now arrives on Friday. Take 20 % off your next order!",
            "next_step": "Reply.",
        },
        expected="promotional_wording",
    ),
    Scene(
        title="Walter's parcel is late. He muted us and never writes: people like him complain when we do.",
        user="walter",
        purpose="delivery_update",
        event="shipment.delayed",
        data=LATE,
        message=SAYS_LATE,
        attributes=MUTED,
        expected="below_cutoff",
    ),
    Scene(
        title="A payment of Zoe's looks like fraud. It is night there, and she never agreed to messages.",
        user="zoe",
        hour=3,
        channel="sms",
        purpose="account_event",
        event="account.fraud_suspected",
        data={"amount": "310 EUR"},
        message={"template": "fraud_suspected", "facts": {"amount": "310 EUR"}},
        consent=False,
        expected="send",
    ),
    Scene(
        title="A parcel update for Quinn, about a parcel of which nothing is recorded.",
        user="quinn",
        purpose="delivery_update",
        message=SAYS_LATE,
        expected="evidence_missing",
    ),
    Scene(
        title="Rosa's parcel is late. Chance keeps one in twenty out, so that we can still tell what contact does.",
        user="rosa",
        purpose="delivery_update",
        event="shipment.delayed",
        data=LATE,
        message=SAYS_LATE,
        expected="held_out",
    ),
)
