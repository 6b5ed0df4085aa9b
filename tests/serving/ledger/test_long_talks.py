"""Customers who wrote or asked very often: what is not looked at any more never permits a message."""

from collections.abc import Iterator

import pytest

from model.contracts import Event
from serving.ledger import conversations, open_ledger, requests, visitors
from serving.ports import Transaction
from tests.contracts.ledgers import NOW, ago, candidate, context, event, record

MOST = 4
LATE = event()


@pytest.fixture
def tx(monkeypatch: pytest.MonkeyPatch) -> Iterator[Transaction]:
    """Open a transaction of a ledger in memory that looks at four rows at most."""
    places = [
        (conversations, "MOST_TALKS"),
        (conversations, "MOST_MESSAGES"),
        (visitors, "MOST_TALKS"),
        (requests, "MOST"),
    ]
    for module, name in places:
        monkeypatch.setattr(module, name, MOST)
    ledger = open_ledger("sqlite://", now=NOW, salt=b"s")
    with ledger.transaction() as transaction:
        yield transaction
    ledger.close()


def happened(kind: str, minutes: float, **data: str) -> Event:
    """Describe an event of so many minutes ago."""
    return event(kind, f"{kind}/{minutes}", time=ago(minutes=minutes), data=data)


@pytest.mark.parametrize(("written", "known"), [(MOST - 1, None), (MOST, ago(minutes=MOST)), (9, ago(minutes=MOST))])
def test_who_writes_very_often_may_have_written_of_it(tx: Transaction, written: int, known: object) -> None:
    """None of the newest messages is about it: an older one may be."""
    record(tx, LATE, *(happened("message.received", minutes, text="hello") for minutes in range(1, written + 1)))
    actual = context(tx, candidate(LATE)).last_inbound_at
    assert actual == known


def test_a_message_about_it_among_the_newest_is_the_one(tx: Transaction) -> None:
    """However many there are."""
    others = (happened("message.received", minutes, text="hello") for minutes in (1, 2, 4, 5, 6))
    record(tx, LATE, happened("message.received", 3, text="where is A-7"), *others)
    actual = context(tx, candidate(LATE)).last_inbound_at
    assert actual == ago(minutes=3)


CLOSED = [happened("conversation.closed", minutes, conversation="c") for minutes in (1, 2, 3)]
OPENED = happened("conversation.opened", 9, conversation="d")
TALKS = {
    "few": ([*CLOSED], False, False, 1),
    "one that is open among the newest": ([happened("conversation.opened", 0.5), *CLOSED, OPENED], True, True, None),
    "one that may be open before": ([*CLOSED, happened("conversation.closed", 4, conversation="e")], True, None, None),
    "one that is": ([*CLOSED, happened("conversation.closed", 4, conversation="e"), OPENED], True, None, None),
    "all are closed": ([*CLOSED, happened("conversation.closed", 4), OPENED], False, False, None),
    "opened after all were closed": (
        [
            *CLOSED[:2],
            happened("conversation.opened", 3.5, conversation="f"),
            happened("conversation.closed", 4),
            OPENED,
        ],
        True,
        True,
        None,
    ),
    "many, but long ago": (
        [happened("conversation.closed", minutes, conversation="c") for minutes in (1, 2, 130_000, 140_000)],
        True,
        None,
        1,
    ),
}


@pytest.mark.parametrize(("said", "held", "known", "counted"), TALKS.values(), ids=TALKS)
def test_what_lies_before_the_newest_may_be_open(
    tx: Transaction, said: list[Event], *, held: bool, known: bool | None, counted: int | None
) -> None:
    """That holds; a trigger is told neither, nor a number that may be too small."""
    record(tx, *said)
    found = tx.visitor(LATE, user_id="u", now=NOW).customer
    actual = (
        context(tx, candidate(LATE)).conversation_open,
        found.get("conversation_open"),
        found.get("conversations"),
    )
    assert actual == (held, known, counted)


@pytest.mark.parametrize(("later", "asked"), [(MOST - 2, True), (MOST - 1, False), (9, False)])
def test_a_request_that_lies_too_far_back_was_not_made(tx: Transaction, later: int, *, asked: bool) -> None:
    """It would permit a message; the notice itself is a row of them."""
    available = happened("item.available", 10, item="lamp")
    record(tx, happened("item.requested", 60, item="lamp"), available)
    record(tx, *(happened("order.placed", minutes, item="desk") for minutes in range(1, later + 1)))
    actual = context(tx, candidate(available)).earlier_request
    assert actual is asked
