"""One candidate and its context as one row: everything that looks at words, zones and records one at a time.

Judging stays with the filters; a row says what is, in flags and numbers. A row that cannot be read becomes the
default row (all unknown), which `filter_failed` refuses.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

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
from serving.policy.wording import PASS, judge

APPROVALS: Mapping[str, int] = {"approved": APPROVED, "changed": CHANGED, "none": NOT_APPROVED}
WINDOWS = (3600.0, 86_400.0, 604_800.0)


@dataclass(frozen=True, slots=True)
class Row:
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
    in_session = candidate.channel == "widget" or (candidate.channel == "chat" and seen.live == seen.own == YES)
    message = render(candidate, policy.templates.get(candidate.message.template or ""))
    contacts = sorted(map(epoch, context.contacts), reverse=True)
    counts = (0.0, 0.0, 0.0) if in_session else _counts(context, contacts, moment.now)
    names = tuple(dict.fromkeys(name for name in (candidate.timezone, context.timezone) if name is not None))
    minutes = [moment.minute(name) for name in names]
    known = tuple(name for name, minute in zip(names, minutes, strict=True) if minute == minute)  # noqa: PLR0124  (NaN)
    flags = _flags(candidate, context, service, event, seen, message, moment, policy)
    zoned = UNKNOWN if "timezone" in context.unknown else _tri(bool(names) and len(known) == len(names))
    numbers = _numbers(candidate, context, event, seen)._replace(
        minute=minutes[0] if minutes else NAN,
        minute_too=minutes[1] if len(minutes) > 1 else NAN,
        contacts_60m=counts[0],
        contacts_24h=counts[1],
        contacts_7d=counts[2],
    )
    return Row(
        flags=flags._replace(zoned=zoned, outbound=NO if in_session else YES),
        numbers=numbers,
        sends=Sends(contacts, len(contacts) >= context.contacts_7d, known),
        message=message,
        fact_key=None if event is None else moment.fact_key(candidate.user_id, event),
    )


def _flags(  # noqa: PLR0913, PLR0917  (one row of the table: every argument is one source of it)
    candidate: Candidate,
    context: Context,
    service: Service | None,
    event: Event | None,
    seen: Visit,
    message: RenderedMessage | None,
    moment: Moment,
    policy: Policy,
) -> Flags:
    said, unknown = candidate.message, context.unknown
    verdict = PASS if message is None else judge(message.text)
    template = policy.templates.get(said.template or "")
    found = event is not None and complete(event, service, context, moment.now)
    data = {} if event is None else event.data
    outdated = seen.left_page or any(key in data and not same(value, data[key]) for key, value in said.facts.items())
    next_step = said.next_step if template is None else template.next_step
    return Flags(
        readable=YES,
        purpose=PURPOSE_INDEX.get(candidate.purpose, UNKNOWN),
        channel=CHANNEL_INDEX.get(candidate.channel, UNKNOWN),
        mark=NO if event is None else mark_of(candidate.purpose, event.type),
        found=_tri(found),
        fits=_tri(service is not None and event is not None and event.type in service.evidence),
        theirs=_tri(event is not None and moment.concerns(candidate.user_id, event)),
        superseded=_answer(context.superseded, "superseded" in unknown),
        outdated=_tri(outdated),
        already_told=_answer(context.already_told, "already_told" in unknown),
        promotional=UNKNOWN if message is None else _tri("promotional_wording" in verdict.codes),
        generic=UNKNOWN if message is None else _tri("generic_wording" in verdict.codes),
        complete=_tri(message is not None),
        grounded=_tri(message is not None and uses_any(message.text, data)),
        next_step=_tri(bool(next_step and next_step.strip())),
        templated=_tri(said.template is not None),
        same_purpose=_tri(template is not None and template.purpose == candidate.purpose),
        approval=UNKNOWN if "approval" in unknown else APPROVALS.get(context.approval, UNKNOWN),
        allowed=_allowed(candidate, context, service),
        consent=_answer(context.consent, "consent" in unknown),
        opted_out=_answer(context.opted_out, "opted_out" in unknown),
        live=seen.live,
        own=seen.own,
        returning=_answer(context.returning, "returning" in unknown),
        complaint_open=_answer(context.complaint_open, "complaint_open" in unknown),
        conversation_open=_answer(context.conversation_open, "conversation_open" in unknown),
    )


def _numbers(candidate: Candidate, context: Context, event: Event | None, seen: Visit) -> Numbers:
    reminder = event is not None and event.type == "reminder.requested"
    return Numbers(
        evidence_time=NAN if event is None else epoch(event.time),
        remind_at=dated(event.data.get("remind_at")) if event is not None and reminder else NAN,
        due_at=dated(event.data.get("due_at")) if event is not None and reminder else NAN,
        expires_at=NO_END if candidate.expires_at is None else epoch(candidate.expires_at),
        last_inbound=_time(context.last_inbound_at, "last_inbound_at" in context.unknown),
        last_complaint=_time(context.last_complaint_at, "last_complaint_at" in context.unknown),
        dismissed_at=_time(context.dismissed_at, "dismissed_at" in context.unknown),
        settled_since=seen.since,
        widget_messages=seen.widget_messages,
    )


def _tri(answer: bool) -> int:  # noqa: FBT001  (the value itself, not a switch)
    return YES if answer else NO


def _answer(value: object, unknown: bool) -> int:  # noqa: FBT001  (the value itself, not a switch)
    return UNKNOWN if unknown or not isinstance(value, bool) else int(value)


def _time(value: datetime | None, unknown: bool) -> float:  # noqa: FBT001  (the value itself, not a switch)
    return NAN if unknown else NEVER if value is None else epoch(value)


def _allowed(candidate: Candidate, context: Context, service: Service | None) -> int:
    if service is None:
        return _tri(candidate.channel in CHANNEL_INDEX)
    if not service.until_due:
        return _tri(candidate.channel in service.channels)
    return UNKNOWN if "requested_channels" in context.unknown else _tri(candidate.channel in context.requested_channels)


def _counts(context: Context, contacts: Sequence[float], now: float) -> tuple[float, float, float]:
    """Return the rolling counts: what the ledger counted or what the listed times say, whichever is more."""
    stated = (
        ("contacts_60m", context.contacts_60m),
        ("contacts_24h", context.contacts_24h),
        ("contacts_7d", context.contacts_7d),
    )
    counts = []
    for (name, count), window in zip(stated, WINDOWS, strict=True):
        listed = sum(now - at < window for at in contacts)
        counts.append(NAN if name in context.unknown or count < 0 else float(max(count, listed)))
    return counts[0], counts[1], counts[2]
