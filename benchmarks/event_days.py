"""Days of a company's events, from a seed: what a chat platform would report, line by line, as it comes in.

Customers visit, first without a name, dwell on pages, close messages, write; parcels are late, are moved, arrive;
reminders are asked for; incidents hit many at once. Lines come late, twice, out of order, several events in one, as
CloudEvents and as Segment's calls, and now and then one breaks a rule.
"""

import heapq
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from serving import policy

Json = dict[str, Any]
START = datetime(2025, 3, 27, tzinfo=UTC)  # three days before clocks change in Europe
ZONES = ("Europe/Paris", "America/New_York", "Asia/Tokyo", "Australia/Sydney")
CHANNELS = ("chat", "email", "sms", "push")
SHOP, SITE, DESK = "urn:shop", "urn:site", "urn:desk"
DAY = timedelta(days=1)
STORIES = 0.6  # of a customer in a day
HIT = 130  # customers of one incident: more than a request decides at once
TRIGGERS = """triggers:
  - { id: late, on: shipment.delayed, when: event.data.delay_hours >= 12, purpose: delivery_update,
      template: parcel_delayed, channel: chat, facts: { parcel: event.data.parcel, new_eta: event.data.new_eta } }
  - { id: late_by_mail, on: shipment.delayed, when: "event.data.delay_hours >= 24 && !customer.conversation_open",
      purpose: delivery_update, template: parcel_delayed, channel: email,
      facts: { parcel: event.data.parcel, new_eta: event.data.new_eta } }
  - { id: arrived, on: shipment.delivered, purpose: delivery_update, template: parcel_delivered, channel: push,
      facts: { parcel: event.data.parcel, place: event.data.place } }
  - { id: failed, on: shipment.failed, purpose: delivery_update, template: parcel_failed, channel: sms,
      facts: { parcel: event.data.parcel, reason: event.data.reason } }
  - { id: reminder, on: reminder.requested, purpose: requested_reminder, template: requested_reminder, channel: email,
      facts: { what: event.data.what, due: event.data.due } }
  - { id: broken, on: incident.update, purpose: remediation, template: incident_update, channel: chat,
      facts: { service: event.data.service, action: event.data.action } }
  - { id: mended, on: incident.resolved, purpose: remediation, template: incident_resolved, channel: chat,
      facts: { service: event.data.service, cause: event.data.cause } }
  - { id: payment, on: account.payment_failed, purpose: account_event, template: payment_failed, channel: email,
      facts: { amount: event.data.amount, reason: event.data.reason } }
  - { id: pricing, on: page.dwelled, purpose: in_session_help, template: compare_plans, channel: widget,
      when: event.data.page == "pricing" && event.data.seconds > 30 && !session.conversation_started }
  - { id: leaving, on: exit.intended, purpose: in_session_help, template: page_help, channel: widget,
      when: customer.visits > 1 && !session.dismissed, facts: { page: event.data.page } }
  - { id: welcome, on: session.started, when: "!customer.returning", purpose: onboarding, template: first_visit,
      channel: widget }
  - { id: unanswered, on: conversation.left_unresolved, purpose: unresolved_followup, template: unresolved_followup,
      channel: chat, facts: { conversation: event.data.conversation, topic: event.data.topic } }
"""


@dataclass(frozen=True, slots=True)
class Request:
    """What came in at once, and when."""

    at: datetime
    body: Any


