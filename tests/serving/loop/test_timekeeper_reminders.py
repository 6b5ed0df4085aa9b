"""Reminders that customers asked for: once, at their time by their own clock, and not where it is settled by then."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from model.contracts import Outcome, OutcomeKind
from tests.serving.timekeeping import Company, company, happens, moved, of_appointment, of_reminder, reminder

ASKED = datetime(2026, 11, 2, 12, tzinfo=UTC)  # a Monday, 13:00 in Paris
NINE = datetime(2026, 11, 20, 8, tzinfo=UTC)  # 09:00 in Paris
NIGHT = datetime(2026, 11, 20, 22, tzinfo=UTC)  # 23:00 there
EIGHT = datetime(2026, 11, 21, 7, tzinfo=UTC)  # 08:00 there, the next morning
NINE_IN_THE_EVENING = datetime(2026, 11, 20, 20, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)
HOURS = timedelta(hours=1)
DAYS = timedelta(days=1)
PARIS = "Europe/Paris"


def asked_for(it: Company, remind_at: datetime, *, due_in: timedelta = 3 * DAYS, name: str = "a") -> dict[str, Any]:
    """Have a customer in Paris ask for a reminder; return what was decided."""
    it.prefers("u", PARIS)
    asks = reminder(name, at=it.clock.at, remind_at=remind_at, due_at=remind_at + due_in)
    it.told(asks)
    return it.asked(of_reminder(asks))


def passes(it: Company, until: datetime, step: timedelta = 6 * HOURS) -> None:
    """Let time pass: a look now and then, and at every time at which something is due."""
    while it.clock.at < until:
        due = it.next_due()
        it.clock.at = min(at for at in (due, it.clock.at + step, until) if at is not None and at > it.clock.at)
        it.ticks()


@pytest.mark.parametrize(
    ("remind_at", "expected"),
    [
        (NINE, NINE),
        (NIGHT, EIGHT),
        (EIGHT, EIGHT),
        (EIGHT - timedelta(seconds=1), EIGHT),
        (NINE_IN_THE_EVENING, EIGHT),
        (NINE_IN_THE_EVENING - INSTANT, NINE_IN_THE_EVENING - INSTANT),
    ],
)
def test_a_reminder_goes_at_its_time_by_the_customers_clock(
    tmp_path: Path, remind_at: datetime, expected: datetime
) -> None:
    """To the very microsecond, or when their night is over; once."""
    with company(tmp_path, ASKED) as it:
        name = asked_for(it, remind_at)["decision_id"]
        passes(it, remind_at + 5 * DAYS)
        actual = it.offered()
    assert actual == [(name, expected)]


def test_a_customer_who_moved_has_another_night(tmp_path: Path) -> None:
    """Nine in Paris is three in New York: they are asleep, and are reminded at eight."""
    with company(tmp_path, ASKED) as it:
        name = asked_for(it, NINE)["decision_id"]
        it.clock.turn(days=2)
        it.prefers("u", "America/New_York")
        passes(it, NINE + 2 * DAYS)
        actual = it.offered()
    assert actual == [(name, NINE + 5 * HOURS)]


def test_a_cap_moves_a_reminder(tmp_path: Path) -> None:
    """Ten essential messages within a day: the next goes when the first of them is a day old."""
    with company(tmp_path, ASKED) as it:
        name = asked_for(it, NINE)["decision_id"]
        passes(it, NINE - 10 * HOURS)
        first = NINE - 21 * HOURS + 15 * timedelta(minutes=1)
        it.clock.at = first
        for number in range(10):
            moves = moved(f"m-{number}", at=it.clock.at)
            it.told(moves)
            assert it.asked(of_appointment(moves))["action"] == "send"
        passes(it, NINE + 3 * DAYS)
        actual = it.offered()
    assert actual == [(name, first + DAYS)]


def test_a_reminder_that_could_only_come_too_late_is_denied_at_once(tmp_path: Path) -> None:
    """Due in the night before they wake: nothing is held, nothing is sent."""
    with company(tmp_path, ASKED) as it:
        answer = asked_for(it, NIGHT, due_in=9 * HOURS)
        passes(it, NIGHT + 2 * DAYS)
        codes = [reason["code"] for reason in answer["reasons"]]
        actual = (answer["action"], codes, it.offered())
    assert actual == ("deny", ["expired", "too_soon"], [])


def test_a_reminder_that_a_cap_moves_past_its_use_is_cancelled(tmp_path: Path) -> None:
    """Nobody is reminded of what was due an hour ago."""
    with company(tmp_path, ASKED) as it:
        name = asked_for(it, NINE, due_in=HOURS)["decision_id"]
        it.clock.at = NINE - 16 * HOURS
        for number in range(10):
            moves = moved(f"m-{number}", at=it.clock.at)
            it.told(moves)
            it.asked(of_appointment(moves))
        passes(it, NINE + DAYS)
        actual = (it.offered(), it.confirmations(str(name)))
    assert actual == ([], ["cancel"])


def opts_out(it: Company) -> None:
    """No more by chat."""
    out = Outcome(kind=OutcomeKind.OPTED_OUT, user_id="u", channel="chat", time=it.clock.at)
    it.does(lambda tx: tx.add_outcome(out, recorded_at=it.clock.at))


def writes(it: Company) -> None:
    """They wrote about it themselves."""
    it.told(happens("message.received", at=it.clock.at, text="I have renewed A, by the way"))


def renews(it: Company) -> None:
    """What they wanted to be reminded of has changed."""
    it.told(happens("item.available", at=it.clock.at, item="a"))


SETTLED: dict[str, Callable[[Company], None]] = {"opted out": opts_out, "wrote": writes, "changed": renews}


@pytest.mark.parametrize("settles", SETTLED.values(), ids=SETTLED)
def test_a_reminder_that_is_settled_does_not_go(tmp_path: Path, settles: Callable[[Company], None]) -> None:
    """It is cancelled at its time, with the reason on record."""
    with company(tmp_path, ASKED) as it:
        name = str(asked_for(it, NINE)["decision_id"])
        it.clock.turn(days=1)
        settles(it)
        passes(it, NINE + 5 * DAYS)
        actual = (it.offered(), it.confirmations(name), it.next_due())
    assert actual == ([], ["cancel"], None)


def test_who_asks_anew_is_reminded_once(tmp_path: Path) -> None:
    """Of the same thing at another time: the newer request counts, the older is cancelled at its time."""
    with company(tmp_path, ASKED) as it:
        first = str(asked_for(it, NINE)["decision_id"])
        it.clock.turn(days=1)
        later = reminder("a", at=it.clock.at, remind_at=NINE + 2 * DAYS, due_at=NINE + 5 * DAYS)
        second = replace(later, id="again")
        it.told(second)
        name = it.asked(of_reminder(second))["decision_id"]
        passes(it, NINE + 6 * DAYS)
        actual = (it.offered(), it.confirmations(first))
    assert actual == ([(name, NINE + 2 * DAYS)], ["cancel"])


def test_reminders_of_several_things_go_each_at_its_time(tmp_path: Path) -> None:
    """One does not replace the other."""
    with company(tmp_path, ASKED) as it:
        names = [asked_for(it, NINE + hours * HOURS, name=f"thing-{hours}")["decision_id"] for hours in (0, 2, 4)]
        passes(it, NINE + 5 * DAYS)
        actual = it.offered()
    assert actual == [(name, NINE + hours * HOURS) for name, hours in zip(names, (0, 2, 4), strict=True)]
