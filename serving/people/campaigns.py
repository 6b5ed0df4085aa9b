"""Refused marketing as its owners think of it: campaigns, each with its words, and how many it would have reached.

A campaign is what was asked for under one purpose word, one template (or free texts), without a pause of more than a
week between one message and the next. That is our own rule: nobody says which messages belong together.

Example:
    >>> campaigns([])
    ()
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby, pairwise

from model.contracts import JSON
from serving.people.refused import MARKETING, Refused, Said

PAUSE = timedelta(days=7)  # what comes later is another campaign


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What would have been said, `times`: a template's facts are those of the latest, `last_id`."""

    said: Said
    times: int
    customers: int
    last_id: str
    last_facts: Mapping[str, JSON]


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """One campaign that was refused; none of it was sent.

    `customers` are different people; `triggers` asked for some of it, `by_programs` counts what programs and files did.
    """

    purpose: str
    template: str | None
    channels: tuple[str, ...]
    reasons: tuple[str, ...]
    times: int
    customers: int
    first: datetime
    last: datetime
    words: tuple[Words, ...]
    triggers: tuple[str, ...]
    by_programs: int


def campaigns(refused: Iterable[Refused]) -> tuple[Campaign, ...]:
    """Group messages into campaigns: those that would have reached most come first, then the latest."""
    in_order = sorted(refused, key=lambda one: (*_subject(one), one.at, one.decision_id))
    found = [_campaign(run) for _, about in groupby(in_order, key=_subject) for run in _without_pauses(list(about))]
    return tuple(
        sorted(found, key=lambda one: (-one.customers, -one.last.timestamp(), one.purpose, one.template or ""))
    )


def _subject(one: Refused) -> tuple[str, str]:
    return one.said.purpose, one.said.template or ""


def _without_pauses(messages: Sequence[Refused]) -> Iterator[Sequence[Refused]]:
    """Cut messages in order of time where more than `PAUSE` lies between two."""
    cuts = [place for place, (one, other) in enumerate(pairwise(messages), start=1) if other.at - one.at > PAUSE]
    for start, end in pairwise([0, *cuts, len(messages)]):
        yield messages[start:end]


def _campaign(messages: Sequence[Refused]) -> Campaign:
    reasons = {code for one in messages for code in one.said.reasons}
    channels = Counter(one.said.channel for one in messages)
    return Campaign(
        purpose=messages[0].said.purpose,
        template=messages[0].said.template,
        channels=tuple(sorted(channels, key=lambda channel: (-channels[channel], channel))),
        reasons=tuple(code for code in MARKETING if code in reasons),
        times=len(messages),
        customers=len({one.user_id for one in messages}),
        first=messages[0].at,
        last=messages[-1].at,
        words=_words(messages),
        triggers=tuple(sorted({one.matched for one in messages if one.matched is not None})),
        by_programs=sum(one.matched is None for one in messages),
    )


def _words(messages: Sequence[Refused]) -> tuple[Words, ...]:
    """Return what would have been said, the most frequent first, then the latest."""
    by_words: dict[tuple[str | None, str | None, str | None], list[Refused]] = {}
    for one in messages:
        by_words.setdefault((one.said.template, one.said.text, one.said.next_step), []).append(one)
    groups = sorted(by_words.values(), key=lambda group: (-len(group), -group[-1].at.timestamp()))
    return tuple(
        Words(
            said=group[-1].said,
            times=len(group),
            customers=len({one.user_id for one in group}),
            last_id=group[-1].decision_id,
            last_facts=group[-1].facts,
        )
        for group in groups
    )
