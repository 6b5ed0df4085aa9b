"""What confirm sends is volume when it goes out: once within an hour, again after it, again after it failed."""

from datetime import datetime, timedelta

import pytest

from model.contracts import Action, Context, OutcomeKind
from serving.ports import Transaction
from tests.contracts.confirmed import HELD, confirm, hold, known
from tests.contracts.ledgers import NOW, ago, candidate, report, ruling, send
from tests.contracts.volumes import room

HOUR, INSTANT = timedelta(hours=1), timedelta(microseconds=1)
MOST = 10


def volume(tx: Transaction, *, now: datetime = NOW) -> int:
    """Return how many went out within the hour before."""
    return MOST - room(tx, now=now, most=MOST)


@pytest.mark.parametrize(
    ("after", "counted"),
    [(timedelta(0), 1), (HOUR - INSTANT, 1), (HOUR, 1), (3 * HOUR, 1)],
    ids=["at once", "within", "an hour", "later"],
)
def test_a_confirmed_send_is_in_the_volume_once(tx: Transaction, after: timedelta, counted: int) -> None:
    """Within the hour it is there already; from then on it counts again, when it goes out."""
    send(tx, "d-1", at=NOW - after)
    confirm(tx, "d-1")
    actual = volume(tx)
    assert actual == counted


def test_it_counts_an_hour_from_when_it_was_counted_last(tx: Transaction) -> None:
    """Confirmed again and again: what was not counted prolongs nothing."""
    send(tx, "d-1")
    seen = []
    for minutes in (0, 40, 80, 119, 121):
        at = NOW + timedelta(minutes=minutes)
        confirm(tx, "d-1", at=at)
        seen.append((volume(tx, now=at), known(tx, "d-1").counted_at))
    first, second = NOW, NOW + timedelta(minutes=80)
    assert seen == [(1, first), (1, first), (1, second), (1, second), (1, second)]


def test_all_that_was_decided_long_ago_is_volume_when_it_is_confirmed(tx: Transaction) -> None:
    """Nineteen an hour for half a day, and all of it confirmed within a moment."""
    names = [f"d-{hour}-{number}" for hour in range(1, 13) for number in range(19)]
    for name in names:
        send(tx, name, at=ago(hours=int(name.split("-")[1])), to=candidate(user_id=name))
    for name in names:
        confirm(tx, name, to=candidate(user_id=name))
    actual = 1000 - room(tx, most=1000)
    assert actual == 12 * 19


def test_a_new_try_after_one_that_failed_counts_again(tx: Transaction) -> None:
    """Within the hour too: retries of what bounces are volume."""
    send(tx, "d-1", at=ago(minutes=30))
    seen = []
    for minutes in (20, 10, 0):
        confirm(tx, "d-1", at=ago(minutes=minutes))
        report(tx, OutcomeKind.NOT_DELIVERED, time=ago(minutes=minutes - 1), decision_id="d-1")
        seen.append((volume(tx), known(tx, "d-1").counted_at))
    assert seen == [(1, None), (2, None), (3, None)]


def test_a_failure_of_an_earlier_try_counts_nothing_again(tx: Transaction) -> None:
    """It released nothing."""
    send(tx, "d-1", at=ago(minutes=30))
    confirm(tx, "d-1", at=ago(minutes=10))
    report(tx, OutcomeKind.NOT_DELIVERED, time=ago(minutes=20), decision_id="d-1")
    confirm(tx, "d-1")
    actual = volume(tx)
    assert actual == 1


@pytest.mark.parametrize("held", [True, False])
def test_a_hold_is_volume_when_it_goes_out(tx: Transaction, *, held: bool) -> None:
    """Not when it was decided, and not when it is held again."""
    hold(tx, "d-1", at=ago(minutes=30))
    if held:
        confirm(tx, "d-1", HELD)
    before = (volume(tx), known(tx, "d-1").counted_at)
    confirm(tx, "d-1", at=NOW + INSTANT)
    confirm(tx, "d-1", at=NOW + 2 * INSTANT)
    actual = (before, volume(tx), known(tx, "d-1").counted_at)
    assert actual == ((0, None), 1, NOW + INSTANT)


def test_a_send_that_was_held_in_between_is_not_forgotten(tx: Transaction) -> None:
    """However long: within the hour it counted already."""
    send(tx, "d-1", at=ago(minutes=50))
    confirm(tx, "d-1", HELD, at=ago(minutes=40), expires=0.1)
    confirm(tx, "d-1")
    actual = volume(tx)
    assert actual == 1


@pytest.mark.parametrize("action", list(Action))
def test_what_is_on_record_of_its_volume(tx: Transaction, action: Action) -> None:
    """A send counted when it was decided."""
    tx.add_decision(candidate(), Context(), ruling("d-1", action=action))
    actual = known(tx, "d-1").counted_at
    assert actual == (NOW if action is Action.SEND else None)


def test_what_reached_them_unasked_was_never_counted(tx: Transaction) -> None:
    """A hold that was sent all the same was no send of ours."""
    hold(tx, "d-1")
    report(tx, OutcomeKind.ENGAGED, decision_id="d-1")
    actual = (known(tx, "d-1").reserved, known(tx, "d-1").counted_at)
    assert actual == (True, None)


@pytest.mark.parametrize(("stated", "counted"), [(-5 * HOUR, 1), (5 * HOUR, 1)], ids=["earlier", "later"])
def test_with_two_clocks_the_present_one_counts(tx: Transaction, stated: timedelta, counted: int) -> None:
    """A send dated by a batch is volume of the hour in which it really was decided."""
    tx.add_decision(candidate(), Context(), ruling("d-1", at=NOW + stated), present=NOW)
    actual = (volume(tx), volume(tx, now=NOW + HOUR), known(tx, "d-1").counted_at, known(tx, "d-1").reserved)
    assert actual == (counted, 0, NOW, True)
