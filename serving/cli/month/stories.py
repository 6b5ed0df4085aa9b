"""Four customers of the month by name, and what waits for a person: stories that a page can be read by.

Hanna's parcel is late, she hears of it first and thanks us; the same news, and news at night, and an offer behind it.
Bruno muted us; he is told nevertheless, by chance, complains, and is left alone. Vera's and Ilse's appointments moved,
and what was written to them awaits a person. Some are asked to bring something by a message that a review withdrew.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from model.contracts import Outcome, OutcomeKind
from serving.cli.month.calendar import Calendar
from serving.cli.month.office import Act, Office
from serving.cli.month.questions import LIVELY, MUTED, about
from serving.cli.month.staff import WITHDRAWN
from serving.cli.scenes import zone_where
from serving.ports import Preferences

LATE, MOVED = "shipment.delayed", "appointment.changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One moment of a story; `then` are outcomes, each so many minutes after it, of its decision."""

    user: str
    days: int
    clock: str
    event: str
    name: str
    data: Mapping[str, str]
    template: str | None = None
    text: str | None = None
    next_step: str | None = None
    purpose: str = "delivery_update"
    channel: str = "chat"
    attributes: Mapping[str, Any] = field(default_factory=lambda: LIVELY)
    then: tuple[tuple[int, OutcomeKind], ...] = ()


DELIVERED, ENGAGED, THANKED = OutcomeKind.DELIVERED, OutcomeKind.ENGAGED, OutcomeKind.THANKED
B204 = {"parcel": "B-204", "new_eta": "Thursday"}
STEP = "Reply if nobody will be there."
MOMENTS = (
    Moment(
        user="hanna",
        days=6,
        clock="10:24",
        event=LATE,
        name="b-204-late",
        data=B204,
        template="parcel_delayed",
        then=((1, DELIVERED), (9, ENGAGED), (10, THANKED)),
    ),
    Moment(
        user="hanna", days=6, clock="14:40", event=LATE, name="b-204-late-again", data=B204, template="parcel_delayed"
    ),
    Moment(
        user="hanna",
        days=4,
        clock="02:15",
        event="shipment.rescheduled",
        name="b-204-moved",
        data={"parcel": "B-204", "new_eta": "Saturday", "window": "9 to 12"},
        template="parcel_rescheduled",
        then=((8 * 60, DELIVERED), (8 * 60 + 20, ENGAGED)),
    ),
    Moment(
        user="hanna",
        days=3,
        clock="11:05",
        event="shipment.out_for_delivery",
        name="b-204-out",
        data={"parcel": "B-204", "window": "11 to 13"},
        next_step=STEP,
        text=f"Your parcel B-204 is out for delivery, 11 to 13. Take 10 % off your next order! {STEP}",
    ),
    Moment(
        user="bruno",
        days=25,
        clock="12:10",
        event=LATE,
        name="k-78-late",
        data={"parcel": "K-78", "new_eta": "Wednesday"},
        template="parcel_delayed",
        attributes=MUTED,
        then=((1, DELIVERED), (35, OutcomeKind.COMPLAINED), (3 * 24 * 60, OutcomeKind.COMPLAINT_CLOSED)),
    ),
    Moment(
        user="bruno",
        days=19,
        clock="13:30",
        event=LATE,
        name="k-91-late",
        data={"parcel": "K-91", "new_eta": "Monday"},
        template="parcel_delayed",
        attributes=MUTED,
    ),
    Moment(
        user="bruno",
        days=2,
        clock="11:45",
        event=LATE,
        name="k-98-late",
        data={"parcel": "K-98", "new_eta": "Tuesday"},
        template="parcel_delayed",
        attributes=MUTED,
    ),
)
BRING = ("the old filter", "your passport", "the broken lamp", "your contract")
WAITING = (
    ("vera", "W-31", "Thursday at 10:00"),
    ("ilse", "W-32", "Thursday at 11:30"),
    ("marta", "W-33", "Friday at 9:00"),
)
ASKS = "Reply if this time does not suit you."
WAITS = timedelta(hours=3)


def acts(calendar: Calendar) -> list[Act]:
    """Return the moments of all stories, what follows each, and what waits at the end."""
    found: list[Act] = [(calendar.begin, _introduce)]
    for one in MOMENTS:
        at = calendar.ago(one.days, one.clock)
        said: list[str] = []
        found.append((at, partial(_tell, one, said)))
        for minutes, kind in one.then:
            found.append((at + timedelta(minutes=minutes), partial(_follow, one.user, kind, said)))
    for number, what in enumerate(BRING):
        found.append((calendar.ago(8 - 2 * number, "10:50"), partial(_bring, f"c{17 * number + 5}", number, what)))
    return [*found, (calendar.end - WAITS, _await)]


def _introduce(office: Office) -> None:
    """Let those with a name say where they live, and that we may write."""
    for user in dict.fromkeys(one.user for one in MOMENTS):
        said = Preferences(timezone="Europe/Paris", consent={"chat": True, "email": True})
        office.tx.set_preferences(user, said, at=office.clock())


def _tell(one: Moment, said: list[str], office: Office) -> None:
    question = about(
        one.user,
        one.event,
        one.name,
        one.data,
        at=office.clock(),
        purpose=one.purpose,
        channel=one.channel,
        template=one.template,
        text=one.text,
        next_step=one.next_step,
        attributes=one.attributes,
    )
    (answer,) = office.ask([question])
    said.append(answer["decision_id"])


def _follow(user: str, kind: OutcomeKind, said: list[str], office: Office) -> None:
    """Report what followed a message, where it went out; what is no matter of a message is told of the customer."""
    (decision,) = said
    if decision not in office.sent:
        return
    mine = {"user_id": user} if kind is OutcomeKind.COMPLAINT_CLOSED else {"decision_id": decision}
    office.tx.add_outcome(Outcome(kind=kind, time=office.clock(), **mine), recorded_at=office.clock())


def _bring(user: str, number: int, what: str, office: Office) -> None:
    """Ask a customer to bring something, in words whose approval was withdrawn."""
    data = {"appointment": f"S-{number + 40}", "starts_at": "Monday at 9:30", "bring": what}
    office.ask(
        [
            about(
                user,
                "appointment.upcoming",
                f"bring-{number}",
                data,
                at=office.clock(),
                purpose="appointment_update",
                template=WITHDRAWN,
            )
        ]
    )


def _await(office: Office) -> None:
    """Write to three customers in free text, by day for them: it is held until a person has read it."""
    now: datetime = office.clock()
    questions = []
    for user, appointment, starts_at in WAITING:
        office.tx.set_preferences(user, Preferences(timezone=zone_where(12, now), consent={"chat": True}), at=now)
        data = {"appointment": appointment, "starts_at": starts_at}
        text = f"Your appointment {appointment} has moved to {starts_at}: the technician is ill. {ASKS}"
        questions.append(
            about(
                user,
                MOVED,
                f"moved-{appointment}",
                data,
                at=now,
                purpose="appointment_update",
                text=text,
                next_step=ASKS,
            )
        )
    office.ask(questions)
