"""`not_before` and `expires_at` against looking: the real rule is asked at instant after instant, around clock changes.

Everything that time alone changes does so at a whole quarter of an hour (local clocks, the tests' quiet hours) or at an
instant of its own (a contact that leaves a window, the end of a cooling-off, a date); between two such instants nothing
changes. So looking at all of them, one after the other, is looking at every instant.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from model.contracts import Candidate, Context, Message
from serving.policy.engine import REFUSE, rule
from serving.policy.policy import Policy
from serving.policy.reasons import POLICY_CODES
from serving.policy.rows import columns_of
from serving.policy.rules import FILTERS, expiry, not_before, usable_until
from serving.policy.zones import offset, zone
from tests.occasions import about, candidate, context, event, on_page, policy
from tests.spoiling import Draw

WAITING = {"quiet_hours", "frequency_cap", "cooling_off", "too_soon"}
OVER = {"quiet_hours", "evidence_stale", "expired"}
STEP = 900.0  # seconds
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NAMES = """
Europe/Paris Europe/London America/New_York America/St_Johns America/Sao_Paulo Africa/Casablanca Africa/Cairo
Asia/Tokyo Asia/Kathmandu Asia/Tehran Australia/Lord_Howe Australia/Adelaide Pacific/Chatham Pacific/Kiritimati
Pacific/Pago_Pago Antarctica/Troll America/Santiago Atlantic/Azores UTC
"""
ZONES = NAMES.split()
TIGHTER: tuple[dict[str, Any], ...] = (
    {},
    {"quiet_start": "19:15", "quiet_end": "09:45"},
    {"quiet_start": "20:45", "quiet_end": "11:30", "contacts_24h": 1},
)


def changes(name: str, year: int = 2026) -> list[datetime]:
    """Return the hours within which this zone's offset changes, found by looking at each hour of the year."""
    where = zone(name)
    assert where is not None
    start = datetime(year, 1, 1, tzinfo=UTC)
    hours = [start + timedelta(hours=number) for number in range(365 * 24)]
    offsets = [offset(at.timestamp(), where) for at in hours]
    return [at for at, before, after in zip(hours[1:], offsets, offsets[1:], strict=False) if before != after]


CHANGES = {name: changes(name) for name in ZONES}
CHANGES["Pacific/Apia"] = [datetime(2011, 12, 30, 10, tzinfo=UTC)]  # the day that Samoa left out


@dataclass(frozen=True)
class Case:
    """One occasion at one instant, under one policy."""

    one: Candidate
    known: Context
    now: datetime
    rules: Policy

    def refusals(self, at: float) -> set[str]:
        """Return the codes that refuse this occasion at an instant, all else as it is."""
        read = columns_of([self.one], [self.known], now=datetime.fromtimestamp(at, UTC), policy=self.rules)
        ruling = rule(read.columns, self.rules.limits, FILTERS)
        return {code for place, code in enumerate(POLICY_CODES) if ruling.verdicts[place, 0] == REFUSE}

    def moments(self) -> list[float]:
        """Return the instants at which anything but a local clock can change, in order."""
        known, found = self.known, self.known.evidence
        assert found is not None
        windows = (HOUR, DAY, 7 * DAY)
        own = [sent + window for sent in known.contacts for window in windows]
        own += [known.last_complaint_at + 14 * DAY] if known.last_complaint_at else []
        own += [found.time + age for age in (timedelta(minutes=5), DAY, 3 * DAY)]
        own += [datetime.fromisoformat(found.data[name]) for name in ("remind_at", "due_at") if name in found.data]
        own += [self.one.expires_at] if self.one.expires_at else []
        if known.session is not None:
            own += [at + timedelta(seconds=30) for at in (known.session.started_at, known.session.page_since) if at]
        return sorted(at.timestamp() for at in own if at > self.now)

    def instants(self, until: float) -> Iterator[float]:
        """Yield now, and every later instant until then at which something can change, in order."""
        now = self.now.timestamp()
        marks = [now - now % STEP + STEP * number for number in range(1, math.ceil((until - now) / STEP) + 1)]
        yield from sorted({now, *marks, *(at for at in self.moments() if at <= until)})


def drawn(seed: int) -> Case:
    """Return an occasion somewhere around a change of clocks, with something to wait for."""
    draw = Draw(seed)
    name = draw.pick([name for name, found in CHANGES.items() if found] * 3 + ZONES)
    moment = draw.pick(CHANGES[name] or CHANGES["Europe/Paris"])
    now = moment + timedelta(minutes=int(draw.value() * 60 * 48) - 36 * 60, seconds=draw.pick([0, 0, 1, 59]))
    second = draw.pick([None, None, *ZONES]) if moment.year == 2026 else None
    kind = draw.pick(["parcel", "parcel", "reminder", "reminder", "failed", "page"])
    one, known = OCCASIONS[kind](draw, now)
    contacts = sorted(now - timedelta(minutes=draw.value() * 1500) for _ in range(draw.pick([0, 0, 1, 2, 5])))
    if draw.chance(0.3):
        known = replace(known, last_complaint_at=now - 14 * DAY + timedelta(minutes=draw.value() * 1200))
    known = replace(known, timezone=second, contacts=tuple(reversed(contacts)))
    return Case(replace(one, timezone=name), known, now, policy(draw.pick(TIGHTER)))


