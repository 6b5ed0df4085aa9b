"""An appointment is agreed, comes near, moves, or is off."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.serving.kinds.shop import Shop, said, shop

POLICY = """
templates:
  - id: agreed
    purpose: appointment_update
    text: "Your appointment {appointment} is confirmed for {starts_at}. Reply to move or cancel it."
    facts: { appointment: string, starts_at: string }
    next_step: "Reply to move or cancel it."
  - id: near
    purpose: appointment_update
    text: "Your appointment {appointment} is at {starts_at}, {place}. Reply to move or cancel it."
    facts: { appointment: string, starts_at: string, place: string }
    next_step: "Reply to move or cancel it."
  - id: moved
    purpose: appointment_update
    text: "Your appointment {appointment} has moved from {was} to {starts_at}. Reply if this time does not suit you."
    facts: { appointment: string, was: string, starts_at: string }
    next_step: "Reply if this time does not suit you."
  - id: called_off
    purpose: appointment_update
    text: "Your appointment {appointment} was cancelled: {reason}. Reply to arrange another time."
    facts: { appointment: string, reason: string }
    next_step: "Reply to arrange another time."
triggers:
  - id: agreed
    on: appointment.confirmed
    purpose: appointment_update
    template: agreed
    facts: { appointment: event.data.appointment, starts_at: event.data.starts_at }
    channel: email
  - id: near
    on: appointment.upcoming
    when: has(event.data.place)
    purpose: appointment_update
    template: near
    facts: { appointment: event.data.appointment, starts_at: event.data.starts_at, place: event.data.place }
    channel: push
  - id: moved
    on: appointment.changed
    when: event.data.was != event.data.starts_at
    purpose: appointment_update
    template: moved
    facts: { appointment: event.data.appointment, was: event.data.was, starts_at: event.data.starts_at }
    channel: sms
  - id: called_off
    on: appointment.cancelled
    purpose: appointment_update
    template: called_off
    facts: { appointment: event.data.appointment, reason: event.data.reason }
    channel: sms
"""
P1: dict[str, Any] = {"appointment": "P-1", "starts_at": "Tuesday 9:00"}
MOVED: dict[str, Any] = P1 | {"was": "Monday 9:00"}


@pytest.fixture
def it(tmp_path: Path) -> Iterator[Shop]:
    """Open a practice with one customer, in Paris at one in the afternoon."""
    with shop(tmp_path, POLICY) as opened:
        opened.knows("u-1")
        yield opened


GOOD = [
    (
        "appointment.confirmed",
        P1,
        "Your appointment P-1 is confirmed for Tuesday 9:00. Reply to move or cancel it.",
    ),
    (
        "appointment.upcoming",
        P1 | {"place": "2 Mill Lane"},
        "Your appointment P-1 is at Tuesday 9:00, 2 Mill Lane. Reply to move or cancel it.",
    ),
    (
        "appointment.changed",
        MOVED,
        "Your appointment P-1 has moved from Monday 9:00 to Tuesday 9:00. Reply if this time does not suit you.",
    ),
    (
        "appointment.cancelled",
        {"appointment": "P-1", "reason": "Dr Lee is ill"},
        "Your appointment P-1 was cancelled: Dr Lee is ill. Reply to arrange another time.",
    ),
]


@pytest.mark.parametrize(("kind", "data", "text"), GOOD, ids=[kind for kind, *_ in GOOD])
def test_each_news_of_an_appointment_is_told(it: Shop, kind: str, data: dict[str, Any], text: str) -> None:
    """With what the event says, word for word."""
    (one,) = it.tells(it.event(kind, "u-1", **data))

    assert (one["action"], one["message"]["text"]) == ("send", text)


@pytest.mark.parametrize(
    ("kind", "data"),
    [("appointment.upcoming", P1), ("appointment.changed", P1 | {"was": P1["starts_at"]}), ("appointment.changed", P1)],
    ids=["without a place", "moved to where it was", "from nobody knows when"],
)
def test_what_does_not_meet_the_condition_is_not_told(it: Shop, kind: str, data: dict[str, Any]) -> None:
    """A near appointment at no place, a change that is none."""
    assert it.happens(kind, **data) == []


@pytest.mark.parametrize("null", [True, False], ids=["null", "missing"])
def test_a_cancellation_without_a_reason_is_not_told(it: Shop, *, null: bool) -> None:
    """The text needs it: nobody reads `cancelled: None`."""
    assert it.happens("appointment.cancelled", appointment="P-1", **({"reason": None} if null else {})) == []


def test_a_change_goes_without_consent_but_not_at_night(it: Shop) -> None:
    """Who would come in vain is told; in the morning, and where nobody knows their clock, not."""
    it.knows("u-2", consent=False)
    by_day = [it.happens("appointment.changed", user, **MOVED) for user in ("u-2", "u-3")]
    it.clock.turn(hours=10)
    (night,) = it.tells(it.event("appointment.changed", "u-2", **MOVED | {"starts_at": "Wednesday 9:00"}))
    it.ticks(hours=9)

    assert (by_day, said(night), night["not_before"], [one["matched"] for one in it.offered()]) == (
        [[("send", [])], [("deny", ["timezone_unknown"])]],
        [("hold", ["quiet_hours"])],
        "2026-11-21T07:00:00Z",
        ["moved"],
    )


def test_a_confirmation_needs_consent(it: Shop) -> None:
    """It is a courtesy: who said no to e-mail looks it up."""
    it.knows("u-2", consent=False)

    assert it.happens("appointment.confirmed", "u-2", **P1) == [("deny", ["consent_missing"])]


def test_a_reminder_in_the_night_of_what_was_cancelled_is_not_sent(it: Shop) -> None:
    """It waits for the morning; at midnight the appointment is off: that alone is said."""
    it.clock.turn(hours=10)
    (near,) = it.tells(it.event("appointment.upcoming", "u-1", **P1, place="2 Mill Lane"))
    it.clock.turn(hours=1)
    it.happens("appointment.cancelled", appointment="P-1", reason="Dr Lee is ill")
    it.ticks(hours=8)

    assert (said(near), it.became(near), it.texts()) == (
        [("hold", ["quiet_hours"])],
        ("cancel", ["fact_superseded"]),
        [("u-1", "Your appointment P-1 was cancelled: Dr Lee is ill. Reply to arrange another time.")],
    )


def test_the_same_change_is_told_once(it: Shop) -> None:
    """Sent again, reported again under another id, and reported again the next day."""
    event = it.event("appointment.changed", "u-1", **MOVED)
    first, again = it.tells(event), it.tells(event)
    other = it.happens("appointment.changed", **MOVED)
    it.clock.turn(days=1)

    assert (said(*first), again, other, it.happens("appointment.changed", **MOVED)) == (
        [("send", [])],
        [],
        [("deny", ["already_told"])],
        [("deny", ["already_told"])],
    )


def test_two_appointments_are_two(it: Shop) -> None:
    """Both moved; both are essential, and no cap of an hour keeps the second."""
    assert [it.happens("appointment.changed", **MOVED | {"appointment": name}) for name in ("P-1", "P-2")] == [
        [("send", [])],
        [("send", [])],
    ]


def test_who_opted_out_is_not_told_even_what_is_essential(it: Shop) -> None:
    """An opt-out stands."""
    it.api.post("/v1/outcomes", {"user_id": "u-1", "kind": "opted_out", "time": it.clock.at.isoformat()})

    assert it.happens("appointment.cancelled", appointment="P-1", reason="Dr Lee is ill") == [("deny", ["opted_out"])]
