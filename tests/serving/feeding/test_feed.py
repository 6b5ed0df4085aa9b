"""Feeding lines: what is due on the way, what goes wrong, and how far time goes."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from benchmarks.event_days import START, policy_in
from model.contracts import Event, EvidenceRef
from model.errors import InvalidInput, Unavailable
from serving.feeding import fed as fed_module
from serving.feeding.fed import Fed, Wrong
from serving.feeding.feed import Feed, Turned
from serving.feeding.lines import Line
from serving.loop.happening import Happened, Happenings
from serving.ports import Ledger, Transaction
from serving.timetable import Offer
from tests.serving.feeding.both_ways import LATER, feed_of, run
from tests.serving.served import memory_ledger

HOUR = timedelta(hours=1)
NOON = START + 12 * HOUR
Json = dict[str, Any]


@pytest.fixture(scope="module")
def policy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped templates, with triggers of every kind."""
    return policy_in(tmp_path_factory.mktemp("policy"))


@pytest.fixture
def ledger() -> Ledger:
    """A ledger in memory."""
    return memory_ledger(START)


def event(number: int, kind: str, at: datetime = NOON, *, user: str | None = "u-1", **data: Any) -> Json:
    """Return an event of a customer."""
    body = {"specversion": "1.0", "source": "urn:shop", "id": f"e-{number}", "type": kind, "time": at.isoformat()}
    return body | {"data": data} | ({} if user is None else {"subject": user})


def agrees(*, user: str = "u-1") -> Json:
    """Return what makes a customer reachable."""
    return event(
        0, "customer.identified", START, user=user, timezone="Europe/Paris", consent={"email": True, "chat": True}
    )


def payment(number: int, at: datetime = NOON) -> Json:
    """Return essential news."""
    return event(number, "account.payment_failed", at, amount="12 EUR", reason="card expired")


def reminder(number: int, at: datetime = NOON) -> Json:
    """Return a wish to be reminded three hours later."""
    times = {"remind_at": (at + 3 * HOUR).isoformat(), "due_at": (at + 9 * HOUR).isoformat()}
    return event(number, "reminder.requested", at, what="the contract", due="soon", channel="email", **times)


def lines(*bodies: Any) -> list[Line]:
    """Return values as lines."""
    return [
        Line(number, json.dumps(body).encode(), number / len(bodies)) for number, body in enumerate(bodies, start=1)
    ]


def offers(ledger: Ledger) -> list[Offer]:
    """Return everything that was offered."""
    with ledger.transaction() as transaction:
        return transaction.offers(state=None, after=0, limit=1000)


def breaking(feed: Feed, error: Exception) -> Feed:
    """Let the flow fail on the event `e-2`, after it has been recorded."""

    class Breaking(Happenings):
        def take(self, ledger: Ledger, transaction: Transaction, events: Sequence[Event]) -> Happened:
            taken = Happenings.take(self, ledger, transaction, events)
            if any(one.id == "e-2" for one in events):
                raise error
            return taken

    own = feed._happenings
    feed._happenings = Breaking(matcher=own.matcher, decider=own.decider, clock=own.clock, offering=own.offering)
    return feed


def test_a_clock_that_is_turned_never_runs_backwards() -> None:
    """An earlier instant leaves it where it is."""
    clock = Turned()
    seen = []
    for to in (NOON, NOON - HOUR, NOON + HOUR):
        clock.turn(to)
        seen.append(clock())
    assert seen == [NOON, NOON, NOON + HOUR]


def test_what_is_due_between_two_lines_is_decided_at_its_instant(ledger: Ledger, policy: Path) -> None:
    """A reminder is offered at its time, not at the next line's; the record says so."""
    told = run(feed_of(ledger, policy), lines(agrees(), reminder(1), payment(2, NOON + 7 * HOUR)))
    actual = [(offer.at, json.loads(offer.body)["data"]["matched"]) for offer in offers(ledger)]
    assert actual == [(NOON + 3 * HOUR, "reminder")]
    assert (told.decided, told.again) == ({"hold": 1, "send": 1}, {"send": 1})


@pytest.mark.parametrize(
    ("until", "expected"),
    [(None, []), (NOON + 2 * HOUR, []), (NOON + 3 * HOUR, [NOON + 3 * HOUR]), (NOON - HOUR, [])],
    ids=["not on", "before", "until then", "the past"],
)
def test_time_goes_on_after_the_last_line_if_asked(
    ledger: Ledger, policy: Path, until: datetime | None, expected: list[datetime]
) -> None:
    """Until the instant that is named, and not at all before the last line."""
    told = run(feed_of(ledger, policy), lines(agrees(), reminder(1)), until=until)
    assert [offer.at for offer in offers(ledger)] == expected
    assert told.clock == max(NOON, until or NOON)


def test_time_goes_on_where_there_are_no_lines(ledger: Ledger, policy: Path) -> None:
    """What another feed left is due."""
    run(feed_of(ledger, policy), lines(agrees(), reminder(1)))
    nothing = run(feed_of(ledger, policy), [])
    told = run(feed_of(ledger, policy), [], until=NOON + 4 * HOUR)
    actual = (nothing.clock, told.clock, [offer.at for offer in offers(ledger)])
    assert actual == (None, NOON + 4 * HOUR, [NOON + 3 * HOUR])


