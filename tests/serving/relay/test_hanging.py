"""A platform that hangs, or trickles its answer, holds up its own message alone, and is no way to a second one."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from threading import Event
from typing import Any

import httpx
import pytest

from serving.relay.messenger import Offer, Posted
from serving.relay.relay import SETTLED, Relay
from serving.relay.states import State
from tests.examples.board import Pinned
from tests.examples.frame import PATIENCE
from tests.serving.listening import Listening, body_of
from tests.serving.relay.relaying import Asked, Told, on, relaying, took
from tests.serving.relay.serving_relays import until
from tests.serving.served import Watch

SHORT = timedelta(seconds=0.05)


@dataclass
class Hanging(Told):
    """A platform whose first call of a kind does not end before a test lets it."""

    hangs: str = "post"
    over: Event = field(default_factory=Event)
    ended: Event = field(default_factory=Event)

    def _wait(self, kind: str, calls: list[Any]) -> None:
        if kind == self.hangs and len(calls) == 1:
            self.over.wait(20)
            self.ended.set()

    def post(self, offer: Offer) -> Posted:
        """Come to what comes next."""
        posted = super().post(offer)
        self._wait("post", self.posted)
        return posted

    def find(self, offer: Offer) -> bool | None:
        """Say what comes next."""
        found = super().find(offer)
        self._wait("find", self.looked)
        return found


class Trickling(Listening):
    """A platform whose first answer never ends, byte by byte; those after it do."""

    def __init__(self) -> None:
        super().__init__()
        self.took: list[bytes] = []

    def exchange(self, request: BaseHTTPRequestHandler) -> None:
        """Take a message."""
        self.took.append(body_of(request))
        if len(self.took) > 1:
            request.send_response(200)
            request.send_header("Content-Length", "0")
            request.end_headers()
            return
        request.close_connection = True
        request.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while not self.ended.wait(0.02):
            request.wfile.write(b"s")


@pytest.fixture
def told() -> Iterator[Hanging]:
    """A platform that hangs, until the test has ended."""
    made = Hanging()
    yield made
    made.over.set()


@pytest.fixture
def relay(tmp_path: Path, asked: Asked, told: Hanging, clock: Watch) -> Iterator[Relay]:
    """A relay that waits for it only so long."""
    with relaying(tmp_path, asked, told, clock, longest=SHORT) as made:
        yield made


def settled(relay: Relay, clock: Watch) -> State | None:
    """Let it settle, and look; return where the first offer stands."""
    clock.turn(seconds=SETTLED.total_seconds())
    relay.step()
    return relay.book.state_of("d-1")


def test_a_try_that_hangs_holds_up_no_other(relay: Relay, told: Hanging) -> None:
    """Nobody knows what became of it; the next one goes."""
    took(relay, "d-1", "d-2")
    relay.step()
    assert ([offer.decision_id for offer in told.posted], relay.book.counts()) == (
        ["d-1", "d-2"],
        {State.UNSURE: 1, State.REPORTED: 1},
    )


def test_a_look_that_hangs_holds_up_no_other(relay: Relay, told: Hanging, clock: Watch) -> None:
    """It cannot say; the next one goes, and it is looked for again."""
    told.hangs, told.posts, told.finds = "find", [TimeoutError("late"), told.posts[0]], [True]
    took(relay, "d-1")
    relay.step()
    clock.turn(seconds=SETTLED.total_seconds())
    took(relay, "d-2", clock=clock)
    relay.step()
    first = relay.book.counts()
    on(relay, clock)
    assert (first, told.looked, relay.book.counts()) == (
        {State.UNSURE: 1, State.REPORTED: 1},
        ["d-1", "d-1"],
        {State.REPORTED: 2},
    )


def test_while_a_try_still_goes_on_nothing_proves_that_it_is_not_there(
    relay: Relay, told: Hanging, clock: Watch
) -> None:
    """It could be posted the next moment: it is posted again only once that try has ended."""
    told.finds = [False]
    took(relay)
    relay.step()
    going = (settled(relay, clock), len(told.posted))
    told.over.set()
    assert told.ended.wait(20)
    until(lambda: not relay._goes_on(1))
    on(relay, clock)
    assert (going, len(told.posted), relay.book.state_of("d-1")) == ((State.UNSURE, 1), 2, State.REPORTED)


def test_what_is_there_is_there(relay: Relay, asked: Asked, told: Hanging, clock: Watch) -> None:
    """However long the answer takes to end."""
    told.finds = [True]
    took(relay)
    relay.step()
    assert (settled(relay, clock), [kind for kind, *_ in asked.reported]) == (State.REPORTED, ["delivered"])


def test_what_hangs_to_its_end_counts_as_told(relay: Relay, asked: Asked, told: Hanging, clock: Watch) -> None:
    """It is never posted again."""
    told.finds = [False]
    took(relay)
    on(relay, clock)
    assert (len(told.posted), [kind for kind, *_ in asked.reported]) == (1, ["delivered"])


def test_an_answer_that_trickles_holds_up_no_other(tmp_path: Path, asked: Asked, clock: Watch) -> None:
    """The client's timeout is for one read, and there is always something to read."""
    with Trickling() as server, httpx.Client(base_url=server.url, timeout=PATIENCE, trust_env=False) as http:
        pinned: Any = Pinned(http, blind=True)
        with relaying(tmp_path, asked, pinned, clock, longest=timedelta(seconds=2 * PATIENCE)) as relay:
            took(relay, "d-1", "d-2")
            relay.step()
            actual = (len(server.took), relay.book.counts())
    assert actual == (2, {State.UNSURE: 1, State.REPORTED: 1})
