"""What a ledger must know, in plain lists and dicts that anybody can check by eye: the state machine compares with it.

Customers who turned out to be one are one here because every question first asks `who` somebody is by now. Nothing is
indexed, moved or kept beside anything else: each answer goes through everything that was ever said.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from model.contracts import Event

HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)
AHEAD, SECOND = timedelta(minutes=5), timedelta(seconds=1)
CAPS = {False: ((HOUR, 1), (DAY, 2), (WEEK, 5)), True: ((DAY, 10),)}  # by whether it is essential
REACHED = frozenset({"delivered", "engaged", "thanked", "complained", "opted_out", "dismissed"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A decision that was not denied, and what it counts for: `at` None where nothing was ever reserved."""

    user: str
    channel: str
    purpose: str
    essential: bool
    about: Event
    at: datetime | None
    counts: bool
    decided_at: datetime
    until: datetime | None = None
    confirmed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An outcome: about whom, by which name it came, from when it counts."""

    user: str
    kind: str
    channel: str | None
    seen: datetime
    decision: str | None = None


@dataclass(slots=True)
class PlainLedger:
    """Everything that was said, in order."""

    stands_for: dict[str, str] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    messages: dict[str, Message] = field(default_factory=dict)
    denied: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    outcomes: list[Told] = field(default_factory=list)
    stated: set[tuple[Any, ...]] = field(default_factory=set)
    consents: list[tuple[str, Mapping[str, bool]]] = field(default_factory=list)

    def who(self, name: str) -> str:
        """Return the customer that a name stands for by now."""
        while name in self.stands_for:
            name = self.stands_for[name]
        return name

    def same(self, one: str | None, other: str) -> bool:
        """Return whether two names are one customer's."""
        return one is not None and self.who(one) == self.who(other)

    def live(self, user: str, now: datetime, *, without: str | None = None) -> list[Message]:
        """Return what counts for this customer now."""
        return [
            one
            for name, one in self.messages.items()
            if name != without and one.counts and self.same(one.user, user) and (one.until is None or one.until > now)
        ]

    def contacts(self, user: str, now: datetime, *, without: str | None = None) -> list[datetime]:
        """Return the times of the last week's contacts, the newest first."""
        times = [one.at for one in self.live(user, now, without=without) if one.at is not None and now - one.at < WEEK]
        return sorted(times, reverse=True)

    def is_told(self, user: str, about: Event, now: datetime, *, without: str | None = None) -> bool:
        """Return whether this customer was told this fact: the same type with the same data."""
        fact = (about.type, dict(about.data))
        return any((one.about.type, dict(one.about.data)) == fact for one in self.live(user, now, without=without))

    def is_superseded(self, user: str, about: Event) -> bool:
        """Return whether something newer is known of this parcel, to this customer or to the one that it is about."""
        place = (about.time, self.events.index(about))
        return any(
            (self.same(event.subject, user) or self.same(event.subject, str(about.subject)))
            and event.data["parcel"] == about.data["parcel"]
            and (event.time, number) > place
            for number, event in enumerate(self.events)
        )

    def opted_out(self, user: str, channel: str) -> bool:
        """Return whether this customer ever said no to this channel, or to all."""
        return any(
            one.kind == "opted_out" and self.same(one.user, user) and one.channel in (None, channel)
            for one in self.outcomes
        )

    def complaints(self, user: str) -> list[Told]:
        """Return complaints and their ends, in the order in which they count."""
        kinds = ("complained", "complaint_closed")
        theirs = [one for one in self.outcomes if one.kind in kinds and self.same(one.user, user)]
        return sorted(theirs, key=lambda one: one.seen)

    def context(self, user: str, channel: str, purpose: str, about: Event | None, now: datetime) -> dict[str, Any]:
        """Return what must be known for a message, by the names of `Context`."""
        times = self.contacts(user, now)
        complaints = self.complaints(user)
        complained = [one.seen for one in complaints if one.kind == "complained"]
        said = [consent for name, consent in self.consents if self.same(name, user)]
        dismissed = [
            one.seen
            for one in self.outcomes
            if one.kind == "dismissed" and self.same(one.user, user) and self._purpose(one) == purpose
        ]
        return {
            "contacts": tuple(times),
            "contacts_60m": sum(now - at < HOUR for at in times),
            "contacts_24h": sum(now - at < DAY for at in times),
            "contacts_7d": len(times),
            "already_told": about is not None and self.is_told(user, about, now),
            "superseded": about is not None and self.is_superseded(user, about),
            "consent": bool(said) and said[-1].get(channel) is True,
            "opted_out": self.opted_out(user, channel),
            "last_complaint_at": max(complained, default=None),
            "complaint_open": bool(complaints) and complaints[-1].kind == "complained",
            "dismissed_at": max(dismissed, default=None),
        }

    def _purpose(self, one: Told) -> str:
        name = str(one.decision)
        return self.messages[name].purpose if name in self.messages else self.denied[name][2]

    def decided(self, identity: str, message: Message, action: str) -> None:
        """A decision was recorded: a send counts at once."""
        if action == "deny":
            self.denied[identity] = (message.user, message.channel, message.purpose)
        else:
            sent = action == "send"
            self.messages[identity] = replace(message, at=message.decided_at if sent else None, counts=sent)

    def confirmed(self, identity: str, action: str, until: datetime | None, now: datetime) -> None:
        """It was decided again: a send counts from now, a hold until its end, what is cancelled no more."""
        message = self.messages.get(identity)
        if message is None:
            return
        if action == "send":
            message = replace(message, at=now, counts=True, until=None, confirmed_at=now)
        elif action == "hold" and not self.has_it(identity):
            message = replace(message, until=until if message.counts else message.until)
        elif action == "cancel" and not self.has_it(identity):
            message = replace(message, counts=False)
        self.messages[identity] = message

    def has_it(self, identity: str) -> bool:
        """Return whether this message reached the customer."""
        return any(one.decision == identity and one.kind in REACHED for one in self.outcomes)

    def reported(self, kind: str, time: datetime, now: datetime, *, decision: str | None, user: str | None) -> str:
        """An outcome came in; return what must be said of it."""
        seen = min(time, now)
        by = decision or self.who(str(user))
        known = {(self.who(name) if decision is None else name, *rest) for name, *rest in self.stated}
        if (by, kind, time) in known:
            return "duplicate"
        self.stated.add((by, kind, time))
        if decision is None:
            self.outcomes.append(Told(user=str(user), kind=kind, channel=None, seen=seen))
            return "accepted"
        message = self.messages.get(decision)
        whose, channel = (message.user, message.channel) if message else self.denied[decision][:2]
        if message is not None:
            self._follow(decision, message, kind, seen)
        self.outcomes.append(Told(user=whose, kind=kind, channel=channel, seen=seen, decision=decision))
        return "accepted"

    def _follow(self, identity: str, message: Message, kind: str, seen: datetime) -> None:
        """What failed counts no more, what arrived counts for good, also where it had been held or released."""
        if kind in REACHED:
            at = max(seen, message.decided_at) if message.at is None else message.at
            self.messages[identity] = replace(message, at=at, counts=True, until=None)
        elif message.at is not None and message.at <= seen + AHEAD and not self.has_it(identity):
            again = message.confirmed_at is not None and message.confirmed_at >= seen + SECOND
            self.messages[identity] = replace(message, counts=message.counts and again)
