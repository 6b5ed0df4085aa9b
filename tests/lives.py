"""Random lives of a few customers, told to a ledger, with a plain journal of what was known when.

The journal is the oracle: lists of everything, searched by loops, with nothing that the ledger's statements could get
wrong alike. Instants fall on each other and on the edges of windows; reports come late, ahead, twice and out of order;
sends fail, are cancelled, confirmed or reach the customer after all; visitors turn out to be customers.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np

from model.contracts import Action, Outcome, OutcomeKind
from model.history import history_features
from serving.ledger.instants import instant, micros
from serving.ports import Transaction
from tests.contracts.confirmed import CANCELLED, confirm
from tests.contracts.identified import identified
from tests.contracts.ledgers import NOW, candidate, record, ruling

MICRO, SECOND, HOUR, DAY = 1, 10**6, 3_600 * 10**6, 86_400 * 10**6
AHEAD = 300 * SECOND
CUSTOMERS, VISITORS = ("u", "v"), ("anon-1", "anon-2")
OWN = (OutcomeKind.ENGAGED, OutcomeKind.COMPLAINED, OutcomeKind.OPTED_OUT)
ABOUT = (OutcomeKind.ENGAGED, OutcomeKind.COMPLAINED, OutcomeKind.OPTED_OUT, OutcomeKind.DELIVERED)
LOG = {"engaged": "engagements", "complained": "complaints", "opted_out": "opt_outs"}
STEPS = (MICRO, SECOND, HOUR, HOUR, 5 * HOUR, DAY, DAY, 3 * DAY, 7 * DAY, 30 * DAY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """An outcome as it was accepted: about whom, when it is said to have been, and when it came in."""

    user: str
    kind: OutcomeKind
    time: int
    recorded: int
    decision: str | None = None

    @property
    def since(self) -> int:
        """From when it counts: what a fast clock puts ahead counts from its recording."""
        return min(self.time, self.recorded)


@dataclass(slots=True, kw_only=True)
class Contact:
    """A send while it counted as one: at a time, from when that was known until it was not any more."""

    decision: str
    user: str
    at: int
    known: int
    until: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A decision: of whom, when, and the history that the ledger computed then."""

    decision: str
    user: str
    now: int
    logged: dict[str, float]


@dataclass(slots=True)
class Journal:
    """Everything that was said, in the order in which it was."""

    said: list[Said] = field(default_factory=list)
    contacts: list[Contact] = field(default_factory=list)
    bound: list[tuple[str, str, int]] = field(default_factory=list)  # visitor, customer, when it was known
    asked: list[Asked] = field(default_factory=list)

    def same(self, a: str, b: str, *, before: int) -> bool:
        """Return whether two ids were known to be of one customer."""
        stands = {visitor: customer for visitor, customer, known in self.bound if known < before}
        return stands.get(a, a) == stands.get(b, b)

    def known(self, one: Asked) -> dict[str, float]:
        """Compute the features from what was on record before the decision."""
        mine = [s for s in self.said if s.recorded < one.now and self.same(s.user, one.user, before=one.now)]
        sends = [
            c.at
            for c in self.contacts
            if c.known < one.now and (c.until is None or one.now <= c.until)
            if self.same(c.user, one.user, before=one.now)
        ]
        return features(one.now, sends, mine)

    def stated(self, one: Asked) -> dict[str, float]:
        """Compute the features from stated times alone, as from logs that do not say when a line came in."""
        plain = [replace(s, recorded=s.time) for s in self.said]
        mine = [s for s in plain if self.same(s.user, one.user, before=one.now)]
        sends = [c.at for c in self.contacts if c.until is None and self.same(c.user, one.user, before=one.now)]
        return features(one.now, sends, mine)

    def late(self, one: Asked) -> bool:
        """Return whether something of this customer's past came in only after the decision, or was dated ahead."""
        mine = [s for s in self.said if self.same(s.user, one.user, before=one.now)]
        return any(s.time < one.now <= s.recorded or s.recorded < min(s.time, one.now) for s in mine)


def features(now: int, sends: Iterable[int], said: Iterable[Said]) -> dict[str, float]:
    """Compute the features of one customer; the same words under two of their ids are one report."""
    logs: dict[str, dict[object, int]] = {name: {} for name in LOG.values()}
    for each in sorted(said, key=lambda s: s.since):
        if each.kind.value in LOG and not (each.kind is OutcomeKind.ENGAGED and each.decision is not None):
            logs[LOG[each.kind.value]].setdefault((each.time, each.decision), each.since)
    times = {name: list(every.values()) for name, every in logs.items()}
    return history_features(now, contacts=list(sends), **times, unit=SECOND)


