"""Candidates and contexts become columns: all that looks at words, zones and records one at a time.

Judging stays with the filters; the columns say what is, in flags and numbers. A candidate that cannot be read becomes
the default row (all unknown), which `filter_failed` refuses; its neighbours are read all the same.
"""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from model.contracts import Candidate, Context, RenderedMessage
from serving.policy.columns import YES, Columns, Flags, Numbers, Sends, stack
from serving.policy.policy import Policy
from serving.policy.purposes import SERVICES
from serving.policy.reading import Moment, complete, epoch, recorded, shaped, visit
from serving.policy.templates import render
from serving.policy.values import Found, all_listed, flags_of, forget, numbers_of


@dataclass(frozen=True, slots=True)
class Read:
    """The columns, and what the answers need besides."""

    columns: Columns
    messages: Sequence[RenderedMessage | None]
    fact_keys: Sequence[str | None]


class _Row(NamedTuple):
    """One candidate with its context, read; the default is one that could not be."""

    flags: Sequence[int] = Flags()
    numbers: Sequence[float] = Numbers()
    sends: Sends = Sends()
    message: RenderedMessage | None = None
    fact_key: str | None = None


def columns_of(candidates: Sequence[Candidate], contexts: Sequence[Context], *, now: datetime, policy: Policy) -> Read:
    """Read candidates and contexts, one each; raises ValueError where their numbers differ or `now` is naive."""
    if len(candidates) != len(contexts):
        raise ValueError(f"{len(candidates)} candidates and {len(contexts)} contexts")
    moment = Moment(now)
    rows = [_safely(one, known, moment, policy) for one, known in zip(candidates, contexts, strict=True)]
    columns = stack([row.flags for row in rows], [row.numbers for row in rows], [row.sends for row in rows], moment.now)
    return Read(columns, [row.message for row in rows], [row.fact_key for row in rows])


def _safely(one: Candidate, known: Context, moment: Moment, policy: Policy) -> _Row:
    try:
        return _read(one, known, moment, policy)
    except Exception:  # noqa: BLE001  (a candidate or context of another shape than promised: that row alone is refused)
        return _Row()


def _read(one: Candidate, known: Context, moment: Moment, policy: Policy) -> _Row:
    shaped(one, known)
    found = _find(one, known, moment, policy)
    flags, numbers = flags_of(one, known, found, moment), numbers_of(one, known, found, moment.now)
    if known.unknown:
        flags, numbers = forget(known.unknown, flags, numbers, found)
    event = found.event
    return _Row(
        array("b", flags),  # what is no such number raises here, in its own row
        array("d", numbers),
        Sends(found.sent, all_listed(known, found.sent, moment.now), found.clocks.known),
        found.message,
        None if event is None else moment.fact_key(one.user_id, event),
    )


def _find(one: Candidate, known: Context, moment: Moment, policy: Policy) -> Found:
    service, event = SERVICES.get(one.purpose), recorded(one, known)
    seen = visit(one, known, service, event, moment.now)
    template = policy.templates.get(one.message.template or "")
    return Found(
        service=service,
        event=event,
        sound=event is not None and complete(event, service, known, moment.now),
        visit=seen,
        template=template,
        message=render(one, template),
        inside=one.channel == "widget" or (one.channel == "chat" and seen.live == seen.own == YES),
        clocks=moment.clocks(one.timezone, known.timezone),
        sent=sorted(map(epoch, known.contacts), reverse=True) if known.contacts else (),
    )
