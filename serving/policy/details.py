"""Why here: the values behind a reason. Limits, counts, local times and short ids; never the sender's prose.

Of a text that was refused for its wording, only words that the patterns know are quoted (`serving.policy.quoting`).
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache

import numpy as np

from model.contracts import Reason
from serving.policy.advice import (
    ADVICE,
    advice,
    bad_zones,
    differing,
    evidence_end,
    left_page,
    own_end_passed,
    usable_until,
)
from serving.policy.columns import CHANGED, YES
from serving.policy.engine import FAILED, Ruling
from serving.policy.purposes import ANY, NEEDS_EARLIER_REQUEST, SERVICES
from serving.policy.reading import AHEAD, recorded
from serving.policy.reasons import POLICY_CODES, REASONS
from serving.policy.rules import UNTIL
from serving.policy.saying import Case, at, event_type, names, short, span
from serving.policy.text_details import GENERIC, PROMOTIONAL, step_lacks, template_lacks, text_lacks
from serving.policy.waivers import CAPS, ESSENTIAL_CAPS
from serving.policy.zones import zone

__all__ = ["DETAILS", "Case", "at", "explain", "failures", "short", "span"]

IN_WHAT = "it is in a language, or in signs, that only a person can judge"
WINDOWS = {"contacts_60m": "60 min", "contacts_24h": "24 h", "contacts_7d": "7 d"}


def explain(case: Case, codes: tuple[str, ...]) -> tuple[Reason, ...]:
    """Return the reasons for these codes of the policy, each with its detail and what would change it."""
    return tuple(_reason(case, code) for code in codes)


def failures(ruling: Ruling, row: int) -> tuple[str, ...]:
    """Return the filters that could not be judged on this row."""
    return tuple(POLICY_CODES[place] for place in np.flatnonzero(ruling.failed[:, row]))


def _reason(case: Case, code: str) -> Reason:
    if code in SAID_ALIKE:
        return _alike(code)
    until, would_change = UNTIL.get(code), advice(case, code)
    if until is not None:
        ends = at(case.until(until))
        when = "at an instant that is not known" if ends == "unknown" else f"from {ends}"
        would_change = would_change.replace("{until}", when)
    return Reason(code=code, outcome=REASONS[code].outcome, detail=DETAILS[code](case), would_change=would_change)


@cache
def _alike(code: str) -> Reason:
    """Return the reason that is said in the same words of every row."""
    entry = REASONS[code]
    return Reason(code=code, outcome=entry.outcome, detail=SAID_ALIKE[code], would_change=entry.would_change)


def _missing(case: Case) -> str:
    ref, event = case.candidate.evidence, case.context.evidence
    if ref is None:
        return "the candidate names no evidence"
    if event is None or recorded(case.candidate, case.context) is None:
        sought = "type" if ref.source is None else "type and source"
        several = ", or several sources recorded one" if ref.source is None else ""
        return f"no event of this {sought} with the id {short(ref.id)} is on record{several}"
    if event.time.timestamp() > case.c.instant + AHEAD:
        return f"the event lies in the future: {at(event.time.timestamp())}"
    if event.type in NEEDS_EARLIER_REQUEST:
        return f"{event_type(case)} proves nothing without their own earlier request or order, and none is on record"
    return f"{event_type(case)} lacks `remind_at` or `due_at`, as times with an offset"


def _stale(case: Case) -> str:
    ends, told = evidence_end(case), case.number("evidence_time")
    if not np.isnan(case.number("due_at")):
        return f"what {event_type(case)} reminds of was due at {at(ends)}"
    usable = span(case.until(usable_until) - told)
    return f"{event_type(case)} is {span(case.c.instant - told)} old; usable for {usable}, until {at(ends)}"


def _expired(case: Case) -> str:
    own, evidence = case.number("expires_at"), evidence_end(case)
    if own_end_passed(case):
        return f"the request's `expires_at` was {at(own)}"
    reminded = not np.isnan(case.number("due_at"))
    why = "the request's `expires_at`" if own <= evidence else "what is due then" if reminded else "its evidence's age"
    return f"the hold ends at {at(case.waits)}; the message may go out until {at(min(own, evidence))}, because of {why}"


def _superseded(case: Case) -> str:
    keys = differing(case)
    parts = ["a newer event about the same thing is on record"] if case.context.superseded is True else []
    parts += [f"the message and its evidence differ in {names(keys)}"] if keys else []
    parts += ["the customer has left that page"] if left_page(case) else []
    return "; ".join(parts)


def _clocks(case: Case) -> str:
    times = []
    for name in case.c.zones[case.row]:
        where = zone(name)
        if where is not None:
            times.append(f"{datetime.fromtimestamp(case.c.instant, where):%H:%M} in {name}")
    return " and ".join(times)


def _quiet(case: Case) -> str:
    start, end = case.limits.quiet_start, case.limits.quiet_end
    return (
        f"it is {_clocks(case)}; quiet hours are {start // 60:02d}:{start % 60:02d} to {end // 60:02d}:{end % 60:02d}"
    )


def _zone(case: Case) -> str:
    bad = bad_zones(case)
    if bad:
        sources = {"`user.timezone`": "`user.timezone` of the request"}
        return f"no IANA time zone: {' and '.join(sources.get(each, 'that of their preferences') for each in bad)}"
    if "timezone" in case.context.unknown:
        return "the customer's preferences, which may hold a time zone, could not be found out"
    return "no time zone is given, neither in the request nor in the customer's preferences"


def _caps(case: Case) -> str:
    limits = case.limits
    if case.candidate.channel == "widget":
        return f"{_messages(case.number('widget_messages'))} in this session, at most {limits.widget_per_session}"
    essential = case.number("mark") >= 1
    full = [
        f"{_messages(case.number(counts))} in the last {WINDOWS[counts]}, at most {getattr(limits, limit)}"
        for counts, limit, _ in (ESSENTIAL_CAPS if essential else CAPS)
        if case.number(counts) >= getattr(limits, limit)
    ]
    return f"{'; '.join(full)}{' of essential service' if essential else ''}"


def _messages(count: float) -> str:
    return f"{count:.0f} message{'' if count == 1 else 's'}"


def _soon(case: Case) -> str:
    if case.number("remind_at") > case.c.instant:
        return f"the customer asked to be reminded at {at(case.number('remind_at'))}"
    service, event, session = SERVICES.get(case.candidate.purpose), case.context.evidence, case.context.session
    tied = service is not None and service.on_page and event is not None and event.type != "session.started"
    where = "on the page" if tied and session is not None and session.page_since is not None else "in the session"
    here = max(case.c.instant - case.number("settled_since"), 0.0)
    return f"{where} for {span(here)}; at least {case.limits.dwell_seconds} s"


def _failed(case: Case) -> str:
    which = ", ".join(f"`{code}`" for code in case.failed) or "every filter"
    return f"{which} could not be judged: an input is unknown or unreadable"


def _channel(case: Case) -> str:
    service = SERVICES.get(case.candidate.purpose)
    if case.candidate.channel in case.limits.channels_off:
        return f"`{case.candidate.channel}` is switched off in the configuration"
    if service is not None and service.until_due:
        return f"the customer asked for {', '.join(sorted(case.context.requested_channels & ANY)) or 'no channel'}"
    allowed = [] if service is None else sorted(service.channels - case.limits.channels_off)
    return f"the purpose appears on {', '.join(allowed)}" if allowed else "not a channel of this deployment"


def _awaits(case: Case) -> str:
    if case.says("approval", CHANGED):
        return "the template changed since its approval" if case.says("templated", YES) else "this text is not approved"
    what = "the template is" if case.says("templated", YES) else "this text is"
    return f"{what} not approved" + ("" if case.says("judged", YES) else f"; {IN_WHAT}")


def _said(text: str) -> Callable[[Case], str]:
    return lambda _: text


SAID: Mapping[str, str] = {  # whatever the row
    "purpose_unknown": f"the purpose is none of {', '.join(SERVICES)}",
    "already_told": "this customer was told exactly this",
    "consent_missing": "no consent to this channel is on record",
    "opted_out": "the customer opted out of this channel",
    "session_missing": "the customer has no live session of this id (ended, or 30 min without an event)",
    "not_their_session": "the session is not this customer's, or the evidence did not happen in it",
    "contradicts_history": "no newcomer: a visit, a conversation or a message of ours is on record",
    "complaint_open": "a complaint of this customer is open",
    "conversation_open": "a conversation with this customer is open",
    "breaker_open": "far more of this template went out within an hour than it usually does",
}
SAID_ALIKE = {code: text for code, text in SAID.items() if code not in ADVICE and code not in UNTIL}  # with what to do
DETAILS: Mapping[str, Callable[[Case], str]] = {code: _said(text) for code, text in SAID.items()} | {
    "purpose_is_marketing": lambda case: f"`{case.candidate.purpose}` is marketing",
    "purpose_switched_off": lambda case: f"`{case.candidate.purpose}` is switched off in the configuration",
    "evidence_missing": _missing,
    "evidence_wrong_type": lambda case: f"{event_type(case)} does not prove `{case.candidate.purpose}`",
    "evidence_of_another_customer": lambda case: (
        f"{event_type(case)} is not about customer {short(case.candidate.user_id)}"
    ),
    "evidence_stale": _stale,
    "expired": _expired,
    "fact_superseded": _superseded,
    "customer_already_knows": lambda case: (
        f"they wrote at {at(case.number('last_inbound'))}, the event is of {at(case.number('evidence_time'))}"
    ),
    "promotional_wording": PROMOTIONAL,
    "generic_wording": GENERIC,
    "facts_missing": text_lacks,
    "next_step_missing": step_lacks,
    "template_not_approved": template_lacks,
    "channel_not_allowed": _channel,
    "timezone_unknown": _zone,
    "dismissed": lambda case: (
        f"dismissed at {at(case.number('dismissed_at'))}, remembered for {case.limits.dismissal_days} d"
    ),
    FAILED: _failed,
    "quiet_hours": _quiet,
    "frequency_cap": _caps,
    "cooling_off": lambda case: (
        f"last complaint at {at(case.number('last_complaint'))}; cooling-off is {case.limits.cooling_off_days} d"
    ),
    "too_soon": _soon,
    "awaiting_approval": _awaits,
}
