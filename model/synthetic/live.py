"""The same world, live: it asks for decisions day by day, and what is decided changes what follows.

Each day has one clock, or each occasion its own moment (`spread`). `rows(day)` are the day's candidates as a file would
hold them (CONTRACT section 9, evidence inline);
`decided(day, sent)` says which were sent; `outcomes(until)` are what customers then did, as platforms report it:

    by customer   engagements, complaints and their ends, opt-outs from everything, contacted or not
    by decision   delivered, opt-outs because of this message, and replies: a reply is a response, not a benefit

Rates are those of `effects`; what contact truly does to each occasion is `truth`. No chance but the seed.
"""

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Self

import numpy as np

from model.contracts import Outcome, OutcomeKind
from model.errors import InvalidInput
from model.history import DAY
from model.synthetic.chance import Draws, draws
from model.synthetic.customers import ZONES, Bools, Customers, Ints, new_customers
from model.synthetic.effects import ANNOYED, BENEFIT_DAYS, Rates, rates, tired_gain, tired_opt_out
from model.synthetic.messages import TOLD, Row, row_of
from model.synthetic.occasions import START, Schedule, schedule
from model.synthetic.purposes import KINDS, OUTBOUND

CLOCK = START + timedelta(hours=15, minutes=10)  # no customer's quiet hours, in the northern summer
REPLY = 0.2  # P(a reply to a message), whatever it does for the customer
CLOSED_AFTER = timedelta(days=2)  # a complaint
WEEK = 7 * DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What contact truly does on one occasion: the change in P(outcome within its window).

    Exact for benefit and opt-out; `complaint` leaves aside that a complaint about something else may come anyway
    (below 3 % of it).
    """

    benefit: float
    complaint: float
    opt_out: float

    @property
    def net_benefit(self) -> float:
        """U with all weights 1 and no cost of contact."""
        return self.benefit - self.complaint - self.opt_out


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """What a customer told the company beforehand: zone, and the channels that they agreed to."""

    user_id: str
    timezone: str
    channels: tuple[str, ...]


@dataclass(slots=True, kw_only=True)
class LiveWorld:
    """A population that lives on from `start`, the clock of day 0.

    `gain` scales what contact does for engagement; `harm` is added to what it does wrong.

    Example:
        >>> world = LiveWorld.generate(customers=200, days=3, seed=1)
        >>> rows = world.rows(0)
        >>> world.decided(0, {rows[0]["candidate_id"]: "decision-1"})
        >>> {outcome.kind.value for outcome in world.outcomes(world.at(1))} >= {"delivered"}
        True
    """

    people: Customers
    plan: Schedule
    own: Rates
    chance: Draws
    start: datetime
    gain: float
    harm: float
    spread: bool = False
    truth: dict[str, Effect] = field(default_factory=dict)
    _sends: dict[int, list[float]] = field(default_factory=dict)
    _queue: list[tuple[datetime, int, Outcome]] = field(default_factory=list)
    _number: Iterator[int] = field(default_factory=count)
    _played: set[int] = field(default_factory=set)

    @classmethod
    def generate(  # noqa: PLR0913  (each argument is one knob of the world, all named)
        cls,
        *,
        customers: int,
        days: int,
        seed: int = 0,
        start: datetime = CLOCK,
        gain: float = 1.0,
        harm: float = 0.0,
        annoyance: float = 1.0,
        spread: bool = False,
    ) -> Self:
        """Make a population with about one scored occasion each within `days`, and fewer essential ones.

        `gain` multiplies the change in P(engaged); `harm` is added to P(complaint | contact) and to P(opt-out because
        of the message); `annoyance` multiplies both harms of contact to the annoyed alone.
        `spread`: each occasion has a moment of its own, in the customer's daytime where `start` is midnight in UTC;
        else all of a day have its clock.
        """
        streams = [np.random.default_rng([seed, stream]) for stream in range(3)]
        people = new_customers(customers, streams[0])
        plan = _outbound(schedule(people, days=days, rng=streams[1]))
        chance = draws(people, plan, days=days, rng=streams[2])
        world = cls(
            people=people,
            plan=plan,
            own=_annoyed(rates(people, plan.customer, plan.kind), people.response[plan.customer] == ANNOYED, annoyance),
            chance=chance,
            start=start,
            gain=gain,
            harm=harm,
            spread=spread,
        )
        world._unprompted()
        return world

    def at(self, day: int) -> datetime:
        """Return the clock of a day's decisions."""
        return self.start + timedelta(days=day)

    def moment(self, i: int) -> datetime:
        """Return when occasion `i` is decided."""
        gone = int(self.plan.time[i]) - int(START.timestamp())
        return self.start + timedelta(seconds=gone) if self.spread else self.at(gone // int(DAY))

    def consents(self) -> list[Consent]:
        """Return what each customer with an occasion told the company before it all began."""
        return [
            Consent(user_id=f"c{who}", timezone=ZONES[self.people.region[who]], channels=tuple(sorted(OUTBOUND)))
            for who in np.unique(self.plan.customer).tolist()
        ]

    def rows(self, day: int) -> list[Row]:
        """Return the day's candidates, essential ones among them, as rows of a candidates file."""
        return [row_of(self.people, self.plan, i, self.moment(i)) for i in self._of(day).tolist()]

    def decided(self, day: int, sent: Mapping[str, str]) -> None:
        """Let the day's occasions take their course; `sent` maps the candidates that were sent to their decisions.

        Raises:
            InvalidInput: the day was played before, or a candidate is not of this day: nothing happens twice.
        """
        today = self._of(day).tolist()
        strange = sorted(set(sent) - {f"o{i}" for i in today})
        if day in self._played or strange:
            why = f"candidate `{strange[0]}` is not of it" if strange else "it was played before"
            raise InvalidInput(f"day {day} of the live world: {why}; play each day once, with its own candidates")
        self._played.add(day)
        for i in today:
            now, decision_id = self.moment(i), sent.get(f"o{i}")
            if not KINDS[self.plan.kind[i]].essential:
                self._follow(i, now, decision_id)
            if decision_id is not None:
                self._sends.setdefault(int(self.plan.customer[i]), []).append(now.timestamp())
                self._expect(OutcomeKind.DELIVERED, now + timedelta(minutes=1), decision_id=decision_id)

    def outcomes(self, until: datetime) -> list[Outcome]:
        """Return, in order of time, what has happened by `until` and was not returned before."""
        due = []
        while self._queue and self._queue[0][0] <= until:
            due.append(heapq.heappop(self._queue)[2])
        return due

    def _of(self, day: int) -> Ints:
        """Return the occasions of a day."""
        return np.flatnonzero((self.plan.time - int(START.timestamp())) // int(DAY) == day)

    def _follow(self, i: int, now: datetime, decision_id: str | None) -> None:
        """Let a scored occasion's own outcomes happen, each at its own time, and note what contact would change."""
        who, sent = int(self.plan.customer[i]), decision_id is not None
        user = f"c{who}"
        recent = sum(0.0 < now.timestamp() - t < WEEK for t in self._sends.get(who, ()))
        gain = tired_gain(self.gain * float(self.own.engage_gain[i]), recent)
        complain = float(self.own.complain[i])
        complain_sent = min(1.0, float(self.own.complain_contacted[i]) + self.harm)
        opt_out = min(1.0, tired_opt_out(float(self.own.opt_out[i]), recent) + self.harm)
        self.truth[f"o{i}"] = Effect(
            benefit=gain * float(np.exp(-self.people.activity[who] * BENEFIT_DAYS)),
            complaint=complain_sent - complain,
            opt_out=opt_out,
        )
        if self.chance.engage[i] < self.own.engage[i] + (gain if sent else 0.0):
            self._expect(OutcomeKind.ENGAGED, _after(now, self.chance.engaged_after[i]), user_id=user)
        if self.chance.complain[i] < (complain_sent if sent else complain):
            self._complain(user, _after(now, self.chance.complained_after[i]))
        if decision_id is not None and self.chance.opt_out[i] < opt_out:
            self._expect(OutcomeKind.OPTED_OUT, _after(now, self.chance.opted_out_after[i]), decision_id=decision_id)
        if decision_id is not None and self.chance.contact[i] < REPLY:
            self._expect(OutcomeKind.ENGAGED, now + timedelta(minutes=5), decision_id=decision_id)

    def _unprompted(self) -> None:
        """Queue what customers do of their own accord."""
        shift = self.start - (START if self.spread else CLOCK)
        for who, times in self.chance.engagements.items():
            for time in times:
                self._expect(OutcomeKind.ENGAGED, _moment(time) + shift, user_id=f"c{who}")
        for who, times in self.chance.complaints.items():
            for time in times:
                self._complain(f"c{who}", _moment(time) + shift)
        for who, times in self.chance.opt_outs.items():
            for time in times:
                self._expect(OutcomeKind.OPTED_OUT, _moment(time) + shift, user_id=f"c{who}")

    def _complain(self, user: str, time: datetime) -> None:
        self._expect(OutcomeKind.COMPLAINED, time, user_id=user)
        self._expect(OutcomeKind.COMPLAINT_CLOSED, time + CLOSED_AFTER, user_id=user)

    def _expect(
        self, kind: OutcomeKind, time: datetime, *, user_id: str | None = None, decision_id: str | None = None
    ) -> None:
        outcome = Outcome(kind=kind, time=time, user_id=user_id, decision_id=decision_id)
        heapq.heappush(self._queue, (time, next(self._number), outcome))


def _outbound(plan: Schedule) -> Schedule:
    """Keep the occasions that a message outside the customer's own session can be about."""
    can = np.array([kind.event in TOLD for kind in KINDS])[plan.kind] & np.isin(plan.channel, list(OUTBOUND))
    can &= plan.time >= int(START.timestamp())
    return Schedule(*(getattr(plan, name)[can] for name in ("customer", "time", "kind", "channel", "evidence_time")))


def _annoyed(own: Rates, who: Bools, times: float) -> Rates:
    """Multiply the harm that contact does on the occasions of the annoyed, bool[n]; all else stays as it is."""
    complain = own.complain + times * (own.complain_contacted - own.complain)
    return replace(
        own,
        complain_contacted=np.where(who, complain, own.complain_contacted),
        opt_out=np.where(who, times * own.opt_out, own.opt_out),
    )


def _after(now: datetime, seconds: int) -> datetime:
    return now + timedelta(seconds=int(seconds))


def _moment(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)
