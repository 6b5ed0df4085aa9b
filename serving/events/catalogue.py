"""Every type of event that the contract knows, with the names in its `data` (CONTRACT sections 5 and 7).

Data is open: a sender may add names of their own. The names that stand here have one meaning and one kind; the JSON
Schemas in `data/schema/events/`, the check of what arrives, and the types that triggers are checked against are made of
this. Types that do not stand here are stored as they come.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import LiteralString

from serving.policy.purposes import EVENT_TYPES

IDENTIFIED = "customer.identified"
STARTED, RECEIVED = "session.started", "message.received"
OPENED, CLOSED, LEFT = "conversation.opened", "conversation.closed", "conversation.left_unresolved"
NO_EVIDENCE: LiteralString = f"`{IDENTIFIED}` proves no purpose; send it to `POST /v1/events`"  # nor may it come inline
LONGEST_ID = 256  # characters, as of ids everywhere on the wire


class Kind(StrEnum):
    """What a value in an event's data may be; null is the same as absent."""

    TEXT = "text"
    FACT = "fact"  # a text or a number: said to the customer as it stands
    NUMBER = "number"
    SECONDS = "seconds"  # a number, 0 or more
    COUNT = "count"  # a whole number, 0 or more
    TRUTH = "truth"
    TIME = "time"  # RFC 3339 with offset
    TEXTS = "texts"  # a list of texts
    OBJECT = "object"


@dataclass(frozen=True, slots=True)
class Name:
    """One name in an event's data: its kind and what it says."""

    kind: Kind
    about: str


@dataclass(frozen=True, slots=True)
class EventType:
    """One type of event: when it happens, and the names its data may have."""

    about: str
    names: Mapping[str, Name] = field(default_factory=dict)


TEXT, FACT, NUMBER, SECONDS, COUNT, TRUTH, TIME, TEXTS, OBJECT = Kind
_SESSION = {"session": Name(TEXT, "the session's id")}
_PAGE = {**_SESSION, "page": Name(TEXT, "the page, by the name that templates use")}
_PARCEL = {
    "parcel": Name(FACT, "which parcel"),
    "order": Name(FACT, "the order it belongs to"),
    "carrier": Name(FACT, "who carries it"),
    "reason": Name(FACT, "why"),
    "new_eta": Name(FACT, "when it arrives now, as the customer reads it"),
    "window": Name(FACT, "when it arrives, as the customer reads it"),
    "place": Name(FACT, "where it was left, or waits"),
    "until": Name(FACT, "until when it waits there, as the customer reads it"),
    "taken_in_by": Name(FACT, "who took it in for the customer"),
    "delay_hours": Name(NUMBER, "how many hours later than promised"),
    "delay_minutes": Name(NUMBER, "how many minutes later than promised"),
}
_APPOINTMENT = {
    "appointment": Name(FACT, "which appointment"),
    "starts_at": Name(FACT, "when it begins, as the customer reads it"),
    "was": Name(FACT, "when it was to begin before"),
    "place": Name(FACT, "where"),
    "reason": Name(FACT, "why"),
    "bring": Name(FACT, "what to bring"),
    "requested_by": Name(TEXT, "`customer` where they wanted it moved or cancelled themselves"),
}
_ACCOUNT = {
    "device": Name(FACT, "which device"),
    "place": Name(FACT, "from where"),
    "country": Name(FACT, "from which country"),
    "what": Name(FACT, "what was changed"),
    "amount": Name(FACT, "how much, with its currency"),
    "reason": Name(FACT, "why"),
    "card": Name(FACT, "which card, by its last digits"),
    "retry_on": Name(FACT, "when the payment is tried again"),
    "changed_to": Name(FACT, "how it reads now, as far as anybody may read it"),
}
_INCIDENT = {
    "incident": Name(FACT, "which incident"),
    "service": Name(FACT, "what did not work"),
    "action": Name(FACT, "what is being done"),
    "cause": Name(FACT, "what went wrong"),
    "back_by": Name(FACT, "when it should work again, as in `by noon`"),
    "to_do": Name(FACT, "what the customer is to do"),
    "refunded": Name(FACT, "what was charged wrongly and goes back, with its currency"),
    "affected": Name(TEXTS, "the customers whom it hit, where the event has no subject"),
}
_REQUEST = {
    "request": Name(FACT, "which request"),
    "status": Name(FACT, "what became of it"),
    "what": Name(FACT, "what was asked for"),
    "next_by": Name(FACT, "by when there is more news of it"),
    "place": Name(FACT, "where the customer finds it"),
    "refunded": Name(FACT, "what goes back to them, with its currency"),
    "ends_on": Name(FACT, "when it ends"),
    "changed_to": Name(FACT, "how it reads now"),
}
_CONVERSATION = {
    **_SESSION,
    "conversation": Name(FACT, "which conversation"),
    "topic": Name(FACT, "what it is about"),
}

