"""A newer event on the same entity supersedes, of whatever family; a visit or a talk about it does not."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from model.contracts import Event
from serving.ports import Transaction
from tests.contracts.ledgers import NOW, ago, candidate, context, event, record

LAMP = {"item": "lamp"}
C9 = {"conversation": "C-9"}


def later(kind: str, data: Mapping[str, Any], **given: Any) -> Event:
    """Describe what happened half an hour after the evidence."""
    return event(kind, "new", **{"time": ago(minutes=30), "data": data, **given})


DELAY, PARCEL = event(), {"parcel": "A-7"}
AVAILABLE = event("item.available", data=LAMP)
UNRESOLVED = event("conversation.left_unresolved", data=C9)
PROGRESS = event("request.progressed", data=C9)
NEWER = {
    "the order of the parcel was cancelled": (DELAY, later("order.cancelled", PARCEL), True),
    "something of it was refunded": (DELAY, later("refund.issued", {**PARCEL, "amount": 3}), True),
    "another parcel's": (DELAY, later("order.cancelled", {"parcel": "B-8"}), False),
    "of another kind, with the same name": (DELAY, later("order.cancelled", {"item": "A-7"}), False),
    "of no entity": (DELAY, later("order.cancelled", {}), False),
    "another customer's": (DELAY, later("order.cancelled", PARCEL, subject="v"), False),
    "before it": (DELAY, later("order.cancelled", PARCEL, time=ago(hours=2)), False),
    "at the same instant, recorded later": (DELAY, later("order.cancelled", PARCEL, time=DELAY.time), True),
    "still to come": (DELAY, later("order.cancelled", PARCEL, time=NOW + timedelta(hours=1)), False),
    "the item was sold": (AVAILABLE, later("stock.sold_out", LAMP), True),
    "they ordered the item": (AVAILABLE, later("order.placed", LAMP), True),
    "they looked at its page": (AVAILABLE, later("page.viewed", {**LAMP, "session": "s-1"}), False),
    "they were about to leave its page": (AVAILABLE, later("exit.intended", LAMP), False),
    "they came to look at it": (AVAILABLE, later("session.started", LAMP), False),
    "they closed a message about it": (AVAILABLE, later("message.dismissed", LAMP), False),
    "they asked to be reminded of it": (AVAILABLE, later("reminder.requested", LAMP), False),
    "they talked about it": (AVAILABLE, later("conversation.closed", {**LAMP, **C9}), False),
    "the conversation itself was closed": (PROGRESS, later("conversation.closed", C9), True),
    "a conversation was opened again": (UNRESOLVED, later("conversation.opened", C9), True),
    "a message in the conversation": (UNRESOLVED, later("message.received", C9), False),
    "nothing was about an account": (
        event("account.details_changed", data=PARCEL),
        later("order.placed", PARCEL),
        False,
    ),
    "evidence without an entity": (event(data={}), later("order.cancelled", PARCEL), False),
}


@pytest.mark.parametrize(("evidence", "newer", "expected"), NEWER.values(), ids=NEWER)
def test_a_newer_event_of_another_family_on_the_same_thing_supersedes(
    tx: Transaction, evidence: Event, newer: Event, *, expected: bool
) -> None:
    """The entity counts, not who speaks of it; what a customer did or said about it changes nothing of it."""
    record(tx, evidence, newer)
    actual = context(tx, candidate(evidence)).superseded
    assert actual is expected


@pytest.mark.parametrize(
    ("kind", "data", "expected"),
    [
        ("network.restored", {"incident": "i-1"}, True),
        ("network.restored", {"incident": "i-2"}, False),
        ("network.restored", {}, False),
        ("page.viewed", {"incident": "i-1"}, False),
    ],
)
def test_what_is_told_to_nobody_in_particular_supersedes_what_was_told_to_nobody(
    tx: Transaction, kind: str, data: dict[str, Any], *, expected: bool
) -> None:
    """An incident that names no subject moves on for everyone it lists."""
    update = event("incident.update", subject=None, data={"incident": "i-1", "affected": ["u", "v"]})
    record(tx, update, later(kind, data, subject=None))
    actual = [context(tx, candidate(update, user_id=user)).superseded for user in ("u", "v")]
    assert actual == [expected, expected]


def test_each_family_is_looked_at(tx: Transaction) -> None:
    """Whichever of many families a customer has events of, first or last by name, old or new."""
    families = ("a", "conversation", "order", "page", "shipment", "zebra")
    for name in families:
        data = {"parcel": name}
        told = event("shipment.delayed", f"d-{name}", data=data)
        record(tx, told, *(event(f"{other}.told", f"{name}/{other}", time=ago(days=1)) for other in families))
        before = context(tx, candidate(told)).superseded
        record(tx, event(f"{name}.changed", f"n-{name}", time=NOW, data=data))
        actual = (before, context(tx, candidate(told)).superseded)
        assert actual == (False, name not in ("conversation", "page"))
