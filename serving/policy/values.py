"""What is, in one row, as flags and numbers: what `serving.policy.rows` makes columns of."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from operator import attrgetter, ge
from typing import NamedTuple

from model.contracts import Candidate, Context, Event, Message, RenderedMessage
from serving.policy.alike import alike, greets, reads
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
    Flags,
    Numbers,
)
from serving.policy.facts import differ, grounds, uses_any
from serving.policy.plain import unproved
from serving.policy.purposes import CHANNEL_INDEX, PURPOSE_INDEX, Service
from serving.policy.reading import Clocks, Moment, Visit, dated, epoch
from serving.policy.selling_facts import sold_by
from serving.policy.templates import Template
from serving.policy.wording import Wording

APPROVALS: Mapping[str, int] = {"approved": APPROVED, "changed": CHANGED, "none": NOT_APPROVED}
REMINDER = "reminder.requested"
ON_PAGE_AGE = 3  # after the three marks
WINDOWS = (3600.0, 86_400.0, 604_800.0)
NO_COUNTS = (0.0, 0.0, 0.0)  # a message that is not outbound counts against no cap
TRUTHS = (
    *("superseded", "already_told", "consent", "opted_out", "returning"),
    *("complaint_open", "conversation_open", "breaker_open"),
)
_TRUTHS_OF = attrgetter(*TRUTHS)
COUNTS = ("contacts_60m", "contacts_24h", "contacts_7d")
TIMES = {"last_inbound_at": "last_inbound", "last_complaint_at": "last_complaint", "dismissed_at": "dismissed_at"}
FLAG_OF = {name: name for name in (*TRUTHS, "approval")} | {"timezone": "zoned", "requested_channels": "allowed"}
NUMBER_OF = {name: name for name in COUNTS} | TIMES


class Found(NamedTuple):
    """What was found out about one row.

    `told` is the time of its evidence (NaN: none); `sound` evidence is on record and complete; `read` says whether the
    veto reads its own words; `sent` are the times of sends.
    """

    service: Service | None
    event: Event | None
    told: float
    sound: bool
    visit: Visit
    template: Template | None
    read: bool
    inside: bool
    clocks: Clocks
    sent: Sequence[float]


def flags_of(  # noqa: PLR0913, PLR0917  (what was found out about one row)
    one: Candidate, known: Context, found: Found, moment: Moment, message: RenderedMessage | None, wording: Wording
) -> tuple[int, ...]:
    """Return every flag of `serving.policy.columns.Flags`, in its order."""
    event, service, template, seen, stated = found.event, found.service, found.template, found.visit, one.message
    mark = NO if event is None or service is None else service.evidence.get(event.type, NO)
    promotional, generic, newcomer = _said(stated, found, message, wording)
    step = stated.next_step if template is None else template.next_step
    superseded, told, consent, opted_out, returning, complaint, conversation, breaker = _truths(known)
    return (
        YES,  # readable
        PURPOSE_INDEX.get(one.purpose, UNKNOWN),
        CHANNEL_INDEX.get(one.channel, UNKNOWN),
        mark,
        ON_PAGE_AGE if service is not None and service.on_page else mark,  # ages as
        found.sound,
        service is not None and event is not None and event.type in service.evidence,  # fits
        event is not None and moment.concerns(one.user_id, event),  # theirs
        superseded,
        seen.left_page or (event is not None and differ(stated.facts, event.data)),  # outdated
        told,
        promotional,
        generic,
        newcomer,
        found.read,  # judged
        message is not None,  # complete
        not found.sound or event is None or _grounded(stated, event, message, inside=found.inside),
        bool(step and step.strip()),  # next step
        stated.template is not None,  # templated
        template is not None and template.purpose == one.purpose,  # same purpose
        APPROVALS.get(known.approval, UNKNOWN),
        _allowed(one, known, service),
        consent,
        opted_out,
        found.clocks.all_known,  # zoned
        not found.inside,  # outbound
        seen.live,
        seen.own,
        returning,
        complaint,
        conversation,
        breaker,
    )


def _said(stated: Message, found: Found, message: RenderedMessage | None, wording: Wording) -> tuple[bool, bool, bool]:
    """Return whether a message sells (by its wording or by a fact), is generic, and takes its reader for a newcomer."""
    sells = bool(stated.facts) and bool(
        sold_by(stated.facts, found.event, english=found.template is not None and found.read)
    )
    if message is None:
        return sells, False, False
    same = alike(message.text)
    verdict = wording.judge(same, english=found.read)
    codes = verdict.codes if verdict.findings else ()
    return sells or "promotional_wording" in codes, "generic_wording" in codes, greets(same)


def numbers_of(one: Candidate, known: Context, found: Found, now: float) -> tuple[float, ...]:
    """Return every number of `serving.policy.columns.Numbers`, in its order; `now` in epoch seconds."""
    event, service, seen = found.event, found.service, found.visit
    asked = service is not None and service.until_due and found.sound and event is not None and event.type == REMINDER
    reminder = event.data if asked and event is not None else None
    return (
        found.told,  # evidence time
        NEVER if reminder is None else dated(reminder.get("remind_at")),
        NAN if reminder is None else dated(reminder.get("due_at")),
        NO_END if one.expires_at is None else epoch(one.expires_at),
        _past(known.last_inbound_at),
        *found.clocks.minutes,
        *(NO_COUNTS if found.inside else _counts(known, found.sent, now)),
        _past(known.last_complaint_at),
        _past(known.dismissed_at),
        seen.since if found.inside and seen.live == seen.own == YES else NEVER,  # settled since
        seen.widget_messages if one.channel == "widget" else NEVER,
    )


def _truths(known: Context) -> list[int]:
    """Return `TRUTHS`, true or false; whatever is neither (1 is not true) is unknown."""
    return [YES if value is True else NO if value is False else UNKNOWN for value in _TRUTHS_OF(known)]


def _past(at: datetime | None) -> float:
    return NEVER if at is None else epoch(at)


def forget(
    unknown: frozenset[str], flags: Iterable[int], numbers: Iterable[float], found: Found
) -> tuple[tuple[int, ...], tuple[float, ...]]:
    """Make unknown what the context says it could not find out (evidence and session were not read at all)."""
    until_due = found.service is not None and found.service.until_due
    kept_flags, kept_numbers = Flags(*flags)._asdict(), Numbers(*numbers)._asdict()
    for name in unknown:
        if name in FLAG_OF and (name != "requested_channels" or until_due):
            kept_flags[FLAG_OF[name]] = UNKNOWN
        if name in NUMBER_OF and not (name in COUNTS and found.inside):
            kept_numbers[NUMBER_OF[name]] = NAN
    return tuple(kept_flags.values()), tuple(kept_numbers.values())


def _grounded(stated: Message, event: Event, message: RenderedMessage | None, *, inside: bool) -> bool:
    """Whether the message is tied to its evidence and says nothing besides that could be anything.

    Only a template may say no fact at all, and only inside the customer's own session: somebody approved its text.
    """
    if unproved(stated.facts, event.data):
        return False
    tied = inside and stated.template is not None
    return tied or (message is not None and uses_any(message.text, grounds(event)))


def own_words_read(one: Candidate, template: Template | None) -> bool:
    """Whether the veto reads the message's own words (of a template those that are not filled in), or there are none.

    A template that does not exist says nothing: `serving.policy.message.lacks_facts` refuses it.
    """
    said = one.message if template is None else template
    return said.text is None or reads(alike(f"{said.text} {said.next_step or ''}"))


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
    if not times or len(times) < context.contacts_7d:
        return len(times) >= context.contacts_7d
    stated = (context.contacts_60m, context.contacts_24h, context.contacts_7d)
    return all(map(ge, listed(times, now), stated))