def _parcel(draw: Draw, now: datetime) -> tuple[Candidate, Context]:
    found = replace(event(), time=now - timedelta(minutes=draw.value() * 600))
    expires = draw.pick([None, now + timedelta(minutes=60 + draw.value() * 1500)])
    return candidate(expires_at=expires), context(evidence=found)


def _failed(draw: Draw, now: datetime) -> tuple[Candidate, Context]:
    facts = {"parcel": "A-7", "reason": "nobody was there"}
    found = replace(event("shipment.failed", data=facts), time=now - timedelta(minutes=draw.value() * 600))
    one, known = about(found, message=Message(template="parcel_failed", facts=facts))
    return one, known


def _reminder(draw: Draw, now: datetime) -> tuple[Candidate, Context]:
    facts = {"what": "your passport", "due": "1 May"}
    remind = now + timedelta(minutes=draw.value() * 1800 - 300)
    data = {**facts, "remind_at": remind.isoformat(), "due_at": (now + 6 * DAY).isoformat()}
    found = replace(event("reminder.requested", data=data), time=now - 90 * DAY)
    one, known = about(found, purpose="requested_reminder", message=Message(template="requested_reminder", facts=facts))
    return one, replace(known, requested_channels=frozenset({"chat"}))


def _page(draw: Draw, now: datetime) -> tuple[Candidate, Context]:
    one, known = on_page()
    assert known.session is not None
    assert known.evidence is not None
    here = now - timedelta(seconds=draw.value() * 40)
    session = replace(known.session, started_at=now - HOUR, page_since=here, last_event_at=now)
    return one, replace(known, session=session, evidence=replace(known.evidence, time=now))


OCCASIONS = {"parcel": _parcel, "failed": _failed, "reminder": _reminder, "page": _page}


def answers(case: Case) -> tuple[float, float]:
    """Return what the policy says in epoch seconds: from when on it may go if it is held, until when if it may go."""
    read = columns_of([case.one], [case.known], now=case.now, policy=case.rules)
    ruling = rule(read.columns, case.rules.limits, FILTERS)
    waits = not_before(read.columns, case.rules.limits, ruling)
    until = usable_until(read.columns, case.rules.limits, expiry(read.columns, case.rules.limits))
    return float(waits[0]), float(until[0])


def looked(case: Case, codes: set[str], *, until: float, gone: bool) -> float | None:
    """Return the first instant at which none of these codes refuses (`gone`), or one does; None: not until then."""
    return next((at for at in case.instants(until) if bool(case.refusals(at) & codes) is not gone), None)


SEEDS = range(120)


@pytest.mark.parametrize("part", range(4))
def test_not_before_is_the_first_instant_at_which_nothing_holds(part: int) -> None:
    """Quiet hours, caps, cooling-off and dates together: at that instant none of them holds, and at none before."""
    wrong, held = [], 0
    for seed in SEEDS[part::4]:
        case = drawn(seed)
        codes = case.refusals(case.now.timestamp())
        if not codes or not codes <= WAITING:
            continue
        held += 1
        said = answers(case)[0]
        never = math.isnan(said)  # two clocks without a common hour
        found = looked(case, WAITING, until=case.now.timestamp() + 172_800 if never else said, gone=True)
        if found != (None if never else said):
            wrong.append((seed, codes, said, found))

    assert (wrong, held > 5) == ([], True)


@pytest.mark.parametrize("part", range(2))
def test_a_send_is_good_until_the_first_instant_that_is_quiet_or_stale(part: int) -> None:
    """Until then neither the night, nor the evidence's age, nor the request's expiry speaks; from then on one does."""
    wrong, sent = [], 0
    for seed in SEEDS[part::2]:
        case = drawn(seed)
        if case.refusals(case.now.timestamp()):
            continue
        sent += 1
        said = answers(case)[1]
        found = looked(case, OVER, until=said, gone=False)
        if found != said:
            wrong.append((seed, said, found))

    assert (wrong, sent > 5) == ([], True)


def test_the_cases_are_of_every_kind() -> None:
    """Each waiting filter holds somewhere, several at once too, in zones of every kind of change."""
    kinds = [drawn(seed).refusals(drawn(seed).now.timestamp()) for seed in SEEDS]

    together = {frozenset(codes) for codes in kinds if len(codes) > 1 and codes <= WAITING}
    assert (set().union(*kinds) >= WAITING, len(together) >= 4) == (True, True)
