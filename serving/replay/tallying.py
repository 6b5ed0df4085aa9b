"""What came of a proposal: funnels, who is told otherwise and why, and the chances of those who were drawn.

Parts are tallied by themselves, in whatever processes, and added in the order of their numbers.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from model.contracts import Action
from serving.policy.zones import moment
from serving.record.readings import ACTIONS, CODES, Readings
from serving.record.text import part_of
from serving.replay.judging import LEFT_OUT, NEVER_ASKED, OTHERWISE, STAYS, UNREADABLE, Again
from serving.replay.settled import SEND

EXAMPLES: Final = 5  # of every group that is shown
WHY_LEFT_OUT: Mapping[str, str] = MappingProxyType(
    {
        UNREADABLE: "their record was deleted, or another version of this program wrote it",
        OTHERWISE: "under the policy at hand they would be answered otherwise than they were, without any change",
        NEVER_ASKED: "the policy would let them pass, and whether the customer would thank us was never asked",
    }
)
_PAIRS: Final = len(ACTIONS) ** 2


@dataclass(slots=True)
class Funnel:
    """How many decisions were answered how, before and after, and who is told otherwise."""

    before: Counter[str] = field(default_factory=Counter)
    after: Counter[str] = field(default_factory=Counter)
    flipped: int = 0

    def count(self, pairs: Sequence[int]) -> None:
        """Count decisions: how many there are of each (before, after), `before` changing slowest."""
        for pair, many in enumerate(pairs):
            if many:
                before, after = divmod(pair, len(ACTIONS))
                self.before[ACTIONS[before]] += many
                self.after[ACTIONS[after]] += many
                self.flipped += many * (before != after)

    def add(self, other: "Funnel") -> None:
        """Add other decisions."""
        self.before += other.before
        self.after += other.after
        self.flipped += other.flipped


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One decision that is told otherwise; `decision_id` is empty until it is looked up (`named`)."""

    number: int
    decision_id: str = ""
    user_id: str
    purpose: str
    at: datetime
    before: Action
    after: Action
    reasons: tuple[str, ...]  # that newly refuse it, or no longer do


@dataclass(slots=True)
class Flips:
    """The decisions that one reason answers otherwise; the newest as examples."""

    count: int = 0
    examples: list[Example] = field(default_factory=list)

    def add(self, other: "Flips") -> None:
        """Add other decisions, and keep the newest."""
        self.count += other.count
        both = sorted([*self.examples, *other.examples], key=lambda one: (one.at, one.number), reverse=True)
        self.examples = both[:EXAMPLES]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Answers:
    """Each decision that was decided again, as columns by `number`; the words are those of `Again`."""

    number: NDArray[np.int64]
    before: NDArray[np.int8]
    after: NDArray[np.int8]
    contact: NDArray[np.float64]
    delayed: NDArray[np.bool_]

    def rows(self, which: NDArray[np.bool_] | NDArray[np.intp]) -> "Answers":
        """Return these decisions only."""
        return Answers(**{name: getattr(self, name)[which] for name in COLUMNS})


COLUMNS: Final = ("number", "before", "after", "contact", "delayed")
NO_ANSWERS: Final = Answers(
    number=np.zeros(0, dtype=np.int64),
    before=np.zeros(0, dtype=np.int8),
    after=np.zeros(0, dtype=np.int8),
    contact=np.zeros(0),
    delayed=np.zeros(0, dtype=np.bool_),
)


