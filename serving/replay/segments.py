"""Whom a proposal concerns more than others: decisions by what is known of their customers and of their message.

Attributes are those that each record has, so they are as they were then. Of a long past they are read of a sample: the
decisions that are told otherwise, and others, each by a fixed hash of its number, so that nothing that comes round in
the log comes round in the sample; `weight` says for how many decisions one stands. Groups are those of
`serving.analytics.grouping`. One of fewer than 50 records, or 20 customers, is not shown: its share says nothing, and
it could tell who somebody is.

Example:
    >>> picked = sampled(np.array([1, 2, 3, 4, 5]), np.array([False, True, False, False, False]), most=2)
    >>> picked.number.tolist(), picked.weight.tolist()
    ([2, 3, 5], [1.0, 2.0, 2.0])
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from model.contracts import JSON
from serving.analytics.grouping import groups_of
from serving.analytics.segments import Group
from serving.ledger.lists import cut
from serving.record.readings import ACTIONS
from serving.record.text import part_of
from serving.replay.tallying import Answers

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

MOST: Final = 20_000  # records that are read, of each kind: a second or two
PAGE: Final = 2_000
LEAST, LEAST_CUSTOMERS = 50, 20
Z = 1.959963984540054  # the normal quantile at .975
UNSEEN = 3.0  # −ln .05: where nothing was drawn of so many, 95 in 100 times


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sample:
    """The decisions whose records are read, by number, ascending, and for how many others each stands."""

    number: Ints
    weight: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a record says of the customer and of the message."""

    user_id: str
    attributes: Mapping[str, JSON]
    message: Mapping[str, JSON]


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One group: `of` `customer` or `message`, whose `kind` is `name`. Counts are estimates where a sample was read.

    `per_1000` of its decisions would be told otherwise, between `low` and `high` (95 %, for the sample's sake; equal
    where every record was read). `looked_at` are the records that were read.
    """

    of: str
    kind: str
    name: str
    decisions: float
    flipped: float
    per_1000: float
    low: float
    high: float
    before: Mapping[str, float]
    after: Mapping[str, float]
    looked_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Segments:
    """All groups, those that most of would be told otherwise first; `looked_at` of `decisions` records were read."""

    decisions: int
    looked_at: int
    groups: tuple[Segment, ...]


def sampled(number: Ints, flipped: Bools, *, most: int = MOST) -> Sample:
    """Return the decisions to read: of those that flip, and of the others, the `most` with the least hashes."""
    weight = np.zeros(len(number))
    for which in (flipped, ~flipped):
        places = np.flatnonzero(which)
        taken = places if len(places) <= most else places[np.argsort(_hashed(number[places]), kind="stable")[:most]]
        weight[taken] = len(places) / max(len(taken), 1)
    kept = weight > 0.0
    return Sample(number=number[kept], weight=weight[kept])


def _hashed(number: Ints) -> NDArray[np.uint64]:
    """Return a hash of each number (splitmix64, Steele et al. 2014): the same in every run and on every machine."""
    z = number.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(z ^ (z >> np.uint64(31)))


def read(records: Iterable[tuple[int, str]]) -> dict[int, Known]:
    """Return what records say, by number; one whose content has gone, or that cannot be read, says nothing."""
    known = ((number, _known(part_of(text, "candidate"))) for number, text in records)
    return {number: said for number, said in known if said is not None}


def _known(candidate: JSON) -> Known | None:
    try:
        said = {"channel": candidate["channel"], "template": candidate["message"]["template"]}
        return Known(user_id=str(candidate["user_id"]), attributes={**candidate["attributes"]}, message=said)
    except (KeyError, TypeError):
        return None


def segmented(answers: Answers, records: Callable[[Sequence[int]], Iterable[tuple[int, str]]]) -> Segments:
    """Read as many records as it takes, by number and as text, and count the groups that they make."""
    sample = sampled(answers.number, answers.before != answers.after)
    numbers = sample.number.tolist()
    known = read(one for part in cut(numbers, PAGE) for one in records(part))
    return segments(answers, sample, known)


def segments(answers: Answers, sample: Sample, known: Mapping[int, Known]) -> Segments:
    """Count the groups that the records of a sample make; what is not `known` is in none of them."""
    kept = np.isin(sample.number, np.fromiter(known, dtype=np.int64, count=len(known)))
    number, weight = sample.number[kept], sample.weight[kept]
    place = np.searchsorted(answers.number, number)
    rows = [known[each] for each in number.tolist()]
    groups = groups_of([each.attributes for each in rows])
    groups += groups_of([each.message for each in rows], of="message")
    whose = np.unique([each.user_id for each in rows], return_inverse=True)[1]
    told = _Told(answers.before[place], answers.after[place], weight, whose)
    found = [told.segment(each) for each in groups if told.shown(each.members)]
    order = sorted(found, key=lambda each: (-each.per_1000, -each.decisions, each.kind, each.name))
    return Segments(decisions=len(answers.number), looked_at=len(rows), groups=tuple(order))


@dataclass(frozen=True, slots=True, eq=False)
class _Told:
    before: NDArray[np.int8]
    after: NDArray[np.int8]
    weight: Floats
    customer: NDArray[np.intp]

    def shown(self, members: Bools) -> bool:
        """Whether a group is large enough."""
        return int(members.sum()) >= LEAST and len(np.unique(self.customer[members])) >= LEAST_CUSTOMERS

    def segment(self, group: Group) -> Segment:
        flips = group.members & (self.before != self.after)
        flipped, rest = (_total(self.weight[which]) for which in (flips, group.members & ~flips))
        per_1000, low, high = _share(flipped, rest, self._stands_for())
        return Segment(
            of=group.of,
            kind=group.kind,
            name=group.name,
            decisions=flipped[0] + rest[0],
            flipped=flipped[0],
            per_1000=per_1000,
            low=low,
            high=high,
            before=self._counted(self.before, group.members),
            after=self._counted(self.after, group.members),
            looked_at=int(group.members.sum()),
        )

    def _stands_for(self) -> tuple[float, float]:
        """Return for how many decisions one that flips stands, and one that does not; 0 where the sample has none."""
        flips = self.before != self.after
        one, other = (self.weight[which] for which in (flips, ~flips))
        return float(np.max(one, initial=0.0)), float(np.max(other, initial=0.0))

    def _counted(self, answer: NDArray[np.int8], members: Bools) -> dict[str, float]:
        counts = np.bincount(answer[members], weights=self.weight[members], minlength=len(ACTIONS)).tolist()
        return dict(zip(map(str, ACTIONS), counts, strict=True))


def _total(weight: Floats) -> tuple[float, float]:
    """Return how many decisions a sample stands for, and the variance of that: each was taken with 1/weight."""
    return float(weight.sum()), float(np.sum(weight * (weight - 1.0)))


def _share(
    flipped: tuple[float, float], rest: tuple[float, float], stands_for: tuple[float, float]
) -> tuple[float, float, float]:
    """Return how many of 1,000 flip, and between what that lies for the sample's sake (delta method).

    Where none of a kind was drawn into the sample, of which one stands for several, up to three times as many as one
    stands for may be there all the same (the rule of three, Hanley & Lippman-Hand 1983).
    """
    (one, spread), (other, spread_of_other) = flipped, rest
    whole = one + other
    reach = Z * float(np.sqrt(other**2 * spread + one**2 * spread_of_other)) / whole**2
    low, high = max(0.0, one / whole - reach), min(1.0, one / whole + reach)
    unseen, unseen_others = (UNSEEN * weight if weight > 1.0 else 0.0 for weight in stands_for)
    if not one:
        high = unseen / (unseen + other)
    if not other:
        low = one / (one + unseen_others)
    return 1000.0 * one / whole, 1000.0 * low, 1000.0 * high
