"""What happens at the worst moment: clocks that are set, offers that come again, tries of which nobody knows."""

import logging
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from model.errors import Unavailable
from serving.client import Outreach
from serving.client.answers import NOT_FOUND
from serving.errors import NO_DECISION
from serving.relay.messenger import Found, Verdict
from serving.relay.relay import SETTLED, Relay
from serving.relay.states import State
from tests.examples.frame import SECRET
from tests.serving.relay.relaying import NOON, Asked, Told, confirmation, on, relaying, took
from tests.serving.served import Watch

OUR_404 = {"type": NOT_FOUND, "title": "not found", "status": 404, "detail": NO_DECISION}


def kinds(asked: Asked) -> list[str]:
    """What was reported."""
    return [kind for kind, *_ in asked.reported]


@pytest.mark.parametrize("ends", ["cancel", "hold", "its end", Verdict.REFUSED, Verdict.AGAIN], ids=str)
@pytest.mark.parametrize("found", [Found.REPEATABLE, False], ids=["repeatable", "not there"])
def test_only_a_proof_takes_back_that_it_may_have_been_sent(  # noqa: PLR0917  (fixtures are arguments)
    relay: Relay, asked: Asked, told: Told, clock: Watch, ends: Any, found: Any
) -> None:
    """A try that was unsure is repeated, and ends otherwise: it counts as told, but for a platform that looked."""
    asked.says = ["send", ends] if ends in ("cancel", "hold") else ["send"]
    told.posts, told.finds = [Verdict.UNSURE, ends if isinstance(ends, Verdict) else Verdict.AGAIN], [found]
    took(relay)
    on(relay, clock)
    untold = [] if ends in ("cancel", "hold") else ["not_delivered"]
    assert kinds(asked) == (["delivered"] if found is Found.REPEATABLE else untold)
    assert {offer.maybe for offer in told.posted[1:]} <= {found is Found.REPEATABLE}


def test_what_is_offered_again_while_hold_is_answered_is_asked_about_again(
    relay: Relay, asked: Asked, told: Told, clock: Watch
) -> None:
    """The book's `held` is of the older offer: the newer one would be lost, since nobody offers it a third time."""
    asked.says = ["hold", "send"]
    real, taken = asked.confirm, []

    def confirm(decision_id: str) -> Any:
        said = real(decision_id)
        if not taken:
            taken.extend(took(relay, expires_at=(NOON + timedelta(hours=9)).isoformat()))
        return said

    asked.confirm = confirm  # type: ignore[method-assign]
    took(relay)
    on(relay, clock)
    assert (taken, len(told.posted), kinds(asked), relay.book.state_of("d-1")) == (
        [200],
        1,
        ["delivered"],
        State.REPORTED,
    )


def test_what_is_offered_again_while_it_waits_has_the_new_end_and_its_old_place(
    relay: Relay, asked: Asked, told: Told, clock: Watch
) -> None:
    """A platform that is busy is asked no earlier."""
    told.posts = [Verdict.AGAIN]
    took(relay)
    relay.step()
    due = relay.book.next_due()
    took(relay, expires_at=(NOON + timedelta(hours=9)).isoformat())
    kept = relay.book.next_due()
    asked.says = [confirmation("d-1", "later")]
    on(relay, clock)
    assert (kept == due, clock() - NOON, kinds(asked)) == (True, timedelta(hours=9), ["not_delivered"])


@pytest.mark.parametrize(
    ("status", "said", "state"),
    [
        (404, OUR_404, State.DROPPED),
        (404, OUR_404 | {"detail": "there is no such path; see `/openapi.json`, which lists them"}, State.WAITING),
        (404, {"detail": "Not Found"}, State.WAITING),
        (404, "<html>nginx</html>", State.WAITING),
        (410, OUR_404, State.WAITING),
        (422, OUR_404 | {"status": 422}, State.WAITING),
    ],
    ids=["ours", "a wrong path", "another program's", "a proxy's", "410", "422"],
)
def test_only_outreach_itself_says_that_it_does_not_know_a_decision(  # noqa: PLR0917  (fixtures are arguments)
    tmp_path: Path, told: Told, clock: Watch, status: int, said: Any, state: State
) -> None:
    """Whatever else refuses is to be mended, and nothing is lost meanwhile."""
    given = {"text": said} if isinstance(said, str) else {"json": said}
    way = httpx.MockTransport(lambda _: httpx.Response(status, **given))
    with (
        Outreach("http://127.0.0.1:1", "k" * 43, transport=way) as outreach,
        relaying(tmp_path, outreach, told, clock) as relay,  # type: ignore[arg-type]  # a real one
    ):
        took(relay)
        relay.step()
        actual = relay.book.state_of("d-1")
    assert actual is state


