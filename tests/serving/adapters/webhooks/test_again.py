"""What becomes of an offer that could not be delivered at once."""

import asyncio
import logging
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from model.errors import Unavailable
from serving.adapters.webhooks import AT_ONCE, LEASE
from serving.loop.confirmer import Confirmer
from serving.offers.offering import TRIES, delay_after
from serving.offers.waits import retry_after
from serving.timetable import OfferState
from tests.serving.adapters.webhooks.hooked import SECRET, hooked, offer, offered, several, tick, verified, webhooks
from tests.serving.adapters.webhooks.receiving import CANARY, Receiver, Said
from tests.serving.routes.confirming import report
from tests.serving.served import NOON, Served, Watch

SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)


def dated(seconds: int) -> str:
    """Return a date as HTTP writes it."""
    return format_datetime(NOON + seconds * SECOND, usegmt=True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("120", 120),
        ("0", 0),
        (dated(90), 90),
        (dated(-90), 0),
        ("9" * 30, 999_999_999),
        *((text, None) for text in ("", "-5", "1.5", "soon", "²", "Fri, 99 Nov 2026 12:00:00 GMT")),
        ("Fri, 20 Nov 2026 12:00:00 -0000", None),
        (None, None),
    ],
)
def test_when_a_receiver_asks_us_to_come_back(text: str | None, expected: int | None) -> None:
    """Seconds or a date; what is neither asks for nothing."""
    actual = retry_after(text, NOON)
    assert actual == (None if expected is None else expected * SECOND)


@pytest.mark.parametrize("status", [429, 503, 500])
@pytest.mark.parametrize("text", ["3600", dated(3600)], ids=["seconds", "a date"])
def test_a_busy_receiver_is_left_alone(api: Served, receiver: Receiver, status: int, text: str) -> None:
    """For as long as it asks, where the status says that it is busy."""
    receiver.says = [Said(status=status, headers={"Retry-After": text})]
    number = offer(api)
    tick(api)
    wait = offered(api, number).next_at - NOON
    assert wait == (delay_after(number, attempts=1) if status == 500 else timedelta(hours=1))


def test_tries_follow_the_plan(api: Served, receiver: Receiver, clock: Watch) -> None:
    """Each under the same id, with a timestamp and a signature of its own; nothing a moment before it is due."""
    receiver.says = [Said(status=500)]
    number = offer(api)
    ticks = [tick(api)]
    for _ in range(6):
        due = offered(api, number).next_at
        clock.at = due - timedelta(microseconds=1)
        early = tick(api)
        clock.at = due
        ticks += [early, tick(api)]
    times = [int(got.headers["webhook-timestamp"]) for got in receiver.got]
    assert (ticks, len(set(receiver.ids()))) == ([1, *[0, 1] * 6], 1)
    assert (sorted(set(times)) == times, all(map(verified, receiver.got))) == (True, True)
    assert len({got.body for got in receiver.got}) == 1


