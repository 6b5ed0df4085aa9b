"""What is delivered is still a send when it goes out, and is its own customer's."""

from datetime import datetime
from typing import Any

from serving.offering import data_of
from tests.serving.adapters.webhooks.hooked import offer, tick
from tests.serving.adapters.webhooks.receiving import Receiver, Said
from tests.serving.served import Served, Watch, event


def happens(api: Served, kind: str, at: datetime, *, user: str = "u-17", **data: Any) -> None:
    """Record an event of a customer."""
    body = event(f"{kind}-{at:%H%M%S}-{user}", user=user, at=at, type=kind, data=data)
    told = api.post("/v1/events", body).json()
    assert told["accepted"] == 1, told


def test_a_shared_device_hands_nobody_the_message_of_another(api: Served, receiver: Receiver, clock: Watch) -> None:
    """Between the offer and its next try the device is Anna's, then Berta's: what was decided before stays Anna's."""
    receiver.says = [Said(status=500)]
    offer(api, user="x-1")
    tick(api)
    for customer in ("anna", "berta"):
        clock.turn(minutes=2)
        happens(api, "customer.identified", clock.at, user=customer, anonymous_id="x-1")
    tick(api)
    named = [data_of(got.body)["user"] for got in receiver.got]
    assert named == [{"id": "x-1"}, {"id": "anna"}]