def test_the_rest_of_a_long_list_is_decided_before_the_next_line(ledger: Ledger, policy: Path) -> None:
    """The first hundred in the request, the others at the same instant, each once."""
    users = [f"u-{number}" for number in range(130)]
    news = event(1, "incident.update", NOON, user=None, incident="i", service="Mail", action="a repair", affected=users)
    told = run(feed_of(ledger, policy), lines([news], payment(2, NOON + HOUR)))
    with ledger.transaction() as transaction:
        records = transaction.decisions(action=None, user=None, since=None, after=None, limit=1000)
        left = transaction.take_matches(now=LATER, limit=10)
    at = [one["decided"]["decision"]["decided_at"] for one in records]
    assert (len(records), left, told.accepted) == (131, [], 2)
    assert [at.index(one) for one in dict.fromkeys(at)] == [0, 130]


def test_a_turn_that_was_put_off_comes_at_its_time(ledger: Ledger, policy: Path) -> None:
    """Somebody waits from before, until two hours later: they are told then, not when the next line comes."""
    data = {"incident": "i", "service": "Mail", "action": "a repair", "affected": ["u-1"]}
    news = Event(source="urn:shop", id="news", type="incident.update", time=NOON, subject=None, data=data)
    with ledger.transaction() as transaction:
        transaction.add_event(news, recorded_at=NOON)
        reference = EvidenceRef(type=news.type, id=news.id, source=news.source)
        transaction.add_matches(reference, ["u-1"], at=NOON + 2 * HOUR)
    run(feed_of(ledger, policy), lines(agrees(), payment(2, NOON + 7 * HOUR)))
    actual = [(offer.at, json.loads(offer.body)["data"]["user"]["id"]) for offer in offers(ledger)]
    assert actual == [(NOON + 2 * HOUR, "u-1")]


def test_a_line_that_cannot_be_decided_is_undone_and_named(ledger: Ledger, policy: Path) -> None:
    """Nothing of it is on record; the lines before and after it are."""
    feed = breaking(feed_of(ledger, policy), ZeroDivisionError("secret"))
    told = run(feed, lines(payment(1), [payment(2), payment(3)], payment(4)))
    with ledger.transaction() as transaction:
        records = transaction.decisions(action=None, user=None, since=None, after=None, limit=10)
    assert [one["candidate"]["evidence"]["id"] for one in records] == ["e-1", "e-4"]
    assert (told.accepted, told.rejected, told.decided.total()) == (2, 1, 2)
    assert told.wrong == [Wrong(2, None, "cannot be decided (ZeroDivisionError); nothing of it is recorded")]


def test_where_the_ledger_is_away_the_feed_ends(ledger: Ledger, policy: Path) -> None:
    """Nothing of the transaction is kept; it is not a line's fault."""
    feed = breaking(feed_of(ledger, policy), Unavailable("the disk is full"))
    with pytest.raises(Unavailable, match="the disk is full"):
        run(feed, lines(payment(1), payment(2)))
    with ledger.transaction() as transaction:
        assert transaction.decisions(action=None, user=None, since=None, after=None, limit=10) == []


def test_a_file_that_breaks_off_is_fed_so_far(ledger: Ledger, policy: Path) -> None:
    """The lines before are on record, though their transaction was not full."""

    def broken() -> Iterator[Line]:
        yield from lines(payment(1), payment(2), payment(3))
        raise InvalidInput("cut off")

    with pytest.raises(InvalidInput, match="cut off"):
        run(feed_of(ledger, policy, together=2), broken())
    with ledger.transaction() as transaction:
        records = transaction.decisions(action=None, user=None, since=None, after=None, limit=10)
    assert [one["candidate"]["evidence"]["id"] for one in records] == ["e-1", "e-2", "e-3"]


def test_progress_is_told_after_every_transaction(ledger: Ledger, policy: Path) -> None:
    """With the share of the file and the number of events so far."""
    seen: list[tuple[float, int]] = []
    feed = feed_of(ledger, policy, together=2)
    run(feed, lines(payment(1), [payment(2), payment(3)], payment(1), {}), progress=lambda *told: seen.append(told))
    assert seen == [(0.5, 3), (1.0, 5)]


def test_the_totals_are_told_as_json(ledger: Ledger, policy: Path) -> None:
    """Every count is there, also where it is 0."""
    late = payment(3, NOON - HOUR)
    told = run(feed_of(ledger, policy), lines(agrees(), payment(1), payment(1), late, [payment(4), {}]))
    expected = {
        "lines": 5,
        "accepted": 4,
        "duplicates": 1,
        "rejected": 1,
        "late": 1,
        "clock": "2025-03-27T12:00:00Z",
        "decided": {"send": 3, "hold": 0, "deny": 0},
        "decided_again": {"send": 0, "hold": 0, "cancel": 0},
        "reasons": {},
        "wrong": [{"line": 5, "element": 1, "rule": told.wrong[0].rule}],
    }
    assert told.values() == expected


def test_only_the_first_wrong_lines_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """All are counted; memory has an end."""
    monkeypatch.setattr(fed_module, "SHOWN", 2)
    told = Fed()
    for line in range(1, 5):
        told.refuse(line, None, "is wrong")
    assert (told.rejected, [wrong.said() for wrong in told.wrong]) == (4, ["line 1: is wrong", "line 2: is wrong"])