TYPES: Mapping[str, EventType] = MappingProxyType(
    {
        "shipment.delayed": EventType("A parcel arrives later than promised.", _PARCEL),
        "shipment.rescheduled": EventType("A delivery was moved to another time.", _PARCEL),
        "shipment.out_for_delivery": EventType("A parcel is on its way to the door.", _PARCEL),
        "shipment.delivered": EventType("A parcel was delivered.", _PARCEL),
        "shipment.failed": EventType("A parcel could not be delivered.", _PARCEL),
        "appointment.confirmed": EventType("An appointment is agreed.", _APPOINTMENT),
        "appointment.upcoming": EventType("An appointment comes near.", _APPOINTMENT),
        "appointment.changed": EventType("An appointment was moved.", _APPOINTMENT),
        "appointment.cancelled": EventType("An appointment does not take place.", _APPOINTMENT),
        "account.signed_in_new_device": EventType("A sign-in from a device that was not seen before.", _ACCOUNT),
        "account.password_changed": EventType("The password was changed.", _ACCOUNT),
        "account.fraud_suspected": EventType("Something does not look like the customer's own act.", _ACCOUNT),
        "account.details_changed": EventType("Details of the account were changed.", _ACCOUNT),
        "account.payment_failed": EventType("A payment did not go through.", _ACCOUNT),
        "incident.opened": EventType("Something does not work as it should.", _INCIDENT),
        "incident.update": EventType("There is news of an incident.", _INCIDENT),
        "incident.resolved": EventType("What did not work works again.", _INCIDENT),
        "reminder.requested": EventType(
            "The customer asked to be reminded.",
            {
                "remind_at": Name(TIME, "when to remind them"),
                "due_at": Name(TIME, "from when on the reminder is of no use"),
                "what": Name(FACT, "of what"),
                "due": Name(FACT, "when it is due, as the customer reads it"),
                "kind": Name(TEXT, "`renewal`, `expiry`, `return`, `warranty` or `trial`, where it is one of these"),
                "item": Name(FACT, "of which item"),
                "request": Name(FACT, "of which request"),
                "channel": Name(TEXT, "where they want to be reminded"),
                "channels": Name(TEXTS, "where they want to be reminded"),
            },
        ),
        "request.progressed": EventType("A request of the customer has moved on.", _REQUEST),
        "request.completed": EventType("A request of the customer is done.", _REQUEST),
        "item.available": EventType(
            "An item that the customer ordered or asked for is there.",
            {
                "item": Name(FACT, "which item"),
                "request": Name(FACT, "the request or order of it"),
                "order": Name(FACT, "the order of it"),
                "place": Name(FACT, "where it is kept"),
            },
        ),
        "conversation.opened": EventType("A conversation with the customer began.", _CONVERSATION),
        "conversation.closed": EventType("A conversation with the customer is over.", _CONVERSATION),
        "conversation.left_unresolved": EventType(
            "A conversation ended without an answer.",
            {
                **_CONVERSATION,
                "channel": Name(TEXT, "where it took place"),
                "needed": Name(FACT, "what we still need of the customer"),
            },
        ),
        "message.received": EventType("The customer wrote.", {**_CONVERSATION, "text": Name(TEXT, "what they wrote")}),
        "message.dismissed": EventType(
            "The customer closed a message.",
            {
                **_SESSION,
                "decision_id": Name(TEXT, "the decision that it was"),
                "purpose": Name(TEXT, "its purpose, where the decision is not known"),
            },
        ),
        "session.started": EventType(
            "A visit began.",
            {**_PAGE, "may_be_returning": Name(TRUTH, "true where nobody knows whether it is their first visit")},
        ),
        "session.ended": EventType("A visit is over.", _SESSION),
        "page.viewed": EventType("A page was opened.", _PAGE),
        "page.dwelled": EventType(
            "The customer has been on a page for a while.",
            {**_PAGE, "seconds": Name(SECONDS, "for how long by now")},
        ),
        "exit.intended": EventType("The customer is about to leave the page.", _PAGE),
        IDENTIFIED: EventType(
            "It is known who a visitor is, or what a customer told of themselves; the subject is the customer.",
            {
                "anonymous_id": Name(TEXT, "the id that they had before"),
                "timezone": Name(TEXT, "their time zone, an IANA name"),
                "consent": Name(OBJECT, "channel to true or false; a channel that is not named stays as it was"),
                "traits": Name(OBJECT, "attributes for the model; `timezone` and `consent` mean the same here"),
            },
        ),
    }
)
_MISSING = EVENT_TYPES - TYPES.keys()
if _MISSING:
    raise AssertionError(f"events without an entry: {sorted(_MISSING)}")
