"""What can become of an offer: the table, whole."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from serving.offers.offering import DELAYS, JITTER, LONGEST_WAIT
from serving.relay.entries import LATER, Entry, after
from serving.relay.states import NEXT, OPEN, UNTOLD, Happening, State

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


def entry(state: State = State.WAITING, *, tries: int = 0, left: timedelta = DAY) -> Entry:
    """Return an offer that was tried an hour ago, with so much time left."""
    return Entry(
        number=1,
        decision_id="d-1",
        state=state,
        due=NOON,
        tries=tries,
        at=NOON - timedelta(hours=1),
        expires_at=NOON + left,
        body=b"{}",
    )


def test_only_what_was_never_processed_is_posted_and_only_when_outreach_says_send() -> None:
    """One way leads to a try: out of `waiting`, by a confirmation."""
    actual = [came for came, becomes in NEXT.items() if becomes is State.POSTING]
    assert actual == [(State.WAITING, Happening.SEND)]


def test_what_may_have_been_processed_waits_again_only_where_it_is_known_that_it_was_not() -> None:
    """Or where the platform drops a repeat: then it stays a `maybe`."""
    actual = {came for came, becomes in NEXT.items() if becomes is State.WAITING and came[0] is not State.WAITING}
    assert actual == {
        (State.POSTING, Happening.AGAIN),
        (State.UNSURE, Happening.NOT_THERE),
        (State.UNSURE, Happening.REPEATABLE),
        (State.HELD, Happening.OFFERED),
    }


def test_what_may_have_been_processed_is_never_reported_as_not_delivered() -> None:
    """`refused` is reached from `waiting`, and from a try that the platform refused."""
    actual = {came for came, becomes in NEXT.items() if becomes is State.REFUSED and came[0] is not State.REFUSED}
    assert actual == {(State.WAITING, Happening.OVER), (State.POSTING, Happening.REFUSED)}


def test_what_may_have_been_processed_since_the_last_proof_counts_as_told_whatever_ends_it() -> None:
    """Wherever an offer can come to: `maybe` is exactly that, and such an offer is never refused, cancelled or held."""
    proofs = {Happening.UNSURE: True, Happening.DIED: True, Happening.NOT_THERE: False}
    seen = {(entry(), False)}
    while True:
        on = {
            (replace(made, tries=0, at=NOON, due=NOON), proofs.get(happening, unsure))
            for stands, unsure in seen
            for state, happening in NEXT
            if state is stands.state
            for made in [after(stands, happening, now=NOON, settle=MINUTE)]
        }
        if on <= seen:
            break
        seen |= on
    wrong = [stands for stands, unsure in seen if stands.maybe != unsure or (unsure and stands.state in UNTOLD)]
    told = {(stands.state, stands.maybe) for stands, _ in seen}
    assert (wrong, (State.POSTED, True) in told, (State.WAITING, True) in told) == ([], True, True)


@pytest.mark.parametrize(
    ("state", "happening"),
    [
        (State.WAITING, Happening.HOLD),
        (State.WAITING, Happening.CANCEL),
        (State.WAITING, Happening.OVER),
        (State.POSTING, Happening.REFUSED),
    ],
    ids=str,
)
def test_a_maybe_that_ends_went_when_it_was_tried(state: State, happening: Happening) -> None:
    """It is posted, to be reported at once."""
    made = after(replace(entry(state), maybe=True), happening, now=NOON, settle=MINUTE)
    assert (made.state, made.at, made.due, made.body) == (State.POSTED, NOON - timedelta(hours=1), NOON, None)


def test_every_state_that_is_no_end_comes_to_one() -> None:
    """From wherever an offer stands there is a way to an end; ends have none, but for what is held."""
    ends = {State.REPORTED, State.CANCELLED, State.DROPPED}
    leaving = {state: {becomes for (came, _), becomes in NEXT.items() if came is state} for state in State}
    reaching = set(ends)
    for _ in State:
        reaching |= {state for state in State if leaving[state] & reaching}
    assert (reaching, [state for state in ends if leaving[state]]) == (set(State), [])


@pytest.mark.parametrize("state", State, ids=str)
@pytest.mark.parametrize("happening", Happening, ids=lambda one: one.name.lower())
def test_what_the_table_does_not_have_cannot_happen(state: State, happening: Happening) -> None:
    """It is an error, and no guess."""
    if (state, happening) in NEXT:
        made = after(entry(state), happening, now=NOON, settle=MINUTE)
        waits = made.state in OPEN | {State.POSTED, State.REFUSED} and made.state is not State.POSTING
        assert (made.state, made.due is not None) == (NEXT[state, happening], waits)
    else:
        with pytest.raises(KeyError):
            after(entry(state), happening, now=NOON, settle=MINUTE)


@pytest.mark.parametrize("state", State, ids=str)
def test_a_message_is_kept_only_as_long_as_it_may_have_to_be_posted(state: State) -> None:
    """What is told, refused, held or over has no text any more."""
    made = {after(entry(came), why, now=NOON, settle=MINUTE).body for (came, why), to in NEXT.items() if to is state}
    assert made == ({b"{}"} if state in OPEN else {None})


def test_waits_grow_as_those_of_a_webhook_do() -> None:
    """By how often it had to wait, whatever for; each up to a fifth longer."""
    waits = []
    now = entry()
    for happening in (Happening.NO_ANSWER, *[Happening.NO_ANSWER] * (len(DELAYS) - 1)):
        now = after(now, happening, now=NOON, settle=MINUTE)
        assert now.due is not None
        waits.append(now.due - NOON)
    within = [least <= wait <= least * (1 + JITTER) for least, wait in zip(DELAYS, waits, strict=True)]
    assert within == [True] * len(DELAYS)


@pytest.mark.parametrize(
    ("asked", "left", "expected"),
    [
        (timedelta(hours=3), DAY, timedelta(hours=3)),
        (timedelta(hours=3), timedelta(hours=2), timedelta(hours=2)),
        (timedelta(days=400), timedelta(days=9), LONGEST_WAIT),
    ],
    ids=["as-asked", "to-the-end", "a-day-at-most"],
)
def test_a_platform_is_left_alone_for_as_long_as_it_asks(
    asked: timedelta, left: timedelta, expected: timedelta
) -> None:
    """Not beyond the offer's end, at which it is reported, and not for ever."""
    made = after(entry(State.POSTING, left=left), Happening.AGAIN, now=NOON, settle=MINUTE, wait=asked)
    assert made.due == NOON + expected


def test_what_is_not_sure_settles_first() -> None:
    """Even beyond the offer's end: what a platform still has in hand is not looked for too early."""
    settled = [
        after(entry(State.POSTING, left=timedelta(seconds=5)), why, now=NOON, settle=MINUTE).due
        for why in (Happening.UNSURE, Happening.DIED)
    ]
    assert settled == [NOON + MINUTE] * 2


def test_a_report_says_when_the_message_went() -> None:
    """Found later, it went when it was tried; what was never sent is reported as of its end."""
    times = {
        (state, why): after(entry(state), why, now=NOON, settle=MINUTE).at
        for state, why in [
            (State.POSTING, Happening.DELIVERED),
            (State.UNSURE, Happening.THERE),
            (State.UNSURE, Happening.OVER),
            (State.WAITING, Happening.OVER),
            (State.POSTED, Happening.NO_ANSWER),
        ]
    }
    hour = NOON - timedelta(hours=1)
    assert [*times.values()] == [NOON, hour, hour, NOON, hour]


def test_what_waits_for_nobody_is_no_reason_to_wait_longer() -> None:
    """A settled question that is answered costs no growing wait of its own."""
    assert {Happening.SEND, Happening.THERE, Happening.UNSURE, Happening.DIED} & LATER == set()
