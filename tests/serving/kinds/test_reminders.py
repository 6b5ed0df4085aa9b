"""A customer asks to be reminded: at the time they said, by the way they said, unless it is done by then."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.serving.kinds.shop import Shop, said, shop

POLICY = """
templates:
  - id: remind
    purpose: requested_reminder
    text: "You asked us to remind you: {what} is due on {due}. Reply if it is already done."
    facts: { what: string, due: string }
    next_step: "Reply if it is already done."
triggers:
  - id: remind
    on: reminder.requested
    when: event.data.what != ""
    purpose: requested_reminder
    template: remind
    facts: { what: event.data.what, due: event.data.due }
    channel: sms
"""
CONTRACT: dict[str, Any] = {
    "what": "the notice for your contract",
    "due": "1 December",
    "item": "contract 12",
    "remind_at": "2026-11-25T10:00:00+01:00",
    "due_at": "2026-12-01T00:00:00+01:00",
    "channels": ["sms", "email"],
}


@pytest.fixture
def it(tmp_path: Path) -> Iterator[Shop]:
    """Open a company with one customer in Paris."""
    with shop(tmp_path, POLICY) as opened:
        opened.knows("u-1")
        yield opened


def test_it_comes_when_they_said(it: Shop) -> None:
    """Not a second before; then it is offered, until it is due."""
    (held,) = it.tells(it.event("reminder.requested", "u-1", **CONTRACT))
    it.clock.at = datetime(2026, 11, 25, 8, 59, 59, tzinfo=UTC)
    early = it.ticks()
    it.ticks(seconds=1)
    (offer,) = it.offered()

    assert (said(held), held["not_before"], early, offer["message"]["text"], offer["expires_at"]) == (
        [("hold", ["too_soon"])],
        "2026-11-25T09:00:00Z",
        0,
        "You asked us to remind you: the notice for your contract is due on 1 December. Reply if it is already done.",
        "2026-11-25T20:00:00Z",
    )


def test_it_comes_once(it: Shop) -> None:
    """The app asked twice for the same; nothing more comes in the days that follow."""
    event = it.event("reminder.requested", "u-1", **CONTRACT)
    it.tells(event)
    again = it.tells(event)
    other = it.happens("reminder.requested", **CONTRACT)
    it.ticks(days=5)
    told = len(it.offered())
    it.ticks(days=5)

    assert (again, other, told, it.offered()) == ([], [("hold", ["too_soon"])], 1, [])


def test_nothing_to_remind_of_is_no_reminder(it: Shop) -> None:
    """The company's own condition."""
    assert it.happens("reminder.requested", **CONTRACT | {"what": ""}) == []


@pytest.mark.parametrize("name", ["what", "due"])
@pytest.mark.parametrize("null", [True, False], ids=["null", "missing"])
def test_what_the_text_needs_must_be_there(it: Shop, name: str, *, null: bool) -> None:
    """Nobody is reminded of None."""
    data: dict[str, Any] = {key: part for key, part in CONTRACT.items() if key != name} | ({name: None} if null else {})

    assert it.happens("reminder.requested", **data) == []


@pytest.mark.parametrize("name", ["remind_at", "due_at"])
def test_without_both_times_it_proves_nothing(it: Shop, name: str) -> None:
    """Only what they asked for themselves, with when, makes it service."""
    data: dict[str, Any] = {key: part for key, part in CONTRACT.items() if key != name}
    ((action, codes),) = it.happens("reminder.requested", **data)

    assert (action, codes[0]) == ("deny", "evidence_missing")


def test_only_by_a_way_they_asked_for(it: Shop) -> None:
    """The trigger says SMS, they said e-mail."""
    assert it.happens("reminder.requested", **CONTRACT | {"channels": ["email"]}) == [
        ("deny", ["channel_not_allowed", "too_soon"])
    ]


def test_a_new_date_takes_the_place_of_the_old(it: Shop) -> None:
    """They moved it by a week: one reminder, at the new time."""
    it.happens("reminder.requested", **CONTRACT)
    it.clock.turn(hours=1)
    later: dict[str, Any] = CONTRACT | {"remind_at": "2026-11-28T10:00:00+01:00"}
    it.happens("reminder.requested", **later)
    it.ticks(days=5)
    first = it.offered()
    it.clock.at = datetime(2026, 11, 28, 9, tzinfo=UTC)
    it.ticks()

    assert (first, len(it.offered())) == ([], 1)


def test_what_is_done_is_not_reminded_of(it: Shop) -> None:
    """They wrote that they have given notice."""
    (held,) = it.tells(it.event("reminder.requested", "u-1", **CONTRACT))
    it.clock.turn(days=2)
    it.happens("message.received", text="I have sent the notice for contract 12, thank you.")
    it.ticks(days=4)

    assert (it.offered(), it.became(held)) == ([], ("cancel", ["customer_already_knows"]))


def test_who_opts_out_meanwhile_is_not_reminded(it: Shop) -> None:
    """It was asked for, and taken back."""
    (held,) = it.tells(it.event("reminder.requested", "u-1", **CONTRACT))
    it.clock.turn(days=2)
    it.api.post("/v1/outcomes", {"user_id": "u-1", "kind": "opted_out", "time": it.clock.at.isoformat()})
    it.ticks(days=4)

    assert (it.offered(), it.became(held)) == ([], ("cancel", ["opted_out"]))


def test_a_reminder_for_after_the_day_is_none(it: Shop) -> None:
    """`remind_at` lies after `due_at`: nothing is sent too late."""
    assert it.happens("reminder.requested", **CONTRACT | {"remind_at": "2026-12-02T10:00:00+01:00"}) == [
        ("deny", ["expired", "too_soon"])
    ]


NIGHTS = [  # zone, when they want it by their own clock (with its offset then), when it may come
    ("Europe/Paris", "2027-03-28T01:30:00+01:00", "2027-03-28T06:00:00Z"),  # one hour shorter
    ("Europe/Paris", "2027-10-30T23:00:00+02:00", "2027-10-31T07:00:00Z"),  # one hour longer
    ("America/New_York", "2027-03-13T22:00:00-05:00", "2027-03-14T12:00:00Z"),
    ("America/New_York", "2026-11-24T09:00:00-05:00", "2026-11-24T14:00:00Z"),  # by day
    ("Australia/Lord_Howe", "2027-04-03T23:00:00+11:00", "2027-04-03T21:30:00Z"),  # half an hour longer
]


@pytest.mark.parametrize(("zone", "remind_at", "sent_at"), NIGHTS)
def test_a_night_with_a_change_of_clocks_ends_at_eight(it: Shop, zone: str, remind_at: str, sent_at: str) -> None:
    """Asked for in the quiet hours, it comes at eight by their own clock, whatever happened to it in the night."""
    it.knows("u-2", zone=zone)
    data: dict[str, Any] = CONTRACT | {"remind_at": remind_at, "due_at": "2027-12-24T12:00:00Z"}
    (held,) = it.tells(it.event("reminder.requested", "u-2", **data))
    instant = datetime.fromisoformat(sent_at)
    it.clock.at = instant
    it.ticks(seconds=-1)
    early = it.offered()
    it.ticks(seconds=1)
    ((offer),) = it.offered()

    assert (held["not_before"], early, offer["decided_at"]) == (sent_at, [], sent_at)
