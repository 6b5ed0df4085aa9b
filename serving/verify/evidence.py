"""Promise 1, through the real reader: `found & fits & theirs` exactly where a recorded event proves the service.

Every word for a purpose × every type of event × every way to point to it × whom it is about × when it happened × what
it holds × every channel, with and without words of urgency. The table of CONTRACT section 5 stands here once more.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import product
from types import MappingProxyType
from typing import Any

import numpy as np

from model.contracts import Candidate, Channel, Context, Event, EvidenceRef, Message
from serving.policy.columns import YES, Columns
from serving.policy.limits import Limits
from serving.verify.occasions import EVENT, NOW, OTHER, SOURCE, USER, policy
from serving.verify.report import Failure, Part
from serving.verify.subject import Scale, Subject

TABLE: Mapping[str, str] = MappingProxyType(  # * essential, † critical
    {
        "delivery_update": "shipment.delayed shipment.rescheduled shipment.out_for_delivery shipment.delivered "
        "shipment.failed*",
        "appointment_update": "appointment.confirmed appointment.upcoming appointment.changed* appointment.cancelled*",
        "account_event": "account.signed_in_new_device† account.password_changed† account.fraud_suspected† "
        "account.details_changed* account.payment_failed*",
        "remediation": "incident.update* incident.resolved*",
        "requested_reminder": "reminder.requested*",
        "progress_update": "request.progressed request.completed item.available",
        "unresolved_followup": "conversation.left_unresolved",
        "in_session_help": "page.dwelled exit.intended",
        "onboarding": "session.started",
    }
)
MARKS = {"*": 1, "†": 2}
PROVES = {  # purpose: event type: mark
    purpose: {kind.rstrip("*†"): MARKS.get(kind[-1], 0) for kind in kinds.split()} for purpose, kinds in TABLE.items()
}
PAGES, ON_A_PAGE = ("in_session_help", "onboarding"), 3  # whose evidence ages by the minute
MARKETING = [
    *("win_back", "upsell", "cross_sell", "cart_abandonment"),
    *("promotion", "new_feature", "survey", "consent_request"),
]
OTHERS = ["", "urgent", "Delivery_Update", "delivery_update ", "account-event", "service"]
PURPOSES = [*PROVES, *MARKETING, *OTHERS]
FURTHER = [
    *("session.ended", "page.viewed", "conversation.opened", "conversation.closed"),
    *("message.received", "message.dismissed", "incident.opened"),
]
UNLISTED = ["cart.abandoned", "shipment", "Shipment.delayed", "shipment.delayed "]
TYPES = [*dict.fromkeys(kind for kinds in PROVES.values() for kind in kinds), *FURTHER, *UNLISTED]
REFERENCES: Mapping[
    str, Mapping[str, Any] | None
] = {  # how the candidate's reference differs from the event; None: none
    "right": {"source": None},
    "right, with its source": {},
    "another source": {"source": "bank"},
    "another id": {"id": "ev-2", "source": None},
    "another type": {"type": "shipment.lost", "source": None},
    "none": None,
}
SUBJECTS: Mapping[str, tuple[str | None, Any]] = {  # the event's subject, and whom it lists as affected
    "theirs": (USER, None),
    "another's": (OTHER, None),
    "nobody's": (None, None),
    "nobody's, listed": (None, [OTHER, USER]),
    "another's, listed": (OTHER, (USER,)),
    "nobody's, others listed": (None, [OTHER]),
    "nobody's, in a text": (None, f"{OTHER},{USER}"),
    "nobody's, as a name": (None, {USER: True}),
}
TIMES = {  # how long ago it happened
    "an hour ago": timedelta(hours=1),
    "5 min ahead": timedelta(minutes=-5),
    "more than 5 min ahead": timedelta(minutes=-5, microseconds=-1),
}
SOME = ("an hour ago", "more than 5 min ahead")
DATE = "2026-11-21T10:00:00+01:00"
DATES: Sequence[Mapping[str, Any]] = (
    {"remind_at": DATE, "due_at": DATE},
    {"remind_at": DATE},
    {"remind_at": DATE, "due_at": "2026-11-21T10:00:00"},
    {"remind_at": "soon", "due_at": DATE},
    {"remind_at": DATE, "due_at": 1_795_000_000},
    {},
)
ASKED = (True, False, None)  # an earlier request or order of theirs
URGENT = {"urgent": True, "override": True, "priority": "critical", "essential": True, "force": 1, "mark": 2}


@dataclass(frozen=True, slots=True)
class Point:
    """One combination, by name."""

    purpose: str
    kind: str | None
    reference: str
    subject: str
    time: str
    dates: int
    asked: bool | None
    unknown: bool
    channel: str
    urgent: bool

    @property
    def on_record(self) -> bool:
        """Whether the event that the candidate points to is the one on record."""
        return self.kind is not None and not self.unknown and self.reference.startswith("right")

    @property
    def proved(self) -> bool:
        """Whether this is service: a recorded event of a listed type about this customer, with all it needs."""
        kind = self.kind or ""
        if not self.on_record or kind not in PROVES.get(self.purpose, {}) or self.time == "more than 5 min ahead":
            return False
        listed = kind.startswith("incident.") and self.subject.endswith(", listed")
        if not (self.subject == "theirs" or listed):
            return False
        return (kind != "reminder.requested" or self.dates == 0) and (kind != "item.available" or self.asked is True)

    @property
    def mark(self) -> int:
        """The mark that the recorded event gives, whatever anybody says."""
        return PROVES.get(self.purpose, {}).get(self.kind or "", 0) if self.on_record else 0


def points(scale: Scale, part: int = 0, parts: int = 1) -> Iterator[Point]:
    """Yield the combinations: all of evidence at one channel, then all channels and words with less of the rest.

    Dates count for a reminder alone, an earlier request for an item; elsewhere fewer of them are crossed with the rest.
    """
    for purpose, kind in [*product(PURPOSES, [*TYPES, None])][part::parts]:
        dates = range(len(DATES)) if kind == "reminder.requested" else (0, 5)
        asked = ASKED if kind == "item.available" else (True,)
        rest = product(
            (purpose,), (kind,), REFERENCES, SUBJECTS, TIMES, dates, asked, (False, True), ("chat",), (False,)
        )
        yield from (Point(*each) for each in [*rest][:: scale.thin])
        few = product(("right", "another id", "none"), ("theirs", "another's", "nobody's, listed"), SOME)
        elsewhere = [*product(few, (*map(str, Channel), "fax"), (False, True))][:: scale.thin]
        for each, channel, urgent in elsewhere:
            if channel != "chat" or urgent:
                yield Point(purpose, kind, *each, 0, True, False, channel, urgent)


def of_purposes(subject: Subject, scale: Scale, part: int, parts: int) -> Part:
    """Check one part of the combinations: what the columns say of the evidence, and that the ruling follows."""
    mine = [*points(scale, part, parts)]
    rules, events = policy(), dict[Any, Event | None]()
    failures = list[Failure]()
    for start in range(0, len(mine), 20_000):
        chunk = mine[start : start + 20_000]
        made = [_occasion(point, events) for point in chunk]
        read = subject.read([one for one, _ in made], [known for _, known in made], now=NOW, policy=rules)
        ruling = subject.rule(read.columns, Limits(), subject.filters)
        failures += _compared(chunk, read.columns, ~ruling.denied & ~ruling.held) if not failures else ()
    name = "purposes, events, references, customers"
    return Part(name=name, promises=(1,), cases=len(mine), failures=failures)


def _compared(chunk: Sequence[Point], c: Columns, permitted: np.ndarray[Any, np.dtype[np.bool_]]) -> Iterator[Failure]:
    actual = (c.readable == YES) & (c.found == YES) & (c.fits == YES) & (c.theirs == YES)
    proved = np.array([point.proved for point in chunk])
    marks = np.array([point.mark for point in chunk])
    on_page = np.array([point.purpose in PAGES for point in chunk])
    for wrong, says in (
        (
            actual & ~proved,
            "is read as proved service, and no recorded event of a listed type about this customer is there",
        ),
        (~actual & proved, "is not read as proved service, though its event is on record and complete"),
        (permitted & ~proved, "is permitted by the policy without evidence"),
        (c.mark != marks, "has another mark than its evidence gives"),
        (c.ages_as != np.where(on_page, ON_A_PAGE, marks), "becomes stale by another limit than its evidence has"),
    ):
        for row in np.flatnonzero(wrong)[:1].tolist():
            example = {name: str(getattr(chunk[row], name)) for name in Point.__slots__}
            yield Failure(promise=1, check="evidence", about=chunk[row].purpose, says=says, example=example)


def _occasion(point: Point, events: dict[Any, Event | None]) -> tuple[Candidate, Context]:
    key = point.kind, point.subject, point.time, point.dates, point.urgent
    if key not in events:
        events[key] = _event(point)
    event, reference = events[key], REFERENCES[point.reference]
    right = {"type": point.kind or "shipment.delayed", "id": EVENT, "source": SOURCE}
    candidate = Candidate(
        user_id=USER,
        purpose=point.purpose,
        channel=point.channel,
        message=Message(text="Parcel A-7 comes later.", next_step="Reply to change it."),
        evidence=None if reference is None else EvidenceRef(**{**right, **reference}),
        timezone="Europe/Paris",
        attributes=URGENT if point.urgent else {},
    )
    context = Context(
        evidence=event,
        consent=True,
        approval="approved",
        earlier_request=point.asked,  # type: ignore[arg-type]  # None: what a careless file would say
        requested_channels=frozenset({point.channel}),
        unknown=frozenset({"evidence"}) if point.unknown else frozenset(),
    )
    return candidate, context


def _event(point: Point) -> Event | None:
    if point.kind is None:
        return None
    subject, affected = SUBJECTS[point.subject]
    data = {"parcel": "A-7", **DATES[point.dates], **({} if affected is None else {"affected": affected})}
    return Event(
        source=SOURCE,
        id=EVENT,
        type=point.kind,
        time=NOW - TIMES[point.time],
        subject=subject,
        data=data | (URGENT if point.urgent else {}),
    )
