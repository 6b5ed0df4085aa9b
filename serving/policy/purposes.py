"""The nine services as data (CONTRACT section 5): what proves each, where it may appear, what it waives.

Configuration can switch a purpose off; nothing can add one, and nothing can add evidence to one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType

from model.contracts import Channel, MarketingPurpose, Purpose


class Mark(IntEnum):
    """What a kind of evidence lets a message pass (the waivers themselves stand in `serving.policy.waivers`)."""

    ORDINARY = 0
    ESSENTIAL = 1
    CRITICAL = 2


ANY = frozenset(Channel)
WIDGET = frozenset({Channel.WIDGET})
ORDINARY, ESSENTIAL, CRITICAL = Mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One purpose: any one of `evidence` proves it; `on_page` ties it to the page in the customer's own session.

    `silent` expects no reply; `until_due` ages by the customer's own `due_at` and keeps to the channels they asked for.
    `source` is the rule by which such a message is service.
    """

    evidence: Mapping[str, Mark]
    source: str
    channels: frozenset[Channel] = ANY
    silent: bool = False
    on_page: bool = False
    until_due: bool = False


_TRANSACTION = (
    "CAN-SPAM, 15 USC 7702(17)(A){}; Meta, template categories: utility; Google, RCS for Business: transactional"
)
_SERVICE = "ICO, direct marketing guidance, service messages: {}"
_OWN = "our own decision: {}"

SERVICES: Mapping[str, Service] = MappingProxyType(
    {
        Purpose.DELIVERY_UPDATE: Service(
            evidence={
                "shipment.delayed": ORDINARY,
                "shipment.rescheduled": ORDINARY,
                "shipment.out_for_delivery": ORDINARY,
                "shipment.delivered": ORDINARY,
                "shipment.failed": ESSENTIAL,
            },
            source=_TRANSACTION.format("(i) a transaction that they agreed to"),
        ),
        Purpose.APPOINTMENT_UPDATE: Service(
            evidence={
                "appointment.confirmed": ORDINARY,
                "appointment.upcoming": ORDINARY,
                "appointment.changed": ESSENTIAL,
                "appointment.cancelled": ESSENTIAL,
            },
            source=_TRANSACTION.format("(i) a transaction that they agreed to"),
        ),
        Purpose.ACCOUNT_EVENT: Service(
            evidence={
                "account.signed_in_new_device": CRITICAL,
                "account.password_changed": CRITICAL,
                "account.fraud_suspected": CRITICAL,
                "account.details_changed": ESSENTIAL,
                "account.payment_failed": ESSENTIAL,
            },
            source=_TRANSACTION.format("(ii) safety and security, (iii) a change of their standing"),
        ),
        Purpose.REMEDIATION: Service(
            evidence={"incident.update": ESSENTIAL, "incident.resolved": ESSENTIAL},
            source=_SERVICE.format("what is wrong with what they use"),
        ),
        Purpose.REQUESTED_REMINDER: Service(
            evidence={"reminder.requested": ESSENTIAL},
            until_due=True,
            source=_SERVICE.format("what they asked to be told is not unsolicited"),
        ),
        Purpose.PROGRESS_UPDATE: Service(
            evidence={"request.progressed": ORDINARY, "request.completed": ORDINARY, "item.available": ORDINARY},
            silent=True,
            source=_TRANSACTION.format("(i) to complete or confirm what they began, (v) to deliver it"),
        ),
        Purpose.UNRESOLVED_FOLLOWUP: Service(
            evidence={"conversation.left_unresolved": ORDINARY},
            channels=frozenset({Channel.CHAT, Channel.WIDGET, Channel.EMAIL}),
            source=_SERVICE.format("customer service that they began themselves"),
        ),
        Purpose.IN_SESSION_HELP: Service(
            evidence={"page.dwelled": ORDINARY, "exit.intended": ORDINARY},
            channels=WIDGET,
            on_page=True,
            source=_OWN.format("a shop assistant offers help where somebody hesitates, and sells nothing"),
        ),
        Purpose.ONBOARDING: Service(
            evidence={"session.started": ORDINARY},
            channels=WIDGET,
            on_page=True,
            source=_OWN.format("somebody new is shown the way, once"),
        ),
    }
)

NEEDS_EARLIER_REQUEST = frozenset({"item.available"})  # only their own request or order of it makes it service

MARKETING_WORD, UNKNOWN_WORD = -2, -1  # as indices they reach the last two places of a table with len(SERVICES) + 2
PURPOSE_INDEX: Mapping[str, int] = MappingProxyType(
    {str(purpose): place for place, purpose in enumerate(SERVICES)}
    | {str(word): MARKETING_WORD for word in MarketingPurpose}
)
CHANNELS = tuple(Channel)
CHANNEL_INDEX: Mapping[str, int] = MappingProxyType({str(channel): place for place, channel in enumerate(CHANNELS)})

FURTHER_EVENTS = frozenset(
    {
        "session.started",
        "session.ended",
        "page.viewed",
        "page.dwelled",
        "exit.intended",
        "conversation.opened",
        "conversation.closed",
        "message.received",
        "message.dismissed",
        "incident.opened",
    }
)
EVENT_TYPES = FURTHER_EVENTS | {kind for service in SERVICES.values() for kind in service.evidence}


def mark_of(purpose: str, event_type: str) -> Mark:
    """Return the mark of this evidence under this purpose; evidence that does not fit waives nothing.

    Example:
        >>> mark_of("delivery_update", "shipment.failed").name
        'ESSENTIAL'
        >>> mark_of("onboarding", "account.fraud_suspected").name
        'ORDINARY'
    """
    service = SERVICES.get(purpose)
    return ORDINARY if service is None else service.evidence.get(event_type, ORDINARY)
