"""What is delivered is still a send when it goes out, and is its own customer's: every try decides again."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from serving.offers.offering import data_of
from serving.ports import Transaction
from serving.record.record import read_record
from serving.schemas.answers import offered_bytes
from serving.timetable import OfferState
from tests.serving.adapters.webhooks.hooked import offer, offered, tick
from tests.serving.adapters.webhooks.receiving import Receiver, Said
from tests.serving.routes.confirming import confirm, report, sent
from tests.serving.served import NOON, Served, Watch, event

WITHDRAWN = OfferState.WITHDRAWN


def happens(api: Served, kind: str, at: datetime, *, user: str = "u-17", **data: Any) -> None:
    """Record an event of a customer."""
    body = event(f"{kind}-{at:%H%M%S}-{user}", user=user, at=at, type=kind, data=data)
    told = api.post("/v1/events", body).json()
    assert told["accepted"] == 1, told


def stop(api: Served, how: str, at: datetime) -> None:
    """Let something happen after which nobody would send the message."""
    if how in {"opted_out", "complained"}:
        report(api, how, at, user_id="u-17")
    elif how == "wrote":
        happens(api, "message.received", at, text="Where is parcel A-1?")
    elif how == "is talking":
        happens(api, "conversation.opened", at, conversation="c-1")
    else:
        happens(api, "message.dismissed", at, purpose="delivery_update")


STOPS = ("opted_out", "complained", "dismissed", "wrote", "is talking")


@pytest.mark.parametrize("tries", [0, 1, 2])
@pytest.mark.parametrize("how", STOPS)
def test_what_happened_meanwhile_stops_a_delivery(
    api: Served, receiver: Receiver, clock: Watch, how: str, tries: int
) -> None:
    """Before the first try, a second after the offer; before the second, after 5 seconds; before the third."""
    receiver.says = [Said(status=500)]
    number = offer(api)
    for _ in range(tries):
        tick(api)
        clock.at = offered(api, number).next_at
    clock.turn(seconds=1)
    stop(api, how, clock.at)
    tick(api)
    assert (clock.at - NOON < timedelta(minutes=1), len(receiver.got), offered(api, number).state) == (
        True,
        tries,
        WITHDRAWN,
    )


@pytest.mark.parametrize("how", STOPS)
def test_what_was_put_back_is_decided_again(api: Served, receiver: Receiver, clock: Watch, how: str) -> None:
    """A person who says `retry` does not say that it may be sent."""
    receiver.says = [Said(status=410)]
    number = offer(api)
    tick(api)
    clock.turn(seconds=1)
    stop(api, how, clock.at)
    put_back = api.call("POST", f"/v1/offers/{number}/retry").json()["state"]
    tick(api)
    assert (put_back, len(receiver.got), offered(api, number).state) == ("waiting", 1, WITHDRAWN)


def test_what_stands_is_recorded_once(api: Served, receiver: Receiver, clock: Watch) -> None:
    """Deciding again that it may go out changes nothing: no byte, no record, no reservation."""
    receiver.says = [Said(status=500)]
    number = offer(api)
    decision = offered(api, number).decision_id
    for _ in range(4):
        tick(api)
        clock.at = offered(api, number).next_at
    record = api.get(f"/v1/decisions/{decision}").json()
    assert (len(receiver.got), {got.body for got in receiver.got}) == (4, {offered(api, number).body})
    assert len(record["confirmations"]) == 1


def test_a_repeat_is_the_same_answer_for_whoever_asks(api: Served, receiver: Receiver, clock: Watch) -> None:
    """A delivery that finds nothing new leaves the answer that a confirmation repeats as it is."""
    receiver.says = [Said(status=500)]
    number = offer(api)
    decision = offered(api, number).decision_id
    before = confirm(api, decision)
    clock.turn(seconds=1)
    tick(api)
    clock.turn(seconds=1)
    assert confirm(api, decision) == before


def offer_first(api: Served) -> int:
    """Offer a send as it was decided first, as those who waited for their turn in an incident are offered."""
    identity = sent(api)

    def add(transaction: Transaction) -> int:
        known = transaction.confirmable(identity)
        assert known is not None
        read = read_record(known.record)
        told = read.decided.decision
        return transaction.add_offer(
            identity, offered_bytes(read.candidate, told), at=told.decided_at, expires_at=told.expires_at
        )

    number: int = api._wait(api.app.state.api.loop.submit(lambda _, transaction: add(transaction)))
    return number


def test_what_nobody_confirmed_is_delivered_as_it_was_decided(api: Served, receiver: Receiver, clock: Watch) -> None:
    """Its first answer stands like a confirmed one, and nothing is recorded for it."""
    number = offer_first(api)
    clock.turn(seconds=1)
    tick(api)
    record = api.get(f"/v1/decisions/{offered(api, number).decision_id}").json()
    assert ([got.body for got in receiver.got], record["confirmations"]) == ([offered(api, number).body], [])


@pytest.mark.parametrize("how", STOPS)
def test_what_nobody_confirmed_is_stopped_as_well(api: Served, receiver: Receiver, clock: Watch, how: str) -> None:
    """From its first moment on."""
    number = offer_first(api)
    clock.turn(seconds=1)
    stop(api, how, clock.at)
    tick(api)
    assert (len(receiver.got), offered(api, number).state) == (0, WITHDRAWN)


def test_a_shared_device_hands_nobody_the_message_of_another(api: Served, receiver: Receiver, clock: Watch) -> None:
    """Between the offer and its next try the device is Anna's, then Berta's: what was decided before stays Anna's."""
    receiver.says = [Said(status=500)]
    offer(api, user="x-1")
    tick(api)
    for customer in ("anna", "berta"):
        clock.turn(minutes=2)
        happens(api, "customer.identified", clock.at, user=customer, anonymous_id="x-1")
    tick(api)
    named = [data_of(got.body)["user"] for got in receiver.got]
    assert named == [{"id": "x-1"}, {"id": "anna"}]


def test_who_moved_is_told_before_their_own_night(api: Served, receiver: Receiver, clock: Watch) -> None:
    """The offer ended at nine in the evening of Paris; in India that comes sooner, and the delivery says so."""
    receiver.says = [Said(status=500)]
    number = offer(api)
    tick(api)
    clock.at = offered(api, number).next_at
    happens(api, "customer.identified", clock.at, timezone="Asia/Kolkata")
    tick(api)
    ends = [data_of(got.body)["expires_at"] for got in receiver.got]
    assert ends == ["2026-11-20T20:00:00Z", "2026-11-20T15:30:00Z"]
