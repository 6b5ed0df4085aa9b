"""The whole way: Outreach decides while nobody asks, its webhook brings the offer, the platform has one message."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from serving.access.keys import key_record
from serving.client import Outreach
from serving.fakes import FakeScorer
from serving.relay.relay import Relay
from serving.relay.states import State
from serving.settings import Settings
from tests.examples.board import Board, Pinned
from tests.examples.frame import PATIENCE, SECRET, Fault, InProcess
from tests.occasions import mostly
from tests.serving.adapters.webhooks.hooked import tick
from tests.serving.relay.serving_relays import running
from tests.serving.served import NOON, Served, Watch, app_of, candidate, consent, event, memory_ledger

RELAYS = "relays-".ljust(43, "k")


@dataclass
class Company:
    """Outreach, its relay and the platform, by one clock."""

    api: Served
    relay: Relay
    board: Board
    clock: Watch

    def keeps_time(self) -> int:
        """Look at what is due, and deliver what is offered; return how many offers went out."""
        self.api._wait(self.api.app.state.api.timekeeper.tick())
        return tick(self.api)

    def held(self) -> str:
        """Decide about a parcel while the customer talks to somebody; return the id of the hold."""
        consent(self.api, "u-17")
        self.talks("opened")
        self.api.post("/v1/events", event())
        answer = self.api.post("/v1/decisions", candidate()).json()
        assert [no["code"] for no in answer["reasons"]] == ["conversation_open"], answer
        return str(answer["decision_id"])

    def talks(self, how: str) -> None:
        """A conversation is opened, or closed."""
        more: dict[str, Any] = {"type": f"conversation.{how}", "data": {"conversation": "C-1"}}
        told = self.api.post("/v1/events", event(f"{how}-{self.clock()}", at=self.clock(), **more))
        assert told.json()["accepted"] == 1, told.text

    def outcomes(self, name: str) -> list[str]:
        """Return what is on record."""
        return [each["kind"] for each in self.api.get(f"/v1/decisions/{name}").json()["outcomes"]]


@contextmanager
def company(folder: Path) -> Iterator[Company]:
    """Open one; the relay's key may do what the page says, and no more."""
    clock = Watch()
    ledger = memory_ledger()
    with ledger.transaction() as transaction:
        made = key_record(RELAYS, key_id="relay", name="relay", scopes=["decide", "outcomes"], at=NOON)
        transaction.add_key(made)
    with ExitStack() as stack:
        board = stack.enter_context(Board())
        http = stack.enter_context(httpx.Client(base_url=board.url, timeout=PATIENCE, trust_env=False))
        later: list[Served] = []
        way = httpx.MockTransport(lambda request: InProcess(later[0]).handle_request(request))
        outreach = stack.enter_context(Outreach("http://test", RELAYS, transport=way, clock=clock))
        more: Any = {"secret": SECRET, "clock": clock, "passing": lambda: clock().timestamp()}
        relay = Relay(outreach, Pinned(http), folder / "relay.db", **more)
        stack.callback(relay.close)
        server = stack.enter_context(running(relay, lifespan="off"))
        shares = mostly("model")
        settings = Settings(webhook_url=server.url, webhook_secret=SECRET, shares=shares)
        scorer = FakeScorer(cutoff=0.004, shares=shares)
        app = app_of(ledger, clock=clock, settings=settings, scorer=scorer)
        later.append(stack.enter_context(Served(app)))
        yield Company(later[0], relay, board, clock)


def test_what_was_held_comes_by_webhook_and_is_one_message(tmp_path: Path) -> None:
    """Offered when the conversation closes, delivered, posted, on record; then told already."""
    with company(tmp_path) as it:
        name = it.held()
        it.clock.turn(minutes=10)
        it.talks("closed")
        delivered = [it.keeps_time(), it.keeps_time()]
        it.relay.step()
        marks = [message["mark"] for message in it.board.messages]
        again = it.api.call("POST", f"/v1/decisions/{name}/confirm").json()
        told = it.outcomes(name)
    assert (delivered, marks, told) == ([1, 0], [name], ["delivered"])
    assert (again["action"], [no["code"] for no in again["reasons"]]) == ("cancel", ["already_told"])


