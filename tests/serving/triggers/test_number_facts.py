"""A fact is a text or a number: a sender's number is said as a text where the template wants one."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from model.contracts import JSON
from serving.timetable import Visitor
from tests.serving.kinds.shop import Shop, shop
from tests.serving.triggers.asking import NOW, event, triggers

POLICY = """
templates:
  - id: parcel_late
    purpose: delivery_update
    text: "Your parcel {parcel} is {hours} hours late. Reply to change the address."
    facts: { parcel: string, hours: number }
    next_step: "Reply to change the address."
  - id: reminder
    purpose: requested_reminder
    text: "You asked to be reminded of invoice {what}. Reply to be reminded again."
    facts: { what: string }
    next_step: "Reply to be reminded again."
triggers:
  - id: late
    on: shipment.delayed
    purpose: delivery_update
    template: parcel_late
    facts: { parcel: event.data.parcel, hours: event.data.delay_hours }
    channel: chat
  - id: reminder
    on: reminder.requested
    purpose: requested_reminder
    template: reminder
    facts: { what: event.data.what }
    channel: chat
"""


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Shop]:
    """A company whose parcels have numbers; u-1 agrees to everything."""
    with shop(tmp_path, POLICY) as made:
        made.knows("u-1")
        yield made


@pytest.mark.parametrize(
    ("parcel", "shown"), [(881, "881"), (881.0, "881"), (8.5, "8.5"), (2**53 + 1, "9007199254740993"), ("A-7", "A-7")]
)
def test_a_number_is_said_where_the_template_wants_a_text(company: Shop, parcel: JSON, shown: str) -> None:
    """It is the fact on record, as it is shown; a number stays a number where the template wants one."""
    [told] = company.tells(company.event("shipment.delayed", "u-1", parcel=parcel, delay_hours=26))
    facts = company.api.get(f"/v1/decisions/{told['decision_id']}").json()["candidate"]["message"]["facts"]
    expected = ("send", f"Your parcel {shown} is 26 hours late. Reply to change the address.")
    assert (told["action"], told["message"]["text"]) == expected, told["reasons"]
    assert facts == {"parcel": shown, "hours": 26}


def test_the_same_number_is_the_same_fact(company: Shop) -> None:
    """What was told is told: the parcel and the facts compare as the event has them, number or text."""
    data: dict[str, Any] = {"parcel": 881, "delay_hours": 26}
    first = company.happens("shipment.delayed", ago=60, **data)
    again = company.happens("shipment.delayed", **data)
    assert (first[0][0], again[0][0], "already_told" in again[0][1]) == ("send", "deny", True)


def test_a_number_that_is_not_the_newest_is_superseded(company: Shop) -> None:
    """Newer news about parcel 881 stands against older news about it."""
    company.happens("shipment.delayed", ago=0, parcel=881, delay_hours=30)
    [(action, codes)] = company.happens("shipment.delayed", ago=600, parcel=881, delay_hours=26)
    assert (action, "fact_superseded" in codes) == ("deny", True)


def test_a_reminder_of_a_number_is_the_request_on_record(company: Shop) -> None:
    """Held until its time, then sent with the number as the customer reads it."""
    at = company.clock.at.replace(hour=15).isoformat()
    due = company.clock.at.replace(hour=18).isoformat()
    held = company.happens("reminder.requested", remind_at=at, due_at=due, what=4711, channel="chat")
    company.ticks(hours=3)
    expected = [("u-1", "You asked to be reminded of invoice 4711. Reply to be reminded again.")]
    assert (held, company.texts()) == ([("hold", ["too_soon"])], expected)


@pytest.mark.parametrize("parcel", [True, None, ["A-7"], {"a": 1}])
def test_what_is_neither_text_nor_number_is_still_no_fact(company: Shop, parcel: JSON) -> None:
    """The sender is told; nothing matches."""
    answer = company.answer(company.event("shipment.delayed", "u-1", parcel=parcel, delay_hours=26))
    assert answer["decisions"] == []


def test_a_number_without_end_is_no_text() -> None:
    """Nobody could read it, so the trigger failed, and says at which fact."""
    text = """triggers:
  - { id: t, on: shipment.delayed, purpose: delivery_update, template: parcel_delayed, channel: chat,
      facts: { parcel: 'true ? event.data["own"] / 0.0 : event.data["own"]', new_eta: event.data.new_eta } }
"""
    found = triggers(text)
    matched = found.matches(event({"own": 1.5, "new_eta": 5}, "shipment.delayed"), Visitor(), now=NOW)
    [tally] = found.tallies()
    assert (matched, tally.failed, tally.problem) == ([], 1, "fact `parcel`: a number that it computes is not finite")
