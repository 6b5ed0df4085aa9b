"""A company by a clock that a test turns: it is told of events, asked for decisions, and looks at what is due."""

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any, Self, TypeVar

from model.contracts import JSON, Candidate, Event, EvidenceRef, Message
from serving.fakes import FakeScorer
from serving.ledger import open_ledger
from serving.loop.confirmer import Confirmer
from serving.loop.deciding import Decider, Question
from serving.loop.loop import DecideLoop
from serving.loop.timekeeper import Deciding, Timekeeper
from serving.loop.unasked import Offering
from serving.models.in_use import InUse
from serving.policy_files.templates import load_policy, shipped_digests
from serving.ports import Ledger, Preferences, Transaction
from serving.schemas.answers import confirmation_bytes, decision_bytes, offered_bytes
from serving.timetable import Offer
from tests.occasions import mostly
from tests.serving.served import Watch

T = TypeVar("T")
SHARES = mostly("model")
POLICY = load_policy()


def nothing_waits(_: Ledger, __: Transaction, ___: int) -> int:
    """Decide no matches: there are none."""
    return 0


@dataclass
class Company:
    """`with Company(path, clock) as it`: the ledger file is opened, and closed at the end; `it.restarts()` does both.

    `opening` opens a ledger in place of the file.
    """

    path: Path
    clock: Watch = field(default_factory=Watch)
    offering: Offering = offered_bytes
    deciding: Deciding = nothing_waits
    opening: Callable[[str], Ledger] | None = None
    numbers: Iterator[int] = field(default_factory=count)

    def __enter__(self) -> Self:
        self._runner = asyncio.Runner()
        self._begin()
        return self

    def __exit__(self, *_: object) -> None:
        self.runs(self.loop.stop())
        self._runner.close()

    def _begin(self) -> None:
        models = InUse(scorer=FakeScorer(cutoff=0.004, shares=SHARES))
        kind: dict[str, Any] = {"policy": POLICY, "models": models, "shares": SHARES}
        kind["clock"] = self.clock
        decider = Decider(**kind, new_id=lambda _: f"d-{next(self.numbers):05}", encode=decision_bytes)
        self.loop = DecideLoop(self._opened, decider.answer)
        self.confirmer = Confirmer(**kind, encode=confirmation_bytes)
        self.keeper = Timekeeper(self.loop, self.confirmer, self.clock, offering=self.offering, deciding=self.deciding)
        self.runs(self.loop.start())

    def _opened(self) -> Ledger:
        url = f"sqlite:///{self.path}"
        if self.opening is not None:
            return self.opening(url)
        return open_ledger(url, now=self.clock.at, salt=b"s", shipped=shipped_digests())

    def restarts(self) -> None:
        """Close the ledger and open it again, as a new process would."""
        self.runs(self.loop.stop())
        self._begin()

    def runs(self, work: Any) -> Any:
        """Run a coroutine to its end."""
        return self._runner.run(work)

    def does(self, job: Callable[[Transaction], T]) -> T:
        """Do something in a transaction of the loop."""
        result: T = self.runs(self.loop.submit(lambda _, transaction: job(transaction)))
        return result

    def ticks(self) -> int:
        """Do what is due."""
        done: int = self.runs(self.keeper.tick())
        return done

    def told(self, *events: Event) -> None:
        """Record events, now."""
        self.does(lambda tx: [tx.add_event(event, recorded_at=self.clock.at) for event in events])

    def prefers(self, user: str, zone: str, **consent: bool) -> None:
        """Put a customer's clock, and consent per channel, on record."""
        told = Preferences(timezone=zone, consent=consent)
        self.does(lambda tx: tx.set_preferences(user, told, at=self.clock.at))

    def asked(self, candidate: Candidate) -> dict[str, JSON]:
        """Ask for a decision."""
        answer = self.runs(self.loop.ask(Question(candidate=candidate)))
        values: dict[str, JSON] = json.loads(answer.body)
        return values

    def offers(self) -> list[Offer]:
        """Return every offer there is."""
        return self.does(lambda tx: tx.offers(state=None, after=0, limit=100_000))

    def offered(self) -> list[tuple[str, datetime]]:
        """Return every decision that was offered, and when."""
        return [(offer.decision_id, offer.at) for offer in self.offers()]

    def next_due(self) -> datetime | None:
        """Return when the next hold is due."""
        return self.does(lambda tx: tx.next_due())

    def confirmations(self, name: str) -> list[str]:
        """Return what was said of a decision since it was made."""
        found = self.does(lambda tx: tx.decision(name))
        return [] if found is None else [one["action"] for one in found["confirmations"]]


@contextmanager
def company(folder: Path, at: datetime, **given: Any) -> Iterator[Company]:
    """Open a company with a ledger file of its own."""
    with Company(folder / "l.db", Watch(at), **given) as made:
        yield made


def about(event: Event, purpose: str, template: str, **given: Any) -> Candidate:
    """Describe a message by chat about an event, to its subject; its facts are the event's."""
    names = POLICY.templates[template].facts
    return Candidate(
        user_id=event.subject or "",
        purpose=purpose,
        channel=given.get("channel", "chat"),
        message=Message(template=template, facts={name: event.data[name] for name in names}),
        evidence=EvidenceRef(type=event.type, id=event.id, source=event.source),
        timezone=given.get("timezone"),
    )


def moved(name: str, *, at: datetime, user: str = "u", starts_at: str = "Friday") -> Event:
    """Describe an appointment that was moved: essential, so that neither consent nor a model is asked for."""
    data = {"appointment": f"P-{name}", "starts_at": starts_at}
    return Event(source="shop", id=name, type="appointment.changed", time=at, subject=user, data=data)


def of_appointment(event: Event, **given: Any) -> Candidate:
    """Describe the message about it."""
    return about(event, "appointment_update", "appointment_changed", **given)


def reminder(name: str, *, at: datetime, remind_at: datetime, due_at: datetime, user: str = "u") -> Event:
    """Describe a reminder that a customer asks for, of one thing."""
    data = {
        "what": f"your contract {name}",
        "due": "1 May",
        "item": name,
        "remind_at": remind_at.isoformat(),
        "due_at": due_at.isoformat(),
        "channel": "chat",
    }
    return Event(source="shop", id=name, type="reminder.requested", time=at, subject=user, data=data)


def of_reminder(event: Event, **given: Any) -> Candidate:
    """Describe the message that reminds of it."""
    return about(event, "requested_reminder", "requested_reminder", **given)


def late(name: str, *, at: datetime, user: str = "u") -> Event:
    """Describe a parcel that is late: consent and a model are needed."""
    data = {"parcel": f"A-{name}", "new_eta": "Friday"}
    return Event(source="shop", id=name, type="shipment.delayed", time=at, subject=user, data=data)


def of_parcel(event: Event, **given: Any) -> Candidate:
    """Describe the message about it."""
    return about(event, "delivery_update", "parcel_delayed", **given)


def happens(kind: str, *, at: datetime, user: str = "u", **data: JSON) -> Event:
    """Describe an event of a customer, one of a kind and time."""
    return Event(source="chat", id=f"{kind}/{user}/{at}", type=kind, time=at, subject=user, data=data)