def test_a_hold_at_the_last_moment_comes_again_as_an_offer(tmp_path: Path) -> None:
    """The customer writes while the offer lies in the book: it is left, and comes again when they are done."""
    with company(tmp_path) as it:
        name = it.held()
        it.clock.turn(minutes=10)
        it.talks("closed")
        it.keeps_time()
        it.clock.turn(minutes=1)
        it.talks("opened")
        it.relay.step()
        between = (it.relay.book.state_of(name), len(it.board.messages))
        it.clock.turn(minutes=10)
        it.talks("closed")
        delivered = it.keeps_time()
        it.relay.step()
        marks = [message["mark"] for message in it.board.messages]
        told = it.outcomes(name)
    assert (between, delivered, marks, told) == ((State.HELD, 0), 1, [name], ["delivered"])


def test_a_customer_who_opts_out_meanwhile_hears_nothing(tmp_path: Path) -> None:
    """Between the delivery and the platform."""
    with company(tmp_path) as it:
        name = it.held()
        it.clock.turn(minutes=10)
        it.talks("closed")
        it.keeps_time()
        it.api.post("/v1/outcomes", {"kind": "opted_out", "user_id": "u-17", "time": it.clock().isoformat()})
        it.clock.turn(minutes=1)
        it.relay.step()
        state = it.relay.book.state_of(name)
        actual = (state, it.board.messages, it.outcomes(name))
    assert actual == (State.CANCELLED, [], [])


@pytest.mark.parametrize(("how", "shown"), [("opts out", 0), ("writes", 1)])
def test_what_was_confirmed_once_is_confirmed_again_unless_the_customer_opted_out(
    tmp_path: Path, how: str, shown: int
) -> None:
    """As the contract has it: a repeat gives the same answer until its end."""
    with company(tmp_path) as it:
        it.held()
        it.clock.turn(minutes=10)
        it.talks("closed")
        it.keeps_time()
        it.board.faults = [Fault.BUSY]
        it.relay.step()
        it.clock.turn(minutes=1)
        if how == "opts out":
            it.api.post("/v1/outcomes", {"kind": "opted_out", "user_id": "u-17", "time": it.clock().isoformat()})
        else:
            it.talks("opened")
        it.relay.step()
        assert len(it.board.messages) == shown


def test_an_erased_customer_hears_nothing_and_nothing_of_them_stays(tmp_path: Path) -> None:
    """Outreach knows the decision no more; the book keeps its id alone."""
    with company(tmp_path) as it:
        name = it.held()
        it.clock.turn(minutes=10)
        it.talks("closed")
        it.keeps_time()
        erased = it.api.call("DELETE", "/v1/users/u-17").status_code
        it.relay.step()
        kept = (tmp_path / "relay.db").read_bytes()
        actual = (erased, it.relay.book.state_of(name), it.board.messages, b"u-17" in kept, b"A-1" in kept)
    assert actual == (200, State.DROPPED, [], False, False)


def test_a_relay_that_is_away_has_the_offer_delivered_again(tmp_path: Path) -> None:
    """What was not acknowledged comes again, under the same id; one message."""
    with company(tmp_path) as it:
        name = it.held()
        it.clock.turn(minutes=10)
        it.talks("closed")
        real, it.relay.take = it.relay.take, lambda *_: 503  # type: ignore[method-assign]
        it.keeps_time()
        it.relay.take = real  # type: ignore[method-assign]
        it.clock.at += timedelta(minutes=1)
        it.keeps_time()
        it.relay.step()
        marks = [message["mark"] for message in it.board.messages]
    assert marks == [name]
