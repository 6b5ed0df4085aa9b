"""Good occasions to start from, one of every purpose and mark: a recorded event, a customer, a text that says it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

from model.contracts import JSON, Candidate, Context, Event, EvidenceRef, Message, Session
from serving.policy.limits import Limits
from serving.policy.policy import Policy, make_policy
from serving.policy.templates import Template
from serving.policy_files.templates import shipped_wording

NOW = datetime(2026, 11, 20, 11, 0, tzinfo=UTC)  # noon in Paris
USER, OTHER, EVENT, SESSION = "u-17", "u-99", "ev-1", "s-1"
SOURCE = "shop"
SECONDS = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Occasion:
    """A candidate and what is known about its customer."""

    candidate: Candidate
    context: Context

    def but(
        self, *, candidate: Mapping[str, Any] | None = None, context: Mapping[str, Any] | None = None
    ) -> "Occasion":
        """Return the same occasion with these fields of candidate and context changed."""
        return Occasion(replace(self.candidate, **(candidate or {})), replace(self.context, **(context or {})))


_DATES = {"remind_at": "2026-11-20T10:00:00+00:00", "due_at": "2026-11-21T10:00:00+00:00"}
_KINDS: Mapping[str, tuple[str, str, str, Mapping[str, JSON], str]] = MappingProxyType(
    {  # name: purpose, event type, channel, data, text
        "ordinary": ("delivery_update", "shipment.delayed", "chat", {"parcel": "A-7"}, "Parcel {parcel} comes later."),
        "essential": ("delivery_update", "shipment.failed", "sms", {"parcel": "A-7"}, "Parcel {parcel} comes later."),
        "critical": (
            *("account_event", "account.fraud_suspected", "email"),
            {"device": "Phone-3"},
            "Somebody tried to sign in with {device}.",
        ),
        "appointment": (
            *("appointment_update", "appointment.upcoming", "push"),
            {"appointment": "P-3"},
            "Your appointment {appointment} is near.",
        ),
        "incident": (
            *("remediation", "incident.resolved", "email"),
            {"incident": "I-5", "affected": [USER]},
            "The fault {incident} is mended.",
        ),
        "reminder": (
            *("requested_reminder", "reminder.requested", "email"),
            {"item": "K-2", **_DATES},
            "You asked us to remind you of {item}.",
        ),
        "progress": ("progress_update", "item.available", "whatsapp", {"item": "K-2"}, "Item {item} has arrived."),
        "unresolved": (
            *("unresolved_followup", "conversation.left_unresolved", "chat"),
            {"conversation": "C-4"},
            "We have looked at {conversation}.",
        ),
        "on_page": ("in_session_help", "page.dwelled", "widget", {"page": "prices"}, "This page is about {page}."),
        "first_visit": ("onboarding", "session.started", "widget", {"page": "home"}, "You are on the page {page}."),
    }
)
NAMES = tuple(_KINDS)
STEP = "Reply to change it."


def policy(limits: Limits | None = None) -> Policy:
    """Return a policy with one template per occasion."""
    templates = [
        Template(
            id=name,
            purpose=purpose,
            text=text,
            facts={key: "string" for key in data if f"{{{key}}}" in text},
            next_step=STEP,
        )
        for name, (purpose, _, _, data, text) in _KINDS.items()
    ]
    return make_policy(limits or Limits(), templates, shipped_wording())


def occasion(name: str) -> Occasion:
    """Return a good occasion: essential and critical go, the others reach the score."""
    purpose, kind, channel, data, text = _KINDS[name]
    widget = channel == "widget"
    event = Event(
        source=SOURCE,
        id=EVENT,
        type=kind,
        time=NOW - (60 if widget else 3600) * SECONDS,
        subject=USER,
        data=MappingProxyType(dict(data)),
    )
    facts = {key: value for key, value in data.items() if f"{{{key}}}" in text}
    candidate = Candidate(
        user_id=USER,
        purpose=purpose,
        channel=channel,
        message=Message(template=name, facts=facts),
        evidence=EvidenceRef(type=kind, id=EVENT),
        timezone="Europe/Paris",
        session_id=SESSION if widget else None,
    )
    context = Context(
        evidence=event,
        consent=True,
        approval="approved",
        earlier_request=True,
        requested_channels=frozenset({channel}),
        session=_session(data) if widget else None,
    )
    return Occasion(candidate, context)


def _session(data: Mapping[str, JSON]) -> Session:
    return Session(
        id=SESSION,
        user_id=USER,
        started_at=NOW - 600 * SECONDS,
        last_event_at=NOW - 10 * SECONDS,
        page=str(data["page"]),
        page_since=NOW - 120 * SECONDS,
    )
