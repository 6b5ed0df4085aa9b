"""A customer's late parcels, one after the other: recorded, asked about, answered."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.serving.routes.refusing import Desk

Body = dict[str, Any]
SHOP = "urn:shop"


def late(made: Desk, number: int, at: datetime, *, user: str = "u-1") -> None:
    """Record one more late parcel of a customer, a minute before `at`."""
    body = {
        "specversion": "1.0",
        "source": SHOP,
        "id": f"late-{number}",
        "type": "shipment.delayed",
        "time": (at - timedelta(minutes=1)).isoformat(),
        "subject": user,
        "data": {"parcel": f"L-{number}", "new_eta": "Friday"},
    }
    assert made.api.post("/v1/events", body).json()["accepted"] == 1


def asks(number: int, *, user: str = "u-1", zone: str | None = "Europe/Paris", **more: Any) -> Body:
    """Return the body that asks whether to tell a customer about that parcel."""
    about_them: Body = {"id": user, "attributes": {"tenure_days": 410}} | ({} if zone is None else {"timezone": zone})
    body: Body = {
        "user": about_them,
        "purpose": "delivery_update",
        "channel": "chat",
        "evidence": {"type": "shipment.delayed", "id": f"late-{number}"},
        "message": {"template": "parcel_delayed", "facts": {"parcel": f"L-{number}", "new_eta": "Friday"}},
    }
    return body | more


def told(made: Desk, number: int, at: str, **more: Any) -> tuple[str, list[str], str | None]:
    """Turn the clock, record a late parcel, ask about it; return the action, the codes and `not_before`."""
    made.clock.at = datetime.fromisoformat(at).astimezone(UTC)
    late(made, number, made.clock.at)
    answer = made.api.post("/v1/decisions", asks(number, **more)).json()
    return answer["action"], [reason["code"] for reason in answer["reasons"]], answer["not_before"]
