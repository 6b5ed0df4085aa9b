"""Why here: the values behind a reason. Limits, counts, local times and short ids; never the sender's prose."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from model.contracts import Candidate, Context, Reason
from serving.policy.columns import Columns
from serving.policy.engine import FAILED, Ruling
from serving.policy.evidence import evidence_ends
from serving.policy.facts import same
from serving.policy.limits import Limits
from serving.policy.plain import unproved
from serving.policy.purposes import ANY, EVENT_TYPES, SERVICES
from serving.policy.reasons import POLICY_CODES, REASONS
from serving.policy.rules import UNTIL
from serving.policy.zones import FIRST, LAST, zone

SHORT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,39}")


@dataclass(frozen=True, slots=True)
class Case:
    """One row with everything that its explanation may draw on."""

    candidate: Candidate
    context: Context
    c: Columns  # one row
    limits: Limits
    failed: tuple[str, ...]

    def number(self, name: str) -> float:
        """Return this row's value of a column."""
        return float(getattr(self.c, name)[0])


def explain(case: Case, codes: tuple[str, ...]) -> tuple[Reason, ...]:
    """Return the reasons for these codes of the policy, each with its detail and what would change it."""
    return tuple(_reason(case, code) for code in codes)


def failures(ruling: Ruling, row: int) -> tuple[str, ...]:
    """Return the filters that could not be judged on this row."""
    return tuple(POLICY_CODES[place] for place in np.flatnonzero(ruling.failed[:, row]))


def short(value: str | None) -> str:
    """Return an id in backticks, or say that it is not one."""
    return f"`{value}`" if isinstance(value, str) and SHORT.fullmatch(value) else "(not shown)"


def at(seconds: float) -> str:
    """Return an instant as text, to the second; what no calendar shows is `unknown`."""
    if not FIRST <= seconds <= LAST:
        return "unknown"
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def span(seconds: float) -> str:
    """Return a duration in its largest fitting unit."""
    for unit, size in (("d", 86_400), ("h", 3600), ("min", 60)):
        if abs(seconds) >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} s"


def _reason(case: Case, code: str) -> Reason:
    entry = REASONS[code]
    until = UNTIL.get(code)
    ends = float("nan") if until is None else float(until(case.c, case.limits, np.array([case.c.now]))[0])
    when = "at an instant that is not known" if at(ends) == "unknown" else f"from {at(ends)}"
    return Reason(
        code=code,
        outcome=entry.outcome,
        detail=DETAILS[code](case),
        would_change=entry.would_change.replace("{until}", when),
    )


def _missing(case: Case) -> str:
    ref, event = case.candidate.evidence, case.context.evidence
    if ref is None:
        return "the candidate names no evidence"
    if event is None:
        return f"no single recorded event of this type has the id {short(ref.id)}"
    if event.time.timestamp() > case.c.now:
        return f"the event lies in the future: {at(event.time.timestamp())}"
    return f"{_type(case)} lacks what the purpose needs of it: `remind_at` and `due_at`, or their earlier request"


def _type(case: Case) -> str:
    event = case.context.evidence
    known = event is not None and str(event.type) in EVENT_TYPES  # a list, say, could not be looked up
    return f"`{event.type}`" if event is not None and known else "an event of an unlisted type"


def _stale(case: Case) -> str:
    age = case.c.now - case.number("evidence_time")
    ends = float(evidence_ends(case.c, case.limits)[0])
    return f"{_type(case)} is {span(age)} old; it was usable until {at(ends)}"


def _superseded(case: Case) -> str:
    if case.context.superseded:
        return "a newer event about the same thing is on record"
    data = {} if case.context.evidence is None else case.context.evidence.data
    stated = case.candidate.message.facts
    keys = [short(key) for key in stated if key in data and not same(stated[key], data[key])]
    return f"the message and its evidence differ in {', '.join(keys)}" if keys else "the customer has left that page"


def _clocks(case: Case) -> str:
    times = []
    for name in case.c.zones[0]:
        where = zone(name)
        if where is not None:
            times.append(f"{datetime.fromtimestamp(case.c.now, where):%H:%M} in {name}")
    return " and ".join(times)


def _quiet(case: Case) -> str:
    start, end = case.limits.quiet_start, case.limits.quiet_end
    return (
        f"it is {_clocks(case)}; quiet hours are {start // 60:02d}:{start % 60:02d} to {end // 60:02d}:{end % 60:02d}"
    )