def policy_in(folder: Path) -> Path:
    """Write a policy of the shipped templates and triggers of every kind."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(Path(policy.__file__).parent / "shipped" / "templates.yaml", folder / "templates.yaml")
    (folder / "triggers.yaml").write_text(TRIGGERS)
    return folder


def requests(*, events: int, customers: int, seed: int = 0) -> Iterator[Request]:
    """Return requests in the order in which they come in, with about so many events in all."""
    company = Company(customers, seed)
    seen = 0
    for request in company.requests():
        yield request
        seen += len(request.body) if isinstance(request.body, list) else 1
        if seen >= events:
            return


def write_lines(path: Path, some: Iterator[Request]) -> int:
    """Write requests as a file of lines; return how many there were."""
    written = 0
    with path.open("w") as file:
        for request in some:
            file.write(json.dumps(request.body, separators=(",", ":")) + "\n")
            written += 1
    return written


class Company:
    """Tells stories day by day; each is a few events with the times at which they happen and come in."""

    def __init__(self, customers: int, seed: int) -> None:
        self._chance = np.random.default_rng(seed)
        self._customers = customers
        self._number = 0
        self._ahead: list[tuple[datetime, int, Json]] = []

    def requests(self) -> Iterator[Request]:
        """Return what comes in, day after day, for ever; in the beginning most customers say who they are."""
        for first in range(0, self._customers, 100):
            at = START + timedelta(seconds=first / 100)
            some = range(first, min(first + 100, self._customers))
            yield Request(at, [self._identified(f"u-{one}", one, at) for one in some if one % 10])
        day = START + timedelta(hours=1)
        for number in count():
            for _ in range(max(1, self._chance.poisson(STORIES * self._customers))):
                self._tell(day + DAY * self._chance.random())
            if not number % 2:
                self._incident(day + DAY * self._chance.random())
            day += DAY
            yield from self._together(day)

    def _together(self, until: datetime) -> Iterator[Request]:
        """Return what has come in by then: now and then several events in one."""
        while self._ahead and self._ahead[0][0] < until:
            at, _, event = heapq.heappop(self._ahead)
            some = [event]
            if self._chance.random() < 0.1:
                while self._ahead and self._ahead[0][0] < until and len(some) < 4:
                    at, _, event = heapq.heappop(self._ahead)
                    some.append(event)
            yield Request(at, some if len(some) > 1 else some[0])

    def _tell(self, at: datetime) -> None:
        user = int(self._chance.integers(self._customers))
        stories = (self._visit, self._visit, self._parcel, self._reminder, self._talk, self._account)
        stories[self._chance.integers(len(stories))](f"u-{user}", user, at)

    def _comes(self, event: Json, *, late: float = 0.0) -> None:
        """Let an event come in: mostly at once, sometimes hours late, sometimes a second time."""
        time = datetime.fromisoformat(event["timestamp" if "messageId" in event else "time"])
        drawn = self._chance.random()
        delay = timedelta(hours=2 * self._chance.random()) if drawn < 0.03 else timedelta(seconds=late)
        self._at(time + delay, event)
        if self._chance.random() < 0.03:
            self._at(time + delay + timedelta(hours=self._chance.random()), event)

    def _at(self, at: datetime, event: Json) -> None:
        self._number += 1
        stamp = "receivedAt" if "messageId" in event else "recordedtime"
        heapq.heappush(self._ahead, (at, self._number, event | {stamp: at.isoformat()}))

    def _event(self, kind: str, source: str, user: str | None, time: datetime, **data: Any) -> Json:
        self._number += 1
        event = {"source": source, "id": f"e-{self._number}", "type": kind, "time": time.isoformat(), "data": data}
        return event | ({"specversion": "1.0"} if user is None else {"specversion": "1.0", "subject": user})

    def _identified(self, user: str, number: int, at: datetime, **more: Any) -> Json:
        consent = {channel: bool(self._chance.random() < 0.9) for channel in CHANNELS}
        zone, traits = ZONES[number % len(ZONES)], {"tenure_days": number % 900}
        told = {"timezone": zone, "consent": consent, "traits": traits, **more}
        return self._event("customer.identified", SITE, user, at, **told)

    def _call(self, name: str, user: str, time: datetime, **data: Any) -> Json:
        """Return an event as a call of Segment's."""
        self._number += 1
        call = {"type": "track", "event": name, "messageId": f"m-{self._number}", "userId": user}
        return call | {"timestamp": time.isoformat(), "properties": data}

    def _visit(self, user: str, number: int, at: datetime) -> None:
        session = f"s-{self._number}"
        known = self._chance.random() < 0.5
        who = user if known else f"a-{self._number}"
        self._comes(self._event("session.started", SITE, who, at, session=session, page="home"))
        for _ in range(int(self._chance.integers(1, 4))):
            at += timedelta(seconds=float(self._chance.integers(5, 90)))
            page = ("pricing", "orders", "help")[self._chance.integers(3)]
            self._comes(self._event("page.viewed", SITE, who, at, session=session, page=page))
            if self._chance.random() < 0.1:
                closed = {"session": session, "purpose": "in_session_help"}
                self._comes(self._event("message.dismissed", SITE, who, at + timedelta(seconds=3), **closed))
            seconds = float(self._chance.integers(20, 120))
            at += timedelta(seconds=seconds)
            bad = self._chance.random() < 0.005
            dwelled = {"session": session, "page": page, "seconds": -seconds if bad else seconds}
            self._comes(self._event("page.dwelled", SITE, who, at, **dwelled))
        if not known and self._chance.random() < 0.5:
            self._comes(self._identified(user, number, at, anonymous_id=who))
            who = user
        at += timedelta(seconds=2)
        self._comes(self._event("exit.intended", SITE, who, at, session=session, page=page))
        if self._chance.random() < 0.7:
            self._comes(self._event("session.ended", SITE, who, at + timedelta(seconds=3), session=session))

    def _parcel(self, user: str, _: int, at: datetime) -> None:
        parcel = f"P-{self._number}"
        late = {"parcel": parcel, "new_eta": "Friday", "delay_hours": int(self._chance.integers(2, 40))}
        if self._chance.random() < 0.3:
            self._comes(self._call("Shipment Delayed", user, at, **late))
        else:
            self._comes(self._event("shipment.delayed", SHOP, user, at, **late), late=20)
        at += timedelta(hours=float(self._chance.integers(3, 30)))
        failed = self._chance.random() < 0.2
        kind, data = ("failed", {"reason": "nobody home"}) if failed else ("delivered", {"place": "at the door"})
        self._comes(self._event(f"shipment.{kind}", SHOP, user, at, parcel=parcel, **data))

    def _reminder(self, user: str, _: int, at: datetime) -> None:
        remind = at + timedelta(hours=float(self._chance.integers(2, 60)))
        data = {"what": "the contract", "due": "soon", "item": f"I-{self._number}", "channel": "email"}
        times = {"remind_at": remind.isoformat(), "due_at": (remind + DAY).isoformat()}
        self._comes(self._event("reminder.requested", DESK, user, at, **data, **times))

    def _talk(self, user: str, _: int, at: datetime) -> None:
        about = {"conversation": f"C-{self._number}", "topic": "an invoice"}
        self._comes(self._event("conversation.opened", DESK, user, at, **about))
        self._comes(self._event("message.received", DESK, user, at + timedelta(seconds=4), **about, text="Hello"))
        kind = "closed" if self._chance.random() < 0.6 else "left_unresolved"
        over = at + timedelta(minutes=float(self._chance.integers(5, 300)))
        self._comes(self._event(f"conversation.{kind}", DESK, user, over, **about))

    def _account(self, user: str, _: int, at: datetime) -> None:
        self._comes(self._event("account.payment_failed", SHOP, user, at, amount="12 EUR", reason="card expired"))

    def _incident(self, at: datetime) -> None:
        hit = [f"u-{one}" for one in self._chance.permutation(self._customers)[:HIT]]
        about = {"incident": f"N-{self._number}", "service": "The login", "affected": hit}
        self._comes(self._event("incident.update", DESK, None, at, **about, action="we restart it"))
        over = at + timedelta(hours=float(self._chance.integers(1, 10)))
        self._comes(self._event("incident.resolved", DESK, None, over, **about, cause="a full disk"))
