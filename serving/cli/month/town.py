"""The customers of the month: what happens to them each day, and what they do then, contacted or not."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Self
from zoneinfo import ZoneInfo

import numpy as np

from model.contracts import Outcome, OutcomeKind
from model.synthetic.customers import ZONES
from model.synthetic.effects import ANNOYED
from model.synthetic.live import LiveWorld
from model.synthetic.messages import Row
from model.synthetic.purposes import KINDS, OUTBOUND
from serving.cli.month.calendar import DAYS
from serving.cli.month.office import Office
from serving.cli.month.questions import of_row
from serving.loop.deciding import Question
from serving.ports import Preferences, Transaction

CUSTOMERS = 4_200
SEED = 7
GAIN, ANNOYANCE = 1.6, 3.5
NIGHT = 11  # every so many occasions the warehouse reports at night
Group = list[tuple[str, Question]]  # candidates that are asked about together
ASKS_US, ASKS_US_TOLD = 0.30, 0.11  # P(they write to us within some days), by themselves and when told first
SOON = timedelta(days=6)  # a complaint in this time after a message may name it
SAYS_WHICH, LOST, THANKS = 0.7, 0.015, 0.35
REPLIES_AFTER = {OutcomeKind.DELIVERED: timedelta(minutes=1), OutcomeKind.ENGAGED: timedelta(minutes=6)}


@dataclass(slots=True, kw_only=True)
class Town:
    """The live world with moments of its own, and what its customers write to us about."""

    world: LiveWorld
    rng: np.random.Generator
    asked: dict[str, str] = field(default_factory=dict)  # the day's candidates, by the decision about each
    told: dict[str, tuple[str, datetime]] = field(default_factory=dict)  # of each customer the last message
    lost: set[str] = field(default_factory=set)
    coming: list[Outcome] = field(default_factory=list)

    @classmethod
    def founded(cls, begin: datetime) -> Self:
        """Make the customers, always the same ones."""
        world = LiveWorld.generate(
            customers=CUSTOMERS,
            days=DAYS + 1,
            seed=SEED,
            start=begin,
            gain=GAIN,
            annoyance=ANNOYANCE,
            spread=True,
        )
        return cls(world=world, rng=np.random.default_rng([SEED, 7]))

    def introduce(self, tx: Transaction) -> None:
        """Record what customers have said: most agreed to all, some to little or nothing, of some we know no zone."""
        for number, region in enumerate(self.world.people.region.tolist()):
            consent = dict.fromkeys(_agreed(number), True)
            said = Preferences(timezone=_zone(f"c{number}", ZONES[region]), consent=consent)
            tx.set_preferences(f"c{number}", said, at=self.world.start)

    def questions(self, day: int) -> Iterator[tuple[datetime, Group]]:
        """Yield what a day asks, by the hour: when, and each candidate with its question."""
        begins = self.world.at(day)
        found = sorted((self._asked(row, begins) for row in self.world.rows(day)), key=itemgetter(0))
        for _, some in groupby(found, key=lambda one: one[0].replace(minute=0, second=0, microsecond=0)):
            group = list(some)
            yield group[0][0], [(name, self._question(row, group[0][0])) for _, name, row in group]

    def _asked(self, row: Row, begins: datetime) -> tuple[datetime, str, Row]:
        """Return when a row is asked about: at its moment, or in the night before, once the day has begun in UTC."""
        number = int(row["candidate_id"][1:])
        at = self.world.moment(number)
        if number % NIGHT == 0 and not KINDS[self.world.plan.kind[number]].essential:
            at = at.astimezone(ZoneInfo(row["user.timezone"])).replace(hour=2 + number % 5).astimezone(at.tzinfo)
        return max(at, begins), row["candidate_id"], row

    def _question(self, row: Row, now: datetime) -> Question:
        earlier = self.world.moment(int(row["candidate_id"][1:])) - now
        return of_row(row, zone=_zone(row["user.id"], row["user.timezone"]), earlier=earlier)

    def ask(self, office: Office, some: Group) -> None:
        """Ask about some candidates."""
        answers = office.ask([question for _, question in some])
        self.asked |= {name: said["decision_id"] for (name, _), said in zip(some, answers, strict=True)}

    def end(self, day: int, office: Office) -> None:
        """Let a day's occasions take their course."""
        today = [row["candidate_id"] for row in self.world.rows(day)]
        sent = {name: self.asked[name] for name in today if self.asked.get(name) in office.sent}
        self.world.decided(day, sent)
        for name in today:
            self._write_to_us(int(name[1:]), told=name in sent)
        for name, decision in sent.items():
            self.told[f"c{self.world.plan.customer[int(name[1:])]}"] = decision, office.sent[decision]
        self.lost |= {decision for decision in sent.values() if self.rng.random() < LOST}
        self.asked.clear()

    def _write_to_us(self, i: int, *, told: bool) -> None:
        """Let a customer ask what has become of it, less often where we said so first; who is annoyed does anyway."""
        kind, who = KINDS[self.world.plan.kind[i]], int(self.world.plan.customer[i])
        spared = told and self.world.people.response[who] != ANNOYED
        chance, after = self.rng.random(2)
        if not kind.essential and chance < (ASKS_US_TOLD if spared else ASKS_US):
            time = self.world.moment(i) + timedelta(hours=0.5 + 60 * after * after)
            self.coming.append(Outcome(kind=OutcomeKind.CONTACTED_US, time=time, user_id=f"c{who}"))

    def outcomes(self, until: datetime, office: Office) -> list[Outcome]:
        """Return what has been reported by now, as platforms do."""
        due = [one for one in self.coming if one.time <= until]
        self.coming = [one for one in self.coming if one.time > until]
        for one in self.world.outcomes(until):
            due += self._reported(one, office)
        return sorted(due, key=lambda one: one.time)

    def _reported(self, one: Outcome, office: Office) -> list[Outcome]:
        """Return an outcome of the world as it is told: of which message, since that went out, and with what thanks."""
        if one.decision_id is not None and one.kind in REPLIES_AFTER:
            if one.decision_id in self.lost:
                return [replace(one, kind=OutcomeKind.NOT_DELIVERED)] if one.kind is OutcomeKind.DELIVERED else []
            at = office.sent[one.decision_id] + REPLIES_AFTER[one.kind]
            thanked = one.kind is OutcomeKind.ENGAGED and self.rng.random() < THANKS
            more = [replace(one, kind=OutcomeKind.THANKED, time=at + timedelta(minutes=1))] if thanked else []
            return [replace(one, time=at), *more]
        decision, at = self.told.get(one.user_id or "", ("", one.time))
        if one.kind is OutcomeKind.COMPLAINED and at < one.time < at + SOON and self.rng.random() < SAYS_WHICH:
            return [replace(one, user_id=None, decision_id=decision)]
        return [one]


def _agreed(number: int) -> tuple[str, ...]:
    """Return the channels that a customer agreed to: most all, some no text messages, a few none."""
    if number % 31 == 7:
        return ()
    return tuple(name for name in sorted(OUTBOUND) if number % 5 or name != "sms")


def _zone(user: str, zone: str) -> str | None:
    """Return the zone of a customer, where it is known."""
    return None if int(user[1:]) % 43 == 9 else zone
