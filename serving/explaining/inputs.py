"""Which input lies behind a refusal, and what passes there: so that a change can be made and decided again.

One input may lie behind several codes: one event behind seven, the sender's text behind four. Behind a refusal whose
filter knows when it ends lies time, which `serving.explaining.flipping` lets pass; what stands here for such a code is
for an end that no calendar knows.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np

from model.contracts import Candidate, Purpose
from serving.policy.columns import APPROVED, NAN, NEVER, NO, NO_END, NOT_APPROVED, YES, Columns
from serving.policy.limits import Limits
from serving.policy.purposes import PURPOSE_INDEX, mark_of
from serving.policy.reading import AHEAD
from serving.policy.values import FLAG_OF, NUMBER_OF, ON_PAGE_AGE


@dataclass(frozen=True, slots=True)
class Asked:
    """What the filters are asked: one row, under these limits."""

    c: Columns
    limits: Limits


Value = float | Callable[[Asked], float]
Passing = Mapping[str, Value]  # column → the value with which its filter passes, all else as it was

CHANNEL = "channel"
NOT_KNOWN = "not known: "  # before a column that has to become known
ONBOARDING, REMINDER = PURPOSE_INDEX[Purpose.ONBOARDING], PURPOSE_INDEX[Purpose.REQUESTED_REMINDER]


def _now(asked: Asked) -> float:
    return asked.c.instant


def _newest(asked: Asked) -> float:
    """Return when an event happens that is newer than what the customer wrote, as far ahead as an event may lie."""
    return float(np.fmax(asked.c.instant, min(asked.c.last_inbound[0], asked.c.instant + AHEAD)))


def _awake(column: str) -> Callable[[Asked], float]:
    """Return the first minute after quiet hours, for a clock that is known."""
    return lambda asked: NAN if np.isnan(getattr(asked.c, column)[0]) else asked.limits.quiet_end


_NEW: Passing = {"evidence_time": _now, "due_at": NAN}
_EVENT: Passing = {"found": YES, "fits": YES, "theirs": YES, "remind_at": NEVER, **_NEW}
BEHIND: Mapping[str, tuple[str, Passing]] = MappingProxyType(
    {
        "purpose_switched_off": ("configuration", {}),
        "evidence_missing": ("evidence", _EVENT),
        "evidence_wrong_type": ("evidence", {"fits": YES}),
        "evidence_of_another_customer": ("evidence", {"theirs": YES}),
        "evidence_stale": ("evidence", _NEW),
        "fact_superseded": ("evidence", {"superseded": NO, "outdated": NO}),
        "already_told": ("evidence", {"already_told": NO}),
        "customer_already_knows": ("evidence", {**_NEW, "evidence_time": _newest}),
        "expired": ("expiry", {"expires_at": NO_END}),
        "promotional_wording": ("message", {"promotional": NO}),
        "generic_wording": ("message", {"generic": NO}),
        "facts_missing": ("message", {"complete": YES, "grounded": YES}),
        "next_step_missing": ("message", {"next_step": YES}),
        "template_not_approved": ("approval", {"approval": APPROVED, "same_purpose": YES}),
        "awaiting_approval": ("approval", {"approval": APPROVED}),
        "channel_not_allowed": (CHANNEL, {"allowed": YES}),
        "consent_missing": ("consent", {"consent": YES}),
        "opted_out": ("opt_out", {"opted_out": NO}),
        "timezone_unknown": ("time_zone", {"zoned": YES}),
        "session_missing": ("session", {"live": YES}),
        "not_their_session": ("session", {"own": YES}),
        "contradicts_history": ("history", {"returning": NO}),
        "quiet_hours": ("clock", {"minute": _awake("minute"), "minute_too": _awake("minute_too")}),
        "frequency_cap": ("contacts", {"contacts_60m": 0, "contacts_24h": 0, "contacts_7d": 0}),
        "cooling_off": ("complaint", {"last_complaint": NEVER}),
        "dismissed": ("dismissal", {"dismissed_at": NEVER}),
        "too_soon": ("patience", {"remind_at": NEVER, "settled_since": NEVER}),
        "complaint_open": ("complaint", {"complaint_open": NO}),
        "conversation_open": ("conversation", {"conversation_open": NO}),
        "breaker_open": ("breaker", {"breaker_open": NO}),
    }
)
ORDER = tuple(dict.fromkeys(name for name, _ in BEHIND.values()))  # the message comes before its approval

# What is hoped of an input that is unknown: that it says nothing against the message.
HOPED: Passing = MappingProxyType(
    {
        **dict.fromkeys(("fits", "theirs", "allowed"), YES),
        **dict.fromkeys(("superseded", "outdated", "already_told", "promotional", "generic", "opted_out"), NO),
        **dict.fromkeys(("returning", "complaint_open", "conversation_open", "breaker_open"), NO),
        **dict.fromkeys(("contacts_60m", "contacts_24h", "contacts_7d", "widget_messages"), 0),
        **dict.fromkeys(("last_inbound", "last_complaint", "dismissed_at"), NEVER),
        "expires_at": NO_END,
        "live": NO,  # a chat outside of any session
    }
)
_SAID_AS = {column: name for name, column in (FLAG_OF | NUMBER_OF | {"session": "live"}).items()}


def behind(code: str, c: Columns) -> tuple[str, Passing] | None:
    """Return the input behind a refusal on this row with what passes there; None where none can be named."""
    if code == "contradicts_history" and c.purpose[0] != ONBOARDING:
        return "message", {"newcomer": NO}
    if code == "frequency_cap" and c.widget_messages[0] >= 0:
        return "session", {"widget_messages": 0}
    if code == "fact_superseded" and c.superseded[0] != YES:
        return "message", {"outdated": NO}  # nothing newer is known: the message says something else than its evidence
    if code == "template_not_approved" and c.same_purpose[0] != YES:
        return "message", {"same_purpose": YES, "approval": APPROVED}  # no approval helps: another template does
    if code == "channel_not_allowed" and c.purpose[0] == REMINDER and c.found[0] != YES:
        return "evidence", {"allowed": YES}  # the event says on which channels they asked for it
    return BEHIND.get(code)


def named(column: str) -> str:
    """Return the name under which people know an input that is unknown."""
    return _SAID_AS.get(column, column)


def lacking(reads: tuple[str, ...], c: Columns) -> tuple[str, ...]:
    """Return the inputs among these that are unknown on this row and could become known."""
    return tuple(name for name in reads if name in HOPED and bool(c.unknown(name)[0]))


def changed(asked: Asked, name: str, codes: tuple[str, ...], candidate: Candidate) -> Asked:
    """Return what the filters are asked once this input was changed so that these codes pass."""
    if name == "configuration":
        switched_off = asked.limits.switched_off - {candidate.purpose}
        return replace(asked, limits=replace(asked.limits, switched_off=switched_off))
    if name.startswith(NOT_KNOWN):
        column = name.removeprefix(NOT_KNOWN)
        return filled(asked, {column: HOPED[column]})
    values: dict[str, Value] = {}
    for code in codes:
        found = behind(code, asked.c)
        values |= {} if found is None else found[1]
    if "evidence_missing" in codes and candidate.evidence is not None:
        values |= _marked(asked.c, candidate.purpose, candidate.evidence.type)
    if name == "message" and asked.c.templated[0] == NO and (asked.c.outbound[0] == YES or asked.c.judged[0] == NO):
        values["approval"] = NOT_APPROVED  # another free text is one that nobody has approved yet
    return filled(asked, values)


def _marked(c: Columns, purpose: str, kind: str) -> Passing:
    """Return what the named evidence waives once it is on record."""
    mark = mark_of(purpose, kind)
    return {"mark": mark, "ages_as": ON_PAGE_AGE if c.ages_as[0] == ON_PAGE_AGE else mark}


def filled(asked: Asked, values: Passing) -> Asked:
    """Return the row with these values in its columns."""
    arrays: dict[str, Any] = {
        name: np.full_like(getattr(asked.c, name), value(asked) if callable(value) else value)
        for name, value in values.items()
    }
    return replace(asked, c=replace(asked.c, **arrays))
