"""What is, row by row, as flags and numbers: the lists that `serving.policy.rows` fills columns with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import ge

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
from serving.policy.plain import unproved
from serving.policy.purposes import CHANNEL_INDEX, PURPOSE_INDEX, Service, mark_of
from serving.policy.reading import Clocks, Moment, Visit, complete, dated, epoch
from serving.policy.templates import Template
from serving.policy.wording import PASS, Verdict, judge

TRUTH: Mapping[object, int] = {True: YES, False: NO}  # whatever is neither is unknown
APPROVALS: Mapping[str, int] = {"approved": APPROVED, "changed": CHANGED, "none": NOT_APPROVED}
REMINDER = "reminder.requested"
ON_PAGE_AGE = 3  # after the three marks
WINDOWS = (3600.0, 86_400.0, 604_800.0)
NO_COUNTS = (0.0, 0.0, 0.0)  # a message that is not outbound counts against no cap
TRUTHS = (
    *("superseded", "already_told", "consent", "opted_out", "returning"),
    *("complaint_open", "conversation_open", "breaker_open"),
)
COUNTS = ("contacts_60m", "contacts_24h", "contacts_7d")
TIMES = {"last_inbound_at": "last_inbound", "last_complaint_at": "last_complaint", "dismissed_at": "dismissed_at"}
FLAG_OF = {name: name for name in (*TRUTHS, "approval")} | {"timezone": "zoned", "requested_channels": "allowed"}
NUMBER_OF = {name: name for name in COUNTS} | TIMES


@dataclass(frozen=True, slots=True)
class Found:
    """What was found out about the rows of one call, list by list."""

    services: list[Service | None]
    events: list[Event | None]
    visits: list[Visit]
    templates: list[Template | None]
    messages: list[RenderedMessage | None]
    inside: list[bool]
    clocks: list[Clocks]


def flags_of(
    candidates: Sequence[Candidate], contexts: Sequence[Context], found: Found, moment: Moment
) -> dict[str, list[int]]:
    """Return every flag of `serving.policy.columns.Flags` by name, one value per row."""
    evidence = _evidence_flags(candidates, contexts, found, moment)
    truths = {name: [TRUTH.get(getattr(known, name), UNKNOWN) for known in contexts] for name in TRUTHS}
    return {
        "readable": [YES] * len(candidates),
        "purpose": [PURPOSE_INDEX.get(one.purpose, UNKNOWN) for one in candidates],
        "channel": [CHANNEL_INDEX.get(one.channel, UNKNOWN) for one in candidates],
        "approval": [APPROVALS.get(known.approval, UNKNOWN) for known in contexts],
        "allowed": [_allowed(*row) for row in zip(candidates, contexts, found.services, strict=True)],
        "zoned": [clocks.all_known for clocks in found.clocks],
        "outbound": [not inside for inside in found.inside],
        "live": [seen.live for seen in found.visits],
        "own": [seen.own for seen in found.visits],
        **truths,
        **evidence,
        **_message_flags(candidates, found, evidence["found"]),
    }


def _evidence_flags(
    candidates: Sequence[Candidate], contexts: Sequence[Context], found: Found, moment: Moment
) -> dict[str, list[int]]:
    events = list(zip(candidates, contexts, found.services, found.events, strict=True))
    marks = [NO if event is None else mark_of(one.purpose, event.type) for one, _, _, event in events]
    return {
        "mark": marks,
        "ages_as": [
            ON_PAGE_AGE if service is not None and service.on_page else mark
            for service, mark in zip(found.services, marks, strict=True)
        ],
        "found": [
            event is not None and complete(event, service, known, moment.now) for _, known, service, event in events
        ],
        "fits": [
            service is not None and event is not None and event.type in service.evidence
            for _, _, service, event in events
        ],
        "theirs": [event is not None and moment.concerns(one.user_id, event) for one, _, _, event in events],
        "outdated": [
            seen.left_page or (event is not None and differ(one.message.facts, event.data))
            for one, event, seen in zip(candidates, found.events, found.visits, strict=True)
        ],
    }


def _message_flags(
    candidates: Sequence[Candidate], found: Found, sound_evidence: Sequence[int]
) -> dict[str, list[int]]:
    messages = found.messages
    verdicts: list[Verdict] = [PASS if message is None else judge(message.text) for message in messages]
    steps = [
        one.message.next_step if template is None else template.next_step
        for one, template in zip(candidates, found.templates, strict=True)
    ]
    return {
        "promotional": ["promotional_wording" in verdict.codes for verdict in verdicts],
        "generic": ["generic_wording" in verdict.codes for verdict in verdicts],
        "newcomer": [message is not None and greets_newcomer(message.text) for message in messages],
        "complete": [message is not None for message in messages],
        "grounded": [
            not sound or event is None or _grounded(one, event, message, inside=inside)
            for sound, event, one, message, inside in zip(
                sound_evidence, found.events, candidates, messages, found.inside, strict=True
            )
        ],
        "next_step": [bool(step and step.strip()) for step in steps],
        "templated": [one.message.template is not None for one in candidates],
        "same_purpose": [
            template is not None and template.purpose == one.purpose
            for one, template in zip(candidates, found.templates, strict=True)
        ],
    }


def numbers_of(  # noqa: PLR0913, PLR0917  (list by list, what the numbers are made of)
    candidates: Sequence[Candidate],
    contexts: Sequence[Context],
    found: Found,
    times: Sequence[Sequence[float]],
    sound_evidence: Sequence[int],
    now: float,
) -> dict[str, list[float]]:
    """Return every number of `serving.policy.columns.Numbers` by name, one value per row; `now` in epoch seconds."""
    reminders = [
        event.data if sound and event is not None and event.type == REMINDER and service and service.until_due else None
        for sound, service, event in zip(sound_evidence, found.services, found.events, strict=True)
    ]
    counts = [
        NO_COUNTS if inside else _counts(known, sent, now)
        for inside, known, sent in zip(found.inside, contexts, times, strict=True)
    ]
    past = {
        name: [NEVER if at is None else epoch(at) for at in [getattr(known, field) for known in contexts]]
        for field, name in TIMES.items()
    }
    return {
        "evidence_time": [NAN if event is None else epoch(event.time) for event in found.events],
        "remind_at": [NEVER if data is None else dated(data.get("remind_at")) for data in reminders],
        "due_at": [NAN if data is None else dated(data.get("due_at")) for data in reminders],
        "expires_at": [NO_END if one.expires_at is None else epoch(one.expires_at) for one in candidates],
        "minute": [clocks.minutes[0] for clocks in found.clocks],
        "minute_too": [clocks.minutes[1] for clocks in found.clocks],
        "settled_since": [
            seen.since if inside and seen.live == seen.own == YES else NEVER
            for inside, seen in zip(found.inside, found.visits, strict=True)
        ],
        "widget_messages": [
            seen.widget_messages if one.channel == "widget" else NEVER
            for one, seen in zip(candidates, found.visits, strict=True)
        ],
        **past,
        **{name: [count[place] for count in counts] for place, name in enumerate(COUNTS)},
    }


def forget(
    unknown: frozenset[str], row: int, flags: dict[str, list[int]], numbers: dict[str, list[float]], found: Found
) -> None:
    """Make unknown what the context says it could not find out (evidence and session were not read at all)."""
    service = found.services[row]
    for name in unknown:
        if name in FLAG_OF and (name != "requested_channels" or (service is not None and service.until_due)):
            flags[FLAG_OF[name]][row] = UNKNOWN
        if name in NUMBER_OF and not (name in COUNTS and found.inside[row]):
            numbers[NUMBER_OF[name]][row] = NAN


def _grounded(candidate: Candidate, event: Event, message: RenderedMessage | None, *, inside: bool) -> bool:
    """Whether the message is tied to its evidence and says nothing besides that could be anything.

    Only a template may say no fact at all, and only inside the customer's own session: somebody approved its text.
    """
    if unproved(candidate.message.facts, event.data):
        return False
    tied = inside and candidate.message.template is not None
    return tied or (message is not None and uses_any(message.text, grounds(event)))


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
