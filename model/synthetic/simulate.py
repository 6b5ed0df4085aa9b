"""Let the days pass: who is eligible, who is contacted, what follows. Every chance was drawn beforehand.

Because the draws are made per occasion and not in passing, the same world can be run again with one assignment changed:
that is how the tests check the stated truth against two runs that differ in nothing else.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from model.history import DAY, FEATURES, history_features
from model.synthetic.chance import OptOut, Script
from model.synthetic.customers import Bools, Floats
from model.synthetic.effects import contact_odds, tired_gain, tired_opt_out
from model.synthetic.purposes import CRITICAL, KINDS

COOLING_OFF = 14 * DAY  # seconds after a complaint in which nothing discretionary is considered
CAPS = ((1, 3_600), (2, 86_400), (5, 604_800))  # contacts, within seconds: the default limits of CONTRACT section 6
AS_DRAWN: Mapping[int, bool] = MappingProxyType({})
_CONTACTS_7D = FEATURES.index("contacts_7d")


@dataclass(frozen=True, slots=True)
class Run:
    """What happened: one entry per occasion of the schedule (`kept` False: filtered out), and the raw streams."""

    kept: Bools
    contacted: Bools
    propensity: Floats  # NaN where essential
    history: Floats  # (n, len(FEATURES)), as of the decision
    engagements: list[tuple[int, int]]  # customer, epoch second
    complaints: list[tuple[int, int]]
    opt_outs: list[OptOut]


@dataclass(frozen=True, slots=True)
class _Past:
    """One customer's record while the days pass; it holds the future too, which every reader must ignore."""

    contacts: list[int]
    engagements: list[int]
    complaints: list[int]
    opt_outs: list[OptOut]


def simulate(script: Script, *, forced: Mapping[int, bool] = AS_DRAWN) -> Run:
    """Run the world; `forced` fixes the assignment of some occasions (by index) and leaves every chance as drawn."""
    n, chance = len(script.plan.time), script.chance
    run = Run(
        np.zeros(n, dtype=bool),
        np.zeros(n, dtype=bool),
        np.full(n, np.nan),
        np.full((n, len(FEATURES)), np.nan),
        [(c, t) for c, times in chance.engagements.items() for t in times],
        [(c, t) for c, times in chance.complaints.items() for t in times],
        [(c, t, -1, None) for c, times in chance.opt_outs.items() for t in times],
    )
    past, current = _Past([], [], [], []), -1
    for i, customer in enumerate(script.plan.customer.tolist()):
        if customer != current:
            current, past = customer, _begin(script, customer)
        if not _eligible(script, i, past):
            continue
        _decide(run, i, past, script, forced)
        if not KINDS[script.plan.kind[i]].essential:
            _follow(run, i, past, script)
    return run


def _begin(script: Script, customer: int) -> _Past:
    """Open a customer's record with their unprompted acts."""
    chance = script.chance
    opt_outs: list[OptOut] = [(customer, t, -1, None) for t in chance.opt_outs.get(customer, ())]
    return _Past([], list(chance.engagements.get(customer, ())), list(chance.complaints.get(customer, ())), opt_outs)


def _eligible(script: Script, i: int, past: _Past) -> bool:
    """Whether the hard filters let this occasion pass: opt-outs, and, unless essential, cooling-off and the caps."""
    plan = script.plan
    kind, now, channel = KINDS[plan.kind[i]], int(plan.time[i]), str(plan.channel[i])
    if kind.event in CRITICAL:
        return True
    if any(t < now and where in (None, channel) for _, t, _, where in past.opt_outs):
        return False
    if kind.essential:
        return True
    capped = any(sum(now - t < window for t in past.contacts) >= most for most, window in CAPS)
    return not capped and not any(0 < now - t < COOLING_OFF for t in past.complaints)


def _decide(run: Run, i: int, past: _Past, script: Script, forced: Mapping[int, bool]) -> None:
    """Log the features as of now, then the assignment."""
    now = int(script.plan.time[i])
    seen = history_features(
        now,
        contacts=past.contacts,
        engagements=past.engagements,
        complaints=past.complaints,
        opt_outs=[t for _, t, _, _ in past.opt_outs],
    )
    run.kept[i] = True
    run.history[i] = list(seen.values())
    if KINDS[script.plan.kind[i]].essential:
        run.contacted[i] = True
    else:
        run.propensity[i] = _propensity(script, i, seen)
        run.contacted[i] = forced.get(i, script.chance.contact[i] < run.propensity[i])
    if run.contacted[i]:
        past.contacts.append(now)


def _propensity(script: Script, i: int, seen: dict[str, float]) -> float:
    """P(contacted | features): the constant, or for `confounded` the habit of an old rule that favours the lively."""
    if script.propensity is not None:
        return script.propensity
    people, customer = script.people, int(script.plan.customer[i])
    lively = 0.8 * (people.plan[customer] == "pro") + 0.8 * (people.age_group[customer] == "18-29")
    muted = 1.0 * people.notifications_muted[customer]
    return contact_odds(-0.6 + float(lively - muted) + 0.6 * seen["engagements_30d"] - 0.4 * seen["contacts_7d"])


def _follow(run: Run, i: int, past: _Past, script: Script) -> None:
    """Let the occasion's own outcomes happen, each at its own time."""
    plan, rates, chance = script.plan, script.rates, script.chance
    customer, now, contacted = int(plan.customer[i]), int(plan.time[i]), bool(run.contacted[i])
    recent = float(run.history[i, _CONTACTS_7D])
    gain = tired_gain(float(rates.engage_gain[i]), recent) if contacted else 0.0
    if chance.engage[i] < rates.engage[i] + gain:
        past.engagements.append(now + int(chance.engaged_after[i]))
        run.engagements.append((customer, past.engagements[-1]))
    if chance.complain[i] < (rates.complain_contacted[i] if contacted else rates.complain[i]):
        past.complaints.append(now + int(chance.complained_after[i]))
        run.complaints.append((customer, past.complaints[-1]))
    if contacted and chance.opt_out[i] < tired_opt_out(float(rates.opt_out[i]), recent):
        past.opt_outs.append((customer, now + int(chance.opted_out_after[i]), i, str(plan.channel[i])))
        run.opt_outs.append(past.opt_outs[-1])