@dataclass(slots=True)
class Replay:
    """What came of a proposal so far: pages, or other parts, are added in any order."""

    whole: Funnel = field(default_factory=Funnel)
    purposes: dict[str, Funnel] = field(default_factory=lambda: defaultdict(Funnel))
    sent: Counter[str | None] = field(default_factory=Counter)  # what would go out, by template
    reasons: dict[tuple[str, Action], Flips] = field(default_factory=lambda: defaultdict(Flips))
    left_out: Counter[str] = field(default_factory=Counter)
    newest: datetime | None = None
    oldest: datetime | None = None
    parts: list[Answers] = field(default_factory=list)

    def page(self, rows: Readings, again: Again) -> None:
        """Tally a page."""
        for why, number in LEFT_OUT.items():
            if many := int(np.count_nonzero(again.left_out == number)):
                self.left_out[why] += many
        kept = np.flatnonzero(again.left_out == STAYS)
        if not kept.size:
            return
        pair = again.before[kept].astype(np.intp) * len(ACTIONS) + again.after[kept]
        self.whole.count(np.bincount(pair, minlength=_PAIRS).tolist())
        self._purposes(rows, kept, pair)
        names, place = rows.each(lambda about: about.template)
        each = np.bincount(place[kept[again.after[kept] == SEND]], minlength=len(names))
        self.sent.update(dict(zip(names, each.tolist(), strict=True)))
        ends = rows.at[kept]
        self._seen(moment(float(ends.min())), moment(float(ends.max())))
        self._flips(rows, again, kept[again.before[kept] != again.after[kept]])
        self.parts.append(Answers(**{name: getattr(again, name)[kept] for name in COLUMNS}))

    def add(self, other: "Replay") -> None:
        """Add what came of other decisions."""
        self.whole.add(other.whole)
        for purpose, funnel in other.purposes.items():
            self.purposes[purpose].add(funnel)
        for reason, flips in other.reasons.items():
            self.reasons[reason].add(flips)
        self.sent += other.sent
        self.left_out += other.left_out
        if other.oldest is not None and other.newest is not None:
            self._seen(other.oldest, other.newest)
        self.parts += other.parts

    def answers(self) -> Answers:
        """Return every decision that was decided again, by number, ascending."""
        parts = self.parts or [NO_ANSWERS]
        order = np.argsort(np.concatenate([part.number for part in parts]), kind="stable")
        return Answers(**{name: np.concatenate([getattr(part, name) for part in parts])[order] for name in COLUMNS})

    def named(self, records: Callable[[Sequence[int]], Iterable[tuple[int, str]]]) -> None:
        """Look the ids of all examples up: `records` returns their records as text."""
        numbers = sorted({one.number for flips in self.reasons.values() for one in flips.examples})
        ids = {number: part_of(text, "decision_id") or "" for number, text in records(numbers)} if numbers else {}
        for flips in self.reasons.values():
            flips.examples = [replace(one, decision_id=ids.get(one.number, "")) for one in flips.examples]

    def _seen(self, oldest: datetime, newest: datetime) -> None:
        self.oldest = oldest if self.oldest is None else min(oldest, self.oldest)
        self.newest = newest if self.newest is None else max(newest, self.newest)

    def _purposes(self, rows: Readings, kept: NDArray[np.intp], pair: NDArray[np.intp]) -> None:
        """Count the answers of a page by purpose."""
        names, place = rows.each(lambda about: about.purpose)
        table = np.bincount(place[kept] * _PAIRS + pair, minlength=len(names) * _PAIRS).reshape(len(names), _PAIRS)
        for name, pairs in zip(names, table.tolist(), strict=True):
            if any(pairs):
                self.purposes[name].count(pairs)

    def _flips(self, rows: Readings, again: Again, flipped: NDArray[np.intp]) -> None:
        """Count the flips of a page by reason and answer; one with several reasons counts for each."""
        codes, after, now = again.codes[flipped], again.after[flipped], rows.cells["now"][flipped]
        seen = int(np.bitwise_or.reduce(codes)) if flipped.size else 0
        for place, code in enumerate(CODES):
            if not seen >> place & 1:
                continue
            for_it = (codes >> np.uint64(place) & np.uint64(1)) != 0
            for answer, action in enumerate(ACTIONS):
                some = np.flatnonzero(for_it & (after == answer))
                if some.size:
                    last = some[np.lexsort((rows.number[flipped[some]], now[some]))[-EXAMPLES:][::-1]]
                    examples = [_example(rows, again, row) for row in flipped[last].tolist()]
                    self.reasons[code, action].add(Flips(int(some.size), examples))


def _example(rows: Readings, again: Again, row: int) -> Example:
    return Example(
        number=int(rows.number[row]),
        user_id=rows.user[row],
        purpose=rows.kinds[rows.kind[row]].purpose,
        at=moment(float(rows.at[row])),
        before=ACTIONS[again.before[row]],
        after=ACTIONS[again.after[row]],
        reasons=tuple(code for place, code in enumerate(CODES) if int(again.codes[row]) >> place & 1),
    )
