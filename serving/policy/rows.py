"""One candidate and its context as one row: everything that looks at words, zones and records one at a time.

Judging stays with the filters; a row says what is, in flags and numbers. A row that cannot be read becomes the
default row (all unknown), which `filter_failed` refuses.
"""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from model.contracts import JSON, NOTHING, Candidate, Context, Event, RenderedMessage
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
    Columns,
    Flags,
    Numbers,
    Sends,
    stack,
)
from serving.policy.facts import same, uses_any
from serving.policy.policy import Policy
from serving.policy.purposes import CHANNEL_INDEX, PURPOSE_INDEX, SERVICES, Service, mark_of
from serving.policy.reading import Moment, Visit, complete, dated, epoch, recorded, visit
from serving.policy.templates import render
from serving.policy.wording import judge

APPROVALS: Mapping[str, int] = {"approved": APPROVED, "changed": CHANGED, "none": NOT_APPROVED}
COUNTS, WINDOWS = ("contacts_60m", "contacts_24h", "contacts_7d"), (3600.0, 86_400.0, 604_800.0)
NO_COUNTS = (0.0, 0.0, 0.0)  # a message that is not outbound counts against no cap


class Row(NamedTuple):
    """What was read of one candidate, and what its answer and record need besides."""

    flags: Flags
    numbers: Numbers
    sends: Sends
    message: RenderedMessage | None
    fact_key: str | None


UNREADABLE = Row(Flags(), Numbers(), Sends(), None, None)


def columns_of(
    candidates: Sequence[Candidate], contexts: Sequence[Context], *, now: datetime, policy: Policy
) -> tuple[Columns, list[Row]]:
    """Read candidates and contexts into columns; also return the rows, for texts and fact keys."""
    moment = Moment(now)
    rows = [read(candidate, context, moment, policy) for candidate, context in zip(candidates, contexts, strict=True)]
    columns = stack(
        [row.flags for row in rows],
        [row.numbers for row in rows],
        [row.sends for row in rows],
        moment.now,
    )
    return columns, rows


def read(candidate: Candidate, context: Context, moment: Moment, policy: Policy) -> Row:
    """Read one row; whatever cannot be read refuses."""
    try:
        return _read(candidate, context, moment, policy)
    except Exception:  # noqa: BLE001  (a candidate or context of another shape than promised: unknown means no)
        return UNREADABLE


def _read(candidate: Candidate, context: Context, moment: Moment, policy: Policy) -> Row:
    service = SERVICES.get(candidate.purpose)
    event = recorded(candidate, context)
    seen = visit(candidate, context, service, event, moment.now)
    message = render(candidate, policy.templates.get(candidate.message.template or ""))
    inside = candidate.channel == "widget" or (candidate.channel == "chat" and seen.live == seen.own == YES)
    times = sorted(map(epoch, context.contacts), reverse=True) if context.contacts else ()
    zones, zoned, minutes = _clocks(candidate, context, moment)
    return Row(
        flags=_flags(_Sources(candidate, context, service, event, seen, message), moment, policy, zoned, inside=inside),
        numbers=_numbers(
            candidate, context, event, seen, minutes, NO_COUNTS if inside else _counts(context, times, moment.now)
        ),
        sends=Sends(times, len(times) >= context.contacts_7d, zones),
        message=message,
        fact_key=None if event is None else moment.fact_key(candidate.user_id, event),
    )


class _Sources(NamedTuple):
    """What one row is made of."""

    candidate: Candidate
    context: Context
    service: Service | None
    event: Event | None
    seen: Visit
    message: RenderedMessage | None


