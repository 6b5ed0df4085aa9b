"""What is decided for a page, and what it hears of it."""

from pathlib import Path
from typing import Any

from serving import policy
from tests.serving.routes.visiting import Page
from tests.serving.served import Served, Watch, event

EVENTS = "/v1/events"
SHIPPED = Path(policy.__file__).parent / "shipped"
MOVED = {"appointment": "P-1", "starts_at": "Friday"}
TRIGGER = """
triggers:
  - id: moved_on_page
    on: appointment.changed
    purpose: appointment_update
    template: appointment_changed
    facts: { appointment: event.data.appointment, starts_at: event.data.starts_at }
    channel: widget
"""


def moved(clock: Watch, name: str = "m-1", **more: Any) -> dict[str, Any]:
    """Describe what the shop's server says in the customer's session."""
    data = MOVED | {"session": "s-1"} | more.pop("data", {})
    return event(type="appointment.changed", at=clock.at, id=name, data=data) | more


def heard(page: Page, body: Any = ()) -> list[dict[str, Any]]:
    """Return what the page hears with its next answer."""
    answer = page.post(EVENTS, list(body))
    assert answer.status_code == 202, answer.text
    found: list[dict[str, Any]] = answer.json()["decisions"]
    return found


def offers(api: Served) -> list[Any]:
    """Return what others are offered."""
    listed: list[Any] = api.get("/v1/offers").json()["offers"]
    return listed
