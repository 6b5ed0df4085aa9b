"""What each code refuses, once more and from the contract alone: where a filter must say no to inputs that are known.

Written for reading, not for speed, and not taken from the filters that are checked: each is compared with its line here
at every place of its grid, under every class of every limit that either of them reads (`serving.verify.promises`).
What is unknown is not said here: that is `demands.DEMANDS`.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from serving.policy.columns import NO, YES, Columns, Mask
from serving.policy.limits import Limits
from serving.verify.demands import ESSENTIAL, ONBOARDING, WIDGET_PLACE
from serving.verify.evidence import ON_A_PAGE, PROVES

Refused = Callable[[Columns, Limits], Any]  # known inputs in, where the code says no out
PURPOSES, CHANNELS = tuple(PROVES), ("chat", "widget", "push", "sms", "email", "whatsapp")  # in the contract's order
SILENT, IN_SESSION_HELP = PURPOSES.index("progress_update"), PURPOSES.index("in_session_help")
MARKETING, NO_PURPOSE, NO_CHANNEL = -2, -1, -1
APPROVED, CHANGED = 1, 2
MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0


def _age(c: Columns, limits: Limits) -> Any:
    """Return the seconds after which evidence is stale."""
    essential = np.where(c.ages_as >= ESSENTIAL, limits.essential_hours, limits.evidence_hours) * HOUR
    return np.where(c.ages_as == ON_A_PAGE, limits.widget_minutes * MINUTE, essential)


def _stale(c: Columns, limits: Limits) -> Any:
    dated = ~np.isnan(c.due_at)
    return (c.found == YES) & np.where(dated, c.due_at <= c.now, c.now - c.evidence_time >= _age(c, limits))


def _unapproved(c: Columns, _: Limits) -> Any:
    return (c.templated == YES) & (((c.approval != APPROVED) & (c.approval != CHANGED)) | (c.same_purpose != YES))


def _awaited(c: Columns, _: Limits) -> Any:
    text = (c.templated != YES) & (c.outbound == YES) & (c.approval != APPROVED)
    unread = (c.judged != YES) & (c.approval != APPROVED)
    return text | unread | ((c.templated == YES) & (c.approval == CHANGED))


def _without_session(c: Columns, _: Limits) -> Any:
    needs = (c.channel == WIDGET_PLACE) | (c.purpose == IN_SESSION_HELP) | (c.purpose == ONBOARDING)
    return needs & (c.live != YES)


def _quiet(c: Columns, limits: Limits) -> Any:
    awake = [(limits.quiet_end <= clock) & (clock < limits.quiet_start) for clock in (c.minute, c.minute_too)]
    asleep = [~up & ~np.isnan(clock) for up, clock in zip(awake, (c.minute, c.minute_too), strict=True)]
    return (c.outbound == YES) & (asleep[0] | asleep[1])


def _capped(c: Columns, limits: Limits) -> Any:
    caps = (c.contacts_60m >= limits.contacts_60m) | (c.contacts_24h >= limits.contacts_24h)
    ordinary = (c.mark < ESSENTIAL) & (caps | (c.contacts_7d >= limits.contacts_7d))
    essential = (c.mark >= ESSENTIAL) & (c.contacts_24h >= limits.essential_24h)
    reaching = (c.outbound == YES) & (ordinary | essential)
    widget = (c.widget_messages >= limits.widget_per_session) & ((c.channel == WIDGET_PLACE) | (c.outbound == YES))
    return reaching | widget


def _places(words: tuple[str, ...], chosen: frozenset[str]) -> list[int]:
    return [place for place, word in enumerate(words) if word in chosen]


def _found(c: Columns) -> Mask:
    return np.asarray(c.found == YES)


REFUSED: Mapping[str, Refused] = MappingProxyType(
    {
        "purpose_is_marketing": lambda c, _: c.purpose == MARKETING,
        "purpose_unknown": lambda c, _: c.purpose == NO_PURPOSE,
        "purpose_switched_off": lambda c, limits: np.isin(c.purpose, _places(PURPOSES, limits.switched_off)),
        "evidence_missing": lambda c, _: c.found != YES,
        "evidence_wrong_type": lambda c, _: _found(c) & (c.purpose > NO_PURPOSE) & (c.fits != YES),
        "evidence_of_another_customer": lambda c, _: _found(c) & (c.theirs != YES),
        "evidence_stale": _stale,
        "expired": lambda c, _: c.expires_at <= c.now,
        "fact_superseded": lambda c, _: _found(c) & ((c.superseded == YES) | (c.outdated == YES)),
        "already_told": lambda c, _: _found(c) & (c.already_told == YES),
        "customer_already_knows": lambda c, _: _found(c) & (c.last_inbound > c.evidence_time),
        "promotional_wording": lambda c, _: (c.complete == YES) & (c.promotional == YES),
        "generic_wording": lambda c, _: (c.complete == YES) & (c.generic == YES),
        "facts_missing": lambda c, _: (c.complete == NO) | (c.grounded == NO),
        "next_step_missing": lambda c, _: (c.purpose != SILENT) & (c.next_step == NO),
        "template_not_approved": _unapproved,
        "channel_not_allowed": lambda c, limits: (
            (c.allowed != YES)
            | np.isin(c.channel, [NO_CHANNEL, *_places(CHANNELS, limits.channels_off)]) & bool(limits.channels_off)
        ),
        "consent_missing": lambda c, _: (c.outbound == YES) & (c.consent != YES),
        "opted_out": lambda c, _: c.opted_out == YES,
        "timezone_unknown": lambda c, _: (c.outbound == YES) & (c.zoned != YES),
        "session_missing": _without_session,
        "not_their_session": lambda c, _: c.own == NO,
        "contradicts_history": lambda c, _: (c.returning == YES) & ((c.purpose == ONBOARDING) | (c.newcomer != NO)),
        "dismissed": lambda c, limits: c.now - c.dismissed_at < limits.dismissal_days * DAY,
        "quiet_hours": _quiet,
        "frequency_cap": _capped,
        "cooling_off": lambda c, limits: c.now - c.last_complaint < limits.cooling_off_days * DAY,
        "complaint_open": lambda c, _: c.complaint_open == YES,
        "conversation_open": lambda c, _: c.conversation_open == YES,
        "too_soon": lambda c, limits: (c.now < c.remind_at) | (c.now - c.settled_since < limits.dwell_seconds),
        "awaiting_approval": _awaited,
        "breaker_open": lambda c, _: c.breaker_open == YES,
    }
)
