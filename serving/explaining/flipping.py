"""The smallest change that turns a refusal of the policy into a yes: found and proved by ruling again.

Every refusal is independent: each input behind one must change. What an input hides (nothing is asked about an event
that is not there) shows itself when the changed occasion is ruled again. At the end whatever can be left out is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

import numpy as np

from model.contracts import Channel
from serving.explaining.case import Case, clocks, instant
from serving.explaining.figures import second
from serving.explaining.inputs import CHANNEL, NOT_KNOWN, ORDER, Asked, behind, changed, lacking, named
from serving.policy.advice import advice
from serving.policy.columns import YES, Columns
from serving.policy.details import at as shown_at
from serving.policy.details import failures
from serving.policy.engine import FAILED, rule
from serving.policy.purposes import ESSENTIAL, SERVICES
from serving.policy.reasons import REASONS
from serving.policy.rules import FILTERS, UNTIL
from serving.policy.saying import Case as Told

ROUNDS = 32  # every round names another input or waits
TIME = "time"
MARKETING, UNKNOWN_WORD, NO_CHANNEL = "purpose_is_marketing", "purpose_unknown", "channel_not_allowed"
READS = {each.code: each.reads for each in FILTERS}
SEND, SECOND_QUESTION = "send", "second_question"
NAMED = {"opted_out": "the customer not having opted out", "expired": "a later `expires_at`"}
UNDATED = "at an instant that is not known"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One input that would have to change, the codes that it lies behind, and what to do."""

    input: str
    codes: tuple[str, ...]
    change: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Flip:
    """The smallest change: `leads_to` is the action, or that the second question would then be asked.

    `until` is how long to wait where time is one of the changes. `others` are further single changes that do the same.
    """

    leads_to: str
    changes: tuple[Change, ...]
    until: datetime | None = None
    others: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class NoFlip:
    """Why no change is named."""

    why: str


@dataclass(frozen=True, slots=True)
class Plan:
    """Which inputs change, each with its codes, and how long to wait (`waits`: for the ends of which codes)."""

    case: Case
    given: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    at: datetime | None = None
    waits: tuple[str, ...] = ()

    def parts(self) -> tuple[str, ...]:
        """Name what changes, in the order in which it is made."""
        inputs = sorted(self.given, key=lambda name: ORDER.index(name) if name in ORDER else len(ORDER))
        return (*inputs, *((TIME,) if self.waits else ()))

    def without(self, part: str) -> "Plan":
        """Leave one change out."""
        if part == TIME:
            return replace(self, at=None, waits=())
        return replace(self, given={name: codes for name, codes in self.given.items() if name != part})

    def asked(self) -> Asked:
        """Return what the filters are asked once all of it has changed."""
        case = self.case if self.at is None else self.case.later(self.at)
        asked = Asked(case.columns(), case.policy.limits)
        for name in self.parts():
            if name in self.given:
                asked = changed(asked, name, self.given[name], case.candidate)
        return asked

    def refused(self) -> tuple[str, ...]:
        """Return the codes that still refuse."""
        asked = self.asked()
        return rule(asked.c, asked.limits, FILTERS).codes(0)


def flip_of(case: Case) -> Flip | NoFlip:
    """Return the smallest change that makes every filter pass, or why none is named."""
    columns, refused = case.columns(), Plan(case).refused()
    if columns.readable[0] != YES:
        return NoFlip("the recorded inputs cannot be read")
    if MARKETING in refused:
        return NoFlip(REASONS[MARKETING].would_change)
    if UNKNOWN_WORD in refused:
        purpose = _purpose(case)
        return _after(UNKNOWN_WORD, "purpose", purpose, flip_of(_as_purpose(case, purpose)))
    if NO_CHANNEL in refused and _input(NO_CHANNEL, columns) == CHANNEL:
        found = [_after(NO_CHANNEL, CHANNEL, word, flip_of(_on(case, word))) for word in _channels(case)]
        flips = [each for each in found if isinstance(each, Flip)]
        if flips:
            return min(flips, key=lambda each: len(each.changes))
    plan = _closed(case)
    return NoFlip("no change of these inputs would do under this policy") if plan is None else _flip(_least(plan))


def _as_purpose(case: Case, word: str) -> Case:
    return replace(case, candidate=replace(case.candidate, purpose=word))


def _on(case: Case, word: str) -> Case:
    """Send it on another channel: what is on record of consent was about the first."""
    unknown = case.context.unknown | {"consent"}
    return replace(
        case, candidate=replace(case.candidate, channel=word), context=replace(case.context, unknown=unknown)
    )


