"""Candidates and contexts become columns: all that looks at words, zones and records one at a time.

Judging stays with the filters; the columns say what is, in flags and numbers. A candidate that cannot be read becomes
the default row (all unknown), which `filter_failed` refuses; its neighbours are read all the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from model.contracts import NOTHING, Candidate, Context, Event, RenderedMessage
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
    fill,
    join,
    stack,
)
from serving.policy.facts import differ, uses_any
from serving.policy.policy import Policy
from serving.policy.purposes import CHANNEL_INDEX, PURPOSE_INDEX, SERVICES, Service, mark_of
from serving.policy.reading import Clocks, Moment, Visit, complete, dated, epoch, recorded, visit
from serving.policy.templates import Template, render
from serving.policy.wording import PASS, Verdict, judge

TRUTH: Mapping[object, int] = {True: YES, False: NO}  # whatever is neither is unknown
APPROVALS: Mapping[str, int] = {"approved": APPROVED, "changed": CHANGED, "none": NOT_APPROVED}
REMINDER = "reminder.requested"
WINDOWS = (3600.0, 86_400.0, 604_800.0)
NO_COUNTS = (0.0, 0.0, 0.0)  # a message that is not outbound counts against no cap
TRUTHS = ("superseded", "already_told", "consent", "opted_out", "returning", "complaint_open", "conversation_open")
COUNTS = ("contacts_60m", "contacts_24h", "contacts_7d")
TIMES = {"last_inbound_at": "last_inbound", "last_complaint_at": "last_complaint", "dismissed_at": "dismissed_at"}
FLAG_OF = {name: name for name in (*TRUTHS, "approval")} | {"timezone": "zoned", "requested_channels": "allowed"}
NUMBER_OF = {name: name for name in COUNTS} | TIMES


@dataclass(frozen=True, slots=True)
class Read:
    """The columns, and what the answers need besides."""

    columns: Columns
    messages: Sequence[RenderedMessage | None]
    fact_keys: Sequence[str | None]


@dataclass(frozen=True, slots=True)
class _Found:
    """What was found out about the rows of one call, list by list."""

    services: list[Service | None]
    events: list[Event | None]
    visits: list[Visit]
    templates: list[Template | None]
    messages: list[RenderedMessage | None]
    inside: list[bool]
    clocks: list[Clocks]


def columns_of(candidates: Sequence[Candidate], contexts: Sequence[Context], *, now: datetime, policy: Policy) -> Read:
    """Read candidates and contexts, one each; raises ValueError where their numbers differ or `now` is naive."""
    if len(candidates) != len(contexts):
        raise ValueError(f"{len(candidates)} candidates and {len(contexts)} contexts")
    return _safely(candidates, contexts, Moment(now), policy)


def _safely(candidates: Sequence[Candidate], contexts: Sequence[Context], moment: Moment, policy: Policy) -> Read:
    try:
        return _read(candidates, contexts, moment, policy)
    except Exception:  # noqa: BLE001  (a candidate or context of another shape than promised: that row alone is refused)
        if len(candidates) == 1:
            return Read(stack([Flags()], [Numbers()], [Sends()], moment.now), [None], [None])
        half = len(candidates) // 2
        first = _safely(candidates[:half], contexts[:half], moment, policy)
        second = _safely(candidates[half:], contexts[half:], moment, policy)
        return Read(
            join([first.columns, second.columns]),
            [*first.messages, *second.messages],
            [*first.fact_keys, *second.fact_keys],
        )


def _read(candidates: Sequence[Candidate], contexts: Sequence[Context], moment: Moment, policy: Policy) -> Read:
    found = _find(candidates, contexts, moment, policy)
    times = [sorted(map(epoch, known.contacts), reverse=True) if known.contacts else () for known in contexts]
    flags = _flags(candidates, contexts, found, moment)
    numbers = _numbers(candidates, contexts, found, times, moment.now)
    for row, known in enumerate(contexts):
        if known.unknown:
            _forget(known.unknown, row, flags, numbers, found)
    sends = [
        Sends(sent, len(sent) >= known.contacts_7d, clocks.known)
        for sent, known, clocks in zip(times, contexts, found.clocks, strict=True)
    ]
    fact_keys = [
        None if event is None else moment.fact_key(one.user_id, event)
        for one, event in zip(candidates, found.events, strict=True)
    ]
    return Read(fill(flags, numbers, sends, moment.now), found.messages, fact_keys)


def _find(candidates: Sequence[Candidate], contexts: Sequence[Context], moment: Moment, policy: Policy) -> _Found:
    services = [SERVICES.get(one.purpose) for one in candidates]
    events = list(map(recorded, candidates, contexts))
    visits = [visit(*row, moment.now) for row in zip(candidates, contexts, services, events, strict=True)]
    templates = [policy.templates.get(one.message.template or "") for one in candidates]
    return _Found(
        services=services,
        events=events,
        visits=visits,
        templates=templates,
        messages=list(map(render, candidates, templates)),
        inside=[
            one.channel == "widget" or (one.channel == "chat" and seen.live == seen.own == YES)
            for one, seen in zip(candidates, visits, strict=True)
        ],
        clocks=[moment.clocks(one.timezone, known.timezone) for one, known in zip(candidates, contexts, strict=True)],
    )


def _flags(
    candidates: Sequence[Candidate], contexts: Sequence[Context], found: _Found, moment: Moment
) -> dict[str, list[int]]:
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
        **_evidence_flags(candidates, contexts, found, moment),
        **_message_flags(candidates, found),
    }


def _evidence_flags(
    candidates: Sequence[Candidate], contexts: Sequence[Context], found: _Found, moment: Moment
) -> dict[str, list[int]]:
    events = list(zip(candidates, contexts, found.services, found.events, strict=True))
    return {
        "mark": [NO if event is None else mark_of(one.purpose, event.type) for one, _, _, event in events],
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


def _message_flags(candidates: Sequence[Candidate], found: _Found) -> dict[str, list[int]]:
    messages = found.messages
    verdicts: list[Verdict] = [PASS if message is None else judge(message.text) for message in messages]
    steps = [
        one.message.next_step if template is None else template.next_step
        for one, template in zip(candidates, found.templates, strict=True)
    ]
    return {
        "promotional": ["promotional_wording" in verdict.codes for verdict in verdicts],
        "generic": ["generic_wording" in verdict.codes for verdict in verdicts],
        "complete": [message is not None for message in messages],
        "grounded": [
            not inside and message is not None and event is not None and uses_any(message.text, event.data)
            for inside, message, event in zip(found.inside, messages, found.events, strict=True)
        ],
        "next_step": [bool(step and step.strip()) for step in steps],
        "templated": [one.message.template is not None for one in candidates],
        "same_purpose": [
            template is not None and template.purpose == one.purpose
            for one, template in zip(candidates, found.templates, strict=True)
        ],
    }


def _numbers(
    candidates: Sequence[Candidate],
    contexts: Sequence[Context],
    found: _Found,
    times: Sequence[Sequence[float]],
    now: float,
) -> dict[str, list[float]]:
    reminders = [event.data if event is not None and event.type == REMINDER else NOTHING for event in found.events]
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
        "remind_at": [dated(data["remind_at"]) if "remind_at" in data else NAN for data in reminders],
        "due_at": [dated(data["due_at"]) if "due_at" in data else NAN for data in reminders],
        "expires_at": [NO_END if one.expires_at is None else epoch(one.expires_at) for one in candidates],
        "minute": [clocks.minutes[0] for clocks in found.clocks],
        "minute_too": [clocks.minutes[1] for clocks in found.clocks],
        "settled_since": [seen.since for seen in found.visits],
        "widget_messages": [seen.widget_messages for seen in found.visits],
        **past,
        **{name: [count[place] for count in counts] for place, name in enumerate(COUNTS)},
    }


def _forget(
    unknown: frozenset[str], row: int, flags: dict[str, list[int]], numbers: dict[str, list[float]], found: _Found
) -> None:
    """Make unknown what the context says it could not find out (evidence and session were not read at all)."""
    service = found.services[row]
    for name in unknown:
        if name in FLAG_OF and (name != "requested_channels" or (service is not None and service.until_due)):
            flags[FLAG_OF[name]][row] = UNKNOWN
        if name in NUMBER_OF and not (name in COUNTS and found.inside[row]):
            numbers[NUMBER_OF[name]][row] = NAN


def _allowed(candidate: Candidate, context: Context, service: Service | None) -> bool:
    if service is None:
        return candidate.channel in CHANNEL_INDEX
    return candidate.channel in (context.requested_channels if service.until_due else service.channels)


def _counts(context: Context, times: Sequence[float], now: float) -> Sequence[float]:
    """Return the rolling counts: what the ledger counted or what the listed times say, whichever is more."""
    stated: Sequence[float] = (context.contacts_60m, context.contacts_24h, context.contacts_7d)
    if times:
        listed = [sum(now - at < window for at in times) for window in WINDOWS]
        stated = list(map(max, stated, listed))
    return stated if min(stated) >= 0 else [NAN if count < 0 else count for count in stated]