def _flags(row: _Sources, moment: Moment, policy: Policy, zoned: int, *, inside: bool) -> Flags:
    candidate, context, service, event, seen, message = row
    said, unknown = candidate.message, context.unknown
    codes = () if message is None else judge(message.text).codes
    template = policy.templates.get(said.template or "")
    next_step = said.next_step if template is None else template.next_step
    data = NOTHING if event is None else event.data
    return Flags(
        readable=YES,
        purpose=PURPOSE_INDEX.get(candidate.purpose, UNKNOWN),
        channel=CHANNEL_INDEX.get(candidate.channel, UNKNOWN),
        mark=NO if event is None else mark_of(candidate.purpose, event.type),
        found=event is not None and complete(event, service, context, moment.now),
        fits=service is not None and event is not None and event.type in service.evidence,
        theirs=event is not None and moment.concerns(candidate.user_id, event),
        superseded=_answer(context.superseded, "superseded" in unknown),
        outdated=seen.left_page or _differs(said.facts, data),
        already_told=_answer(context.already_told, "already_told" in unknown),
        promotional=UNKNOWN if message is None else "promotional_wording" in codes,
        generic=UNKNOWN if message is None else "generic_wording" in codes,
        complete=message is not None,
        grounded=not inside and message is not None and uses_any(message.text, data),
        next_step=bool(next_step and next_step.strip()),
        templated=said.template is not None,
        same_purpose=template is not None and template.purpose == candidate.purpose,
        approval=UNKNOWN if "approval" in unknown else APPROVALS.get(context.approval, UNKNOWN),
        allowed=_allowed(candidate, context, service),
        consent=_answer(context.consent, "consent" in unknown),
        opted_out=_answer(context.opted_out, "opted_out" in unknown),
        zoned=zoned,
        outbound=not inside,
        live=seen.live,
        own=seen.own,
        returning=_answer(context.returning, "returning" in unknown),
        complaint_open=_answer(context.complaint_open, "complaint_open" in unknown),
        conversation_open=_answer(context.conversation_open, "conversation_open" in unknown),
    )


def _numbers(  # noqa: PLR0913, PLR0917  (the sources of one row's numbers)
    candidate: Candidate,
    context: Context,
    event: Event | None,
    seen: Visit,
    minutes: tuple[float, float],
    counts: tuple[float, float, float],
) -> Numbers:
    reminder = NOTHING if event is None or event.type != "reminder.requested" else event.data
    unknown = context.unknown
    return Numbers(
        evidence_time=NAN if event is None else epoch(event.time),
        remind_at=dated(reminder["remind_at"]) if "remind_at" in reminder else NAN,
        due_at=dated(reminder["due_at"]) if "due_at" in reminder else NAN,
        expires_at=NO_END if candidate.expires_at is None else epoch(candidate.expires_at),
        last_inbound=_time(context.last_inbound_at, "last_inbound_at" in unknown),
        minute=minutes[0],
        minute_too=minutes[1],
        contacts_60m=counts[0],
        contacts_24h=counts[1],
        contacts_7d=counts[2],
        last_complaint=_time(context.last_complaint_at, "last_complaint_at" in unknown),
        dismissed_at=_time(context.dismissed_at, "dismissed_at" in unknown),
        settled_since=seen.since,
        widget_messages=seen.widget_messages,
    )


def _answer(value: object, unknown: bool) -> int:  # noqa: FBT001  (the value itself, not a switch)
    return UNKNOWN if unknown or not isinstance(value, bool) else value


def _time(value: datetime | None, unknown: bool) -> float:  # noqa: FBT001  (the value itself, not a switch)
    return NAN if unknown else NEVER if value is None else epoch(value)


def _differs(stated: Mapping[str, JSON], data: Mapping[str, JSON]) -> bool:
    """Whether the message says another value than the evidence under the same name."""
    return any(key in data and not same(value, data[key]) for key, value in stated.items())


def _clocks(candidate: Candidate, context: Context, moment: Moment) -> tuple[tuple[str, ...], int, tuple[float, float]]:
    """Return the known zones, whether all that were given are known, and the local minutes (NaN where none)."""
    first, second = candidate.timezone, context.timezone
    if first is None or first == second:
        first, second = second, None
    minute = NAN if first is None else moment.minute(first)
    other = NAN if second is None else moment.minute(second)
    known = tuple(name for name, at in ((first, minute), (second, other)) if name is not None and not math.isnan(at))
    given = (first is not None) + (second is not None)
    zoned = UNKNOWN if "timezone" in context.unknown else given > 0 and len(known) == given
    return known, zoned, (minute, other)


def _allowed(candidate: Candidate, context: Context, service: Service | None) -> int:
    if service is None:
        return candidate.channel in CHANNEL_INDEX
    if not service.until_due:
        return candidate.channel in service.channels
    return UNKNOWN if "requested_channels" in context.unknown else candidate.channel in context.requested_channels


def _counts(context: Context, times: Sequence[float], now: float) -> tuple[float, float, float]:
    """Return the rolling counts: what the ledger counted or what the listed times say, whichever is more."""
    stated = (context.contacts_60m, context.contacts_24h, context.contacts_7d)
    if not times and not context.unknown and min(stated) >= 0:
        return stated
    counts = []
    for name, count, window in zip(COUNTS, stated, WINDOWS, strict=True):
        listed = sum(now - at < window for at in times)
        counts.append(NAN if name in context.unknown or count < 0 else float(max(count, listed)))
    return counts[0], counts[1], counts[2]