def _caps(case: Case) -> str:
    limits = case.limits
    if case.candidate.channel == "widget":
        shown = case.number("widget_messages")
        return f"{shown:.0f} widget messages in this session of at most {limits.widget_per_session}"
    hour, day, week = (case.number(f"contacts_{window}") for window in ("60m", "24h", "7d"))
    sent = f"{hour:.0f} contacts in 60 min, {day:.0f} in 24 h, {week:.0f} in 7 d"
    if case.c.mark[0] >= 1:
        return f"{sent}; essential service has at most {limits.essential_24h} in 24 h"
    return f"{sent}; at most {limits.contacts_60m}, {limits.contacts_24h} and {limits.contacts_7d}"


def _soon(case: Case) -> str:
    if case.number("remind_at") > case.c.now:
        return f"the customer asked to be reminded at {at(case.number('remind_at'))}"
    here = case.c.now - case.number("settled_since")
    return f"{span(here)} on the page or in the session of at least {case.limits.dwell_seconds} s"


def _failed(case: Case) -> str:
    which = ", ".join(f"`{code}`" for code in case.failed) or "every filter"
    return f"{which} could not be judged: an input is unknown or unreadable"


def _facts(case: Case) -> str:
    event = case.context.evidence
    odd = () if event is None or case.c.found[0] != 1 else unproved(case.candidate.message.facts, event.data)
    if odd:
        return f"{', '.join(map(short, odd))} is not a name in its evidence and no plain value"
    if case.c.complete[0] == 1:
        return "the text says none of the facts of its evidence"
    known = case.candidate.message.template is None or case.c.same_purpose[0] == 1
    return (
        "a fact is missing, of the wrong type or too long, or a place is unfilled" if known else "there is no such text"
    )


def _template(case: Case) -> str:
    named = f"template {short(case.candidate.message.template)}"
    return f"{named} is not approved" if case.c.same_purpose[0] == 1 else f"{named} does not exist for this purpose"


def _channel(case: Case) -> str:
    service = SERVICES.get(case.candidate.purpose)
    if service is not None and service.until_due:
        return f"the customer asked for {', '.join(sorted(case.context.requested_channels & ANY)) or 'no channel'}"
    allowed = [] if service is None else sorted(service.channels - case.limits.channels_off)
    return f"the purpose appears on {', '.join(allowed)}" if allowed else "not a channel of this deployment"


def _said(text: str) -> Callable[[Case], str]:
    return lambda _: text


DETAILS: Mapping[str, Callable[[Case], str]] = {
    "purpose_is_marketing": lambda case: f"`{case.candidate.purpose}` is marketing",
    "purpose_unknown": _said(f"the purpose is none of {', '.join(SERVICES)}"),
    "purpose_switched_off": lambda case: f"`{case.candidate.purpose}` is switched off in the configuration",
    "evidence_missing": _missing,
    "evidence_wrong_type": lambda case: f"{_type(case)} does not prove `{case.candidate.purpose}`",
    "evidence_of_another_customer": lambda case: f"{_type(case)} is not about customer {short(case.candidate.user_id)}",
    "evidence_stale": _stale,
    "expired": lambda case: f"the candidate's expiry was {at(case.number('expires_at'))}",
    "fact_superseded": _superseded,
    "already_told": _said("this customer was told exactly this"),
    "customer_already_knows": lambda case: (
        f"they wrote at {at(case.number('last_inbound'))}, the event is of {at(case.number('evidence_time'))}"
    ),
    "promotional_wording": _said("the text says what only marketing says"),
    "generic_wording": _said("the text could be said to anybody"),
    "facts_missing": _facts,
    "next_step_missing": _said("the purpose expects a reply and the message names no next step"),
    "template_not_approved": _template,
    "channel_not_allowed": _channel,
    "consent_missing": _said("no consent to this channel is on record"),
    "opted_out": _said("the customer opted out of this channel"),
    "timezone_unknown": _said("no time zone is known, or a given one does not exist"),
    "session_missing": _said("the customer has no live session of this id (ended, or 30 min without an event)"),
    "not_their_session": _said("the session is not this customer's, or the evidence did not happen in it"),
    "contradicts_history": _said("the customer has been here before"),
    "dismissed": lambda case: (
        f"dismissed at {at(case.number('dismissed_at'))}, remembered for {case.limits.dismissal_days} d"
    ),
    FAILED: _failed,
    "quiet_hours": _quiet,
    "frequency_cap": _caps,
    "cooling_off": lambda case: (
        f"last complaint at {at(case.number('last_complaint'))}; cooling-off is {case.limits.cooling_off_days} d"
    ),
    "complaint_open": _said("a complaint of this customer is open"),
    "conversation_open": _said("a conversation with this customer is open"),
    "too_soon": _soon,
    "awaiting_approval": lambda case: (
        "the template changed since its approval" if case.c.templated[0] == 1 else "this text is not approved"
    ),
    "breaker_open": _said("far more of this template went out within an hour than it usually does"),
}
