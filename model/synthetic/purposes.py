"""What can happen to a customer: evidence, purpose and channels of CONTRACT section 5, and how often each occurs."""

from dataclasses import dataclass

ANY = {"chat": 0.36, "push": 0.24, "email": 0.2, "sms": 0.1, "whatsapp": 0.07, "widget": 0.03}
ESSENTIAL = {"push": 0.35, "sms": 0.35, "email": 0.3}
WIDGET = {"widget": 1.0}
FOLLOW_UP = {"chat": 0.5, "widget": 0.15, "email": 0.35}
OUTBOUND = frozenset({"push", "sms", "email", "whatsapp", "chat"})


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of evidence: how often it is the one (weight within its group), and the longest it waits (minutes)."""

    purpose: str
    event: str
    entity: str
    weight: float
    channels: dict[str, float]
    essential: bool = False
    wait_minutes: float = 360.0


KINDS: tuple[Kind, ...] = (
    Kind("delivery_update", "shipment.delayed", "parcel", 0.20, ANY),
    Kind("delivery_update", "shipment.rescheduled", "parcel", 0.06, ANY),
    Kind("delivery_update", "shipment.out_for_delivery", "parcel", 0.09, ANY),
    Kind("delivery_update", "shipment.delivered", "parcel", 0.05, ANY),
    Kind("appointment_update", "appointment.confirmed", "appointment", 0.07, ANY),
    Kind("appointment_update", "appointment.upcoming", "appointment", 0.09, ANY),
    Kind("progress_update", "request.progressed", "request", 0.08, ANY),
    Kind("progress_update", "request.completed", "request", 0.07, ANY),
    Kind("progress_update", "item.available", "item", 0.05, ANY),
    Kind("unresolved_followup", "conversation.left_unresolved", "conversation", 0.14, FOLLOW_UP),
    Kind("in_session_help", "page.dwelled", "session", 0.07, WIDGET, wait_minutes=4.0),
    Kind("in_session_help", "exit.intended", "session", 0.03, WIDGET, wait_minutes=4.0),
    Kind("onboarding", "session.started", "session", 0.0, WIDGET, wait_minutes=4.0),
    Kind("delivery_update", "shipment.failed", "parcel", 0.15, ESSENTIAL, essential=True),
    Kind("appointment_update", "appointment.changed", "appointment", 0.08, ESSENTIAL, essential=True),
    Kind("appointment_update", "appointment.cancelled", "appointment", 0.04, ESSENTIAL, essential=True),
    Kind("account_event", "account.signed_in_new_device", "sign_in", 0.12, ESSENTIAL, essential=True, wait_minutes=5.0),
    Kind("account_event", "account.password_changed", "change", 0.08, ESSENTIAL, essential=True, wait_minutes=5.0),
    Kind("account_event", "account.fraud_suspected", "charge", 0.02, ESSENTIAL, essential=True, wait_minutes=5.0),
    Kind("account_event", "account.details_changed", "change", 0.05, ESSENTIAL, essential=True),
    Kind("account_event", "account.payment_failed", "charge", 0.08, ESSENTIAL, essential=True),
    Kind("remediation", "incident.update", "incident", 0.06, ESSENTIAL, essential=True),
    Kind("remediation", "incident.resolved", "incident", 0.12, ESSENTIAL, essential=True),
    Kind("requested_reminder", "reminder.requested", "subject", 0.20, ESSENTIAL, essential=True, wait_minutes=2880.0),
)
CRITICAL = frozenset({"account.signed_in_new_device", "account.password_changed", "account.fraud_suspected"})
ONBOARDING = next(i for i, kind in enumerate(KINDS) if kind.purpose == "onboarding")
