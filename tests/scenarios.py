"""Seeded random occasions, mostly good with something wrong here and there, edges included: food for the oracle."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from model.contracts import Candidate, Context, Event, EvidenceRef, Message, Session
from tests.spoiling import (
    CHANNELS,
    DAY,
    HOUR,
    ZONES,
    Draw,
    spoilt_candidate,
    spoilt_context,
    spoilt_event,
    spoilt_session,
)

USER = "u-17"
Kind = tuple[str, str, str, Mapping[str, Any]]  # purpose, event type, template, data
PARCEL: Mapping[str, Any] = {"parcel": "A-7"}
VISIT: Mapping[str, Any] = {"session": "s-1"}
UNRESOLVED: Mapping[str, Any] = {"conversation": "C-9", "topic": "the invoice"}
OUTAGE: Mapping[str, Any] = {"incident": "I-3", "service": "Card payments", "affected": ["u-1", USER]}
OCCASIONS: tuple[Kind, ...] = (
    ("delivery_update", "shipment.delayed", "parcel_delayed", {**PARCEL, "new_eta": "Friday"}),
    ("delivery_update", "shipment.rescheduled", "parcel_delayed", {**PARCEL, "new_eta": "2 May"}),
    ("delivery_update", "shipment.out_for_delivery", "parcel_out_for_delivery", {**PARCEL, "window": "after 14:00"}),
    ("delivery_update", "shipment.failed", "parcel_failed", {**PARCEL, "reason": "nobody was there"}),
    ("delivery_update", "shipment.delivered", "parcel_delivered", {**PARCEL, "place": "in the porch"}),
    ("appointment_update", "appointment.confirmed", "appointment_confirmed", {"appointment": "P-1", "starts_at": "9"}),
    ("appointment_update", "appointment.upcoming", "appointment_confirmed", {"appointment": "P-1", "starts_at": "9"}),
    ("appointment_update", "appointment.changed", "appointment_changed", {"appointment": "P-1", "starts_at": "9:30"}),
    ("appointment_update", "appointment.cancelled", "appointment_cancelled", {"appointment": "P-1", "reason": "ill"}),
    ("account_event", "account.signed_in_new_device", "new_device", {"device": "a phone in Oslo"}),
    ("account_event", "account.password_changed", "account_changed", {"what": "the password"}),
    ("account_event", "account.fraud_suspected", "fraud_suspected", {"amount": "912.50"}),
    ("account_event", "account.details_changed", "account_changed", {"what": "the address"}),
    ("account_event", "account.payment_failed", "payment_failed", {"amount": "12.00", "reason": "card expired"}),
    ("remediation", "incident.update", "incident_update", {**OUTAGE, "action": "refunding"}),
    ("remediation", "incident.resolved", "incident_resolved", {**OUTAGE, "cause": "a broken cable"}),
    ("requested_reminder", "reminder.requested", "requested_reminder", {"what": "your passport", "due": "1 May"}),
    ("progress_update", "request.progressed", "request_progressed", {"request": "R-2", "status": "approved"}),
    ("progress_update", "request.completed", "request_progressed", {"request": "R-2", "status": "done"}),
    ("progress_update", "item.available", "item_available", {"item": "blue lamp", "place": "the counter"}),
    ("unresolved_followup", "conversation.left_unresolved", "unresolved_followup", UNRESOLVED),
    ("in_session_help", "page.dwelled", "compare_plans", {"page": "pricing", "seconds": 40, **VISIT}),
    ("in_session_help", "exit.intended", "page_help", {"page": "pricing", **VISIT}),
    ("onboarding", "session.started", "first_visit", VISIT),
)  # fmt: skip
UNSAID = {"affected", "seconds", "session", "incident"}  # facts of an event that no template takes
ON_PAGE = {"in_session_help", "onboarding"}
INSTANTS = (
    datetime(2026, 11, 20, 12, 0, tzinfo=UTC),
    datetime(2026, 11, 20, 19, 59, 59, tzinfo=UTC),
    datetime(2026, 11, 20, 20, 0, tzinfo=UTC),
    datetime(2026, 11, 20, 7, 0, tzinfo=UTC),
    datetime(2026, 3, 29, 0, 59, 59, tzinfo=UTC),  # Paris springs forward at 01:00 UTC
    datetime(2026, 10, 25, 0, 30, tzinfo=UTC),  # and falls back
    datetime(2026, 3, 8, 4, 0, tzinfo=UTC),  # New York
    datetime(2026, 11, 1, 5, 30, tzinfo=UTC),
    datetime(2026, 10, 3, 15, 29, 30, tzinfo=UTC),  # Lord Howe moves by half an hour
    datetime(2026, 4, 4, 14, 45, tzinfo=UTC),
    datetime(2011, 12, 30, 8, 30, tzinfo=UTC),  # Apia skips 30 December 2011
    datetime(2011, 12, 30, 9, 59, 59, tzinfo=UTC),
    datetime(2026, 6, 1, 3, 7, 11, 250_000, tzinfo=UTC),
)


def occasion(
    draw: Draw, now: datetime, *, trouble: float, kinds: tuple[Kind, ...] = OCCASIONS
) -> tuple[Candidate, Context]:
    """Return one occasion; each thing that can be wrong is wrong with probability `trouble`."""
    kind = draw.pick(kinds)
    purpose, _, template, _ = kind
    event = _event(draw, now, kind, trouble)
    channel = "widget" if purpose in ON_PAGE else draw.pick(["chat", "chat", *CHANNELS])
    if purpose == "unresolved_followup":
        channel = draw.pick(["chat", "email", "widget"])
    named = channel == "widget" or (channel == "chat" and draw.chance(0.4))
    facts = {name: value for name, value in event.data.items() if name not in UNSAID | {"remind_at", "due_at"}}
    candidate = Candidate(
        user_id=USER,
        purpose=purpose,
        channel=channel,
        message=Message(template=template, facts=facts),
        evidence=EvidenceRef(type=event.type, id=event.id),
        timezone=draw.pick(ZONES),
        attributes={"u": draw.pick([-0.01, 0.0, 0.0039, 0.004, 0.004, 0.02, 0.3])},
        session_id="s-1" if named else None,
    )
    context = Context(
        evidence=spoilt_event(draw, event, now) if draw.chance(3 * trouble) else event,
        consent=True,
        session=_session(draw, now, purpose, trouble) if named or draw.chance(0.1) else None,
        requested_channels=frozenset({channel}),
        earlier_request=True,
        approval="approved",
    )
    return spoilt_candidate(draw, candidate, now, trouble), spoilt_context(draw, context, now, trouble)


def _event(draw: Draw, now: datetime, kind: Kind, trouble: float) -> Event:
    purpose, word, _, data = kind
    ages = [timedelta(0), timedelta(minutes=2), timedelta(minutes=4, seconds=59)]
    age = draw.pick(ages if purpose in ON_PAGE else [*ages, HOUR, 23 * HOUR])
    data = dict(data)
    if word == "reminder.requested":
        data |= {"remind_at": draw.pick([-HOUR, 0 * HOUR, -DAY]), "due_at": draw.pick([HOUR, 14 * HOUR, 9 * DAY])}
        data = {name: (now + at).isoformat() if isinstance(at, timedelta) else at for name, at in data.items()}
        if draw.chance(5 * trouble):
            later = [(now + span).isoformat() for span in (HOUR, 3 * HOUR, DAY)]
            data["remind_at"] = draw.pick([*later, *later, "2026-01-01T00:00:00", 12, None, "9999-12-31T23:59:59Z"])
            data["due_at"] = draw.pick([*later, now.isoformat(), "soon", "0001-01-01T00:00:00Z", data["due_at"]])
    event = Event(source="shop", id="ev-1", type=word, time=now - age, subject=USER, data=data)
    return spoilt_event(draw, event, now) if draw.chance(trouble) else event


def _session(draw: Draw, now: datetime, purpose: str, trouble: float) -> Session:
    session = Session(
        id="s-1",
        user_id=USER,
        started_at=now - HOUR,
        last_event_at=now - timedelta(minutes=1),
        page="pricing" if purpose == "in_session_help" or draw.chance(0.2) else None,
        page_since=now - timedelta(minutes=6) if draw.chance(0.7) else None,
    )
    return spoilt_session(draw, session, now) if draw.chance(4 * trouble) else session
