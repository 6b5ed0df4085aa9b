"""What can be wrong with an occasion: every field of candidate and context, at its edges and beyond them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import numpy as np

from model.contracts import Candidate, Context, Event, EvidenceRef, MarketingPurpose, Message, Purpose, Session

T = TypeVar("T")
PROMOTIONAL, GENERIC, FIRST_TIME = "20% off", "Just checking in", "First time here?"
_ZONES = """
Europe/Paris America/New_York Australia/Lord_Howe Pacific/Apia Asia/Kathmandu Pacific/Chatham UTC
America/Sao_Paulo Africa/Casablanca Asia/Tokyo Pacific/Honolulu Pacific/Kiritimati America/St_Johns
"""
ZONES = _ZONES.split()
BAD_ZONES = ["Mars/Olympus", "", "../etc/passwd", "America", "localtime", "posixrules", "right/UTC", "europe\x00paris"]
WORDS = [*Purpose, *MarketingPurpose, "hello", "urgent", "Delivery_Update", "delivery_update ", ""]
CHANNELS = ["chat", "widget", "push", "sms", "email", "whatsapp"]
_TYPES = """
shipment.delayed shipment.failed appointment.changed account.fraud_suspected account.password_changed incident.update
incident.opened reminder.requested item.available request.progressed conversation.left_unresolved page.dwelled
page.viewed exit.intended session.started invented.word
"""
TYPES = _TYPES.split()
UNNAMED = [
    *("Friday", "14:00-16:00", "9.30", "30.11", "nobody was home", "x" * 24, 7, 912.5),  # plain
    *("50 Prozent", "12 EUR", "9,90", "912.50", "£5", "shop.example/x", "a b c d", "x" * 25),  # more than that
    *(None, True, [], {}, float("nan"), float("inf"), "\u0007", "x" * 161),  # no facts at all
    *("nur Rabatt", "ein 折扣", "SAVE20", "ORD-4711", "Sold out! Buy more.", "5 % more"),  # one does not sell
]
_UNKNOWABLE = """
consent opted_out contacts_60m contacts_24h contacts_7d last_complaint_at complaint_open conversation_open
last_inbound_at already_told superseded timezone dismissed_at returning requested_channels earlier_request
approval evidence session breaker_open
"""
UNKNOWABLE = _UNKNOWABLE.split()
SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
FAR_PAST, FAR_FUTURE = datetime(1, 1, 2, tzinfo=UTC), datetime(9000, 12, 30, tzinfo=UTC)


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

    def near(self, now: datetime, edges: Sequence[timedelta]) -> datetime:
        """Return an instant one of these spans ago, give or take a second."""
        return now - self.pick(edges) + self.pick([-1, 0, 1]) * SECOND


def spoilt_event(draw: Draw, event: Event, now: datetime) -> Event:
    """Return the event with one thing wrong with it."""
    ages = [timedelta(minutes=minutes) for minutes in (5, 3, 60 * 2, 60 * 20, 24 * 60, 72 * 60, -5, 60 * 24 * 40)]
    marked: list[dict[str, Any]] = [
        {"session": "s-2"},
        {"affected": ["u-1"]},
        {"affected": "u-1 u-17"},
        {"affected": None},
        {"page": "home"},
        {"page": None},
        {"parcel": {"id": "A-7"}},
    ]
    changes: list[dict[str, Any]] = [
        {"time": draw.near(now, ages)},
        {"time": draw.near(now, ages)},
        {"time": draw.pick([FAR_PAST, FAR_FUTURE])},
        {"data": {**event.data, **draw.pick(marked)}},
        {"data": {name: value for name, value in event.data.items() if name != draw.pick([*event.data])}},
        {"data": {}},
        {"type": draw.pick(TYPES)},
        {"type": draw.pick(TYPES)},
        {"subject": draw.pick(["u-99", None, "u-1"])},
    ]
    return replace(event, **draw.pick(changes))


def spoilt_session(draw: Draw, session: Session, now: datetime) -> Session:
    """Return the session with one thing wrong with it."""
    stays = [timedelta(seconds=seconds) for seconds in (0, 10, 30, 60, -5)]
    changes: list[dict[str, Any]] = [
        {"user_id": draw.pick([None, "u-99"])},
        {"ended": True},
        {"last_event_at": draw.near(now, [timedelta(minutes=30), timedelta(minutes=-5)])},
        {"page": draw.pick(["home", None])},
        {"widget_messages": draw.pick([1, 2])},
        {"page_since": draw.near(now, stays)},
        {"started_at": draw.near(now, stays), "page_since": None},
        {"id": "s-3"},
    ]
    return replace(session, **draw.pick(changes))


def spoilt_candidate(draw: Draw, candidate: Candidate, now: datetime, trouble: float) -> Candidate:
    """Return the candidate; each thing that can be wrong is wrong with probability `trouble`."""
    ends = [now + span for span in (-HOUR, 0 * HOUR, HOUR, 9 * HOUR, 14 * HOUR, 30 * HOUR)]
    changes: list[dict[str, Any]] = [
        {"purpose": draw.pick(WORDS)},
        {"channel": draw.pick([*CHANNELS, "fax", "Chat", ""])},
        {"channel": draw.pick(CHANNELS)},
        {"message": spoilt_message(draw, candidate.message)},
        {"message": spoilt_message(draw, candidate.message)},
        {"evidence": spoilt_reference(draw, candidate.evidence)},
        {"timezone": draw.pick([None, *BAD_ZONES])},
        {"timezone": draw.pick([None, *ZONES])},
        {"expires_at": draw.pick(ends)},
        {"expires_at": draw.pick([*ends, FAR_PAST, FAR_FUTURE])},
        {"session_id": draw.pick([None, "s-1", "s-9"])},
        {"user_id": "u-1"},
    ]
    wrong = [change for change in changes if draw.chance(trouble)]
    for change in wrong:
        candidate = replace(candidate, **change)
    return candidate


def spoilt_reference(draw: Draw, ref: EvidenceRef | None) -> EvidenceRef | None:
    """Return another reference to evidence, or none; naming the right source changes nothing."""
    kind = "shipment.delayed" if ref is None else ref.type
    other = [EvidenceRef(type=kind, id="ev-2"), EvidenceRef(type=kind, id="ev-1", source=draw.pick(["shop", "spoof"]))]
    return draw.pick([None, *other, EvidenceRef(type="shipment.failed", id="ev-1")])


def spoilt_message(draw: Draw, message: Message) -> Message:
    """Return another message: other facts, another template, a free text."""
    text = "Parcel A-7 comes on Friday."
    first = list(message.facts)[:1]
    odd = draw.pick(["other", 7, None, " ", "unknown", "N/A", True, 3.5, ["A-7"], " A-7 "])
    templates = ["nowhere", "parcel_delayed", "first_visit", "compare_plans", "page_help"]
    choices = [
        replace(message, facts={**message.facts, **dict.fromkeys(first, odd)}),
        replace(message, facts={}),
        replace(message, facts={**message.facts, draw.pick(["note", "code", "fee_rate"]): draw.pick(UNNAMED)}),
        replace(message, template=draw.pick(templates)),
        replace(message, text=text),
        Message(text="Is pricing unclear?", facts={"note": draw.pick(UNNAMED)}, next_step="Ask here."),
        Message(text=text, next_step="Reply to change it."),
        Message(text="Paket A-7 kommt am Freitag.", next_step=draw.pick([None, "Reply."])),
        Message(text=f"{text} Reply.", next_step=draw.pick([None, " ", "Reply."])),
        Message(text=f"{text} Get {PROMOTIONAL} now.", next_step="Reply."),
        Message(text=f"{GENERIC} on {draw.pick(['{name}', 'A-7', '[[name]]', 'you'])}.", next_step="Reply."),
        Message(text=f"{FIRST_TIME} {text}", next_step="Reply."),
        Message(text=draw.pick([None, "", "  "])),
    ]
    return draw.pick(choices)


def spoilt_context(draw: Draw, context: Context, now: datetime, trouble: float) -> Context:
    """Return the context; each thing that can be wrong is wrong with probability `trouble`."""
    ages = [span for days in (0, 1, 7, 14, 30, 60) for span in (days * DAY, days * DAY + HOUR)]
    age, far = draw.near(now, ages), draw.pick([FAR_PAST, FAR_FUTURE, None])
    changes: list[dict[str, Any]] = [
        {"evidence": None},
        {"superseded": True},
        {"already_told": True},
        {"last_inbound_at": age},
        {"consent": False},
        {"opted_out": True},
        {"timezone": draw.pick([*ZONES, *BAD_ZONES])},
        {"timezone": draw.pick(ZONES)},
        sends(draw, now),
        sends(draw, now),
        {"last_complaint_at": age},
        {"complaint_open": True},
        {"conversation_open": True},
        {"breaker_open": True},
        {"session": None},
        {"dismissed_at": age},
        {draw.pick(["last_inbound_at", "last_complaint_at", "dismissed_at"]): far},
        {"returning": True},
        {"returning": True},
        {"requested_channels": frozenset()},
        {"earlier_request": False},
        {"approval": draw.pick(["none", "changed", "changed", "perhaps"])},
        {"unknown": frozenset({draw.pick(UNKNOWABLE), draw.pick(UNKNOWABLE)})},
        {"unknown": frozenset({draw.pick(UNKNOWABLE)})},
    ]
    wrong = [change for change in changes if draw.chance(trouble)]
    for change in wrong:
        context = replace(context, **change)
    return context


def sends(draw: Draw, now: datetime) -> dict[str, Any]:
    """Return earlier contacts at the edges of the windows: all listed, some only counted, or none counted rightly."""
    edges = [timedelta(minutes=minutes) for minutes in (0, 10, 60, 300, 1440, 3000, 10080)]
    count = draw.pick([1, 1, 2, 3, 5, 6, 9, 10, 11])
    times = sorted((draw.near(now, edges) for _ in range(count)), reverse=True)
    windows = {"60m": HOUR, "24h": DAY, "7d": 7 * DAY}
    counts: dict[str, float] = {
        f"contacts_{name}": sum(now - at < window for at in times) for name, window in windows.items()
    }
    listed = tuple(times[: draw.pick([0, 1, count, count, count, count])])
    if draw.chance(0.1):
        counts[draw.pick([*counts])] = draw.pick([0, 12])
    return {"contacts": listed, **counts}


def out_of_this_world(draw: Draw, one: Candidate, known: Context, now: datetime) -> tuple[Candidate, Context]:
    """Return the occasion with a value that no message can carry and no record can keep."""
    naive, event, odd = now.replace(tzinfo=None), known.evidence, draw.pick([float("nan"), float("inf")])
    changes: list[dict[str, Any]] = [
        {draw.pick(["last_inbound_at", "last_complaint_at", "dismissed_at"]): naive},
        {"contacts": (naive,)},
        {draw.pick(["consent", "opted_out", "returning", "already_told", "superseded"]): draw.pick([None, "yes", 1])},
        {draw.pick(["contacts_60m", "contacts_24h", "contacts_7d"]): draw.pick([-1, float("nan")])},
    ]
    if event is not None:
        changes += [
            {"evidence": replace(event, time=naive)},
            {"evidence": replace(event, data={**event.data, "weight": odd})},
            {"evidence": replace(event, data={**event.data, "weights": [{"first": odd}]})},
        ]
    choices = [(one, replace(known, **change)) for change in changes]
    choices += [(replace(one, expires_at=naive), known), (replace(one, attributes={"u": odd}), known)]
    return draw.pick(choices)
