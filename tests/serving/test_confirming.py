"""Which answer still stands when a decision is about to be acted on."""

from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest

from model.contracts import Action
from serving.confirming import Confirmable, Confirmation, Confirmed, is_volume, standing_answer
from tests.occasions import NOW

SECOND = timedelta(seconds=1)
TICK = timedelta(microseconds=1)
LATER = NOW + 60 * SECOND


def said(action: Confirmed, *, until: timedelta | None = 60 * SECOND) -> Confirmation:
    """Return what was said at `NOW`."""
    expires_at = None if until is None else NOW + until
    return Confirmation(decision_id="d-1", action=action, at=NOW, expires_at=expires_at, answer=b"{}")


def after(last: Confirmation | None, **changes: bool) -> Confirmable:
    """Return a send on record with this newest confirmation, reserved and not seen by anybody."""
    return replace(Confirmable(record={}, action=Action.SEND, last=last, reserved=True, counted_at=NOW), **changes)


@pytest.mark.parametrize(
    ("action", "expected"),
    [(Action.SEND, Confirmed.SEND), (Action.HOLD, Confirmed.HOLD), (Action.DENY, Confirmed.CANCEL)],
)
def test_each_action_has_its_word(action: Action, expected: Confirmed) -> None:
    """A denial is the end of the message."""
    actual = Confirmed.of(action)
    assert actual is expected


@pytest.mark.parametrize("action", list(Action))
@pytest.mark.parametrize("reached", [True, False])
def test_what_was_never_confirmed_has_no_answer_yet(action: Action, *, reached: bool) -> None:
    """Whatever was decided first."""
    known = Confirmable(record={}, action=action, reached=reached, reserved=True)
    actual = standing_answer(known, asked=NOW, now=NOW)
    assert actual is None


@pytest.mark.parametrize(("reached", "reserved"), list(product([True, False], repeat=2)))
@pytest.mark.parametrize("hours", [-1, 0, 1000])
def test_a_cancel_stands_for_ever(hours: int, *, reached: bool, reserved: bool) -> None:
    """Whatever is reported, and whatever the clock says."""
    last = said(Confirmed.CANCEL, until=None)
    at = NOW + timedelta(hours=hours)
    actual = standing_answer(after(last, reached=reached, reserved=reserved), asked=at, now=at)
    assert actual is last


@pytest.mark.parametrize(
    ("at", "stands"), [(NOW, True), (LATER - TICK, True), (LATER, False), (LATER + SECOND, False), (NOW - SECOND, True)]
)
def test_a_send_stands_until_it_expires(at: object, *, stands: bool) -> None:
    """To the instant; at its `expires_at` it is over."""
    last = said(Confirmed.SEND)
    actual = standing_answer(after(last), asked=at, now=at)  # type: ignore[arg-type]
    assert actual is (last if stands else None)


def test_a_send_without_an_end_does_not_stand() -> None:
    """Nobody can say until when: it is decided again."""
    actual = standing_answer(after(said(Confirmed.SEND, until=None)), asked=NOW, now=NOW)
    assert actual is None


def test_a_send_that_was_not_delivered_does_not_stand() -> None:
    """Its reservation is released: saying it again could exceed a cap."""
    actual = standing_answer(after(said(Confirmed.SEND), reserved=False), asked=NOW, now=NOW)
    assert actual is None


@pytest.mark.parametrize("action", [Confirmed.SEND, Confirmed.HOLD])
def test_nothing_stands_once_the_customer_saw_it(action: Confirmed) -> None:
    """They were told: a new answer says so."""
    actual = standing_answer(after(said(action), reached=True), asked=NOW, now=NOW)
    assert actual is None


@pytest.mark.parametrize(
    ("asked", "now", "stands"),
    [
        (NOW - SECOND, NOW + SECOND, True),
        (NOW, NOW + SECOND, True),
        (NOW, NOW, True),
        (NOW + TICK, NOW + SECOND, False),
        (NOW - SECOND, NOW - SECOND, False),
    ],
    ids=["asked before", "asked at once", "no time passed", "asked afterwards", "the clock went back"],
)
@pytest.mark.parametrize("reserved", [True, False])
def test_a_hold_is_shared_by_those_who_asked_before_it(
    asked: object, now: object, *, stands: bool, reserved: bool
) -> None:
    """Whoever asks afterwards is decided about afresh, however long it could have stood."""
    last = said(Confirmed.HOLD)
    actual = standing_answer(after(last, reserved=reserved), asked=asked, now=now)  # type: ignore[arg-type]
    assert actual is (last if stands else None)


@pytest.mark.parametrize(
    ("counted", "expected"),
    [
        (None, False),
        (timedelta(0), True),
        (timedelta(hours=1) - TICK, True),
        (timedelta(hours=1), False),
        (timedelta(hours=9), False),
        (-timedelta(hours=9), True),
    ],
    ids=["never", "now", "within the hour", "an hour ago", "long ago", "dated ahead"],
)
def test_what_the_hour_has_counted_is_volume(counted: timedelta | None, *, expected: bool) -> None:
    """As the breaker counts: for less than an hour, and from then on it counts again."""
    actual = is_volume(None if counted is None else NOW - counted, NOW)
    assert actual is expected


@pytest.mark.parametrize("action", [Confirmed.SEND, Confirmed.HOLD])
def test_an_opt_out_since_ends_what_stood(action: Confirmed) -> None:
    """The customer's own no is heard at once, long before the answer would have expired."""
    actual = standing_answer(after(said(action), opted_out=True), asked=NOW, now=NOW)
    assert actual is None
