"""Candidates and contexts become columns: all that looks at words, zones and records one at a time.

Judging stays with the filters; the columns say what is, in flags and numbers. A candidate that cannot be read becomes
the default row (all unknown), which `filter_failed` refuses; its neighbours are read all the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from model.contracts import Candidate, Context, RenderedMessage
from serving.policy.columns import YES, Columns, Flags, Numbers, Packed, Sends, pack, unpack
from serving.policy.policy import Policy
from serving.policy.purposes import SERVICES
from serving.policy.reading import Moment, complete, epoch, recorded, shaped, visit
from serving.policy.templates import render
from serving.policy.values import (
    Found,
    all_listed,
    customer_flags,
    evidence_flags,
    forget,
    message_flags,
    numbers_of,
    own_words_read,
)


@dataclass(frozen=True, slots=True)
class Read:
    """The columns, and what the answers need besides."""

    columns: Columns
    messages: Sequence[RenderedMessage | None]
    fact_keys: Sequence[str | None]


UNREADABLE = pack(Flags(), Numbers()), Sends(), None, None  # a row's values, sends, message and fact key
_Row = tuple[Packed, Sends, RenderedMessage | None, str | None]


def columns_of(candidates: Sequence[Candidate], contexts: Sequence[Context], *, now: datetime, policy: Policy) -> Read:
    """Read candidates and contexts, one each; raises ValueError where their numbers differ or `now` is naive."""
    if len(candidates) != len(contexts):
        raise ValueError(f"{len(candidates)} candidates and {len(contexts)} contexts")
    moment = Moment(now)
    rows = _safely(candidates, contexts, moment, policy)
    values, sends, messages, fact_keys = (list(part) for part in zip(*rows, strict=True)) if rows else ([], [], [], [])
    return Read(unpack(values, sends, moment.now), messages, fact_keys)


def _safely(candidates: Sequence[Candidate], contexts: Sequence[Context], moment: Moment, policy: Policy) -> list[_Row]:
    try:
        return _read(candidates, contexts, moment, policy)
    except Exception:  # noqa: BLE001  (a candidate or context of another shape than promised: that row alone is refused)
        if len(candidates) == 1:
            return [UNREADABLE]
        alone = (_safely([one], [known], moment, policy) for one, known in zip(candidates, contexts, strict=True))
        return [row for rows in alone for row in rows]


def _read(candidates: Sequence[Candidate], contexts: Sequence[Context], moment: Moment, policy: Policy) -> list[_Row]:
    """Read step by step, each step for all rows: what a step needs stays in the cache, and many rows cost half."""
    rows = range(len(candidates))
    for one, known in zip(candidates, contexts, strict=True):
        shaped(one, known)
    found = [_find(one, known, moment, policy) for one, known in zip(candidates, contexts, strict=True)]
    about_evidence = [evidence_flags(candidates[row], found[row], moment) for row in rows]
    messages = [render(one, each.template) for one, each in zip(candidates, found, strict=True)]
    wordings = [
        _codes(one, each, message, policy) for one, each, message in zip(candidates, found, messages, strict=True)
    ]
    about_message = [message_flags(candidates[row], found[row], messages[row], wordings[row]) for row in rows]
    about_customer = [customer_flags(candidates[row], contexts[row], found[row]) for row in rows]
    flags = [{**about_customer[row], **about_evidence[row], **about_message[row]} for row in rows]
    numbers = [numbers_of(candidates[row], contexts[row], found[row], moment.now) for row in rows]
    for row in rows:
        if contexts[row].unknown:
            forget(contexts[row].unknown, flags[row], numbers[row], found[row])
    values = [
        pack(map(flags[row].__getitem__, Flags._fields), map(numbers[row].__getitem__, Numbers._fields)) for row in rows
    ]
    sends = [
        Sends(each.sent, all_listed(known, each.sent, moment.now), each.clocks.known)
        for known, each in zip(contexts, found, strict=True)
    ]
    keys = [
        None if each.event is None else moment.fact_key(one.user_id, each.event)
        for one, each in zip(candidates, found, strict=True)
    ]
    return list(zip(values, sends, messages, keys, strict=True))


def _codes(one: Candidate, found: Found, message: RenderedMessage | None, policy: Policy) -> tuple[str, ...]:
    if message is None:
        return ()
    return policy.wording.judge(message.text, english=own_words_read(one, found.template)).codes


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
        inside=one.channel == "widget" or (one.channel == "chat" and seen.live == seen.own == YES),
        clocks=moment.clocks(one.timezone, known.timezone),
        sent=sorted(map(epoch, known.contacts), reverse=True) if known.contacts else (),
    )
