"""From our webhook to one message and its report."""

import logging
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from model.errors import Unavailable
from serving.client import NoAnswer
from serving.relay.messenger import Offer, Posted, Verdict
from serving.relay.relay import FRESH, SETTLED, Relay
from serving.relay.states import State
from tests.serving.relay.relaying import (
    AHEAD_422,
    NOON,
    PROXY_404,
    REFUSED_401,
    REFUSED_404,
    WORDS,
    Asked,
    Told,
    body,
    confirmation,
    headers,
    on,
    relaying,
    took,
)
from tests.serving.served import Watch

AWAY = NoAnswer(why="timeout")


def names(told: Told) -> list[str]:
    """Which decisions were tried, in order."""
    return [offer.decision_id for offer in told.posted]


def kinds(asked: Asked) -> list[tuple[str, str]]:
    """What was reported of which decision."""
    return [(kind, decision) for kind, decision, _ in asked.reported]


def test_an_offer_becomes_one_message_and_one_report(relay: Relay, asked: Asked, told: Told, clock: Watch) -> None:
    """Taken, confirmed, posted, reported with its time; then nothing is left, and the words are gone."""
    assert (took(relay), relay.step(), relay.step()) == ([200], 1, 0)
    assert (asked.confirmed, names(told), asked.reported) == (["d-1"], ["d-1"], [("delivered", "d-1", NOON)])
    assert (relay.book.state_of("d-1"), relay.book.next_due(), clock()) == (State.REPORTED, None, NOON)
    assert WORDS.encode() not in relay.book._path.read_bytes()


@pytest.mark.parametrize(
    ("broken", "expected"),
    [
        ({}, 200),
        ({"webhook-signature": "v1,AAAA"}, 401),
        ({"webhook-id": "another"}, 401),
        ({"webhook-timestamp": str(int(NOON.timestamp()) + 1)}, 401),
        ({"webhook-signature": ""}, 401),
    ],
    ids=["whole", "signature", "id", "time", "none"],
)
def test_only_what_outreach_signed_is_taken(relay: Relay, broken: dict[str, str], expected: int) -> None:
    """Anything else leaves no trace."""
    status = relay.take(headers(body()) | broken, body())
    assert (status, relay.book.counts()) == (expected, {State.WAITING: 1} if expected == 200 else {})


def test_another_body_an_old_time_and_another_secret_are_not_taken(relay: Relay, tmp_path: Path) -> None:
    """Nor what was overheard six minutes ago."""
    old = headers(body(), at=NOON - timedelta(minutes=6))
    statuses = [relay.take(headers(body()), body("d-2")), relay.take(old, body())]
    other = Relay(None, None, tmp_path / "2", secret="whsec_" + "YWFh" * 8, clock=Watch(NOON))  # type: ignore[arg-type]
    statuses.append(other.take(headers(body()), body()))
    other.close()
    assert (statuses, relay.book.counts()) == ([401] * 3, {})


def test_what_is_for_others_or_of_another_type_is_acknowledged_and_left(relay: Relay) -> None:
    """It would come again for ever otherwise."""
    other = b'{"type": "decision.something", "data": {}}'
    actual = (took(relay, channel="email"), relay.take(headers(other), other), relay.book.counts())
    assert actual == ([200], 200, {})


def test_an_offer_that_cannot_be_read_is_not_acknowledged(relay: Relay) -> None:
    """So it is seen at Outreach, among what could not be delivered."""
    bad = [b"no JSON", b'{"type": "decision.send"}', b'{"type": "decision.send", "data": []}']
    assert [relay.take(headers(each), each) for each in bad] == [400] * 3


