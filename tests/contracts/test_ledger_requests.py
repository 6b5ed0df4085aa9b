"""What proves that a customer asked for a thing: its name under a key that can name one, and nothing taken back."""

from typing import Any

import pytest

from model.contracts import Event
from serving.ports import Transaction
from tests.contracts.ledgers import NOW, ago, candidate, context, event, record


def available(item: Any) -> Event:
    """Describe the notice, an hour ago, that an item is there."""
    return event("item.available", "back", data={"item": item})


def step(kind: str, identity: str, days: float, **data: Any) -> Event:
    """Describe what happened to a request or order so many days ago."""
    return event(kind, identity, time=ago(days=days), data=data)


def asked(tx: Transaction, notice: Event, *before: Event) -> bool:
    """Return whether these events make the notice one that this customer asked for."""
    record(tx, notice, *before)
    return context(tx, candidate(notice)).earlier_request


NAMED: dict[str, tuple[Any, dict[str, Any], bool]] = {
    "the item": ("2", {"item": "2"}, True),
    "as a number": ("2", {"item": 2}, True),
    "a product": ("lamp", {"product": "lamp"}, True),
    "a stock number": ("K-9", {"sku": "K-9"}, True),
    "among several": ("lamp", {"items": ["chair", "lamp"]}, True),
    "among products": ("lamp", {"products": [{"name": "lamp", "price": 2}]}, True),
    "by its id": ("2", {"item": {"id": 2, "name": "lamp"}}, True),
    "by its id among several": ("2", {"items": [{"id": "2", "quantity": 1}]}, True),
    "in a line": ("lamp", {"lines": [{"line": 1, "sku": "lamp", "quantity": 2}]}, True),
    "in a line of an order": ("lamp", {"order": {"lines": [{"item": {"name": "lamp"}}]}}, True),
    "a quantity": ("2", {"item": "K-9", "quantity": 2}, False),
    "a price": ("19.9", {"item": "K-9", "price": 19.9}, False),
    "a quantity in a line": ("2", {"lines": [{"sku": "K-9", "quantity": 2, "price": {"amount": 2}}]}, False),
    "a quantity in an item": ("2", {"items": [{"id": "K-9", "quantity": 2}]}, False),
    "the number of a line": ("2", {"items": [{"id": 2, "sku": "K-9"}]}, False),
    "the id of a line": ("2", {"lines": [{"id": 2, "sku": "K-9"}]}, False),
    "the order's own number": ("2", {"id": "2", "order": {"id": "2"}, "item": "K-9"}, False),
    "somebody of that name": ("2", {"item": "K-9", "customer": {"id": "2", "name": "2"}}, False),
    "a parcel's number": ("2", {"item": "K-9", "parcel": "2"}, False),
    "what was only shown beside it": ("lamp", {"item": "K-9", "seen_also": [{"sku": "lamp"}]}, False),
    "a word in a text": ("2", {"item": "K-9", "text": "for 2 people"}, False),
    "true": ("True", {"item": True}, False),
}


@pytest.mark.parametrize(("item", "data", "expected"), NAMED.values(), ids=NAMED)
def test_a_request_names_a_thing_under_a_key_that_can(
    tx: Transaction, item: Any, data: dict[str, Any], *, expected: bool
) -> None:
    """A quantity, a price or another thing's number that happens to be the same is no request of it."""
    actual = asked(tx, available(item), step("order.placed", "o", 3, **data))
    assert actual is expected


@pytest.mark.parametrize(
    "kind", ["order.cancelled", "order.canceled", "order.item_returned", "order.refunded", "request.withdrawn"]
)
def test_what_was_taken_back_was_not_asked_for(tx: Transaction, kind: str) -> None:
    """The last word of the type says so."""
    actual = asked(tx, available("lamp"), step(kind, "o", 3, item="lamp"))
    assert actual is False


PLACED, BACK = step("order.placed", "p", 5, order=7, item="lamp"), step("order.cancelled", "c", 4, item="lamp")
TAKEN_BACK = {
    "placed": ([PLACED], True),
    "placed and cancelled": ([PLACED, BACK], False),
    "recorded the other way round": ([BACK, PLACED], False),
    "cancelled and placed": ([step("order.cancelled", "c", 6, item="lamp"), PLACED], True),
    "placed again since": ([PLACED, BACK, step("order.placed", "a", 3, items=["lamp"])], True),
    "another thing cancelled": ([PLACED, step("order.cancelled", "c", 4, item="chair")], True),
    "the line cancelled": ([PLACED, step("order.cancelled", "c", 4, lines=[{"sku": "lamp"}])], False),
    "an order cancelled, of what it does not say": ([PLACED, step("order.cancelled", "c", 4, order=7)], False),
    "a request cancelled, of what it does not say": ([PLACED, step("request.cancelled", "c", 4)], True),
    "cancelled after the notice": ([PLACED, event("order.cancelled", "c", time=NOW, data={"items": ["lamp"]})], False),
    "asked for as well": ([PLACED, BACK, step("item.requested", "r", 3, item="lamp")], True),
    "another customer's cancellation": (
        [PLACED, event("order.cancelled", "c", time=ago(days=4), subject="v", data={"item": "lamp"})],
        True,
    ),
}


@pytest.mark.parametrize(("before", "expected"), TAKEN_BACK.values(), ids=TAKEN_BACK)
def test_a_cancellation_takes_the_request_back(tx: Transaction, before: list[Event], *, expected: bool) -> None:
    """Of the same thing, in order of time; one that names nothing takes back all of its family."""
    actual = asked(tx, available("lamp"), *before)
    assert actual is expected