def test_a_report_is_never_dated_ahead(relay: Relay, asked: Asked, clock: Watch) -> None:
    """Posted while the clock was fast, reported when it was set: Outreach would refuse a time that is to come."""
    asked.takes = [False, True]
    took(relay)
    clock.turn(minutes=4)
    relay.step()
    clock.turn(minutes=-3)
    relay.book.put_off(relay.book.due(NOON + timedelta(hours=1)), clock())  # type: ignore[arg-type]  # it is there
    relay.step()
    minutes = [(at - NOON) / timedelta(minutes=1) for *_, at in asked.reported]
    assert minutes == [4, 1]


def test_one_offer_that_breaks_does_not_stop_the_others(
    relay: Relay, asked: Asked, told: Told, clock: Watch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is named in the log, by the kind of its error alone, and goes on later."""
    asked.says = [KeyError("u-17"), "send"]
    took(relay, "d-1", "d-2")
    with caplog.at_level(logging.ERROR):
        relay.step()
    early = [offer.decision_id for offer in told.posted]
    on(relay, clock)
    assert (early, [offer.decision_id for offer in told.posted]) == (["d-2"], ["d-2", "d-1"])
    assert ("d-1 goes on later: KeyError" in caplog.text, "u-17" in caplog.text) == (True, False)


def test_a_book_that_fails_stops_all_of_them(relay: Relay, told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing goes on that is not in it."""

    def fails(*_: object) -> None:
        raise Unavailable("the disk is full")

    took(relay, "d-1", "d-2")
    monkeypatch.setattr(relay.book, "change", fails)
    with pytest.raises(Unavailable):
        relay.step()
    assert told.posted == []


def test_a_clock_that_steps_back_is_waited_for(
    relay: Relay, told: Told, clock: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A step ends; it does not look at the same offer for ever."""
    real, looks = relay.book.due, []

    def due(now: Any) -> Any:
        looks.append(now)
        if len(looks) == 1:
            clock.turn(seconds=-1)
        assert len(looks) < 9
        return real(now)

    took(relay, "d-1", "d-2")
    monkeypatch.setattr(relay.book, "due", due)
    relay.step()
    clock.turn(seconds=1)
    relay.step()
    assert len(told.posted) == 2


def test_a_clock_that_jumps_ahead_shortens_no_pause(tmp_path: Path, asked: Asked, told: Told, clock: Watch) -> None:
    """What a platform has in hand needs its time by a clock that nobody sets."""
    told.posts, told.finds, passed = [Verdict.UNSURE], [True], [0.0]
    relay = Relay(
        asked,
        told,
        tmp_path / "2",
        secret=SECRET,
        clock=clock,
        passing=lambda: passed[0],  # type: ignore[arg-type]
    )
    took(relay)
    relay.step()
    looked = []
    for seconds in (1.0, SETTLED.total_seconds() - 1, SETTLED.total_seconds()):
        clock.turn(minutes=2)
        passed[0] = seconds
        relay.step()
        looked.append(len(told.looked))
    relay.close()
    assert looked == [0, 0, 1]


def test_what_died_settles_anew(tmp_path: Path, asked: Asked, told: Told, clock: Watch) -> None:
    """A process that begins knows nothing of how long ago a try was."""
    told.finds, passed = [True], [0.0]
    with relaying(tmp_path, asked, told, clock) as first:
        took(first)
        told.post = lambda _: (_ for _ in ()).throw(KeyboardInterrupt)  # type: ignore[assignment,method-assign]
        with pytest.raises(KeyboardInterrupt):
            first.step()
    relay = Relay(
        asked,
        told,
        tmp_path / "relay.db",
        secret=SECRET,
        clock=clock,
        passing=lambda: passed[0],  # type: ignore[arg-type]
    )
    relay.step()
    clock.turn(days=1)
    relay.step()
    early = list(told.looked)
    passed[0] = SETTLED.total_seconds()
    clock.turn(minutes=2)
    relay.step()
    relay.close()
    assert (early, told.looked) == ([], ["d-1"])
