"""Candidates and contexts become columns: all that looks at words, zones and records one at a time.

Judging stays with the filters; the columns say what is, in flags and numbers. A candidate that cannot be read becomes
the default row (all unknown), which `filter_failed` refuses; its neighbours are read all the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from model.contracts import Candidate, Context, RenderedMessage
from serving.policy.columns import (
    YES,
    Columns,
    Flags,
    Numbers,
    Sends,
    fill,
    join,
    stack,
)
from serving.policy.policy import Policy
from serving.policy.purposes import SERVICES
from serving.policy.reading import Moment, epoch, recorded, shaped, visit
from serving.policy.templates import render
from serving.policy.values import Found, all_listed, flags_of, forget, numbers_of


@dataclass(frozen=True, slots=True)
class Read:
    """The columns, and what the answers need besides."""

    columns: Columns
    messages: Sequence[RenderedMessage | None]
    fact_keys: Sequence[str | None]


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
    for one, known in zip(candidates, contexts, strict=True):
        shaped(one, known)
    found = _find(candidates, contexts, moment, policy)
    times = [sorted(map(epoch, known.contacts), reverse=True) if known.contacts else () for known in contexts]
    flags = flags_of(candidates, contexts, found, moment)
    numbers = numbers_of(candidates, contexts, found, times, flags["found"], moment.now)
    for row, known in enumerate(contexts):
        if known.unknown:
            forget(known.unknown, row, flags, numbers, found)
    sends = [
        Sends(sent, all_listed(known, sent, moment.now), clocks.known)
        for sent, known, clocks in zip(times, contexts, found.clocks, strict=True)
    ]
    fact_keys = [
        None if event is None else moment.fact_key(one.user_id, event)
        for one, event in zip(candidates, found.events, strict=True)
    ]
    return Read(fill(flags, numbers, sends, moment.now), found.messages, fact_keys)


def _find(candidates: Sequence[Candidate], contexts: Sequence[Context], moment: Moment, policy: Policy) -> Found:
    services = [SERVICES.get(one.purpose) for one in candidates]
    events = list(map(recorded, candidates, contexts))
    visits = [visit(*row, moment.now) for row in zip(candidates, contexts, services, events, strict=True)]
    templates = [policy.templates.get(one.message.template or "") for one in candidates]
    return Found(
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