class Life:
    """A life in the making; `late` and `changes` say whether reports are late, and sends and names change, in it."""

    def __init__(self, tx: Transaction, seed: int, *, late: bool = True, changes: bool = True) -> None:
        self.tx, self.rng, self.clock = tx, np.random.default_rng(seed), micros(NOW)
        self.late, self.changes = late, changes
        self.journal = Journal()
        self.actions: dict[str, Action] = {}
        self.confirmed: dict[str, int] = {}
        self.cancelled: set[str] = set()
        self.reached: set[str] = set()

    def live(self, steps: int) -> Journal:
        """Let so many things happen, and return what was said."""
        ways = [self.decide, self.decide, self.hear, self.hear, self.hear]
        ways += [self.follow, self.fail, self.cancel, self.confirm, self.bind] if self.changes else []
        for _ in range(steps):
            if self.rng.random() < 0.7:
                self.clock += STEPS[self.below(len(STEPS))]
            ways[self.below(len(ways))]()
        return self.journal

    def below(self, most: int) -> int:
        """Draw a whole number from 0 to one less than this."""
        return int(self.rng.integers(most))

    def who(self) -> str:
        """Draw a customer, or a visitor who may be one."""
        every = (*CUSTOMERS, *VISITORS)
        return every[self.below(len(every))]

    def decide(self) -> None:
        """Decide about somebody, at an instant at which nothing else is recorded."""
        self.clock += MICRO
        name = self.who()
        asked = candidate(user_id=self.tx.customers([name])[name])  # as whoever decides does first
        identity = f"d-{len(self.journal.asked)}"
        (known,) = self.tx.contexts([asked], now=instant(self.clock), digests=[None])
        action = (Action.SEND, Action.SEND, Action.HOLD, Action.DENY)[self.below(4)]
        self.tx.add_decision(asked, known, ruling(identity, at=instant(self.clock), action=action))
        now, logged = self.clock, dict(known.history)
        self.journal.asked.append(Asked(decision=identity, user=asked.user_id, now=now, logged=logged))
        self.actions[identity] = action
        self.clock += MICRO
        if action is Action.SEND:
            self.journal.contacts.append(Contact(decision=identity, user=asked.user_id, at=now, known=now))

    def when(self) -> int:
        """Draw the stated time of what is reported now: now, a little ahead, at a decision, or at a window's edge."""
        times = [self.clock, self.clock, self.clock + self.below(AHEAD)]
        if self.late:
            times += [self.clock - self.below(2) - self.below(100) * DAY]
            times += [one.now - days * DAY for one in self.journal.asked[-3:] for days in (0, 1, 7, 30, 90)]
        return times[self.below(len(times))]

    def told(self, kind: OutcomeKind, user: str, decision: str | None = None) -> Said | None:
        """Report an outcome, now and then twice; None where it was on record already."""
        said = Said(user=user, kind=kind, time=self.when(), recorded=self.clock, decision=decision)
        about = {"user_id": user} if decision is None else {"decision_id": decision}
        outcome = Outcome(kind=kind, time=instant(said.time), **about)
        words = [self.tx.add_outcome(outcome, recorded_at=instant(self.clock)) for _ in range(1 + self.below(2))]
        if words[0] != "accepted":
            return None
        self.journal.said.append(said)
        return said

    def hear(self) -> None:
        """Hear that somebody did something, of their own accord."""
        self.told(OWN[self.below(len(OWN))], self.who())

    def decided(self) -> Asked | None:
        """Draw a decision, if there is one."""
        asked = self.journal.asked
        return asked[self.below(len(asked))] if asked else None

    def last(self, decision: str) -> Contact | None:
        """Return what a decision's send counts, or counted last, as."""
        return next((one for one in reversed(self.journal.contacts) if one.decision == decision), None)

    def follow(self) -> None:
        """Hear what came of a message: then it reached its customer, whatever was said before."""
        one = self.decided()
        said = None if one is None else self.told(ABOUT[self.below(len(ABOUT))], one.user, one.decision)
        if one is None or said is None:
            return
        self.reached.add(one.decision)
        last = self.last(one.decision)
        if last is None and self.actions[one.decision] is not Action.DENY:
            self.count(one, max(said.since, one.now))
        elif last is not None and last.until is not None:
            self.count(one, last.at)

    def count(self, one: Asked, at: int) -> None:
        """Let a send count from now on as one of that time."""
        last = self.last(one.decision)
        if last is not None and last.until is None:
            last.until = self.clock
        self.journal.contacts.append(Contact(decision=one.decision, user=one.user, at=at, known=self.clock))

    def fail(self) -> None:
        """Hear that a message was not delivered, which may be about an earlier try."""
        one = self.decided()
        said = None if one is None else self.told(OutcomeKind.NOT_DELIVERED, one.user, one.decision)
        last = None if one is None else self.last(one.decision)
        if one is None or said is None or last is None or one.decision in self.reached:
            return
        again = self.confirmed.get(one.decision, said.since) >= said.since + SECOND
        if last.until is None and last.at <= said.since + AHEAD and not again:
            last.until = self.clock

    def cancel(self) -> None:
        """Cancel a decision before it is sent."""
        one = self.decided()
        if one is None or one.decision in self.cancelled:
            return
        self.cancelled.add(one.decision)
        confirm(self.tx, one.decision, CANCELLED, at=instant(self.clock), to=candidate(user_id=one.user))
        last = self.last(one.decision)
        if last is not None and last.until is None and one.decision not in self.reached:
            last.until = self.clock

    def confirm(self) -> None:
        """Send what was decided, now: it counts from this moment on."""
        one = self.decided()
        if one is None or one.decision in self.cancelled or self.actions[one.decision] is Action.DENY:
            return
        self.confirmed[one.decision] = self.clock
        confirm(self.tx, one.decision, at=instant(self.clock), to=candidate(user_id=one.user))
        self.count(one, self.clock)

    def bind(self) -> None:
        """Let a visitor turn out to be a customer: what is on record about either is of one from then on."""
        free = sorted(set(VISITORS) - {visitor for visitor, _, _ in self.journal.bound})
        if free:
            customer, at = CUSTOMERS[self.below(len(CUSTOMERS))], instant(self.clock)
            record(self.tx, identified(f"i-{free[0]}", subject=customer, time=at, anonymous_id=free[0]), at=at)
            self.journal.bound.append((free[0], customer, self.clock))
