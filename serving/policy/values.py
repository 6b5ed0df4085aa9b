"""What is, in one row, as flags and numbers: what `serving.policy.rows` makes columns of."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from operator import ge
from typing import NamedTuple

from model.contracts import Candidate, Context, Event, RenderedMessage
from serving.policy.columns import (
    APPROVED,
    CHANGED,
    NAN,
    NEVER,
    NO,
    NO_END,
    NOT_APPROVED,
    UNKNOWN,
    YES,
)
from serving.policy.facts import differ, grounds, uses_any
from serving.policy.greeting import greets_newcomer
from serving.policy.language import judgeable
from serving.policy.plain import unproved
from serving.policy.purposes import CHANNEL_INDEX, PURPOSE_INDEX, Service, mark_of
from serving.policy.reading import Clocks, Moment, Visit, dated, epoch
from serving.policy.selling_facts import sold_by
from serving.policy.templates import Template

APPROVALS: Mapping[str, int] = {"approved": APPROVED, "changed": CHANGED, "none": NOT_APPROVED}
REMINDER = "reminder.requested"
ON_PAGE_AGE = 3  # after the three marks
WINDOWS = (3600.0, 86_400.0, 604_800.0)
_judgeable = lru_cache(maxsize=4096)(judgeable)  # of templates: there are few, and each is asked about often
NO_COUNTS = (0.0, 0.0, 0.0)  # a message that is not outbound counts against no cap
TRUTHS = (
    *("superseded", "already_told", "consent", "opted_out", "returning"),
    *("complaint_open", "conversation_open", "breaker_open"),
)
COUNTS = ("contacts_60m", "contacts_24h", "contacts_7d")
TIMES = {"last_inbound_at": "last_inbound", "last_complaint_at": "last_complaint", "dismissed_at": "dismissed_at"}
FLAG_OF = {name: name for name in (*TRUTHS, "approval")} | {"timezone": "zoned", "requested_channels": "allowed"}
NUMBER_OF = {name: name for name in COUNTS} | TIMES


class Found(NamedTuple):
    """What was found out about one row: `sound` evidence is on record and complete, `sent` are the times of sends."""

    service: Service | None
    event: Event | None
    sound: bool
    visit: Visit
    template: Template | None
    inside: bool
    clocks: Clocks
    sent: Sequence[float]


def customer_flags(one: Candidate, known: Context, found: Found) -> dict[str, int]:
    """Return the flags about customer, channel and session, by name."""
    return {
        "readable": YES,
        "purpose": PURPOSE_INDEX.get(one.purpose, UNKNOWN),
        "channel": CHANNEL_INDEX.get(one.channel, UNKNOWN),
        "superseded": _truth(known.superseded),
        "already_told": _truth(known.already_told),
        "approval": APPROVALS.get(known.approval, UNKNOWN),
        "allowed": _allowed(one, known, found.service),
        "consent": _truth(known.consent),
        "opted_out": _truth(known.opted_out),
        "zoned": found.clocks.all_known,
        "outbound": not found.inside,
        "live": found.visit.live,
        "own": found.visit.own,
        "returning": _truth(known.returning),
        "complaint_open": _truth(known.complaint_open),
        "conversation_open": _truth(known.conversation_open),
        "breaker_open": _truth(known.breaker_open),
    }


def evidence_flags(one: Candidate, found: Found, moment: Moment) -> dict[str, int]:
    """Return the flags about the evidence, by name."""
    event, service = found.event, found.service
    mark = NO if event is None else mark_of(one.purpose, event.type)
    return {
        "mark": mark,
        "ages_as": ON_PAGE_AGE if service is not None and service.on_page else mark,
        "found": found.sound,
        "fits": service is not None and event is not None and event.type in service.evidence,
        "theirs": event is not None and moment.concerns(one.user_id, event),
        "outdated": found.visit.left_page or (event is not None and differ(one.message.facts, event.data)),
    }


def message_flags(
    one: Candidate, found: Found, message: RenderedMessage | None, codes: Sequence[str]
) -> dict[str, int]:
    """Return the flags about the text, by name; `codes` are those of its wording."""
    template, event = found.template, found.event
    step = one.message.next_step if template is None else template.next_step
    judged = own_words_read(one, template)
    english = template is not None and judged
    return {
        "promotional": "promotional_wording" in codes or bool(sold_by(one.message.facts, event, english=english)),
        "generic": "generic_wording" in codes,
        "newcomer": message is not None and greets_newcomer(message.text),
        "judged": judged,
        "complete": message is not None,
        "grounded": not found.sound or event is None or _grounded(one, event, message, inside=found.inside),
        "next_step": bool(step and step.strip()),
        "templated": one.message.template is not None,
        "same_purpose": template is not None and template.purpose == one.purpose,
    }


def numbers_of(one: Candidate, known: Context, found: Found, now: float) -> dict[str, float]:
    """Return every number of `serving.policy.columns.Numbers` by name; `now` in epoch seconds."""
    event, service, seen = found.event, found.service, found.visit
    asked = found.sound and event is not None and event.type == REMINDER and service is not None and service.until_due
    reminder = event.data if asked and event is not None else None
    hour, day, week = NO_COUNTS if found.inside else _counts(known, found.sent, now)
    return {
        "evidence_time": NAN if event is None else epoch(event.time),
        "remind_at": NEVER if reminder is None else dated(reminder.get("remind_at")),
        "due_at": NAN if reminder is None else dated(reminder.get("due_at")),
        "expires_at": NO_END if one.expires_at is None else epoch(one.expires_at),
        "last_inbound": _past(known.last_inbound_at),
        "minute": found.clocks.minutes[0],
        "minute_too": found.clocks.minutes[1],
        "contacts_60m": hour,
        "contacts_24h": day,
        "contacts_7d": week,
        "last_complaint": _past(known.last_complaint_at),
        "dismissed_at": _past(known.dismissed_at),
        "settled_since": seen.since if found.inside and seen.live == seen.own == YES else NEVER,
        "widget_messages": seen.widget_messages if one.channel == "widget" else NEVER,
    }


def _truth(value: object) -> int:
    """Return what is true or false; whatever is neither (1 is not true) is unknown."""
    return YES if value is True else NO if value is False else UNKNOWN


def _past(at: datetime | None) -> float:
    return NEVER if at is None else epoch(at)


def forget(unknown: frozenset[str], flags: dict[str, int], numbers: dict[str, float], found: Found) -> None:
    """Make unknown what the context says it could not find out (evidence and session were not read at all)."""
    until_due = found.service is not None and found.service.until_due
    for name in unknown:
        if name in FLAG_OF and (name != "requested_channels" or until_due):
            flags[FLAG_OF[name]] = UNKNOWN
        if name in NUMBER_OF and not (name in COUNTS and found.inside):
            numbers[NUMBER_OF[name]] = NAN


def _grounded(candidate: Candidate, event: Event, message: RenderedMessage | None, *, inside: bool) -> bool:
    """Whether the message is tied to its evidence and says nothing besides that could be anything.

    Only a template may say no fact at all, and only inside the customer's own session: somebody approved its text.
    """
    if unproved(candidate.message.facts, event.data):
        return False
    tied = inside and candidate.message.template is not None
    return tied or (message is not None and uses_any(message.text, grounds(event)))


def own_words_read(one: Candidate, template: Template | None) -> bool:
    """Whether the veto reads the message's own words (of a template those that are not filled in), or there are none.

    A template that does not exist says nothing: `serving.policy.message.lacks_facts` refuses it.
    """
    if template is not None:
        return _judgeable(f"{template.text} {template.next_step or ''}")
    text = one.message.text
    return text is None or judgeable(f"{text} {one.message.next_step or ''}")


def _allowed(candidate: Candidate, context: Context, service: Service | None) -> bool:
    if service is None or candidate.channel not in CHANNEL_INDEX:  # not even one that the customer asked for
        return candidate.channel in CHANNEL_INDEX
    return candidate.channel in (context.requested_channels if service.until_due else service.channels)


def _counts(context: Context, times: Sequence[float], now: float) -> Sequence[float]:
    """Return the rolling counts: what the ledger counted or what the listed times say, whichever is more."""
    stated: Sequence[float] = (context.contacts_60m, context.contacts_24h, context.contacts_7d)
    if not min(stated) >= 0:
        stated = [NAN if count < 0 else count for count in stated]  # what is no count stays unknown: max keeps NaN
    return list(map(max, stated, listed(times, now))) if times else stated


def listed(times: Sequence[float], now: float) -> list[int]:
    """Count the listed sends in each of the windows."""
    return [sum(now - at < window for at in times) for window in WINDOWS]


def all_listed(context: Context, times: Sequence[float], now: float) -> bool:
    """Whether the time of every counted send is known, in each of the windows."""
    if len(times) < context.contacts_7d:
        return False
    stated = (context.contacts_60m, context.contacts_24h, context.contacts_7d)
    return not times or all(map(ge, listed(times, now), stated))