def test_after_the_last_try_it_is_dead(
    api: Served, receiver: Receiver, clock: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Listed, with what was said last; put back by hand, it is delivered."""
    monkeypatch.setattr("serving.offers.offering.DELAYS", (SECOND,))
    receiver.says = [Said(status=500)] * TRIES + [Said()]
    number = offer(api)
    for _ in range(TRIES + 3):
        tick(api)
        clock.turn(seconds=2)
    dead = api.get("/v1/offers?state=dead").json()["offers"]
    assert (len(receiver.got), [(one["number"], one["attempts"], one["status"]) for one in dead]) == (
        TRIES,
        [(number, TRIES, 500)],
    )
    assert api.call("POST", f"/v1/offers/{number}/retry").json()["state"] == "waiting"
    tick(api)
    assert (offered(api, number).state, len(set(receiver.ids()))) == (OfferState.DELIVERED, 1)


def test_nothing_is_delivered_after_its_end(api: Served, receiver: Receiver, clock: Watch) -> None:
    """It waits, to be asked for, until its end, and is over then."""
    receiver.says = [Said(status=503, headers={"Retry-After": "86400"})]
    number = offer(api)
    tick(api)
    waiting = offered(api, number)
    assert (waiting.state, waiting.next_at) == (OfferState.WAITING, waiting.expires_at)
    clock.at = waiting.next_at
    assert (tick(api), len(receiver.got), offered(api, number).state) == (0, 1, OfferState.EXPIRED)


def test_at_most_so_many_at_once(api: Served, receiver: Receiver) -> None:
    """The others wait for the next look."""
    receiver.says = [Said(gathers=AT_ONCE)] * AT_ONCE + [Said()]
    several(api, AT_ONCE + 3)
    ticks = [tick(api), tick(api), tick(api)]
    assert (ticks, receiver.most_at_once, len(set(receiver.ids()))) == ([AT_ONCE, 3, 0], AT_ONCE, AT_ONCE + 3)


def test_one_that_fails_keeps_no_other_back(api: Served, receiver: Receiver) -> None:
    """Each is settled by itself."""
    receiver.says = [Said(status=500), Said(status=200), Said(status=410)]
    numbers = several(api, 3)
    tick(api)
    assert sorted(offered(api, number).state for number in numbers) == ["dead", "delivered", "waiting"]


def test_a_crash_before_it_is_settled_repeats_the_delivery(receiver: Receiver, clock: Watch) -> None:
    """The process ends while the receiver answers: when the lease is over it comes again, under its id."""
    receiver.says = [Said(gathers=2), Said()]
    with hooked(receiver, clock) as api:
        number = offer(api)

        async def killed() -> None:
            delivering = asyncio.create_task(webhooks(api).tick())
            await asyncio.to_thread(receiver.arrived)
            delivering.cancel()
            await asyncio.gather(delivering, return_exceptions=True)

        api._wait(killed())
        between = (tick(api), offered(api, number).state)
        clock.at += LEASE
        assert (between, tick(api), tick(api)) == ((0, OfferState.WAITING), 1, 0)
        assert (offered(api, number).state, offered(api, number).attempts) == (OfferState.DELIVERED, 2)
    assert (len(receiver.got), len(set(receiver.ids()))) == (2, 1)


@pytest.mark.parametrize(
    ("asleep", "turns"),
    [(LEASE - 11 * SECOND, (1, 0)), (LEASE - 9 * SECOND, (0, 1)), (LEASE + SECOND, (0, 1)), (8 * HOUR, (0, 0))],
    ids=["in time", "too late to end in time", "after the lease", "after its end"],
)
def test_who_slept_over_their_lease_begins_nothing(
    api: Served,
    receiver: Receiver,
    clock: Watch,
    monkeypatch: pytest.MonkeyPatch,
    *,
    asleep: timedelta,
    turns: tuple[int, int],
) -> None:
    """A process that stood still after its claim: another may have the offer before this one's delivery would end."""
    number, submit = offer(api), webhooks(api)._loop.submit

    async def slow(job: Any, **more: Any) -> Any:
        done = await submit(job, **more)
        clock.at = NOON + asleep
        return done

    with monkeypatch.context() as patched:
        patched.setattr(webhooks(api)._loop, "submit", slow)
        tick(api)
    delivered = [len(receiver.got)]
    clock.at = max(clock.at, NOON + LEASE)
    tick(api)
    delivered.append(len(receiver.got) - delivered[0])
    assert (tuple(delivered), offered(api, number).state) == (
        turns,
        OfferState.DELIVERED if any(turns) else OfferState.EXPIRED,
    )


def test_what_cannot_be_recorded_is_delivered_again(
    api: Served, receiver: Receiver, clock: Watch, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The disk is full when the delivery is settled: the offer still waits, and the log says so."""
    offer(api)
    submit, calls = webhooks(api)._loop.submit, []

    async def full(job: Any, **more: Any) -> Any:
        calls.append(job)
        if len(calls) == 2:
            raise Unavailable("the disk is full")
        return await submit(job, **more)

    monkeypatch.setattr(webhooks(api)._loop, "submit", full)
    tick(api)
    clock.at += LEASE
    tick(api)
    assert (receiver.ids() == receiver.ids()[:1] * 2, "is not recorded: Unavailable" in caplog.text) == (True, True)


def stopped(api: Served, decision_id: str, how: str) -> None:
    """Let something happen after which a message must not go out."""
    if how == "opted out":
        report(api, "opted_out", NOON, user_id="u-17")
    elif how == "has it":
        report(api, "engaged", NOON, decision_id=decision_id)
    else:
        report(api, "not_delivered", NOON, decision_id=decision_id)
        report(api, "complained", NOON, user_id="u-17")


@pytest.mark.parametrize(
    ("how", "state"), [("opted out", "withdrawn"), ("has it", "delivered"), ("complained", "withdrawn")]
)
def test_what_is_no_send_any_more_is_not_delivered(
    api: Served, receiver: Receiver, clock: Watch, how: str, state: str
) -> None:
    """An offer is decided again before every try: hours may have passed."""
    receiver.says = [Said(status=500)]
    number = offer(api)
    tick(api)
    clock.turn(minutes=5)
    stopped(api, offered(api, number).decision_id, how)
    tick(api)
    assert (len(receiver.got), offered(api, number).state) == (1, state)


def test_what_cannot_be_confirmed_waits(
    api: Served, receiver: Receiver, clock: Watch, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Unknown means no; the other offers go on."""
    numbers = [offer(api, number, user=f"u-{number}") for number in (1, 2)]
    broken = offered(api, numbers[0]).decision_id
    clock.turn(minutes=5)
    still = Confirmer.still

    def confused(self: Confirmer, ledger: Any, transaction: Any, decision_id: str) -> Any:
        if decision_id == broken:
            raise ValueError(CANARY)
        return still(self, ledger, transaction, decision_id)

    monkeypatch.setattr(Confirmer, "still", confused)
    assert tick(api) == 2
    states = [offered(api, number).state for number in numbers]
    assert (states, len(receiver.got), CANARY in caplog.text) == ([OfferState.WAITING, OfferState.DELIVERED], 1, False)


def test_what_still_stands_is_delivered_as_it_was(api: Served, receiver: Receiver, clock: Watch) -> None:
    """A confirmation that stands changes no byte, and records nothing more."""
    number = offer(api)
    first = offered(api, number)
    clock.turn(hours=2)
    tick(api)
    record = api.get(f"/v1/decisions/{first.decision_id}").json()
    assert ([got.body for got in receiver.got], len(record["confirmations"])) == ([first.body], 1)


def test_nothing_of_an_answer_or_a_secret_is_kept(
    api: Served, receiver: Receiver, clock: Watch, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither in the log, nor in what is listed: a status and a word are all that is known."""
    caplog.set_level(logging.DEBUG, logger="serving")
    headers = {"X-Canary": CANARY, "Retry-After": CANARY}
    receiver.says = [Said(status=status, body=CANARY.encode(), headers=headers) for status in (503, 410)]
    offer(api)
    tick(api)
    clock.turn(seconds=10)
    tick(api)
    listed = api.get("/v1/offers").text
    ours = " ".join(record.getMessage() for record in caplog.records if record.name.startswith("serving"))
    assert (CANARY in listed, CANARY in ours, SECRET[6:20] in ours + listed) == (False, False, False)
    assert "offer 1 is given up: status 410, gone" in ours
