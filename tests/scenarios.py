"""Seeded random occasions, mostly good with something wrong here and there, edges included: food for the oracle."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import numpy as np

from model.contracts import Candidate, Context, Event, EvidenceRef, Message, Session

T = TypeVar("T")
USER = "u-17"
PROMOTIONAL, GENERIC = "20% off", "Just checking in"

# purpose, event type, template, data
OCCASIONS: tuple[tuple[str, str, str, Mapping[str, Any]], ...] = (
    ("delivery_update", "shipment.delayed", "parcel_delayed", {"parcel": "A-7", "new_eta": "Friday"}),
    ("delivery_update", "shipment.failed", "parcel_failed", {"parcel": "A-7", "reason": "nobody was there"}),
    ("delivery_update", "shipment.delivered", "parcel_delivered", {"parcel": "A-7", "place": "in the porch"}),
    (
        "appointment_update",
        "appointment.confirmed",
        "appointment_confirmed",
        {"appointment": "P-1", "starts_at": "9:30"},
    ),
    ("appointment_update", "appointment.changed", "appointment_changed", {"appointment": "P-1", "starts_at": "9:30"}),
    ("account_event", "account.signed_in_new_device", "new_device", {"device": "a phone in Oslo"}),
    ("account_event", "account.fraud_suspected", "fraud_suspected", {"amount": "912.50"}),
    ("account_event", "account.payment_failed", "payment_failed", {"amount": "12.00", "reason": "card expired"}),
    (
        "remediation",
        "incident.update",
        "incident_update",
        {"incident": "I-3", "service": "Card payments", "action": "refunding", "affected": ["u-1", USER]},
    ),
    (
        "requested_reminder",
        "reminder.requested",
        "requested_reminder",
        {"what": "your passport", "due": "1 May", "remind_at": "", "due_at": ""},
    ),
    ("progress_update", "request.progressed", "request_progressed", {"request": "R-2", "status": "approved"}),
    ("progress_update", "item.available", "item_available", {"item": "blue lamp", "place": "the counter"}),
    (
        "unresolved_followup",
        "conversation.left_unresolved",
        "unresolved_followup",
        {"conversation": "C-9", "topic": "the invoice"},
    ),
    ("in_session_help", "page.dwelled", "compare_plans", {"page": "pricing", "seconds": 40, "session": "s-1"}),
    ("in_session_help", "exit.intended", "page_help", {"page": "pricing", "session": "s-1"}),
    ("onboarding", "session.started", "first_visit", {"session": "s-1"}),
)
_ZONES = """
Europe/Paris America/New_York Australia/Lord_Howe Pacific/Apia Asia/Kathmandu Pacific/Chatham UTC
America/Sao_Paulo Africa/Casablanca Asia/Tokyo Pacific/Honolulu
"""
ZONES = _ZONES.split()
BAD_ZONES = ["Mars/Olympus", "", "../etc/passwd", "America", "localtime"]
UNNAMED = [
    "Friday",
    "14:00-16:00",
    7,
    "50 Prozent",
    "12 EUR",
    "shop.example/x",
    "a b c d",
    "x" * 25,
    None,
    True,
    "x" * 24,
]
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
_UNKNOWABLE = """
consent opted_out contacts_60m contacts_24h contacts_7d last_complaint_at complaint_open conversation_open
last_inbound_at already_told superseded timezone dismissed_at returning requested_channels earlier_request
approval evidence session breaker_open
"""
UNKNOWABLE = _UNKNOWABLE.split()
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Draw:
    """A stream of seeded choices."""

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng(seed)
        self._values: list[float] = []

    def value(self) -> float:
        """Return the next number in [0, 1)."""
        if not self._values:
            self._values = self._rng.random(4096).tolist()
        return self._values.pop()

    def chance(self, share: float) -> bool:
        """Return True with this probability."""
        return self.value() < share

    def pick(self, choices: Sequence[T]) -> T:
        """Return one of the choices, all equally likely."""
        return choices[int(self.value() * len(choices))]


def occasion(draw: Draw, now: datetime, *, trouble: float) -> tuple[Candidate, Context]:
    """Return one occasion; each thing that can be wrong is wrong with probability `trouble`."""
    purpose, kind, template, data = draw.pick(OCCASIONS)
    event = _event(draw, now, purpose, kind, dict(data), trouble)
    on_page = purpose in {"in_session_help", "onboarding"}
    channel = "widget" if on_page else draw.pick(["chat", "chat", "email", "sms", "widget", "push"])
    if purpose == "unresolved_followup":
        channel = draw.pick(["chat", "email"])
    named = on_page or channel == "widget" or (channel == "chat" and draw.chance(0.4))
    candidate = Candidate(
        user_id=USER,
        purpose=purpose,
        channel=channel,
        message=Message(template=template, facts={name: event.data[name] for name in _facts(template)}),
        evidence=EvidenceRef(type=event.type, id=event.id),
        timezone=draw.pick(ZONES),
        attributes={"u": draw.pick([-0.01, 0.0, 0.0039, 0.004, 0.02, 0.3])},
        session_id="s-1" if named else None,
    )
    context = Context(
        evidence=event,
        consent=True,
        timezone=None,
        session=_session(draw, now, purpose, trouble) if named or draw.chance(0.1) else None,
        requested_channels=frozenset({channel}),
        earlier_request=True,
        approval="approved",
    )
    return _spoil_candidate(draw, candidate, now, trouble), _spoil_context(draw, context, now, trouble)


def _facts(template: str) -> list[str]:
    named = next(data for _, _, name, data in OCCASIONS if name == template)
    return [name for name in named if name not in {"affected", "remind_at", "due_at", "seconds", "session", "incident"}]


def _event(  # noqa: PLR0917  (what one event is made of)
    draw: Draw, now: datetime, purpose: str, kind: str, data: dict[str, Any], trouble: float
) -> Event:
    age = draw.pick([timedelta(0), timedelta(minutes=2), timedelta(minutes=4, seconds=59)])
    if purpose not in {"in_session_help", "onboarding"}:
        age = draw.pick([age, HOUR, 23 * HOUR])
    if draw.chance(trouble):
        edges = [5, 24 * 60, 72 * 60, -4, -6, 60 * 24 * 40]
        age = timedelta(minutes=draw.pick(edges)) + draw.pick([-1, 0, 1]) * timedelta(seconds=1)
    if kind == "reminder.requested":
        data["remind_at"] = (now + draw.pick([-HOUR, timedelta(0), -DAY])).isoformat()
        data["due_at"] = (now + draw.pick([HOUR, 14 * HOUR, 9 * DAY])).isoformat()
        if draw.chance(3 * trouble):
            data["remind_at"] = draw.pick(
                [(now + 3 * HOUR).isoformat(), "2026-01-01T00:00:00", 12, (now + DAY).isoformat()]
            )
            data["due_at"] = draw.pick([now.isoformat(), "soon", (now + 2 * HOUR).isoformat(), data["due_at"]])
    if draw.chance(trouble):
        data.pop("session", None)
        data |= draw.pick([{"session": "s-2"}, {"affected": ["u-1"]}, {"page": "home"}, {}])
    event = Event(source="shop", id="ev-1", type=kind, time=now - age, subject=USER, data=data)
    if draw.chance(trouble):
        kinds = ["shipment.delayed", "account.fraud_suspected", "incident.opened", "invented.word", "item.available"]
        event = replace(event, type=draw.pick(kinds))
    return replace(event, subject=draw.pick(["u-99", None])) if draw.chance(trouble) else event


def _session(draw: Draw, now: datetime, purpose: str, trouble: float) -> Session:
    session = Session(
        id="s-1",
        user_id=USER,
        started_at=now - HOUR,
        last_event_at=now - timedelta(minutes=1),
        page="pricing" if purpose == "in_session_help" else None,
        page_since=now - timedelta(minutes=6) if draw.chance(0.7) else None,
    )
    spoiled: list[dict[str, Any]] = [
        {"user_id": draw.pick([None, "u-99"])},
        {"ended": True},
        {"last_event_at": now - timedelta(minutes=30) + draw.pick([-1, 0, 1]) * timedelta(seconds=1)},
        {"page": "home"},
        {"widget_messages": draw.pick([1, 2])},
        {"page_since": now - timedelta(seconds=draw.pick([0, 10, 29, 30, 31]))},
        {"started_at": now - timedelta(seconds=draw.pick([0, 10, 29, 30, 31]))},
        {"id": "s-3"},
    ]
    return replace(session, **draw.pick(spoiled)) if draw.chance(4 * trouble) else session


def _spoil_candidate(draw: Draw, candidate: Candidate, now: datetime, trouble: float) -> Candidate:
    message = candidate.message
    text = "Parcel A-7 comes on Friday."
    messages = [
        replace(
            message,
            facts={**message.facts, **dict.fromkeys(list(message.facts)[:1], draw.pick(["other", 7, None, " "]))},
        ),
        replace(message, facts={}),
        replace(message, facts={**message.facts, "note": draw.pick(UNNAMED)}),
        Message(text="Is pricing unclear?", facts={"note": draw.pick(UNNAMED)}, next_step="Ask here."),
        replace(
            message, template=draw.pick(["nowhere", "parcel_delayed", "first_visit", "compare_plans", "page_help"])
        ),
        Message(text=text, next_step="Reply to change it."),
        Message(text=f"{text} Reply.", next_step=draw.pick([None, " ", "Reply."])),
        Message(text=f"{text} Get {PROMOTIONAL} now.", next_step="Reply."),
        Message(text=f"{GENERIC} on {{name}}", next_step="Reply."),
        Message(text=f"{GENERIC} on A-7.", next_step="Reply."),
        Message(text=f"First time here? {text}", next_step="Reply."),
        Message(text=None),
        replace(message, text=text),
    ]
    changes: list[dict[str, Any]] = [
        {"purpose": draw.pick(["promotion", "survey", "hello", "delivery_update", "onboarding", "requested_reminder"])},
        {"channel": draw.pick(["chat", "widget", "email", "fax"])},
        {"message": draw.pick(messages)},
        {"message": draw.pick(messages)},
        {"evidence": draw.pick([None, EvidenceRef(type="shipment.delayed", id="ev-2")])},
        {"timezone": draw.pick([None, *BAD_ZONES])},
        {"expires_at": now + draw.pick([-HOUR, timedelta(0), HOUR, 9 * HOUR, 14 * HOUR, 30 * HOUR])},
        {"session_id": draw.pick([None, "s-1", "s-9"])},
    ]
    for change in changes:
        if draw.chance(trouble):
            candidate = replace(candidate, **change)
    return candidate


def _spoil_context(draw: Draw, context: Context, now: datetime, trouble: float) -> Context:
    ages = [timedelta(0), HOUR, DAY, 7 * DAY, 14 * DAY, 30 * DAY, 2 * HOUR]
    age = draw.pick(ages) + draw.pick([-1, 0, 1]) * timedelta(seconds=1)
    changes: list[dict[str, Any]] = [
        {"evidence": None},
        {"evidence": _forgetful(draw, context.evidence)},
        {"superseded": True},
        {"already_told": True},
        {"last_inbound_at": now - age},
        {"consent": False},
        {"opted_out": True},
        {"timezone": draw.pick([*ZONES, *BAD_ZONES])},
        {"timezone": draw.pick(ZONES)},
        _contacts(draw, now),
        _contacts(draw, now),
        {"last_complaint_at": now - age},
        {"complaint_open": True},
        {"conversation_open": True},
        {"breaker_open": True},
        {"session": None},
        {"dismissed_at": now - age},
        {"returning": True},
        {"requested_channels": frozenset()},
        {"earlier_request": False},
        {"approval": draw.pick(["none", "changed", "perhaps"])},
        {"unknown": frozenset({draw.pick(UNKNOWABLE)})},
    ]
    for change in changes:
        if draw.chance(trouble):
            context = replace(context, **change)
    return context


def _forgetful(draw: Draw, event: Event | None) -> Event | None:
    """Return the event without one of its data, so that a fact of the message has no name there."""
    if event is None or not event.data:
        return event
    gone = draw.pick(list(event.data))
    return replace(event, data={name: value for name, value in event.data.items() if name != gone})


def _contacts(draw: Draw, now: datetime) -> dict[str, Any]:
    minutes = [0, 10, 59, 60, 61, 300, 1439, 1440, 1441, 3000, 10079, 10080]
    count = draw.pick([1, 1, 2, 3, 5, 6, 11])
    edge = draw.pick([0, 0, 1, -1]) * timedelta(seconds=1)
    times = sorted((now - timedelta(minutes=draw.pick(minutes)) + edge for _ in range(count)), reverse=True)
    counts = {
        f"contacts_{name}": sum(now - at < window for at in times)
        for name, window in (("60m", HOUR), ("24h", DAY), ("7d", 7 * DAY))
    }
    listed = tuple(times[: draw.pick([0, 1, count, count, count, count])])
    return {"contacts": listed, **counts}
