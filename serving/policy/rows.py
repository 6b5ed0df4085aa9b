"""Candidates and contexts become columns: all that looks at words, zones and records one at a time.

Judging stays with the filters; the columns say what is, in flags and numbers. A candidate that cannot be read becomes
the default row (all unknown), which `filter_failed` refuses; its neighbours are read all the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from model.contracts import Candidate, Context, RenderedMessage
from serving.policy.columns import NAN, YES, Columns, Flags, Numbers, Packed, Sends, pack, unpack
from serving.policy.policy import Policy
from serving.policy.purposes import SERVICES
from serving.policy.reading import Moment, complete, epoch, recorded, shaped, visit
from serving.policy.templates import render
from serving.policy.values import Found, all_listed, flags_of, forget, numbers_of, own_words_read


@dataclass(frozen=True, slots=True)
class Read:
    """The columns, and what the answers need besides; `values` and `sends` are what the columns were made of."""

    columns: Columns
    messages: Sequence[RenderedMessage | None]
    fact_keys: Sequence[str | None]
    values: Sequence[Packed]
    sends: Sequence[Sends]


NOTHING_READ = pack(Flags(), Numbers()), Sends(), None, None  # a row's values, sends, message and fact key
_Row = tuple[Packed, Sends, RenderedMessage | None, str | None]


def columns_of(candidates: Sequence[Candidate], contexts: Sequence[Context], *, now: datetime, policy: Policy) -> Read:
    """Read candidates and contexts, one each; raises ValueError where their numbers differ or `now` is naive."""
    if len(candidates) != len(contexts):
        raise ValueError(f"{len(candidates)} candidates and {len(contexts)} contexts")
    moment = Moment(now)
    rows = _safely(candidates, contexts, moment, policy)
    values, sends, messages, fact_keys = (list(part) for part in zip(*rows, strict=True)) if rows else ([], [], [], [])
    return Read(unpack(values, sends, moment.now), messages, fact_keys, values, sends)


def _safely(candidates: Sequence[Candidate], contexts: Sequence[Context], moment: Moment, policy: Policy) -> list[_Row]:
    try:
        return _read(candidates, contexts, moment, policy)
    except Exception:  # noqa: BLE001  (a candidate or context of another shape than promised: that row alone is refused)
        if len(candidates) == 1:
            return [NOTHING_READ]
        alone = (_safely([one], [known], moment, policy) for one, known in zip(candidates, contexts, strict=True))
        return [row for rows in alone for row in rows]


def _read(candidates: Sequence[Candidate], contexts: Sequence[Context], moment: Moment, policy: Policy) -> list[_Row]:
    """Read step by step, each step for all rows: what a step needs stays in the cache."""
    for one, known in zip(candidates, contexts, strict=True):
        shaped(one, known)
    read: dict[str, bool] = {}
    found = [_find(one, known, moment, policy, read) for one, known in zip(candidates, contexts, strict=True)]
    messages = [render(one, each.template) for one, each in zip(candidates, found, strict=True)]
    rows = list(zip(candidates, contexts, found, messages, strict=True))
    flags = [flags_of(one, known, each, moment, message, policy.wording) for one, known, each, message in rows]
    numbers = [numbers_of(one, known, each, moment.now) for one, known, each, _ in rows]
    for row, known in enumerate(contexts):
        if known.unknown:
            flags[row], numbers[row] = forget(known.unknown, flags[row], numbers[row], found[row])
    sends = [
        Sends(each.sent, all_listed(known, each.sent, moment.now), each.clocks.known) for _, known, each, _ in rows
    ]
    keys = [None if each.event is None else moment.fact_key(one.user_id, each.event) for one, _, each, _ in rows]
    return list(zip(map(pack, flags, numbers), sends, messages, keys, strict=True))


def _find(one: Candidate, known: Context, moment: Moment, policy: Policy, read: dict[str, bool]) -> Found:
    """Find out what the flags are about; `read` keeps for each template whether its own words are read."""
    service, event = SERVICES.get(one.purpose), recorded(one, known)
    seen = visit(one, known, service, event, moment.now)
    named = one.message.template
    template = policy.templates.get(named or "")
    if template is None or named is None:
        is_read = own_words_read(one, None)
    else:
        is_read = read[named] if named in read else read.setdefault(named, own_words_read(one, template))
    told = NAN if event is None else epoch(event.time)
    return Found(
        service,
        event,
        told,
        event is not None and complete(event, service, known, moment.now, told),  # sound
        seen,
        template,
        is_read,
        one.channel == "widget" or (one.channel == "chat" and seen.live == seen.own == YES),  # inside
        moment.clocks(one.timezone, known.timezone),
        sorted(map(epoch, known.contacts), reverse=True) if known.contacts else (),
    )