def test_what_is_not_in_the_book_is_not_acknowledged(relay: Relay, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a full disk nor a messenger that fails loses an offer: it is delivered again."""

    def fails(*_: object, **__: object) -> bool:
        raise Unavailable("the disk is full")

    monkeypatch.setattr(relay.book, "add", fails)
    assert took(relay) == [503]


def test_the_same_offer_again_is_the_same_message(relay: Relay, told: Told, clock: Watch) -> None:
    """Under the same `webhook-id` or another, before it is posted and after it is over."""
    took(relay, "d-1", "d-1")
    relay.step()
    took(relay, "d-1")
    on(relay, clock)
    assert (names(told), relay.book.counts()) == (["d-1"], {State.REPORTED: 1})


def test_a_hold_is_left_and_comes_again_as_an_offer(relay: Relay, asked: Asked, told: Told) -> None:
    """Held twice, then sent; nothing is reported of a hold."""
    asked.says = ["hold", "hold", "send"]
    seen = []
    for _ in range(3):
        took(relay)
        relay.step()
        seen.append((relay.book.state_of("d-1"), len(told.posted), len(asked.reported)))
    assert seen == [(State.HELD, 0, 0), (State.HELD, 0, 0), (State.REPORTED, 1, 1)]


@pytest.mark.parametrize(("said", "state"), [("cancel", State.CANCELLED), (REFUSED_404, State.DROPPED)], ids=str)
def test_what_is_cancelled_or_unknown_is_over(relay: Relay, asked: Asked, told: Told, said: Any, state: State) -> None:
    """Nothing is sent, nothing is reported, nothing is asked again, and it does not come back."""
    asked.says = [said]
    took(relay)
    relay.step()
    took(relay)
    relay.step()
    assert (relay.book.state_of("d-1"), told.posted, asked.reported, len(asked.confirmed)) == (state, [], [], 1)


@pytest.mark.parametrize(
    "said",
    [AWAY, REFUSED_401, PROXY_404, AHEAD_422, confirmation("d-1", "send", trigger=False), confirmation("d-1", "later")],
    ids=["away", "key", "a-proxys-404", "422", "expired", "unknown-word"],
)
def test_what_is_no_clear_answer_is_asked_again(
    relay: Relay, asked: Asked, told: Told, clock: Watch, said: Any
) -> None:
    """Nothing goes out meanwhile, and nothing is lost: not even where our key is wrong."""
    asked.says = [said, said, "send"]
    took(relay)
    relay.step()
    before = len(told.posted)
    on(relay, clock)
    assert (before, len(asked.confirmed), names(told), kinds(asked)) == (0, 3, ["d-1"], [("delivered", "d-1")])


def test_it_is_asked_before_every_try(relay: Relay, asked: Asked, told: Told, clock: Watch) -> None:
    """A customer who opts out while a platform is busy hears nothing."""
    asked.says = ["send", "send", "cancel"]
    told.posts = [Verdict.AGAIN]
    took(relay)
    on(relay, clock)
    assert (len(asked.confirmed), len(told.posted), asked.reported) == (3, 2, [])


def test_the_words_are_those_of_the_confirmation(relay: Relay, asked: Asked, told: Told, clock: Watch) -> None:
    """It is the newest answer that is posted, and looked for."""
    asked.says = [confirmation("d-1", "send", text="It comes on Monday.")]
    told.posts, told.finds = [Verdict.UNSURE], [True]
    took(relay)
    on(relay, clock)
    assert [offer.text for offer in (*told.posted, *told.sought)] == ["It comes on Monday."] * 2


def test_a_platform_is_not_asked_before_it_wants_to_be(relay: Relay, told: Told, clock: Watch) -> None:
    """`Retry-After` is heard."""
    told.posts = [Posted(Verdict.AGAIN, timedelta(minutes=5)), Verdict.DELIVERED]
    took(relay)
    seen = []
    for minutes in (0, 4.9, 0.2):
        clock.turn(minutes=minutes)
        relay.step()
        seen.append(len(told.posted))
    assert seen == [1, 1, 2]


@pytest.mark.parametrize("verdict", [Verdict.REFUSED, Verdict.AGAIN], ids=str)
def test_what_never_arrived_is_reported_so(
    relay: Relay, asked: Asked, told: Told, clock: Watch, verdict: Verdict
) -> None:
    """At once where it is refused, at its end where it stayed busy."""
    told.posts = [verdict]
    took(relay)
    on(relay, clock)
    end = NOON if verdict is Verdict.REFUSED else NOON + timedelta(hours=8)
    assert (asked.reported, relay.book.state_of("d-1")) == ([("not_delivered", "d-1", end)], State.REPORTED)


def test_an_offer_that_comes_too_late_is_never_asked_about(relay: Relay, asked: Asked, told: Told) -> None:
    """It is reported as not delivered."""
    took(relay, expires_at=NOON.isoformat())
    relay.step()
    assert (asked.confirmed, told.posted, kinds(asked)) == ([], [], [("not_delivered", "d-1")])


@pytest.mark.parametrize("broken", [Verdict.UNSURE, TimeoutError("late"), KeyError("bug")], ids=str)
def test_what_may_have_arrived_is_looked_for_once_it_has_settled(
    relay: Relay, asked: Asked, told: Told, clock: Watch, broken: Any
) -> None:
    """It is there: it is not posted again."""
    told.posts, told.finds = [broken], [True]
    took(relay)
    relay.step()
    clock.turn(seconds=SETTLED.total_seconds() - 1)
    early = (relay.step(), list(told.looked))
    clock.turn(seconds=1)
    relay.step()
    assert (early, told.looked, names(told), asked.reported) == (
        (0, []),
        ["d-1"],
        ["d-1"],
        [("delivered", "d-1", NOON)],
    )


def test_what_is_certainly_not_there_is_asked_about_and_posted_again(
    relay: Relay, asked: Asked, told: Told, clock: Watch
) -> None:
    """With a wait that grows: a platform that fails each time is not flooded."""
    told.posts, told.finds = [Verdict.UNSURE], [False]
    took(relay)
    on(relay, clock)
    hours = (clock() - NOON) / timedelta(hours=1)
    assert (len(asked.confirmed), kinds(asked), hours) == (len(told.posted), [("not_delivered", "d-1")], 8)
    assert 5 <= len(told.posted) <= 16


@pytest.mark.parametrize("found", [None, RuntimeError("away")], ids=["cannot-say", "raises"])
def test_what_nobody_can_settle_counts_as_told(  # noqa: PLR0917  (fixtures are arguments)
    relay: Relay, asked: Asked, told: Told, clock: Watch, caplog: pytest.LogCaptureFixture, found: Any
) -> None:
    """It is never posted again; at its end it is reported as delivered, and said in the log."""
    told.posts, told.finds = [Verdict.UNSURE], [found]
    took(relay)
    with caplog.at_level(logging.WARNING):
        on(relay, clock)
    assert (len(told.posted), asked.reported) == (1, [("delivered", "d-1", NOON)])
    assert ("counts as told" in caplog.text, len(told.looked) > 3) == (True, True)


def test_a_report_is_repeated_until_it_is_taken(relay: Relay, asked: Asked, told: Told, clock: Watch) -> None:
    """The very same report, beyond the offer's end if need be."""
    asked.takes = [False] * 10 + [PROXY_404, AHEAD_422, REFUSED_401, True]
    took(relay)
    on(relay, clock)
    assert (len(told.posted), set(asked.reported), len(asked.reported)) == (1, {("delivered", "d-1", NOON)}, 14)
    assert (relay.book.state_of("d-1"), clock() > NOON + timedelta(hours=8)) == (State.REPORTED, True)


def test_a_report_about_an_erased_customer_is_dropped(relay: Relay, asked: Asked, clock: Watch) -> None:
    """Outreach knows the decision no more."""
    asked.takes = [REFUSED_404]
    took(relay)
    on(relay, clock)
    assert (len(asked.reported), relay.book.state_of("d-1")) == (1, State.DROPPED)


def test_a_process_that_slept_after_it_was_told_to_send_asks_again(
    relay: Relay, asked: Asked, told: Told, clock: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A confirmation is acted on within seconds or not at all."""
    real = relay.book.change

    def sleepy(entry: Any) -> Any:
        made = real(entry)
        if entry.state is State.POSTING and len(asked.confirmed) == 1:
            clock.turn(seconds=FRESH.total_seconds())
        return made

    monkeypatch.setattr(relay.book, "change", sleepy)
    took(relay)
    relay.step()
    slept = len(told.posted)
    on(relay, clock)
    assert (slept, len(asked.confirmed), names(told)) == (0, 2, ["d-1"])


def test_who_looks_something_up_for_too_long_is_told(
    relay: Relay, told: Told, clock: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An offer knows when its confirmation is too old."""
    seen, real = [], told.post

    def slow(offer: Offer) -> Posted:
        seen.append(offer.late())
        clock.turn(seconds=FRESH.total_seconds())
        seen.append(offer.late())
        return real(offer)

    monkeypatch.setattr(told, "post", slow)
    took(relay)
    relay.step()
    assert seen == [False, True]


def test_several_offers_do_not_wait_for_each_other(relay: Relay, told: Told) -> None:
    """One that has to wait leaves the others alone; they go in the order they came."""
    told.posts = [Verdict.AGAIN, Verdict.DELIVERED]
    took(relay, "d-1", "d-2", "d-3")
    relay.step()
    assert (names(told), relay.book.counts()) == (["d-1", "d-2", "d-3"], {State.REPORTED: 2, State.WAITING: 1})


def test_a_relay_that_is_stopping_begins_nothing(relay: Relay, told: Told) -> None:
    """What is in the book is done after the next start."""
    took(relay)
    relay.stopping.set()
    assert (relay.step(), told.posted) == (0, [])


def test_a_book_that_fails_after_the_platform_took_it_is_no_second_message(
    relay: Relay, asked: Asked, told: Told, clock: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The try is found open, and looked for: the process need not have died."""
    told.finds = [True]
    real = relay.book.change

    def fails(entry: Any) -> Any:
        if entry.state is State.POSTED:
            raise Unavailable("the disk is full")
        return real(entry)

    took(relay)
    monkeypatch.setattr(relay.book, "change", fails)
    with pytest.raises(Unavailable):
        relay.step()
    monkeypatch.setattr(relay.book, "change", real)
    on(relay, clock)
    assert (names(told), kinds(asked), told.looked) == (["d-1"], [("delivered", "d-1")], ["d-1"])


@pytest.mark.parametrize("state", State, ids=str)
def test_wherever_it_died_it_goes_on(tmp_path: Path, asked: Asked, told: Told, clock: Watch, state: State) -> None:
    """Opened again: what was posted is looked for, what is over stays so, and there is never a second message."""
    told.finds = [state is not State.UNSURE]
    with relaying(tmp_path, asked, told, clock) as first:
        took(first)
        entry = first.book.due(NOON)
        assert entry is not None
        over = state not in (State.WAITING, State.UNSURE, State.POSTED, State.REFUSED)
        first.book.change(replace(entry, state=state, due=None if over else entry.due))
    with relaying(tmp_path, asked, told, clock) as again:
        on(again, clock)
    tries, reports = {
        State.WAITING: (1, [("delivered", "d-1")]),
        State.POSTING: (0, [("delivered", "d-1")]),
        State.UNSURE: (1, [("delivered", "d-1")]),
        State.POSTED: (0, [("delivered", "d-1")]),
        State.REFUSED: (0, [("not_delivered", "d-1")]),
    }.get(state, (0, []))
    assert (len(told.posted), kinds(asked)) == (tries, reports)
