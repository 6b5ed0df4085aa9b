"""A reminder that names no entity: which of the customer's messages in the days between say that it is known."""

from typing import Any

import pytest

from model.contracts import Event
from serving.ports import Transaction
from tests.contracts.ledgers import ago, candidate, context, event, record

WHEN = {"remind_at": "2026-11-20T11:00:00Z", "due_at": "2026-11-25T11:00:00Z", "channel": "chat", "channels": ["sms"]}


def reminder(**data: Any) -> Event:
    """Describe a reminder that was asked for three days ago."""
    return event("reminder.requested", "r", time=ago(days=3), data={**WHEN, **data})


def written(**data: Any) -> Event:
    """Describe a message of yesterday."""
    return event("message.received", "m", time=ago(days=1), data=data)


PASSPORT = reminder(what="Your passport", due="25 November")
KNOWN = {
    "another matter": (PASSPORT, written(text="Where is B-8?"), False),
    "a greeting": (PASSPORT, written(text="Thank you, have a nice day."), False),
    "another value": (PASSPORT, written(about="B-8", text="Where is it?"), False),
    "on the same channel": (PASSPORT, written(text="Hello", channel="chat", channels=["sms"]), False),
    "in capitals": (PASSPORT, written(text="I have renewed my PASSPORT!"), True),
    "in a longer word": (PASSPORT, written(text="two passports"), False),
    "by its date": (PASSPORT, written(text="On 25 November I am away"), True),
    "as a value": (PASSPORT, written(topic="Your passport"), True),
    "every word of it, in another order": (
        reminder(what="the renewal of your passport"),
        written(text="My passport's renewal is done"),
        True,
    ),
    "one word of several": (reminder(what="the renewal of your passport"), written(text="A renewal?"), False),
    "a number": (reminder(what="contract", number=1175), written(text="about 1175"), True),
    "within": (reminder(what={"kind": "insurance"}), written(text="the insurance is paid"), True),
    "only its time is known": (PASSPORT, written(), True),
    "only where it was written is known": (PASSPORT, written(channel="sms", session="s-1", conversation="C-1"), True),
    "an empty text": (PASSPORT, written(text=" "), True),
    "a reminder of nothing": (reminder(), written(text="Hello"), True),
    "a reminder of no word": (reminder(what="the"), written(text="Hello"), True),
    "one with an entity": (reminder(what="your passport", item="P-1"), written(text="my passport"), False),
    "one with an entity, named": (reminder(what="your passport", item="P-1"), written(text="P-1?"), True),
}


@pytest.mark.parametrize(("asked", "message", "expected"), KNOWN.values(), ids=KNOWN)
def test_only_a_message_about_it_makes_a_reminder_known(
    tx: Transaction, asked: Event, message: Event, *, expected: bool
) -> None:
    """Who writes often gets the reminder they asked for all the same; what nobody can tell apart counts."""
    record(tx, asked, message)
    actual = context(tx, candidate(asked, purpose="requested_reminder")).last_inbound_at
    assert actual == (message.time if expected else None)


def test_other_evidence_without_an_entity_may_be_what_any_message_is_about(tx: Transaction) -> None:
    """There is no request of their own to weigh against it."""
    vague = event(time=ago(days=3), data={"what": "your parcel"})
    record(tx, vague, written(text="Hello"))
    actual = context(tx, candidate(vague)).last_inbound_at
    assert actual == ago(days=1)