def _after(code: str, name: str, word: str, rest: Flip | NoFlip) -> Flip | NoFlip:
    """Put a change of the sender's own word before what else has to change then."""
    if isinstance(rest, NoFlip):
        return rest
    first = Change(input=name, codes=(code,), change=f"{REASONS[code].would_change}: for example `{word}`")
    return replace(rest, changes=(first, *rest.changes))


def _purpose(case: Case) -> str:
    """Return the purpose that the evidence proves, else the template's, else the first of the nine."""
    event, template = case.context.evidence, case.policy.templates.get(case.candidate.message.template or "")
    proved = [] if event is None else [word for word, service in SERVICES.items() if event.type in service.evidence]
    return str([*proved, *([] if template is None else [template.purpose]), *SERVICES][0])


def _channels(case: Case) -> list[str]:
    """Return the other channels on which this purpose may appear here."""
    service = SERVICES.get(case.candidate.purpose)
    allowed = frozenset(Channel) if service is None else service.channels
    if service is not None and service.until_due:
        allowed &= frozenset(word for word in Channel if word in case.context.requested_channels)
    return [str(word) for word in Channel if word in allowed - case.policy.limits.channels_off]


def _closed(case: Case) -> Plan | None:
    """Change what refuses, then wait for what time lifts, until nothing refuses; None where that leads nowhere."""
    plan = Plan(case)
    for _ in range(ROUNDS):
        step = _step(plan)
        if step is None or step == plan:
            return step
        plan = step
    return None


def _step(plan: Plan) -> Plan | None:
    """Return the plan with what is lacking now; the same plan where nothing is; None where nothing helps."""
    asked = plan.asked()
    ruling = rule(asked.c, asked.limits, FILTERS)
    codes = ruling.codes(0)
    ends = {code: _end(code, asked) for code in codes}
    given = dict(plan.given)
    for code in codes:
        names = _unknown(failures(ruling, 0), asked) if code == FAILED else _behind(code, ends[code], asked)
        for name in names:
            if code in given.get(name, ()):
                return None  # it was changed, and refuses all the same
            given[name] = (*given.get(name, ()), code)
        if not names and ends[code] is None:
            return None
    if given != plan.given or not codes:
        return replace(plan, given=given)
    last = max(end for end in ends.values() if end is not None)
    return replace(plan, at=instant(last), waits=tuple(dict.fromkeys((*plan.waits, *codes))))


def _end(code: str, asked: Asked) -> float | None:
    """Return when time lifts this refusal, in epoch seconds, or None where that is not known."""
    if code not in UNTIL:
        return None
    end = float(UNTIL[code](asked.c, asked.limits, np.array([asked.c.instant]))[0])
    return end if end > asked.c.instant and shown_at(end) != "unknown" else None


def _behind(code: str, end: float | None, asked: Asked) -> list[str]:
    """Name the input behind this refusal; none where only time is, or where there is none."""
    name = _input(code, asked.c) if end is None else None
    return [] if name is None else [name]


def _input(code: str, c: Columns) -> str | None:
    found = behind(code, c)
    return None if found is None else found[0]


def _unknown(failed: tuple[str, ...], asked: Asked) -> list[str]:
    """Name the inputs without which these filters could not be judged."""
    lacks = [lacking(READS[code], asked.c) for code in failed]
    return [NOT_KNOWN + column for column in dict.fromkeys(name for names in lacks for name in names)]


def _least(plan: Plan) -> Plan:
    """Leave out whatever is not needed; what is left is needed, each by itself."""
    for part in plan.parts():
        trial = plan.without(part)
        if not trial.refused():
            plan = trial
    return plan


def _flip(plan: Plan) -> Flip:
    asked, case = plan.asked(), plan.case
    told = Told(case.candidate, case.context, case.columns(), case.policy)
    changes = [
        Change(input=name, codes=plan.given[name], change=_said(name, plan.given[name], told))
        for name in plan.parts()
        if name in plan.given
    ]
    if plan.at is not None:
        local = clocks(plan.at, asked.c.zones[0])
        wait = f"waiting until {second(plan.at)}{local and f' ({local})'}"
        changes.append(Change(input=TIME, codes=plan.waits, change=wait))
    leads_to = SEND if asked.c.mark[0] >= ESSENTIAL else SECOND_QUESTION
    return Flip(leads_to=leads_to, changes=tuple(changes), until=plan.at)


def _said(name: str, codes: tuple[str, ...], told: Told) -> str:
    """Say what has to change: as the reasons say it, but for what nobody can bring about, which is only named."""
    each = dict.fromkeys(NAMED.get(code) or advice(told, code) for code in codes)
    words = "; ".join(each).replace("{until}", UNDATED)
    return f"{words}: `{named(name.removeprefix(NOT_KNOWN))}`" if name.startswith(NOT_KNOWN) else words
